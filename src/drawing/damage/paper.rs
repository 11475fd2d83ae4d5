//! Damage to the paper itself: spilt on, folded, torn, punched, cut. It must never leave less than half a page.

use std::f32::consts::{FRAC_PI_4, TAU};

use tiny_skia::PathBuilder;

use crate::chance::Grains;
use crate::damage::blotch::Blotches;
use crate::damage::case::Case;
use crate::damage::pixels::{Tone, moved, wash};
use crate::page::Page;
use crate::paper::Area;
use crate::sheet::print::rectangles;
use crate::sheet::{Layer, Sheet};

/// Tea, coffee and ink.
const SPILT: [Tone; 3] = [[0.85, 0.72, 0.5], [0.7, 0.55, 0.4], [0.5, 0.55, 0.75]];

/// A blot on each code, darker along its rim as it dries.
pub fn stain(case: &Case, page: Page) -> Page {
    let strength = case.pick([0.4, 0.8, 1.2, 1.6, 2.0]);
    let mut chance = case.chance("stain");
    let tone = SPILT[chance.whole(0, SPILT.len() as u32) as usize].map(|back| back.powf(strength));
    let shape = Blotches::new(&mut chance, 6.0);
    let (scale, middle) = (case.scale(), page.height as f32 / 2.0);
    let blots = case.codes().map(|code| {
        let (x, y) = code.centre();
        let (x, y) = case.on_glass((x + chance.wobble(4.0), y + chance.wobble(4.0)));
        (x, y, chance.between(5.0, 11.0))
    });
    wash(page, tone, |x, y| {
        let (blot_x, blot_y, radius) = blots[usize::from(y > middle)];
        let away = (x - blot_x).hypot(y - blot_y) / scale;
        if away > radius * 2.0 {
            return 0.0;
        }
        let inside = radius * (0.6 + 0.8 * shape.height(x / scale, y / scale)) - away;
        let rim = (1.0 - (inside - 0.5).abs() / 0.5).max(0.0);
        (inside / 0.3).clamp(0.0, 0.65) + 0.35 * rim
    })
}

/// A fold: where it passes the middle of each code, in mm from there, and its direction.
struct Fold {
    places: [(f32, f32); 2],
    along: (f32, f32),
}

impl Fold {
    fn of(case: &Case) -> Self {
        let mut chance = case.chance("fold");
        // Down the page through both codes, or across each of them.
        let lean = chance.wobble(0.03);
        let along = if chance.happens(0.6) { (lean, 1.0) } else { (1.0, lean) };
        let aside = chance.wobble(4.0);
        let places = case.codes().map(|code| case.on_glass((code.centre().0 + aside, code.centre().1 + aside)));
        Self { places, along }
    }

    /// How far a point of the glass lies beyond the fold, in px.
    fn beyond(&self, x: f32, y: f32, height: f32) -> f32 {
        let (on_x, on_y) = self.places[usize::from(y > height / 2.0)];
        (x - on_x) * self.along.1 - (y - on_y) * self.along.0
    }
}

/// Toner cracks off along the fold.
pub fn cracked_toner(case: &Case, sheet: &mut Sheet) {
    let half = case.pick([0.06, 0.1, 0.15, 0.2, 0.27]) * case.scale();
    let mut chance = case.chance("crack");
    let edge = Blotches::new(&mut chance, 1.2);
    let fold = Fold::of(case);
    let mut grains = Grains::from(chance);
    let (scale, height) = (case.scale(), sheet.size().1 as f32);
    sheet.thin(Layer::Toner, |x, y, coverage| {
        let (x, y) = (x as f32, y as f32);
        let away = fold.beyond(x, y, height).abs() / half;
        let grain = grains.grain();
        if away < 0.4 + 1.2 * edge.height(x / scale, y / scale) {
            (f32::from(coverage) * 0.15 * grain) as u8
        } else {
            coverage
        }
    });
}

/// The halves do not quite meet, and the fold throws a shadow.
pub fn crease(case: &Case, page: Page) -> Page {
    let apart = case.pick([0.03, 0.1, 0.2, 0.32, 0.45]) * case.scale();
    let mut chance = case.chance("apart");
    let (closer, slid) = (chance.between(-1.0, 1.0) * apart, chance.between(-1.0, 1.0) * apart);
    let fold = Fold::of(case);
    let height = page.height as f32;
    let (along, line) = (fold.along, 0.12 * case.scale());
    let folded = moved(&page, page.width, page.height, 255, |x, y| {
        let side = if fold.beyond(x, y, height) > 0.0 { 1.0 } else { 0.0 };
        (x + side * (closer * along.1 + slid * along.0), y + side * (slid * along.1 - closer * along.0))
    });
    let dark = case.pick([0.2, 0.3, 0.4, 0.5, 0.6]);
    wash(folded, [0.0; 3], |x, y| dark * (1.0 - fold.beyond(x, y, height).abs() / line).max(0.0))
}

/// A corner of each code is gone, with the paper around it.
pub fn torn_corner(case: &Case, sheet: &mut Sheet) {
    // How far along the diagonal of the code the tear reaches, in mm. A finder ends at 6.6.
    let depth = case.pick([-0.7, 0.0, 0.6, 1.2, 2.0]);
    let mut chance = case.chance("torn");
    for code in case.codes() {
        let upwards = chance.happens(0.6);
        let (corner_y, angle) = if upwards { (code.top, -FRAC_PI_4) } else { (code.bottom(), FRAC_PI_4) };
        let (out_x, out_y) = (angle.cos(), angle.sin());
        let (x, y) = (code.right() - out_x * depth, corner_y - out_y * depth);
        let at = |aside: f32, out: f32| (x - aside * out_y + out * out_x, y + aside * out_x + out * out_y);
        let mut tear: Vec<(f32, f32)> =
            (-14..=14).map(|step| at(step as f32, chance.wobble(0.45) + chance.between(0.0, 0.3))).collect();
        tear.extend([at(14.0, 40.0), at(-14.0, 40.0)]);
        let mut builder = PathBuilder::new();
        builder.move_to(tear[0].0, tear[0].1);
        tear[1..].iter().for_each(|point| builder.line_to(point.0, point.1));
        builder.close();
        if let Some(path) = builder.finish() {
            sheet.stroke(Layer::Shade, &path, 0.3);
            sheet.fill(Layer::Beside, &path);
        }
    }
}

/// Staples with their holes, and holes of a punch.
pub fn holes(case: &Case, sheet: &mut Sheet) {
    let count = case.pick([1, 1, 2, 2, 2]);
    let radius = case.pick([0.3, 0.4, 0.5, 0.65, 0.8]);
    // How far a staple reaches into the code, in mm.
    let over = case.pick([0.5, 2.0, 3.0, 4.5, 6.0]);
    let mut chance = case.chance("holes");
    for code in case.codes() {
        let (x, y) = code.centre();
        let mut builder = PathBuilder::new();
        for _ in 0..count {
            let (angle, away) = (chance.between(0.0, TAU), chance.between(2.5, 8.0));
            builder.push_circle(x + away * angle.cos(), y + away * angle.sin(), radius * chance.between(0.85, 1.1));
        }
        if let Some(path) = builder.finish() {
            sheet.stroke(Layer::Shade, &path, 0.25);
            sheet.fill(Layer::Beside, &path);
        }
        if chance.happens(0.5) {
            let aside = chance.wobble(5.0);
            let wire = Area::new(code.left + over - 11.0, y + aside, 11.0, 0.5);
            if let Some(path) = rectangles(&[wire]) {
                sheet.fill(Layer::Toner, &path);
            }
        }
    }
}

/// The scan ends at the right edge of the codes, before or behind it.
pub fn cut_off(case: &Case, page: Page) -> Page {
    let kept = case.pick([1.6, 0.7, 0.2, -0.25, -0.65]);
    let right = case.codes().map(|code| case.on_glass((code.right() + kept, code.centre().1)).0);
    let width = (right[0].max(right[1]) as u32).clamp(page.width / 2, page.width);
    let channels = page.channels();
    let (across, left) = (page.width as usize * channels, width as usize * channels);
    let samples = page.samples.chunks_exact(across).flat_map(|row| &row[..left]).copied().collect();
    Page { width, samples, ..page }
}
