//! Reading karekods: PNG bytes → pixels → codes, with evidence of where each was found.
//!
//! Pure, and it burns a core: callers run it on the CPU lane. It must never know what a code means, and never guess.
//!
//! A page is searched for finder patterns first. Three of them that stand as a code's corners give its grid, whose
//! modules are sampled and handed to the error correction. Where that fails, a small square around a pattern is given to a
//! detector made for photographs. It never gets a whole page: that costs ten times as much, finds less, and can be made to
//! run for minutes by a page of dots. The numbers of patterns, grids and squares are bounded.

mod bits;
mod finder;
mod grey;
mod grid;
mod luma;
pub mod page;
mod square;

pub use page::{Limits, Page, PageError};

/// One code found on a page.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Reading {
    /// The payload.
    pub text: String,
    /// The corners in pixels of the page, clockwise from the code's own upper left.
    pub corners: [[f32; 2]; 4],
}

impl Reading {
    /// The middle of the code, in pixels.
    pub fn centre(&self) -> [f32; 2] {
        let sum = self.corners.iter().fold([0.0, 0.0], |sum, corner| [sum[0] + corner[0], sum[1] + corner[1]]);
        [sum[0] / 4.0, sum[1] / 4.0]
    }

    fn covers(&self, point: [f32; 2]) -> bool {
        let [x, y] = point;
        let bounds = |axis: usize| {
            let values = self.corners.map(|corner| corner[axis]);
            (values.iter().copied().fold(f32::MAX, f32::min), values.iter().copied().fold(f32::MIN, f32::max))
        };
        let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
        (left..=right).contains(&x) && (top..=bottom).contains(&y)
    }
}

/// Squares given to the detector at most. It is the last resort for codes whose corners are not all to be found.
const SQUARES: usize = 8;
/// Rows that must have seen a pattern before a square around it is worth the detector's time.
const SEEN: u32 = 3;

/// All codes on a page, each place once, from top to bottom.
pub fn read(page: &Page) -> Vec<Reading> {
    let patterns = finder::patterns(page);
    let mut readings: Vec<Reading> = Vec::new();
    for corners in grid::corners(&patterns) {
        if readings.iter().any(|reading| reading.covers(corners.middle())) {
            continue;
        }
        readings.extend(grid::decode(page, &corners));
    }
    for pattern in patterns.into_iter().filter(|pattern| pattern.seen >= SEEN).take(SQUARES) {
        if readings.iter().any(|reading| reading.covers([pattern.x, pattern.y])) {
            continue; // the code this pattern belongs to is read already
        }
        for found in square::decode_around(page, &pattern) {
            if !readings.iter().any(|known| known.covers(found.centre())) {
                readings.push(found);
            }
        }
    }
    readings.sort_by(|a, b| a.centre()[1].total_cmp(&b.centre()[1]));
    readings
}

/// The payloads of `readings`, each once, in the order of the page.
pub fn distinct(readings: &[Reading]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for reading in readings {
        if !texts.contains(&reading.text) {
            texts.push(reading.text.clone());
        }
    }
    texts
}
