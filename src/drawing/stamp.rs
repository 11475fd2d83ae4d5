//! Round stamps: rings with lettering along them, inked unevenly. It must never copy a real seal: there is a star in the
//! middle and no emblem.

use tiny_skia::{PathBuilder, Transform};

use crate::chance::{Chance, Grains};
use crate::font::{CAPITAL_SHARE, Lettering};
use crate::sheet::{Layer, Sheet};

/// The outer radius of a stamp, in mm.
const RADIUS: f32 = 15.5;
const INNER_RADIUS: f32 = 9.6;
const OUTER_RING: f32 = 0.75;
const INNER_RING: f32 = 0.4;
const LETTERING_PT: f32 = 9.5;

/// Presses a stamp with its middle at a point in mm, turned as a hand turns it.
pub fn press(sheet: &mut Sheet, chance: &mut Chance, middle: (f32, f32), words: &str, below: &str) {
    for (radius, weight) in [(RADIUS, OUTER_RING), (RADIUS - 1.3, INNER_RING), (INNER_RADIUS, INNER_RING)] {
        if let Some(ring) = PathBuilder::from_circle(middle.0, middle.1, radius) {
            sheet.stroke(Layer::Stamp, &ring, weight);
        }
    }
    let turn = chance.wobble(14.0);
    let band = INNER_RADIUS + (RADIUS - 1.3 - INNER_RADIUS) / 2.0;
    let lettering = Lettering { squeeze: 0.95, ..Lettering::bold(LETTERING_PT) };
    set_round(sheet, words, lettering, middle, band, turn);

    let star = Lettering { squeeze: 1.0, ..Lettering::plain(22.0) };
    let place = Transform::from_translate(-star.width("★") / 2.0, star.size * 0.22)
        .post_concat(Transform::from_rotate(turn))
        .post_translate(middle.0, middle.1);
    sheet.set(Layer::Stamp, "★", star, place);
    let (below, small) = Lettering::bold(8.0).fit(below, INNER_RADIUS * 1.3);
    let place = Transform::from_translate(-small.width(&below) / 2.0, INNER_RADIUS * 0.68)
        .post_concat(Transform::from_rotate(turn))
        .post_translate(middle.0, middle.1);
    sheet.set(Layer::Stamp, &below, small, place);
}

/// Sets words clockwise along a circle, spread over all of it.
fn set_round(sheet: &mut Sheet, words: &str, lettering: Lettering, middle: (f32, f32), radius: f32, turn: f32) {
    let around = std::f32::consts::TAU * radius;
    // Too many words are set closer, too few are spread.
    let spread = (around / lettering.width(words).max(1.0)).min(1.35);
    let set = Lettering { squeeze: lettering.squeeze * spread.min(1.0), ..lettering };
    let step = |width: f32| width / set.squeeze * lettering.squeeze * spread / around * 360.0;
    let mut angle = turn - step(set.width(words)) / 2.0;
    for letter in words.chars() {
        let letter = letter.to_string();
        let half = step(set.width(&letter)) / 2.0;
        angle += half;
        let place = Transform::from_translate(-set.width(&letter) / 2.0, -radius + set.size * CAPITAL_SHARE / 2.0)
            .post_concat(Transform::from_rotate(angle))
            .post_translate(middle.0, middle.1);
        sheet.set(Layer::Stamp, &letter, set, place);
        angle += half;
    }
}

/// Takes ink away where the pad was dry: broad patches and fine grain.
pub fn dry(sheet: &mut Sheet, chance: &mut Chance) {
    let scale = 25.4 / sheet.dpi() as f32;
    let (slope_x, slope_y) = (chance.between(0.25, 0.6), chance.between(0.25, 0.6));
    let (phase_x, phase_y) = (chance.between(0.0, 6.0), chance.between(0.0, 6.0));
    let mut grains = Grains::from(chance.clone());
    sheet.thin(Layer::Stamp, |x, y, coverage| {
        let (across, down) = (x as f32 * scale, y as f32 * scale);
        let patch = 0.72 + 0.28 * (across * slope_x + phase_x).sin() * (down * slope_y + phase_y).cos();
        let speck = 0.62 + 0.38 * grains.grain();
        (f32::from(coverage) * patch * speck) as u8
    });
}
