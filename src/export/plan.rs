//! How many media a çevre takes, and which scans lie on which.
//!
//! The plan follows from the ledger's position, the size of a medium and nothing else, so that it is the same however often
//! it is made: an export that is gone on with, or the second medium a day later, fits what was written before.

use super::ExportError;
use super::device::occupied;
use super::fault::MediumError;
use super::item::BagFile;
use super::pages::{PAGE_BYTES, SCAN_ON_PAGES};
use super::preview::PREVIEW_BYTES;
use super::proofs::{Proofs, tiles_bytes};
use super::walk::{Item, Walk};
use crate::formats::portable;

/// A medium.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Number of its first scan, in the order of paths.
    pub first: u64,
    /// Number of the first scan after it.
    pub end: u64,
    /// Bytes of its scans.
    pub bytes: u64,
    /// Bytes that all of it takes on the medium, at most.
    pub occupied: u64,
}

/// What a medium of a certain size is to its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Bytes of it.
    pub capacity: u64,
    /// Bytes by which files are rounded up.
    pub cluster: u64,
}

/// Cuts the çevre's scans into media. `lists` lie on each of them.
///
/// # Errors
/// [`MediumError::TooSmall`] when a medium cannot even hold the lists and the scans of one box.
pub async fn plan(
    mut walk: Walk<'_>,
    proofs: &Proofs<'_>,
    size: u64,
    lists: &[BagFile],
    frame: Frame,
) -> Result<Vec<Part>, ExportError> {
    let takes = |bytes| occupied(bytes, frame.cluster);
    // The manifests grow with the files; their lines are counted with each scan.
    let small = 20 * takes(PAGE_BYTES);
    let always = lists.iter().map(|file| takes(file.size())).sum::<u64>() + tiles_bytes(size, takes) + small;
    let mut cutter = Cutter { always, frame, parts: vec![Part { occupied: always, ..Part::default() }], open: None };
    while let Some(items) = walk.next().await? {
        for item in items {
            let cost = takes(item.size)
                + takes(proofs.bytes_of(&item))
                + takes(PREVIEW_BYTES)
                + takes(PAGE_BYTES)
                + SCAN_ON_PAGES
                + 4 * LINE;
            cutter.add(&item, cost)?;
        }
    }
    cutter.close()?;
    Ok(cutter.parts)
}

/// Bytes of a line of a manifest: a digest and a path.
const LINE: u64 = 64 + 2 + portable::PATH as u64 + 1;

struct Cutter {
    always: u64,
    frame: Frame,
    parts: Vec<Part>,
    /// The box whose scans are coming.
    open: Option<OpenBox>,
}

/// The scans of one box, which stay on one medium.
struct OpenBox {
    directory: String,
    sandik: Option<u32>,
    scans: u64,
    bytes: u64,
    /// Bytes that they take on the medium.
    takes: u64,
}

impl Cutter {
    fn add(&mut self, item: &Item, cost: u64) -> Result<(), MediumError> {
        let (directory, sandik) = (&item.directory, item.form.sandik);
        match &mut self.open {
            Some(open) if open.directory == *directory && open.sandik == sandik => {
                open.scans += 1;
                open.bytes += item.size;
                open.takes += cost;
            }
            _ => {
                self.close()?;
                let (directory, bytes) = (directory.clone(), item.size);
                self.open = Some(OpenBox { directory, sandik, scans: 1, bytes, takes: cost });
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), MediumError> {
        let Some(OpenBox { scans, bytes, takes, .. }) = self.open.take() else { return Ok(()) };
        let capacity = self.frame.capacity;
        if self.always + takes > capacity {
            return Err(MediumError::TooSmall { needed: self.always + takes, free: capacity });
        }
        let last = self.parts.last().cloned().unwrap_or_default();
        if last.occupied + takes > capacity {
            self.parts.push(Part { first: last.end, end: last.end, bytes: 0, occupied: self.always });
        }
        if let Some(part) = self.parts.last_mut() {
            part.end += scans;
            part.bytes += bytes;
            part.occupied += takes;
        }
        Ok(())
    }
}
