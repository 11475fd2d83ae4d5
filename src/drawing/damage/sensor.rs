//! Damage by the sensor and the glass above it: noise, dead grains, streaks. It must fall on the whole page, because a
//! scanner does not know where the codes are.

use crate::chance::{Chance, Grains};
use crate::damage::case::Case;
use crate::page::Page;

/// Every sample strays, the more the worse.
pub fn noise(case: &Case, page: Page) -> Page {
    let spread = case.pick([15.0, 32.0, 52.0, 72.0, 95.0]);
    noisy(page, spread, case.chance("noise"))
}

/// Lets every sample stray by this spread, in steps of 255.
pub fn noisy(mut page: Page, spread: f32, chance: Chance) -> Page {
    let mut grains = Grains::from(chance);
    for sample in &mut page.samples {
        // The sum of three draws, each spread by 0.29.
        let stray = grains.grain() + grains.grain() + grains.grain() - 1.5;
        *sample = (f32::from(*sample) + stray * spread * 2.0) as u8;
    }
    page
}

/// Grains of pure black and white, a pixel or a few wide.
pub fn salt_and_pepper(case: &Case, mut page: Page) -> Page {
    let share = case.pick([0.005, 0.015, 0.03, 0.045, 0.065]);
    let mut chance = case.chance("grains");
    let (width, height, channels) = (page.width as usize, page.height as usize, page.channels());
    let widest = chance.whole(1, 4) as usize;
    let count = (share * (width * height) as f32 / (widest * widest) as f32) as usize;
    for _ in 0..count {
        let (left, top) = (chance.whole(0, page.width) as usize, chance.whole(0, page.height) as usize);
        let value = if chance.happens(0.5) { 255 } else { 0 };
        for y in top..(top + widest).min(height) {
            let right = (left + widest).min(width);
            page.samples[(y * width + left) * channels..(y * width + right) * channels].fill(value);
        }
    }
    page
}

/// Lines down the page, dark and light. Some of them always run through the codes.
pub fn streaks(case: &Case, mut page: Page) -> Page {
    let count = case.pick([1, 2, 2, 3, 3]);
    let widest_mm = case.pick([0.1, 0.15, 0.2, 0.24, 0.29]);
    let mut chance = case.chance("streaks");
    let (width, channels) = (page.width as usize, page.channels());
    let left = case.on_glass((case.codes()[0].left, 0.0)).0;
    let side = case.codes()[0].width * case.scale();
    for n in 0..count * 3 {
        // A third of them in the columns of the codes, the others anywhere.
        let in_codes = n % 3 == 0;
        let middle = if in_codes { left + chance.between(0.0, side) } else { chance.between(0.0, width as f32) };
        let wide = (widest_mm * chance.between(0.3, 1.0) * case.scale()).max(1.0);
        let (to, thickness) = (if chance.happens(0.6) { 0.0 } else { 255.0 }, chance.between(0.35, 0.95));
        let from = (middle - wide / 2.0).clamp(0.0, width as f32) as usize;
        let until = (from + wide.round() as usize).min(width);
        for row in page.samples.chunks_exact_mut(width * channels) {
            for sample in &mut row[from * channels..until * channels] {
                *sample = (f32::from(*sample) + (to - f32::from(*sample)) * thickness) as u8;
            }
        }
    }
    page
}
