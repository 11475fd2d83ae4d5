//! Damage by the program that saved the page: too few pixels, too few greys. It must leave the page upright and whole.

use crate::damage::case::Case;
use crate::damage::lens::blurred;
use crate::damage::pixels::{moved, through};
use crate::damage::sensor::noisy;
use crate::page::Page;

/// Saved with few pixels, and in half of the cases scaled up to the old size again.
pub fn low_resolution(case: &Case, page: Page) -> Page {
    let share = (case.pick([150.0, 120.0, 98.0, 82.0, 70.0_f32]) / case.dpi as f32).min(1.0);
    let (width, height, dpi) = (page.width, page.height, page.dpi);
    let small_side = |side: u32| ((side as f32 * share).round() as u32).max(1);
    // Averaging first, or lines between two pixels would be lost altogether.
    let soft = blurred(page, 0.35 / share);
    let small = moved(&soft, small_side(width), small_side(height), 255, |x, y| {
        ((x + 0.5) / share - 0.5, (y + 0.5) / share - 0.5)
    });
    if case.chance("resolution").happens(0.5) {
        Page { dpi: (dpi as f32 * share).round() as u32, ..small }
    } else {
        moved(&small, width, height, 255, |x, y| ((x + 0.5) * share - 0.5, (y + 0.5) * share - 0.5))
    }
}

/// Black and white at a bad threshold: too dark, too light, or grey spread over the neighbours.
pub fn threshold(case: &Case, page: Page) -> Page {
    let mut chance = case.chance("threshold");
    let way = chance.whole(0, 3);
    let seen = noisy(blurred(page, 0.12 * case.scale()), 5.0, chance);
    let limit = match way {
        0 => case.pick([190.0, 212.0, 226.0, 235.0, 241.0]),
        1 => case.pick([85.0, 62.0, 46.0, 35.0, 27.0]),
        _ => return dithered(case, seen),
    };
    through(seen, |value| if value < limit { 0.0 } else { 255.0 })
}

/// Floyd and Steinberg's way: what a pixel gains is taken from those that come after it.
fn dithered(case: &Case, page: Page) -> Page {
    // The paler the print, the more of it dissolves into dots.
    let black = case.pick([10.0, 45.0, 80.0, 105.0, 128.0]);
    let Page { width, dpi, height, .. } = page;
    let across = width as usize;
    let luma = page.luma();
    let mut owed = vec![0.0_f32; across + 2];
    let mut samples = Vec::with_capacity(luma.len());
    for row in luma.chunks_exact(across) {
        let mut next = vec![0.0_f32; across + 2];
        let mut ahead = 0.0;
        for (x, &value) in row.iter().enumerate() {
            let wanted = black + f32::from(value) / 255.0 * (250.0 - black) + owed[x + 1] + ahead;
            let given = if wanted < 128.0 { 0 } else { 255 };
            let rest = (wanted - f32::from(given)) / 16.0;
            ahead = rest * 7.0;
            next[x] += rest * 3.0;
            next[x + 1] += rest * 5.0;
            next[x + 2] += rest;
            samples.push(given);
        }
        owed = next;
    }
    Page { dpi, width, height, samples, in_colour: false }
}
