//! Small pictures of scans, for pages that show many. Burns a core: it runs on the CPU lane.

use crate::reading::{Limits, Page};

/// Pixels across. A sheet is then some 226 high: enough to tell a result sheet from a count sheet, and signatures from
/// none.
const ACROSS: u32 = 160;
/// Pixels down at most.
const DOWN: u32 = 320;
/// Bytes of a preview at most: every pixel half a byte, and the frame.
pub const PREVIEW_BYTES: u64 = (ACROSS * DOWN / 2 + DOWN + 1024) as u64;

/// A preview of a scan, as a PNG of sixteen shades. None for bytes that are not a page, which intake refuses.
pub fn preview(scan: &[u8]) -> Option<Vec<u8>> {
    let page = Page::from_png(scan, Limits::default()).ok()?;
    let (width, height) = (page.width(), page.height());
    let across = ACROSS.min(width).max(1);
    let down = (u64::from(height) * u64::from(across) / u64::from(width)).clamp(1, u64::from(DOWN)) as u32;
    let mut rows = Vec::with_capacity((across.div_ceil(2) * down) as usize);
    for y in 0..down {
        let (top, bottom) = span(y, down, height);
        let mut shades = (0..across).map(|x| {
            let (left, right) = span(x, across, width);
            shade(&page, left..right, top..bottom)
        });
        while let Some(left) = shades.next() {
            rows.push(left << 4 | shades.next().unwrap_or(0));
        }
    }
    encode(across, down, &rows).ok()
}

/// Pixels of the page that pixel `n` of `of` stands for.
fn span(n: u32, of: u32, pixels: u32) -> (u32, u32) {
    let at = |n: u32| (u64::from(n) * u64::from(pixels) / u64::from(of)) as u32;
    (at(n), at(n + 1).max(at(n) + 1).min(pixels))
}

/// The mean of some of the pixels, 0 to 15: every second one across and down says enough.
fn shade(page: &Page, across: std::ops::Range<u32>, down: std::ops::Range<u32>) -> u8 {
    let step = if across.len() > 3 { 2 } else { 1 };
    let (mut sum, mut count) = (0_u32, 0);
    for y in down.step_by(step) {
        for x in across.clone().step_by(step) {
            sum += u32::from(page.at(x, y));
            count += 1;
        }
    }
    (sum / count.max(1) / 17).min(15) as u8
}

fn encode(width: u32, height: u32, rows: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Four);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(width: u32, height: u32, dark: impl Fn(u32, u32) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let pixels: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| if dark(x, y) { 0 } else { 255 })
            .collect();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixels).unwrap();
        writer.finish().unwrap();
        out
    }

    #[test]
    fn a_preview_shows_the_page_small() {
        let small = preview(&scan(827, 1169, |_, y| y < 585)).unwrap();
        let page = Page::from_png(&small, Limits::default()).unwrap();
        assert_eq!((page.width(), page.height()), (160, 226));
        assert_eq!((page.at(80, 20), page.at(80, 200)), (0, 255));
    }

    #[test]
    fn no_preview_is_larger_than_it_may_be_nor_fails_on_odd_sides() {
        let noise =
            |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).count_ones().is_multiple_of(2);
        for (width, height) in [(1, 1), (1, 3000), (3000, 1), (161, 161), (2339, 1654), (160, 320), (159, 5)] {
            let small = preview(&scan(width, height, noise)).unwrap();
            assert!(small.len() as u64 <= PREVIEW_BYTES, "{width} × {height}: {} bytes", small.len());
            Page::from_png(&small, Limits::default()).unwrap();
        }
        assert!(preview(b"no page").is_none());
    }
}
