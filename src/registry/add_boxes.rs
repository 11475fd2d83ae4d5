//! Boxes that come late, even on polling day: a file like `boxes.csv`, added while the service runs.

use std::path::Path;

use super::bad::BadLines;
use super::import::{Bounds, ImportError, Report, Watch, Watcher, boxes_alone, write};
use super::places::Places;
use crate::ledger::Ledger;

/// Places fetched at once.
const PAGE: u32 = 2_000;

/// Adds the boxes of `file` to the stored election: all of them or none. Boxes that are there and say the same stay as
/// they are. A running service knows the new ones at its next lookup, because it keeps no copy of the registry.
pub async fn add_boxes(ledger: &Ledger, file: &Path, watcher: Watcher<'_>) -> Result<Report, ImportError> {
    let watch = Watch::begin(Bounds::default());
    let election = ledger.election().await?.ok_or(ImportError::NoElection)?.election;
    let places = stored_places(ledger).await?;
    let mut bad = BadLines::default();
    let checked = boxes_alone((file, watch), election, places, &mut bad, watcher)?;
    if !bad.is_empty() {
        return Err(ImportError::Refused(bad));
    }
    write(ledger, &checked, false, watcher).await
}

async fn stored_places(ledger: &Ledger) -> Result<Places, ImportError> {
    let mut places = Places::default();
    let mut after = 0;
    loop {
        let page = ledger.places_after(after, PAGE).await?;
        if page.is_empty() {
            return Ok(places);
        }
        after += page.len() as u64; // places are numbered from 1 without gaps
        for place in &page {
            places.restore(place);
        }
    }
}
