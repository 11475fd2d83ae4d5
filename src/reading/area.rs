//! Finder patterns by their whole area instead of by runs: when the size of a module is known, a pattern that is torn,
//! stamped or blurred still looks more like one than anything around it. It must never be asked at an unknown size, and
//! never hold more of a page than the rows of one pattern.

use super::contrast::ContrastRows;
use super::strip::{MODULE, Strip};

/// Instructions for each pixel of a strip.
pub(super) const STRIP: u64 = 60;
/// Pixels to each side that a pixel of a strip is compared with.
const SURROUNDINGS: usize = 5 * MODULE + 2;

/// Squares of 3, 5, 7 and 9 modules, as pixels to each side of the middle one: core, white ring, outer ring, border.
const REACHES: [usize; 4] = [MODULE * 3 / 2, MODULE * 5 / 2, MODULE * 7 / 2, MODULE * 9 / 2];
const BORDER: usize = REACHES[3];
/// Rows of sums that are kept: of the largest square, and the one that has just left it.
const ROWS: usize = 2 * BORDER + 2;

/// How much each pixel looks like the middle of a finder pattern: 1 is a clean one, 0 is nothing. Row after row, and only
/// pixels whose pattern would lie wholly on the strip.
pub(super) struct Responses<'p> {
    contrast: ContrastRows<Strip<'p>>,
    values: Vec<i8>,
    /// Of each of the last rows, what all values up to a place sum up to.
    sums: Vec<Vec<i32>>,
    /// The same, summed over the rows of each square.
    squares: [Vec<i32>; 4],
    row: Vec<f32>,
    /// Rows of contrast that were taken in.
    taken: usize,
}

impl<'p> Responses<'p> {
    /// Looks at a strip.
    pub fn of(strip: Strip<'p>) -> Self {
        let width = strip.width;
        let sums = || vec![0; width + 1];
        Self {
            values: vec![0; width],
            sums: (0..ROWS).map(|_| sums()).collect(),
            squares: std::array::from_fn(|_| sums()),
            row: vec![0.0; width.saturating_sub(2 * BORDER)],
            contrast: ContrastRows::of(strip, SURROUNDINGS),
            taken: 0,
        }
    }

    /// What it looks at.
    pub fn strip(&self) -> &Strip<'p> {
        self.contrast.rows()
    }

    /// The next row, and the place on the strip of its first response.
    pub fn next_row(&mut self) -> Option<([usize; 2], &[f32])> {
        if self.row.is_empty() {
            return None;
        }
        while self.take_in() {
            let Some(y) = self.taken.checked_sub(2 * BORDER + 1) else { continue };
            let count = self.row.len();
            let [core, white, ring, rim] = std::array::from_fn(|n| {
                let (left, right) = (BORDER - REACHES[n], BORDER + REACHES[n] + 1);
                (&self.squares[n][left..][..count], &self.squares[n][right..][..count])
            });
            let square = |(left, right): (&[i32], &[i32]), x: usize| right[x].wrapping_sub(left[x]);
            for (x, value) in self.row.iter_mut().enumerate() {
                *value = response([square(core, x), square(white, x), square(ring, x), square(rim, x)]);
            }
            return Some(([BORDER, y + BORDER], &self.row));
        }
        None
    }

    /// Takes one more row of contrast into the squares, each of which lags behind by what the largest reaches farther.
    fn take_in(&mut self) -> bool {
        if !self.contrast.put_next(&mut self.values) {
            return false;
        }
        let now = self.taken;
        let mut sum = 0_i32;
        for (to, value) in self.sums[now % ROWS][1..].iter_mut().zip(&self.values) {
            sum = sum.wrapping_add(i32::from(*value));
            *to = sum;
        }
        for (square, reach) in self.squares.iter_mut().zip(REACHES) {
            let Some(enters) = now.checked_sub(BORDER - reach) else { continue };
            square.iter_mut().zip(&self.sums[enters % ROWS]).for_each(|(sum, row)| *sum = sum.wrapping_add(*row));
            let Some(leaves) = enters.checked_sub(2 * reach + 1) else { continue };
            square.iter_mut().zip(&self.sums[leaves % ROWS]).for_each(|(sum, row)| *sum = sum.wrapping_sub(*row));
        }
        self.taken += 1;
        true
    }
}

/// The best of many places, of which most are forgotten at once.
pub(super) struct Best {
    most: usize,
    places: Vec<(f32, [f32; 2])>,
}

impl Best {
    /// Keeps so many.
    pub fn of(most: usize) -> Self {
        Self { most, places: Vec::new() }
    }

    /// Takes a place and what it is worth.
    pub fn note(&mut self, worth: f32, place: [f32; 2]) {
        self.places.push((worth, place));
        if self.places.len() >= 2 * self.most {
            self.keep_best();
        }
    }

    /// The places, best first; of equal ones the upper and left.
    pub fn sorted(mut self) -> Vec<(f32, [f32; 2])> {
        self.keep_best();
        self.places
    }

    fn keep_best(&mut self) {
        let rank = |(worth, [x, y]): &(f32, [f32; 2])| (-worth, *y, *x);
        self.places.sort_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2))
        });
        self.places.truncate(self.most);
    }
}

/// From the sums of four squares, one in the other: the core and the outer ring must both be darker than what is between
/// them; the border should be lighter, but people write there.
#[inline(always)]
fn response([core, white, ring, rim]: [i32; 4]) -> f32 {
    const AREAS: [f32; 4] = {
        let side = [2 * REACHES[0] + 1, 2 * REACHES[1] + 1, 2 * REACHES[2] + 1, 2 * REACHES[3] + 1];
        let area = [side[0] * side[0], side[1] * side[1], side[2] * side[2], side[3] * side[3]];
        [area[0] as f32, (area[1] - area[0]) as f32, (area[2] - area[1]) as f32, (area[3] - area[2]) as f32]
    };
    let core_mean = core as f32 / AREAS[0];
    let white_mean = white.wrapping_sub(core) as f32 / AREAS[1];
    let ring_mean = ring.wrapping_sub(white) as f32 / AREAS[2];
    let rim_mean = rim.wrapping_sub(ring) as f32 / AREAS[3];
    let darker = (core_mean - white_mean).min(ring_mean - white_mean);
    (0.4 * darker + 0.1 * (ring_mean - rim_mean)) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grey::Grey;
    use crate::pixels::Pixels;

    #[test]
    fn a_half_covered_pattern_is_the_strongest_place_of_a_noisy_strip() {
        let (width, height) = (150, 120);
        let mut luma: Vec<u8> =
            (0..width * height).map(|n| 150 + ((n as u32).wrapping_mul(2_654_435_761) >> 26) as u8).collect();
        for y in 0..21 {
            for x in 0..21 {
                let ring = (x as i32 / 3 - 3).abs().max((y as i32 / 3 - 3).abs());
                if ring != 2 && x + y < 27 {
                    luma[(60 + y) * width + 90 + x] = 30;
                }
            }
        }
        let pixels = Pixels::Grey(Grey { width, height, luma });
        let arms = [[3.0, 0.0], [0.0, 3.0]];
        let mut responses = Responses::of(Strip::of(&pixels, [0.0, 0.0], arms, width / 3, height / 3));
        let mut places = Best::of(10);
        while let Some(([left, y], row)) = responses.next_row() {
            row.iter()
                .enumerate()
                .for_each(|(x, value)| places.note(*value, [(left + x) as f32 + 0.5, y as f32 + 0.5]));
        }
        let [x, y] = places.sorted()[0].1;
        assert!((x - 100.5).abs() < 4.0 && (y - 70.5).abs() < 4.0, "{x}, {y}");
    }
}
