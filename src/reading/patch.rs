//! The surroundings of one code, cut out of the page at a scale where a module is a few pixels. It must never hold more
//! than the code and its border need.

use super::geometry::Point;
use super::grey::Grey;
use super::page::Pixels;

/// A part of the page.
#[derive(Debug)]
pub(super) struct Patch {
    /// Its pixels.
    pub grey: Grey,
    /// Where its upper left corner lies on the page.
    pub origin: Point,
    /// Pixels of the page that became one, across and down.
    pub scale: f32,
}

/// A module is reduced to this many pixels at most: more say nothing more, and cost.
const LARGEST_MODULE: f32 = 7.0;
/// Modules around the points that are cut out with them.
const MARGIN: f32 = 7.0;
/// Pixels of a patch's side at most.
const SIDE: usize = 2000;

impl Patch {
    /// What lies around some points. None when that is too little or too much to be a code.
    pub fn around(pixels: &Pixels, points: &[Point], module: f32) -> Option<Self> {
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
        let grey = match pixels {
            Pixels::Bits(bits) => {
                reduced(width, height, times, |x, y| if bits.dark(left + x, top + y) { 0 } else { 255 })
            }
            Pixels::Grey(grey) => reduced(width, height, times, |x, y| grey.at(left + x, top + y)),
        };
        Some(Self { grey, origin: [left as f32, top as f32], scale: times as f32 })
    }

    /// Where a point of the page lies on the patch.
    pub fn at(&self, at: Point) -> Point {
        [(at[0] - self.origin[0]) / self.scale, (at[1] - self.origin[1]) / self.scale]
    }

    /// Where a point of the patch lies on the page.
    pub fn on_page(&self, at: Point) -> Point {
        [at[0] * self.scale + self.origin[0], at[1] * self.scale + self.origin[1]]
    }
}

/// The mean of every `times` × `times` pixels.
fn reduced(width: usize, height: usize, times: usize, pixel: impl Fn(usize, usize) -> u8) -> Grey {
    let mut luma = Vec::with_capacity(width * height);
    let count = (times * times) as u32;
    for y in 0..height {
        for x in 0..width {
            let mut sum = 0;
            for down in 0..times {
                for across in 0..times {
                    sum += u32::from(pixel(x * times + across, y * times + down));
                }
            }
            luma.push((sum / count) as u8);
        }
    }
    Grey { width, height, luma }
}
