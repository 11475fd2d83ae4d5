//! Finder patterns by their whole area instead of by runs: when the size of a module is known, a pattern that is torn,
//! stamped or blurred still looks more like one than anything around it. It must never be asked at an unknown size.

use super::contrast::Contrast;
use super::finder::Pattern;

/// Pixels of a module on the contrast that is searched. Odd, so that every square has a middle pixel.
pub(super) const MODULE: usize = 3;

/// How much each pixel looks like the middle of a finder pattern: 1 is a clean one, 0 is nothing.
pub(super) struct Responses {
    width: usize,
    values: Vec<f32>,
}

/// Squares of 3, 5, 7 and 9 modules, as pixels to each side of the middle one: core, white ring, outer ring, border.
const REACHES: [usize; 4] = [MODULE * 3 / 2, MODULE * 5 / 2, MODULE * 7 / 2, MODULE * 9 / 2];

impl Responses {
    /// Looks at every pixel whose pattern would lie wholly on the contrast.
    pub fn of(contrast: &Contrast) -> Self {
        let (width, height) = (contrast.width, contrast.height);
        let mut responses = Self { width, values: vec![0.0; width * height] };
        let border = REACHES[3];
        if width <= 2 * border || height <= 2 * border {
            return responses;
        }
        let sums = Sums::of(contrast);
        let across = width - 2 * border;
        let mut squares = [const { Vec::new() }; 4];
        for y in border..height - border {
            for (square, reach) in squares.iter_mut().zip(REACHES) {
                sums.squares(y, border..width - border, reach, square);
            }
            let [core, white, ring, rim] = &squares;
            let row = &mut responses.values[y * width + border..][..across];
            for (x, value) in row.iter_mut().enumerate() {
                *value = response([core[x], white[x], ring[x], rim[x]]);
            }
        }
        responses
    }

    /// The responses of one row.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// Places that respond more than anything within two modules of them, the strongest first.
    pub fn peaks(&self, least: f32, most: usize) -> Vec<Pattern> {
        let mut places: Vec<(f32, usize)> = Vec::new();
        for (at, value) in self.values.iter().enumerate() {
            if *value >= least {
                places.push((*value, at));
            }
        }
        places.sort_by(|a, b| b.0.total_cmp(&a.0));
        // Each peak has a few dozen pixels around it that respond nearly as well.
        places.truncate(60 * most);
        let mut peaks: Vec<Pattern> = Vec::new();
        for (likeness, at) in places {
            let middle = [(at % self.width) as f32 + 0.5, (at / self.width) as f32 + 0.5];
            let near =
                |peak: &Pattern| (0..2).all(|axis| (peak.middle[axis] - middle[axis]).abs() < 2.0 * MODULE as f32);
            if peaks.len() < most && !peaks.iter().any(near) {
                peaks.push(Pattern { middle, module: [MODULE as f32; 2], seen: 4, likeness: likeness.min(1.0) });
            }
        }
        peaks
    }
}

/// From the sums of four squares, one in the other: the core and the outer ring must both be darker than what is between
/// them; the border should be lighter, but people write there.
fn response([core, white, ring, rim]: [i32; 4]) -> f32 {
    const AREAS: [f32; 4] = {
        let side = [2 * REACHES[0] + 1, 2 * REACHES[1] + 1, 2 * REACHES[2] + 1, 2 * REACHES[3] + 1];
        let area = [side[0] * side[0], side[1] * side[1], side[2] * side[2], side[3] * side[3]];
        [area[0] as f32, (area[1] - area[0]) as f32, (area[2] - area[1]) as f32, (area[3] - area[2]) as f32]
    };
    let core_mean = core as f32 / AREAS[0];
    let white_mean = (white - core) as f32 / AREAS[1];
    let ring_mean = (ring - white) as f32 / AREAS[2];
    let rim_mean = (rim - ring) as f32 / AREAS[3];
    let darker = (core_mean - white_mean).min(ring_mean - white_mean);
    (0.4 * darker + 0.1 * (ring_mean - rim_mean)) / 100.0
}

/// Sums of contrast over everything above and to the left.
struct Sums {
    row: usize,
    sums: Vec<i32>,
}

impl Sums {
    fn of(contrast: &Contrast) -> Self {
        let row = contrast.width + 1;
        let mut sums = vec![0_i32; row * (contrast.height + 1)];
        for (y, values) in contrast.values.chunks_exact(contrast.width).enumerate() {
            let (above, below) = sums.split_at_mut((y + 1) * row);
            let above = &above[y * row..];
            let mut line = 0;
            for (x, value) in values.iter().enumerate() {
                line += i32::from(*value);
                below[x + 1] = above[x + 1] + line;
            }
        }
        Self { row, sums }
    }

    /// The sums of the squares around a stretch of a row.
    fn squares(&self, y: usize, across: std::ops::Range<usize>, reach: usize, out: &mut Vec<i32>) {
        let count = across.len();
        let part = |y: usize, x: usize| &self.sums[y * self.row + x..][..count];
        let (top, bottom) = (y - reach, y + reach + 1);
        let (left, right) = (across.start - reach, across.start + reach + 1);
        let (a, b, c, d) = (part(top, left), part(top, right), part(bottom, left), part(bottom, right));
        out.clear();
        out.extend((0..count).map(|x| d[x] - b[x] - c[x] + a[x]));
    }
}
