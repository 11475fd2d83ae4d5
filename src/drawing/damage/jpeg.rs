//! What JPEG does to a page: blocks of eight by eight pixels, each a sum of few waves. It must write no JPEG; only the
//! loss is wanted.

use std::f32::consts::PI;
use std::sync::LazyLock;

use crate::damage::case::Case;
use crate::page::Page;

const SIDE: usize = 8;
type Block = [[f32; SIDE]; SIDE];

/// How coarsely each wave is kept at quality 50 (ITU-T T.81, table K.1).
const STEPS: [[u16; SIDE]; SIDE] = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
];

/// The waves: row `k` is the wave with `k` half turns over a block.
static WAVES: LazyLock<Block> = LazyLock::new(|| {
    let mut waves = [[0.0; SIDE]; SIDE];
    for (k, wave) in waves.iter_mut().enumerate() {
        let scale: f32 = if k == 0 { 0.125 } else { 0.25 };
        for (at, height) in wave.iter_mut().enumerate() {
            *height = scale.sqrt() * ((2 * at + 1) as f32 * k as f32 * PI / 16.0).cos();
        }
    }
    waves
});

/// The page was a JPEG of poor quality.
pub fn jpeg(case: &Case, mut page: Page) -> Page {
    // 1 is quality 50; libjpeg's quality 10 is 5, and its quality 5 is 10.
    let coarseness = case.pick([3.0, 7.0, 12.0, 20.0, 40.0]);
    let steps = STEPS.map(|row| row.map(|step| (f32::from(step) * coarseness).min(255.0)));
    for channel in 0..page.channels() {
        coarsen(&mut page, channel, &steps);
    }
    page
}

/// Keeps of every block only what the steps leave. Pixels beyond the last whole block stay as they are.
fn coarsen(page: &mut Page, channel: usize, steps: &Block) {
    let (width, height, channels) = (page.width as usize, page.height as usize, page.channels());
    for top in (0..height + 1 - SIDE.min(height)).step_by(SIDE) {
        for left in (0..width + 1 - SIDE.min(width)).step_by(SIDE) {
            let at = |x: usize, y: usize| ((top + y) * width + left + x) * channels + channel;
            if top + SIDE > height || left + SIDE > width {
                continue;
            }
            let mut block = [[0.0; SIDE]; SIDE];
            for (y, row) in block.iter_mut().enumerate() {
                for (x, value) in row.iter_mut().enumerate() {
                    *value = f32::from(page.samples[at(x, y)]) - 128.0;
                }
            }
            let mut waves = product(&product(&WAVES, &block), &flipped(&WAVES));
            for (row, steps) in waves.iter_mut().zip(steps) {
                for (height, step) in row.iter_mut().zip(steps) {
                    *height = (*height / step).round() * step;
                }
            }
            let seen = product(&product(&flipped(&WAVES), &waves), &WAVES);
            for (y, row) in seen.iter().enumerate() {
                for (x, value) in row.iter().enumerate() {
                    page.samples[at(x, y)] = (value + 128.5) as u8;
                }
            }
        }
    }
}

fn product(left: &Block, right: &Block) -> Block {
    let mut result = [[0.0; SIDE]; SIDE];
    for (row, factors) in result.iter_mut().zip(left) {
        for (factor, other) in factors.iter().zip(right) {
            row.iter_mut().zip(other).for_each(|(sum, value)| *sum += factor * value);
        }
    }
    result
}

fn flipped(block: &Block) -> Block {
    let mut result = [[0.0; SIDE]; SIDE];
    for (y, row) in block.iter().enumerate() {
        for (x, &value) in row.iter().enumerate() {
            result[x][y] = value;
        }
    }
    result
}
