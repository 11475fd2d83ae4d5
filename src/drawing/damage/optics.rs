//! Damage by lamp and lens: blur, weak contrast, uneven light. It must never move what is on the page.

use std::f32::consts::{PI, TAU};

use crate::damage::case::Case;
use crate::damage::lens::{blurred, dragged};
use crate::damage::pixels::{grey, through, wash};
use crate::page::Page;

/// The lens is out of focus. A module of a karekod is 0.67 mm wide.
pub fn defocus(case: &Case, page: Page) -> Page {
    let spread_mm = case.pick([0.1, 0.18, 0.24, 0.3, 0.35]);
    blurred(page, spread_mm * case.scale())
}

/// The page moves while it is seen, somewhere between along and across.
pub fn motion_blur(case: &Case, page: Page) -> Page {
    let way_mm = case.pick([0.3, 0.5, 0.7, 0.9, 1.1]);
    let angle = case.chance("motion").between(0.0, PI);
    dragged(page, way_mm * case.scale(), angle)
}

/// Black and white come nearer to each other, around a grey of chance.
pub fn low_contrast(case: &Case, page: Page) -> Page {
    let apart = case.pick([140.0, 80.0, 50.0, 34.0, 25.0]);
    let dark = case.chance("contrast").between(0.15, 0.85) * (255.0 - apart);
    through(page, |value| dark + value / 255.0 * apart)
}

/// Light from one side only.
pub fn light_gradient(case: &Case, page: Page) -> Page {
    let loss = case.pick([0.35, 0.55, 0.7, 0.82, 0.94]);
    let angle = case.chance("gradient").between(0.0, TAU);
    let (across, down) = (angle.cos(), angle.sin());
    let (width, height) = (page.width as f32, page.height as f32);
    // From 0 at the corner that is lit best to 1 at the one opposite.
    let (low, whole) = (across.min(0.0) + down.min(0.0), across.abs() + down.abs());
    wash(page, grey(0.0), |x, y| {
        let along = ((x / width * across + y / height * down) - low) / whole;
        loss * along.powf(1.3)
    })
}

/// Somebody's shadow, with two straight edges across each code.
pub fn hard_shadow(case: &Case, page: Page) -> Page {
    let depth = case.pick([0.25, 0.36, 0.46, 0.54, 0.62]);
    let mut chance = case.chance("shadow");
    let lean = chance.between(-0.5, 0.5);
    let soft = 0.2 * case.scale();
    let bands = case.codes().map(|code| {
        let (x, y) = case.on_glass(code.centre());
        let side = code.width * case.scale();
        (x, y, chance.between(-0.3, 0.3) * side, chance.between(0.2, 0.9) * side)
    });
    let middle = page.height as f32 / 2.0;
    wash(page, grey(0.0), |x, y| {
        let (code_x, code_y, from, wide) = bands[usize::from(y > middle)];
        let across = (x - code_x) - (y - code_y) * lean - from;
        depth * (across / soft).clamp(0.0, 1.0) * ((wide - across) / soft).clamp(0.0, 1.0)
    })
}
