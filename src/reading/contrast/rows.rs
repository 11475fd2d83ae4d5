//! Means and contrast row after row. It must never hold more than the rows that a pixel is compared with.

use super::{mean_of, weights};
use crate::grey::Grey;

/// Something that has rows of pixels.
pub(crate) trait Rows {
    /// Pixels of a row, and rows.
    fn sides(&self) -> [usize; 2];

    /// The pixels of one row.
    fn put_row(&self, y: usize, out: &mut [u8]);
}

impl Rows for &Grey {
    fn sides(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    fn put_row(&self, y: usize, out: &mut [u8]) {
        out.copy_from_slice(self.row(y));
    }
}

/// As [`Contrast`](super::Contrast), of which only a few rows are there at a time.
pub(crate) struct ContrastRows<R> {
    rows: R,
    reach: usize,
    weights: [i32; 256],
    pixels: Ring,
    means: Ring,
    mean: Smoother,
    stray: Smoother,
    /// Room for one row of strays.
    line: Vec<u8>,
    /// Rows of pixels, of means and of contrast that were made.
    loaded: usize,
    smoothed: usize,
    done: usize,
}

impl<R: Rows> ContrastRows<R> {
    /// Compares each pixel with the square of `reach` pixels to each side of it.
    pub fn of(rows: R, reach: usize) -> Self {
        let [width, height] = rows.sides();
        let ring = || Ring::new(width, 2 * reach + 2);
        let smoother = || Smoother::new(width, height, reach);
        Self {
            pixels: ring(),
            means: ring(),
            mean: smoother(),
            stray: smoother(),
            line: vec![0; width],
            weights: weights(),
            reach,
            loaded: 0,
            smoothed: 0,
            done: 0,
            rows,
        }
    }

    /// What it looks at.
    pub fn rows(&self) -> &R {
        &self.rows
    }

    /// The next row of contrast. False when there is none.
    pub fn put_next(&mut self, out: &mut [i8]) -> bool {
        let (y, height) = (self.done, self.rows.sides()[1]);
        if y == height {
            return false;
        }
        while self.smoothed <= (y + self.reach).min(height - 1) {
            self.smooth();
        }
        self.stray.pull(&mut self.line);
        let pixels = self.pixels.row(y).iter().zip(self.means.row(y)).zip(&self.line);
        for (to, ((pixel, mean), stray)) in out.iter_mut().zip(pixels) {
            let darker = i32::from(*mean) - i32::from(*pixel);
            *to = (darker.wrapping_mul(self.weights[usize::from(*stray)]) / 256).clamp(-127, 127) as i8;
        }
        self.done += 1;
        true
    }

    /// The next row of means, and how far the pixels stray from it.
    fn smooth(&mut self) {
        let y = self.smoothed;
        while self.loaded <= (y + self.reach).min(self.rows.sides()[1] - 1) {
            let row = self.pixels.row_mut(self.loaded);
            self.rows.put_row(self.loaded, row);
            self.mean.push(row);
            self.loaded += 1;
        }
        let means = self.means.row_mut(y);
        self.mean.pull(means);
        let strays = self.pixels.row(y).iter().zip(&*means);
        self.line.iter_mut().zip(strays).for_each(|(to, (pixel, mean))| *to = pixel.abs_diff(*mean));
        self.stray.push(&self.line);
        self.smoothed += 1;
    }
}

/// The last rows of many.
struct Ring {
    width: usize,
    rows: Vec<u8>,
}

impl Ring {
    fn new(width: usize, rows: usize) -> Self {
        Self { width, rows: vec![0; width * rows] }
    }

    fn at(&self, y: usize) -> std::ops::Range<usize> {
        let rows = self.rows.len().checked_div(self.width).unwrap_or(1);
        y % rows * self.width..(y % rows + 1) * self.width
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.rows[self.at(y)]
    }

    fn row_mut(&mut self, y: usize) -> &mut [u8] {
        let at = self.at(y);
        &mut self.rows[at]
    }
}

/// The mean of the square of `reach` pixels to each side, row after row, with the edge repeated beyond it.
pub(super) struct Smoother {
    height: usize,
    reach: usize,
    /// Rows that are smoothed across, and their sums down.
    across: Ring,
    sums: Vec<u32>,
    line: Vec<u8>,
    pushed: usize,
    pulled: usize,
}

impl Smoother {
    pub fn new(width: usize, height: usize, reach: usize) -> Self {
        let across = Ring::new(width, 2 * reach + 2);
        Self { height, reach, across, sums: vec![0; width], line: Vec::new(), pushed: 0, pulled: 0 }
    }

    /// The next row that has a say.
    pub fn push(&mut self, row: &[u8]) {
        super::smooth_row(row, self.reach, &mut self.line, self.across.row_mut(self.pushed));
        self.pushed += 1;
    }

    /// The next row, once all rows that have a say in it were pushed.
    pub fn pull(&mut self, out: &mut [u8]) {
        let (y, reach, last) = (self.pulled, self.reach, self.height - 1);
        if y == 0 {
            let first = self.across.row(0);
            self.sums.iter_mut().zip(first).for_each(|(sum, pixel)| *sum = u32::from(*pixel) * reach as u32);
            for y in 0..reach {
                let row = self.across.row(y.min(last));
                self.sums.iter_mut().zip(row).for_each(|(sum, pixel)| *sum = sum.wrapping_add(u32::from(*pixel)));
            }
        }
        let (enters, leaves) = (self.across.row((y + reach).min(last)), self.across.row(y.saturating_sub(reach)));
        let mean = mean_of(reach);
        for (((to, sum), enters), leaves) in out.iter_mut().zip(&mut self.sums).zip(enters).zip(leaves) {
            *sum = sum.wrapping_add(u32::from(*enters));
            *to = mean(*sum);
            *sum = sum.wrapping_sub(u32::from(*leaves));
        }
        self.pulled += 1;
    }
}
