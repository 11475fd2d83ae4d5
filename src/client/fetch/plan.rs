//! Which scans of a pack are wanted and missing, and where in the pack they lie.

use std::ops::Range;

use crate::client::disk::{Disk, DiskError};
use crate::client::log_entry::LogEntry;
use crate::client::order::{Order, Pass};
use crate::client::problem::Problem;
use crate::client::round::Bundle;
use crate::client::state::tile_path;
use crate::domain::{Digest, naming};
use crate::formats::pack::{BadPack, PackPlan};
use crate::log::tile::{BUNDLE_BYTES, TILE_WIDTH, Tile};

/// Scans that lie no farther apart than that are fetched together.
const GAP: u64 = 64 << 10;
/// One request asks for no more than that.
const RUN: u64 = 128 << 20;

/// A scan to fetch.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) position: u64,
    pub(super) path: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
    /// Where it lies in the pack; nowhere if the pack cannot be planned.
    pub(super) data: Option<Range<u64>>,
}

/// What is to be fetched of a pack.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) images: Vec<Image>,
    pub(super) problems: Vec<Problem>,
}

/// The entries of a bundle of the copy.
pub(super) fn read(disk: &Disk, tile: Tile) -> Result<Result<Bundle, Problem>, DiskError> {
    let path = tile_path(tile);
    let Some(bytes) = disk.read(&path, BUNDLE_BYTES)? else {
        return Ok(Err(Problem::Tile { path, what: "yok / it is not there".to_owned() }));
    };
    Ok(Bundle::parse(tile, bytes).map_err(|error| Problem::Tile { path, what: error.to_string() }))
}

/// What of the pack over `tile` is taken in `pass` and not there yet.
pub(super) fn wanted(disk: &Disk, order: &Order, tile: Tile, pass: Pass) -> Result<Wanted, DiskError> {
    let mut wanted = Wanted::default();
    let bundle = match read(disk, tile)? {
        Ok(bundle) => bundle,
        Err(problem) => {
            wanted.problems.push(problem);
            return Ok(wanted);
        }
    };
    let lines = bundle.lines();
    let all: Vec<Image> = match PackPlan::from_lines(tile.first() / TILE_WIDTH, &lines) {
        Ok(plan) => {
            let images = plan.images().cloned();
            let image = |image: crate::formats::pack::PackImage| Image {
                position: image.position,
                path: image.path,
                digest: image.digest,
                size: image.size,
                data: Some(image.data),
            };
            images.map(image).collect()
        }
        Err(error) => {
            wanted.problems.push(unplanned(tile, &error));
            (tile.first()..).zip(&lines).filter_map(|(position, line)| alone(position, line)).collect()
        }
    };
    for image in all.into_iter().filter(|image| order.takes(&image.path, pass) && order.wants(&image.path)) {
        if image.size > super::SCAN_BYTES {
            let what = format!("its scan is said to have {} bytes", image.size);
            wanted.problems.push(Problem::Unusable { position: image.position, what });
            continue;
        }
        match disk.size(&image.path) {
            Ok(None) => wanted.images.push(image),
            // A file gets its name only after its digest was checked; `verify` looks into each again.
            Ok(Some(size)) if size == image.size => {}
            Ok(Some(size)) => wanted.problems.push(Problem::Scan {
                path: image.path,
                position: image.position,
                signed: image.digest,
                found: format!("{size} bytes"),
            }),
            Err(error) if error.concerns_all() => return Err(error),
            Err(error) => wanted
                .problems
                .push(Problem::Unusable { position: image.position, what: format!("{error}: {}", image.path) }),
        }
    }
    Ok(wanted)
}

/// Runs of scans that are fetched in one request each.
pub(super) fn runs(images: Vec<Image>) -> Vec<Vec<Image>> {
    let mut runs: Vec<Vec<Image>> = Vec::new();
    for image in images {
        let joins = |run: &Vec<Image>| {
            let (first, last) = (run.first()?.data.as_ref()?.start, run.last()?.data.as_ref()?.end);
            let data = image.data.as_ref()?;
            (data.start >= last && data.start - last <= GAP && data.end - first <= RUN).then_some(())
        };
        match runs.last_mut() {
            Some(run) if joins(run).is_some() => run.push(image),
            _ => runs.push(vec![image]),
        }
    }
    runs
}

fn unplanned(tile: Tile, error: &BadPack) -> Problem {
    let position = match error {
        BadPack::Line { position, .. } | BadPack::Lacks { position, .. } | BadPack::Path { position, .. } => *position,
        BadPack::Count { .. } | BadPack::Layout { .. } => tile.first(),
    };
    Problem::Unusable { position, what: error.to_string() }
}

/// A scan that has to be fetched by its path, because a neighbour's entry spoils the pack.
fn alone(position: u64, line: &str) -> Option<Image> {
    let entry = LogEntry::parse(line).ok()?;
    let brings = matches!(entry.kind.as_str(), "linked" | "resolved");
    let path = entry.path.filter(|path| brings && naming::is_scan_path(path))?;
    Some(Image { position, path, digest: entry.sha256?, size: entry.size?, data: None })
}
