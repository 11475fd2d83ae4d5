//! How much there is to fetch: read from the copy's own log, so that time left can be told and nothing is asked in vain.

use crate::client::disk::{Disk, DiskError};
use crate::client::log_entry::LogEntry;
use crate::client::order::{Order, Pass};
use crate::client::ranges::Ranges;
use crate::client::round::Bundle;
use crate::client::state::tile_path;
use crate::log::tile::{BUNDLE_BYTES, Tile};

/// One pack's wanted bytes.
pub(super) struct Found {
    pub(super) bundle: Tile,
    named: u64,
    rest: u64,
}

impl Found {
    pub(super) fn bytes(&self, pass: Pass) -> u64 {
        match pass {
            Pass::Named => self.named,
            Pass::Rest => self.rest,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named + self.rest == 0
    }
}

/// Looks through the bundles `due`. Burns a core: about a second for a million entries.
pub(super) fn survey(
    disk: &Disk,
    order: &Order,
    done: &Ranges,
    due: Vec<Tile>,
    packs: bool,
) -> Result<Vec<Found>, DiskError> {
    let mut found = Vec::with_capacity(due.len());
    for tile in due {
        let mut bytes = Found { bundle: tile, named: 0, rest: 0 };
        let read = disk.read(&tile_path(tile), BUNDLE_BYTES)?;
        let bundle = read.and_then(|bytes| Bundle::parse(tile, bytes).ok());
        for (position, line) in (tile.first()..).zip(bundle.iter().flat_map(Bundle::lines)) {
            let Ok(entry) = LogEntry::parse(line) else {
                bytes.named += 1; // It is looked at again, and named, where packs are planned.
                continue;
            };
            let Some(path) = entry.path.filter(|_| !done.covers(position..position + 1)) else { continue };
            let size = entry.size.unwrap_or(0).clamp(1, super::SCAN_BYTES);
            let named = packs || order.takes(&path, Pass::Named);
            match named {
                true => bytes.named += size,
                false if order.wants(&path) => bytes.rest += size,
                false => {}
            }
        }
        found.push(bytes);
    }
    Ok(found)
}
