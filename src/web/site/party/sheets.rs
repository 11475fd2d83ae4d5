//! A scan as a box's page and its own page show it: when it came, from whom, what was said of it, its digest, its files.

use crate::archive::selections::{Atlas, Selected};
use crate::domain::{Digest, EntryKind, FormKey};
use crate::web::Services;
use crate::web::problem::Problem;
use crate::web::site::page::time;
use crate::web::site::session::seen::PICTURES;

/// Pixels that a scan is shown within on a page.
const ACROSS: u32 = 900;
const DOWN: u32 = 1300;

/// One scan of a page of a sheet.
pub(super) struct Version {
    pub position: u64,
    pub digest: Digest,
    pub form: FormKey,
    pub page: u32,
    pub revision: u32,
    pub title: String,
    pub place: String,
    pub came: String,
    pub path: String,
    /// Bytes, as people read them.
    pub size: String,
    pub pixels: (u32, u32),
    /// The picture that a page shows, and how large it is shown.
    pub picture: String,
    pub shown: (u32, u32),
    pub board: String,
    /// What the sender said, and what was said when it was linked by hand.
    pub note: String,
    pub by_hand: bool,
    pub taken_back: bool,
}

/// Adds what entries say to scans that were found.
pub(super) async fn versions(
    services: &Services,
    atlas: &Atlas,
    scans: Vec<Selected>,
) -> Result<Vec<Version>, Problem> {
    let positions: Vec<u64> = scans.iter().map(|scan| scan.position).collect();
    let mut entries = services.ledger.entries_at(&positions).await?;
    let taken_back = services.ledger.taken_back(&positions, u64::MAX).await?;
    let version = |scan: Selected| {
        let entry = entries.remove(&scan.position)?;
        let pixels = (entry.width?, entry.height?);
        let note: Vec<String> = [entry.note, entry.reason].into_iter().flatten().collect();
        Some(Version {
            position: scan.position,
            digest: scan.digest,
            form: scan.path.form(),
            page: scan.path.page,
            revision: scan.path.revision,
            title: scan.path.turkish(),
            place: scan.spot.map_or_else(|| scan.path.directory.clone(), |spot| atlas.names(spot)),
            came: time(scan.at_ms),
            path: scan.path.path(),
            size: bytes(scan.size),
            picture: format!("{PICTURES}/{}/full/!{},{}/0/default.jpg", scan.digest, ACROSS, DOWN),
            shown: within(pixels),
            pixels,
            board: entry.board.map(|board| board.to_string()).unwrap_or_default(),
            note: note.join("; "),
            by_hand: entry.kind == EntryKind::Resolved && !entry.by.is_empty(),
            taken_back: taken_back.contains(&scan.position),
        })
    };
    Ok(scans.into_iter().filter_map(version).collect())
}

/// How large a picture of so many pixels is within the page's room.
fn within((width, height): (u32, u32)) -> (u32, u32) {
    let factor = (f64::from(ACROSS) / f64::from(width)).min(f64::from(DOWN) / f64::from(height)).min(1.0);
    let of = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
    (of(width), of(height))
}

/// A number of bytes as people read it: `412,6 KB`.
pub(super) fn bytes(size: u64) -> String {
    let tenths = |unit: u64| (size * 10 + unit / 2) / unit;
    let shown = |tenths: u64, unit: &str| format!("{},{} {unit}", tenths / 10, tenths % 10);
    match size {
        0..1024 => format!("{size} bayt"),
        1024..1_048_576 => shown(tenths(1024), "KB"),
        1_048_576..1_073_741_824 => shown(tenths(1_048_576), "MB"),
        _ => shown(tenths(1_073_741_824), "GB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_turkish_and_pictures_fit_the_page() {
        assert_eq!(
            [bytes(7), bytes(422_500), bytes(1 << 20), bytes(5 << 30)],
            ["7 bayt", "412,6 KB", "1,0 MB", "5,0 GB"]
        );
        assert_eq!(within((1654, 2339)), (900, 1273));
        assert_eq!(within((100, 50)), (100, 50));
        assert_eq!(within((1, 20_000)), (1, 1300));
    }
}
