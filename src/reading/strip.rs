//! A part of the page turned upright and brought to a known scale, so that what is searched for has one size and one
//! direction. It must never be larger than the page at three pixels a module.

use super::area::MODULE;
use super::geometry::{Point, along};
use super::grey::Grey;
use super::page::Pixels;

/// A part of the page, upright.
pub(super) struct Strip {
    /// Its pixels.
    pub grey: Grey,
    origin: Point,
    /// One pixel of the strip to the right, on the page.
    across: Point,
    /// One pixel of the strip down, on the page.
    down: Point,
}

impl Strip {
    /// Takes `width` × `height` modules whose upper left corner is at `origin` and whose modules have the given arms.
    pub fn of(pixels: &Pixels, origin: Point, module: [Point; 2], width: usize, height: usize) -> Self {
        let step = |arm: Point| arm.map(|length| length / MODULE as f32);
        let (across, down) = (step(module[0]), step(module[1]));
        let (width, height) = (width * MODULE, height * MODULE);
        let (right, bottom) = (pixels.width() as i32 - 1, pixels.height() as i32 - 1);
        // The edge is repeated beyond it.
        let on_page = |x: i32, y: i32| (x.clamp(0, right) as usize, y.clamp(0, bottom) as usize);
        let grey = match pixels {
            Pixels::Bits(bits) => turned(width, height, origin, across, down, |x, y| {
                let (x, y) = on_page(x, y);
                if bits.dark(x, y) { 0 } else { 255 }
            }),
            Pixels::Grey(grey) => turned(width, height, origin, across, down, |x, y| {
                let (x, y) = on_page(x, y);
                u32::from(grey.at(x, y))
            }),
        };
        Self { grey, origin, across, down }
    }

    /// Where a point of the strip lies on the page.
    pub fn on_page(&self, [x, y]: Point) -> Point {
        along(along(self.origin, self.across, x), self.down, y)
    }
}

/// Each pixel is the mean of two places inside it: nearer than that the page has little more to say at this scale.
fn turned(
    width: usize,
    height: usize,
    origin: Point,
    across: Point,
    down: Point,
    pixel: impl Fn(i32, i32) -> u32,
) -> Grey {
    const PLACES: [Point; 2] = [[0.25, 0.25], [0.75, 0.75]];
    // Points as whole numbers of 1/65,536 pixels: a step is an addition. No page has a side of 32,768.
    let fixed = |at: f32| (at.clamp(-20_000.0, 30_000.0) * 65_536.0) as i32;
    let places = PLACES.map(|[right, below]| {
        let [x, y] = along(along([0.0, 0.0], across, right), down, below);
        [fixed(x), fixed(y)]
    });
    let step = across.map(fixed);
    let mut luma = Vec::with_capacity(width * height);
    for row in 0..height {
        let [mut x, mut y] = along(origin, down, row as f32).map(fixed);
        luma.extend((0..width).map(|_| {
            let sum: u32 = places.iter().map(|at| pixel((x + at[0]) >> 16, (y + at[1]) >> 16)).sum();
            (x, y) = (x + step[0], y + step[1]);
            (sum / PLACES.len() as u32) as u8
        }));
    }
    Grey { width, height, luma }
}
