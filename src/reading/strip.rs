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
        let grey = match pixels {
            Pixels::Bits(bits) => turned(width, height, origin, across, down, |x, y| {
                let inside = x < bits.width && y < bits.height;
                if inside && bits.dark(x, y) { 0 } else { 255 }
            }),
            Pixels::Grey(grey) => turned(width, height, origin, across, down, |x, y| {
                if x < grey.width && y < grey.height { grey.at(x, y) } else { 255 }
            }),
        };
        Self { grey, origin, across, down }
    }

    /// Where a point of the strip lies on the page.
    pub fn on_page(&self, [x, y]: Point) -> Point {
        along(along(self.origin, self.across, x), self.down, y)
    }
}

/// Each pixel is the mean of four places inside it: nearer than that the page has little more to say at this scale.
fn turned(
    width: usize,
    height: usize,
    origin: Point,
    across: Point,
    down: Point,
    pixel: impl Fn(usize, usize) -> u8,
) -> Grey {
    const PLACES: [Point; 4] = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]];
    let mut luma = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = 0;
            for [right, below] in PLACES {
                let at = along(along(origin, across, x as f32 + right), down, y as f32 + below);
                // What is left of or above the page becomes 0 here: the edge is repeated.
                sum += u32::from(pixel(at[0] as usize, at[1] as usize));
            }
            luma.push((sum / 4) as u8);
        }
    }
    Grey { width, height, luma }
}
