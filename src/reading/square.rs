//! The square around a finder pattern, cut out and given to the decoder.

use rqrr::PreparedImage;

use super::finder::Pattern;
use super::{Page, Reading};

/// Modules from a finder's middle to the far corner of the square: a code of version 1 has its far corner 17.5 modules
/// away on each side, and its diagonal when it stands askew 25.
const REACH: f32 = 27.0;
/// Pixels of a square's side at most. A larger pattern is no karekod: 14 mm at 600 dpi are 330 pixels.
const SIDE: u32 = 1600;

/// Every code that the decoder finds near `pattern`. Its own error correction must accept a code; the rest is silence.
pub(super) fn decode_around(page: &Page, pattern: &Pattern) -> Vec<Reading> {
    let reach = (pattern.module * REACH) as u32;
    let (x, y) = (pattern.x as u32, pattern.y as u32);
    let (left, top) = (x.saturating_sub(reach), y.saturating_sub(reach));
    let width = (x + reach).min(page.width()) - left;
    let height = (y + reach).min(page.height()) - top;
    if width.max(height) > SIDE || width.min(height) < 21 {
        return Vec::new();
    }
    // The detector is foreign code that is known to panic on some inputs; a page that does that has no code here.
    std::panic::catch_unwind(|| decode(page, left, top, width, height)).unwrap_or_default()
}

fn decode(page: &Page, left: u32, top: u32, width: u32, height: u32) -> Vec<Reading> {
    let pixel = |x: usize, y: usize| page.at(left + x as u32, top + y as u32);
    let mut prepared = PreparedImage::prepare_from_greyscale(width as usize, height as usize, pixel);
    let grids = prepared.detect_grids();
    let readable = grids.into_iter().filter_map(|grid| {
        let (_, text) = grid.decode().ok()?;
        let corners = grid.bounds.map(|corner| [corner.x as f32 + left as f32, corner.y as f32 + top as f32]);
        Some(Reading { text, corners })
    });
    readable.collect()
}
