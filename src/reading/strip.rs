//! A part of the page turned upright and brought to a known scale, so that what is searched for has one size and one
//! direction. It must never be held whole: a strip of a coarse page has many times its pixels.

use super::contrast::Rows;
use super::geometry::{Point, along};
use super::pixels::Pixels;

/// Pixels of a module on a strip. Odd, so that every square has a middle pixel.
pub(super) const MODULE: usize = 3;

/// A part of the page, upright, row by row.
pub(super) struct Strip<'p> {
    pixels: &'p Pixels,
    /// Pixels of a row.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    origin: Point,
    /// One pixel of the strip to the right, on the page.
    across: Point,
    /// One pixel of the strip down, on the page.
    down: Point,
}

impl<'p> Strip<'p> {
    /// Takes `width` × `height` modules whose upper left corner is at `origin` and whose modules have the given arms.
    pub fn of(pixels: &'p Pixels, origin: Point, module: [Point; 2], width: usize, height: usize) -> Self {
        let [across, down] = module.map(|arm| arm.map(|length| length / MODULE as f32));
        Self { pixels, width: width * MODULE, height: height * MODULE, origin, across, down }
    }

    /// Where a point of the strip lies on the page.
    pub fn on_page(&self, [x, y]: Point) -> Point {
        along(along(self.origin, self.across, x), self.down, y)
    }

    /// Each pixel is the mean of two places inside it: nearer than that the page has little more to say at this scale.
    fn sample(&self, row: usize, out: &mut [u8], pixel: impl Fn(i32, i32) -> u32) {
        const PLACES: [Point; 2] = [[0.25, 0.25], [0.75, 0.75]];
        // Points as whole numbers of 1/65,536 pixels: a step is an addition. No page has a side of 32,768.
        let fixed = |at: f32| (at.clamp(-20_000.0, 30_000.0) * 65_536.0) as i32;
        let places = PLACES.map(|[right, below]| {
            let [x, y] = along(along([0.0, 0.0], self.across, right), self.down, below);
            [fixed(x), fixed(y)]
        });
        let step = self.across.map(fixed);
        let [mut x, mut y] = along(self.origin, self.down, row as f32).map(fixed);
        for to in out {
            let at = |place: [i32; 2]| pixel(x.saturating_add(place[0]) >> 16, y.saturating_add(place[1]) >> 16);
            *to = ((at(places[0]) + at(places[1])) / 2) as u8;
            (x, y) = (x.saturating_add(step[0]), y.saturating_add(step[1]));
        }
    }
}

impl Rows for Strip<'_> {
    fn sides(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Beyond the edge of the page the edge is repeated.
    fn put_row(&self, row: usize, out: &mut [u8]) {
        let (right, bottom) = (self.pixels.width() as i32 - 1, self.pixels.height() as i32 - 1);
        let on_page = |x: i32, y: i32| (x.clamp(0, right) as usize, y.clamp(0, bottom) as usize);
        match self.pixels {
            Pixels::Bits(bits) => self.sample(row, out, |x, y| {
                let (x, y) = on_page(x, y);
                if bits.dark(x, y) { 0 } else { 255 }
            }),
            Pixels::Grey(grey) => self.sample(row, out, |x, y| {
                let (x, y) = on_page(x, y);
                u32::from(grey.at(x, y))
            }),
        }
    }
}
