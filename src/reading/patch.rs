//! The surroundings of one code, cut out of the page at a scale where a module is a few pixels. It must never hold more
//! than the code and its border need.

use super::contrast::Rows;
use super::geometry::Point;
use super::pixels::Pixels;

/// A part of the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch<'p> {
    pixels: &'p Pixels,
    /// Its upper left corner on the page.
    left: usize,
    top: usize,
    /// Its own pixels.
    width: usize,
    height: usize,
    /// Pixels of the page that became one, across and down.
    times: usize,
}

/// A module is reduced to this many pixels at most: more say nothing more, and cost.
const LARGEST_MODULE: f32 = 7.0;
/// Modules around the points that are cut out with them.
const MARGIN: f32 = 7.0;
/// Pixels of a patch's side at most.
const SIDE: usize = 2000;

impl<'p> Patch<'p> {
    /// What lies around some points. None when that is too little or too much to be a code.
    pub fn around(pixels: &'p Pixels, points: &[Point], module: f32) -> Option<Self> {
        let margin = MARGIN * module + 4.0;
        let bounds = |axis: usize, limit: usize| {
            let least = points.iter().map(|point| point[axis]).fold(f32::MAX, f32::min) - margin;
            let most = points.iter().map(|point| point[axis]).fold(f32::MIN, f32::max) + margin;
            (least.max(0.0) as usize, (most.max(0.0) as usize).min(limit))
        };
        let (left, right) = bounds(0, pixels.width());
        let (top, bottom) = bounds(1, pixels.height());
        let times = (module / LARGEST_MODULE).ceil().max(1.0) as usize;
        let (width, height) = (right.checked_sub(left)? / times, bottom.checked_sub(top)? / times);
        if width.min(height) < 20 || width.max(height) > SIDE {
            return None;
        }
        Some(Self { pixels, left, top, width, height, times })
    }

    /// Pixels of the page that became one, across and down.
    pub fn scale(&self) -> f32 {
        self.times as f32
    }

    fn origin(&self) -> Point {
        [self.left as f32, self.top as f32]
    }

    /// Where a point of the page lies on the patch.
    pub fn at(&self, at: Point) -> Point {
        let (origin, scale) = (self.origin(), self.scale());
        [(at[0] - origin[0]) / scale, (at[1] - origin[1]) / scale]
    }

    /// Where a point of the patch lies on the page.
    pub fn on_page(&self, at: Point) -> Point {
        let (origin, scale) = (self.origin(), self.scale());
        [at[0] * scale + origin[0], at[1] * scale + origin[1]]
    }
}

impl Rows for Patch<'_> {
    fn sides(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Each pixel is the mean of `times` × `times` of the page.
    fn put_row(&self, y: usize, out: &mut [u8]) {
        let (left, top, times) = (self.left, self.top + y * self.times, self.times);
        match self.pixels {
            Pixels::Grey(grey) if times == 1 => out.copy_from_slice(&grey.row(top)[left..left + out.len()]),
            Pixels::Grey(grey) => reduced(out, times, |x, y| grey.at(left + x, top + y)),
            Pixels::Bits(bits) => reduced(out, times, |x, y| if bits.dark(left + x, top + y) { 0 } else { 255 }),
        }
    }
}

fn reduced(out: &mut [u8], times: usize, pixel: impl Fn(usize, usize) -> u8) {
    let count = (times * times) as u32;
    for (x, to) in out.iter_mut().enumerate() {
        let mut sum = 0_u32;
        for down in 0..times {
            for across in 0..times {
                sum += u32::from(pixel(x * times + across, down));
            }
        }
        *to = (sum / count) as u8;
    }
}
