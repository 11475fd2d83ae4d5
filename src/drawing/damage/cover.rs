//! Damage by people: what they print too near, write, sign, stamp and mark over the codes. It must fall on both codes.

use std::f32::consts::TAU;

use tiny_skia::PathBuilder;

use crate::chance::Chance;
use crate::damage::blotch::Blotches;
use crate::damage::case::Case;
use crate::damage::pixels::{Tone, wash};
use crate::face::FormFace;
use crate::filling;
use crate::font::Lettering;
use crate::hand::Hand;
use crate::page::Page;
use crate::paper::Area;
use crate::sheet::print::{Align, rectangles};
use crate::sheet::{Layer, Sheet};
use crate::stamp;

/// Frames, lines and letters where the quiet zone should be.
pub fn crowded(case: &Case, sheet: &mut Sheet) {
    let gap = case.pick([1.2, 0.6, 0.3, 0.16, 0.08]);
    let weight = case.pick([0.2, 0.25, 0.3, 0.38, 0.45]);
    let sides = case.pick([1, 2, 3, 4, 4]);
    let mut chance = case.chance("crowded");
    for code in case.codes() {
        let first = chance.whole(0, 4);
        let bars = [
            Area::new(code.left - gap - weight, code.top - 6.0, weight, code.height + 12.0),
            Area::new(code.left - 6.0, code.top - gap - weight, code.width + 12.0, weight),
            Area::new(code.right() + gap, code.top - 6.0, weight, code.height + 12.0),
            Area::new(code.left - 6.0, code.bottom() + gap, code.width + 12.0, weight),
        ];
        let drawn: Vec<Area> = (first..first + sides).map(|side| bars[side as usize % bars.len()]).collect();
        if let Some(path) = rectangles(&drawn) {
            sheet.fill(Layer::Toner, &path);
        }
        for row in code.rows(5) {
            let beside = Area::new(row.left - 30.0 - gap - 0.2, row.top, 30.0, row.height);
            sheet.text(beside, "TUTANAK 404", Lettering::bold(9.0), Align::Right);
        }
    }
}

/// A stroke of a pen that comes from beside each code and ends in it, the worse the farther.
pub fn pen_strokes(case: &Case, sheet: &mut Sheet) {
    let into_mm = case.pick([2.5, 4.0, 6.0, 9.0, 12.0]);
    let wide_mm = case.pick([0.3, 0.35, 0.4, 0.45, 0.5]);
    let mut chance = case.chance("strokes");
    for code in case.codes() {
        let (x, y) = code.centre();
        let angle = chance.between(0.0, TAU);
        let (across, down) = (angle.cos(), angle.sin());
        let (outside, aside) = (chance.between(9.0, 14.0), chance.wobble(3.5));
        // Along the stroke, from where the pen is set down to the middle of the code and beyond.
        let mut at = |along: f32| {
            let (right, below) = (along * across - aside * down, along * down + aside * across);
            (x + right + chance.wobble(0.8), y + below + chance.wobble(0.8))
        };
        let end = into_mm - code.width / 2.0;
        let step = (end + outside) / 3.0;
        let (from, first, second, to) = (at(-outside), at(-outside + step), at(end - step), at(end));
        let mut builder = PathBuilder::new();
        builder.move_to(from.0, from.1);
        builder.cubic_to(first.0, first.1, second.0, second.1, to.0, to.1);
        if let Some(path) = builder.finish() {
            sheet.stroke(Layer::Pen, &path, wide_mm);
        }
    }
}

/// A signature that runs into each code from the left.
pub fn signature(case: &Case, sheet: &mut Sheet) {
    const LENGTH: f32 = 30.0;
    let into_mm = case.pick([1.5, 3.0, 4.5, 6.5, 9.0]);
    let mut chance = case.chance("signature");
    for code in case.codes() {
        let left = code.left + into_mm - LENGTH + chance.wobble(1.0);
        let area = Area::new(left, code.top + chance.wobble(3.0), LENGTH, code.height);
        Hand::of(Chance::from_seed(chance.bits())).sign(sheet, area);
    }
}

/// A round stamp across each code, the nearer the worse.
pub fn stamps(case: &Case, sheet: &mut Sheet, face: &FormFace) {
    let (nearest, farthest) = case.pick([(22.5, 25.0), (21.0, 24.0), (19.0, 22.5), (17.0, 21.0), (14.0, 20.0)]);
    let (words, below) = filling::stamp_words(face);
    let mut chance = case.chance("stamps");
    for code in case.codes() {
        let (x, y) = code.centre();
        let (angle, away) = (chance.between(0.0, TAU), chance.between(nearest, farthest));
        stamp::press(sheet, &mut chance, (x + away * angle.cos(), y + away * angle.sin()), words, &below);
    }
}

/// Yellow, green, pink and blue markers.
const MARKERS: [Tone; 4] = [[1.0, 0.95, 0.3], [0.62, 0.95, 0.4], [1.0, 0.58, 0.74], [0.5, 0.78, 0.98]];

/// Bars of a highlighter, gone over again and again.
pub fn highlighter(case: &Case, page: Page) -> Page {
    let passes = case.pick([1.0, 2.0, 3.0, 5.0, 7.0]);
    let mut chance = case.chance("marker");
    let tone = MARKERS[chance.whole(0, MARKERS.len() as u32) as usize].map(|back| back.powf(passes));
    let patches = Blotches::new(&mut chance, 2.0);
    let (scale, middle) = (case.scale(), page.height as f32 / 2.0);
    let bars = case.codes().map(|code| {
        let (x, y) = code.centre();
        let aside = chance.wobble(4.0);
        let (x, y) = case.on_glass((x, y + aside));
        (x, y, chance.wobble(0.15), chance.between(2.0, 4.0) * scale)
    });
    wash(page, tone, |x, y| {
        let (bar_x, bar_y, lean, half) = bars[usize::from(y > middle)];
        let away = ((y - bar_y) - (x - bar_x) * lean).abs();
        if away > half || (x - bar_x).abs() > 16.0 * scale {
            return 0.0;
        }
        0.75 + 0.25 * patches.height(x / scale, y / scale)
    })
}
