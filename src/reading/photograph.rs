//! The last resort: a detector made for photographs of codes of any size, angle and light. On scans it adds nothing; of
//! photographs it reads one in twelve that all other stages leave.
//!
//! It must never see a page on which everything looks like a code: it can be made to run for minutes. And it must never
//! be believed about a karekod: its error correction keeps no reserve, so ten digits count only when our own decoder reads
//! them at the place it names.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource};

use super::corners::Corners;
use super::geometry::{Perspective, Point, arm, length};
use super::grey::Grey;
use super::pixels::Pixels;
use super::scales::{Scale, Scales};
use super::search::{Manner, Photographed, Search};
use super::stage::Stage;
use super::twin::is_ten_digits;

/// A page with more patterns is too crowded for a foreign detector.
const MOST_PATTERNS: usize = 300;
/// With more than these a page was made to cost, if nothing of it was read for all that was done; and of a scan that has
/// them the detector, which is of no use on scans, is not asked.
const FEW_PATTERNS: usize = 40;
/// How well a pattern must agree with its surroundings to speak for a code on a scan.
const CLEAR: f32 = 0.7;

/// Pixels from which on the detector is given the page at half its size: it holds it several times.
const LARGE: usize = 4_000_000;
/// Instructions that the detector takes for each pixel.
const DETECT: u64 = 100;

/// Whether this is a sheet from a scanner: on those the detector finds nothing that was not found before, so it is asked
/// only where there are good patterns.
fn is_a_scan(pixels: &Pixels) -> bool {
    /// Sheets of paper are 1.41 times as long as wide, and scanners straighten them; photographs are 1.33 or 1.5.
    const SHEET: std::ops::RangeInclusive<f32> = 1.37..=1.46;
    /// The longer side of A4 at 150 dpi.
    const LONG: usize = 1_700;
    let (width, height) = (pixels.width(), pixels.height());
    let (long, short) = (width.max(height), width.min(height));
    matches!(pixels, Pixels::Bits(_)) || (long >= LONG && SHEET.contains(&(long as f32 / short as f32)))
}

/// Whether a page may cost a little more than any page may: it is no scan, and has no more patterns than photographs of
/// codes have.
pub(super) fn is_worth_it(search: &Search<'_>) -> bool {
    !is_a_scan(search.pixels) && search.patterns.len() <= FEW_PATTERNS
}

/// Asks the detector for whatever is on the page.
pub(super) fn read(search: &mut Search<'_>) {
    let clear = search.patterns.iter().filter(|pattern| pattern.likeness >= CLEAR && pattern.seen >= 3).count();
    let scan = is_a_scan(search.pixels);
    let most = if scan { FEW_PATTERNS } else { MOST_PATTERNS };
    if (scan && clear < 2) || search.patterns.len() > most {
        return;
    }
    let scales = Scales::of(search.pixels);
    let large = search.pixels.width() * search.pixels.height() > LARGE;
    let scale = if large { Scale::Half } else { Scale::Whole };
    let page = scales.get(scale);
    search.effort.look(page.luma.len(), DETECT);
    // Foreign code on foreign pixels: a page on which it panics has no code for us.
    for found in catch_unwind(AssertUnwindSafe(|| detect(page, scale.times()))).unwrap_or_default() {
        if is_ten_digits(&found.text) {
            confirm(search, &found.outline);
        } else {
            search.photographed.push(found);
        }
    }
}

fn detect(grey: &Grey, times: f32) -> Vec<Photographed> {
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let (width, height) = (grey.width as u32, grey.height as u32);
    let Ok(source) = Luma8LuminanceSource::new(grey.luma.clone(), width, height) else {
        return Vec::new();
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let found = QrReader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    let outlined = found.into_iter().filter_map(|result| {
        let [a, b, c, d] = result.getPoints() else { return None };
        let text = result.getText().to_owned();
        (!text.is_empty())
            .then(|| Photographed { text, outline: [a, b, c, d].map(|point| [point.x * times, point.y * times]) })
    });
    outlined.collect()
}

/// Lays grids of the sizes that ten digits have where the detector saw them.
fn confirm(search: &mut Search<'_>, outline: &[Point; 4]) {
    let perspective = Perspective::onto(outline);
    for size in [21_usize, 25, 29] {
        let (near, far) = (3.5 / size as f32, 1.0 - 3.5 / size as f32);
        let side = (length(arm(outline[0], outline[1])) + length(arm(outline[0], outline[3]))) / 2.0;
        let corners = Corners {
            corner: perspective.at([near, near]),
            right: perspective.at([far, near]),
            below: perspective.at([near, far]),
            module: side / size as f32,
            modules: size as f32,
            strain: 0.0,
        };
        let manner = Manner { stage: Stage::Photograph, likely: 0.0, agreement: 0.35, in_vain: 1, with_care: 1 };
        search.lay_all(vec![(corners, vec![(1.0, size)])], manner);
    }
}
