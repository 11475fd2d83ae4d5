//! How much darker or lighter a pixel is than its surroundings, so that shadow and fading no longer matter. It must never
//! make print out of paper: where all is alike, the contrast is near zero.

mod rows;

use rows::Smoother;
pub(super) use rows::{ContrastRows, Rows};

use super::geometry::Point;
use super::grey::Grey;

/// Contrast of every pixel of a patch.
#[derive(Debug)]
pub(super) struct Contrast {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// From -127, light among dark, to 127, dark among light; 100 is as far from the mean as pixels there usually are.
    pub values: Vec<i8>,
}

impl Contrast {
    /// Compares each pixel with the square of `reach` pixels to each side of it.
    pub fn of(grey: &Grey, reach: usize) -> Self {
        let mut values = vec![0; grey.width * grey.height];
        let mut rows = ContrastRows::of(grey, reach);
        for row in values.chunks_exact_mut(grey.width.max(1)) {
            rows.put_next(row);
        }
        Self { width: grey.width, height: grey.height, values }
    }

    /// The contrast at a point; nothing is known beyond the patch.
    pub fn at(&self, [x, y]: Point) -> f32 {
        if x < 0.0 || y < 0.0 {
            return 0.0;
        }
        let (x, y) = (x as usize, y as usize);
        if x >= self.width || y >= self.height {
            return 0.0;
        }
        f32::from(self.values[y * self.width + x])
    }
}

/// 256ths of 100 by the stray, of which paper always has some.
fn weights() -> [i32; 256] {
    std::array::from_fn(|stray| 2 * 256 * 100 / (2 * stray as i32 + 3))
}

/// The mean of so many pixels to each side and the one between them, by their sum.
fn mean_of(reach: usize) -> impl Fn(u32) -> u8 + Copy {
    // A division by a small constant is a multiplication and a shift. No sum of bytes is as long as to leave 32 bits.
    let share = (1 << 16) / (2 * reach as u32 + 1) + 1;
    move |sum| (sum.wrapping_mul(share) >> 16).min(255) as u8
}

/// The mean of `reach` pixels to each side along a row, with its ends repeated beyond them. `line` is room to work in.
fn smooth_row(row: &[u8], reach: usize, line: &mut Vec<u8>, out: &mut [u8]) {
    let (Some(first), Some(last)) = (row.first(), row.last()) else { return };
    line.clear();
    line.resize(reach, *first);
    line.extend_from_slice(row);
    line.resize(row.len() + 2 * reach, *last);
    let mut sum: u32 = line[..2 * reach].iter().map(|pixel| u32::from(*pixel)).sum();
    let mean = mean_of(reach);
    for ((to, enters), leaves) in out.iter_mut().zip(&line[2 * reach..]).zip(&*line) {
        sum = sum.wrapping_add(u32::from(*enters));
        *to = mean(sum);
        sum = sum.wrapping_sub(u32::from(*leaves));
    }
}

/// The mean of the square of `reach` pixels to each side of every pixel, with the edge repeated beyond it.
pub(super) fn smoothed(rows: &impl Rows, reach: usize) -> Grey {
    let [width, height] = rows.sides();
    let mut luma = vec![0_u8; width * height];
    let mut smoother = Smoother::new(width, height, reach);
    let mut line = vec![0; width];
    let mut pushed = 0;
    for (y, out) in luma.chunks_exact_mut(width.max(1)).enumerate() {
        if reach == 0 {
            rows.put_row(y, out);
            continue;
        }
        while pushed <= (y + reach).min(height - 1) {
            rows.put_row(pushed, &mut line);
            smoother.push(&line);
            pushed += 1;
        }
        smoother.pull(out);
    }
    Grey { width, height, luma }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_is_the_mean_of_the_square_with_the_edge_repeated() {
        let (width, height, reach) = (13_usize, 9_usize, 2_usize);
        let luma: Vec<u8> = (0..width * height).map(|n| (n * 97 % 251) as u8).collect();
        let grey = Grey { width, height, luma };
        let smooth = smoothed(&&grey, reach);
        for y in 0..height {
            for x in 0..width {
                let near = |at: usize, step: usize, most: usize| (at + step).saturating_sub(reach).min(most - 1);
                let sum: f32 = (0..5)
                    .flat_map(|down| (0..5).map(move |across| (across, down)))
                    .map(|(across, down)| f32::from(grey.at(near(x, across, width), near(y, down, height))))
                    .sum();
                assert!((f32::from(smooth.at(x, y)) - sum / 25.0).abs() < 2.5, "{x}, {y}");
            }
        }
    }

    #[test]
    fn print_in_shadow_has_the_contrast_of_print_in_light() {
        let luma = (0..120 * 40_usize).map(|n| {
            let (x, dark) = (n % 120, n % 120 / 5 % 2 == 0);
            let light = if x < 60 { 220.0 } else { 110.0 };
            (light * if dark { 0.3 } else { 1.0 }) as u8
        });
        let contrast = Contrast::of(&Grey { width: 120, height: 40, luma: luma.collect() }, 12);
        let [bright, shadowed] = [22.5, 92.5].map(|x| contrast.at([x, 20.5]));
        assert!(bright > 60.0 && shadowed > 60.0, "{bright}, {shadowed}");
    }
}
