//! How dark each module of a grid is. It must never decide between dark and light where the page does not: a module near
//! the threshold says nothing.

use crate::contrast::Contrast;
use crate::decode::Soft;
use crate::geometry::Point;
use crate::grey::Grey;

/// The shade of each module's middle, 0 black to 255 white, between the pixels around it.
pub(crate) fn shades(grey: &Grey, middles: &[Point]) -> Vec<f32> {
    let shade = |[x, y]: &Point| {
        // The middle of a pixel is at a half.
        let x = (x - 0.5).clamp(0.0, grey.width as f32 - 1.01);
        let y = (y - 0.5).clamp(0.0, grey.height as f32 - 1.01);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(grey.width - 1), (top + 1).min(grey.height - 1));
        let (across, down) = (x - left as f32, y - top as f32);
        let [a, b, c, d] =
            [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| f32::from(grey.at(x, y)));
        (a * (1.0 - across) + b * across) * (1.0 - down) + (c * (1.0 - across) + d * across) * down
    };
    middles.iter().map(shade).collect()
}

/// Modules by the contrast of the patch.
pub(crate) fn by_contrast(contrast: &Contrast, middles: &[Point], size: usize) -> Soft {
    let values = middles.iter().map(|middle| contrast.at(*middle) as i8).collect();
    Soft { size, values }
}

/// Modules by the mean of the modules around them, moved by `shift` times how far they stray from it.
pub(crate) fn by_neighbours(shades: &[f32], size: usize, shift: f32) -> Soft {
    /// Modules to each side.
    const REACH: usize = 3;
    let mean = mean_around(shades, size, REACH);
    let strays: Vec<f32> = shades.iter().zip(&mean).map(|(shade, mean)| (shade - mean).abs()).collect();
    let stray = mean_around(&strays, size, REACH);
    let modules = shades.iter().zip(&mean).zip(&stray);
    let values = modules.map(|((shade, mean), stray)| {
        let darker = (mean + shift * stray - shade) / (1.1 * stray + 3.0);
        (100.0 * darker).clamp(-127.0, 127.0) as i8
    });
    Soft { size, values: values.collect() }
}

/// Takes out what a blurred module has from its four neighbours.
pub(crate) fn sharpened(shades: &[f32], size: usize, strength: f32) -> Vec<f32> {
    let sharp = |at: usize| {
        let (x, y) = (at % size, at / size);
        let (mut sum, mut count) = (0.0, 0.0);
        let mut add = |there: bool, other: usize| {
            if there {
                sum += shades[other];
                count += 1.0;
            }
        };
        add(x > 0, at.wrapping_sub(1));
        add(x + 1 < size, at + 1);
        add(y > 0, at.wrapping_sub(size));
        add(y + 1 < size, at + size);
        shades[at] + strength * (shades[at] - sum / count)
    };
    (0..shades.len()).map(sharp).collect()
}

/// The mean of the square of `reach` modules to each side.
fn mean_around(values: &[f32], size: usize, reach: usize) -> Vec<f32> {
    let row = size + 1;
    let mut sums = vec![0.0_f64; row * row];
    for y in 0..size {
        let mut line = 0.0;
        for x in 0..size {
            line += f64::from(values[y * size + x]);
            sums[(y + 1) * row + x + 1] = sums[y * row + x + 1] + line;
        }
    }
    let mean = |at: usize| {
        let (x, y) = (at % size, at / size);
        let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(size));
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(size));
        let sum =
            sums[bottom * row + right] - sums[top * row + right] - sums[bottom * row + left] + sums[top * row + left];
        (sum / ((right - left) * (bottom - top)) as f64) as f32
    };
    (0..values.len()).map(mean).collect()
}
