//! Writing by hand: strokes of a pen that no two times move alike. It must never know what it writes means.

mod digits;
mod letters;
pub mod number_words;
mod scrawl;
mod smooth;

use crate::chance::Chance;
use crate::paper::Area;
use crate::sheet::{Layer, Sheet};

/// One movement of the pen: points with the baseline at 0 and the height of a digit at 1, upwards positive. A point
/// named twice is a corner; between the others the pen runs smoothly.
type Stroke = &'static [(f32, f32)];

/// A letter or digit as somebody writes it.
struct Sign {
    strokes: &'static [Stroke],
    /// The way to the next sign.
    advance: f32,
}

/// The widest line that keeps a sign legible, as a share of the sign's height: people write small with less pressure.
const FINEST_NIB: f32 = 0.125;

/// One person's hand with one pen.
#[derive(Clone, Debug)]
pub struct Hand {
    chance: Chance,
    /// To the right, as a share of the height.
    slant: f32,
    /// How far a point strays, as a share of the height.
    tremble: f32,
    /// The width of the pen's line, in mm.
    nib: f32,
}

impl Hand {
    /// Somebody's hand.
    pub fn of(mut chance: Chance) -> Self {
        let slant = chance.between(0.02, 0.3);
        let tremble = chance.between(0.022, 0.045);
        let nib = chance.between(0.38, 0.62);
        Self { chance, slant, tremble, nib }
    }

    /// Writes a text into an area, from the left or in the middle, as large as fits and no larger than `tallest` mm.
    pub fn write(&mut self, sheet: &mut Sheet, area: Area, text: &str, tallest: f32, centred: bool) {
        let signs: Vec<&Sign> = text.chars().filter_map(sign_of).collect();
        let length: f32 = signs.iter().map(|sign| sign.advance).sum::<f32>() + self.slant;
        if signs.is_empty() || area.width <= 0.0 {
            return;
        }
        let height = tallest.min(area.height * 0.72).min(area.width * 0.97 / length) * self.chance.between(0.9, 1.0);
        let spare = (area.width - length * height).max(0.0);
        let mut left = area.left + if centred { spare * self.chance.between(0.3, 0.6) } else { spare.min(2.0) };
        let climb = self.chance.wobble(0.02);
        let baseline = area.top + (area.height + height) / 2.0 + self.chance.wobble(0.03) * area.height;
        let start = left;
        for sign in signs {
            let size = height * self.chance.between(0.92, 1.06);
            let drop = self.chance.wobble(0.03) * height - (left - start) * climb;
            self.form(sheet, sign, (left, baseline + drop), size);
            left += sign.advance * height * self.chance.between(0.96, 1.03);
        }
    }

    /// A dash in the middle of an area: nothing to report.
    pub fn dash(&mut self, sheet: &mut Sheet, area: Area) {
        let (middle, centre) = area.centre();
        let reach = area.width.min(8.0) * self.chance.between(0.2, 0.36);
        let points = [
            (middle - reach, centre + self.chance.wobble(0.3)),
            (middle, centre + self.chance.wobble(0.12) - 0.15),
            (middle + reach, centre - self.chance.between(0.0, 0.8)),
        ];
        self.draw(sheet, &points, 1.25);
    }

    /// A tick.
    pub fn tick(&mut self, sheet: &mut Sheet, area: Area) {
        let (middle, centre) = area.centre();
        let size = area.height.min(area.width).min(6.0) * self.chance.between(0.3, 0.42);
        let mut at =
            |x: f32, y: f32| (middle + x * size + self.chance.wobble(0.3), centre + y * size + self.chance.wobble(0.3));
        let low = at(-0.3, 0.9);
        let points = [at(-1.0, 0.1), low, low, at(1.1, -1.1)];
        self.draw(sheet, &points, 1.0);
    }

    /// Up to five tally marks: four upright, the fifth across them.
    pub fn tally(&mut self, sheet: &mut Sheet, area: Area, marks: u32) {
        let inner = area.inset(area.width * 0.1, area.height * 0.16);
        for mark in 0..marks.min(4) {
            let x = inner.left + inner.width * (0.12 + 0.25 * mark as f32) + self.chance.wobble(0.15);
            let lean = self.slant * 0.4 * inner.height.min(4.0);
            let points = [
                (x + lean + self.chance.wobble(0.2), inner.top + self.chance.wobble(0.3)),
                (x + self.chance.wobble(0.2), inner.bottom() + self.chance.wobble(0.3)),
            ];
            self.draw(sheet, &points, 0.8);
        }
        if marks >= 5 {
            let points = [
                (inner.left + self.chance.wobble(0.3), inner.bottom() - inner.height * 0.2 + self.chance.wobble(0.4)),
                (inner.right() + self.chance.wobble(0.3), inner.top + inner.height * 0.2 + self.chance.wobble(0.4)),
            ];
            self.draw(sheet, &points, 0.8);
        }
    }

    /// A name nobody can read, in an area.
    pub fn name(&mut self, sheet: &mut Sheet, area: Area) {
        for word in scrawl::name(&mut self.chance, area) {
            self.draw(sheet, &word, 0.62);
        }
    }

    /// A signature over an area, and a little beyond it.
    pub fn sign(&mut self, sheet: &mut Sheet, area: Area) {
        for points in scrawl::signature(&mut self.chance, area) {
            self.draw(sheet, &points, 0.85);
        }
    }

    /// Scribbles an area over until nothing beneath it can be read.
    pub fn scribble(&mut self, sheet: &mut Sheet, area: Area) {
        let points = scrawl::scribble(&mut self.chance, area);
        self.draw(sheet, &points, 2.4);
    }

    fn form(&mut self, sheet: &mut Sheet, sign: &Sign, origin: (f32, f32), size: f32) {
        for stroke in sign.strokes {
            let mut points: Vec<(f32, f32)> = Vec::with_capacity(stroke.len());
            for (index, &(x, y)) in stroke.iter().enumerate() {
                // The same point named again is the same corner on paper too.
                if index > 0 && stroke[index - 1] == (x, y) {
                    points.extend(points.last().copied());
                    continue;
                }
                let (x, y) = (x + self.chance.wobble(self.tremble), y + self.chance.wobble(self.tremble));
                points.push((origin.0 + (x + y * self.slant) * size, origin.1 - y * size));
            }
            self.draw(sheet, &points, (size * FINEST_NIB / self.nib).min(1.0));
        }
    }

    /// Runs the pen along points in mm, pressed `pressure` times as hard as usual.
    fn draw(&mut self, sheet: &mut Sheet, points: &[(f32, f32)], pressure: f32) {
        let width = self.nib * pressure * self.chance.between(0.9, 1.12);
        if let Some(path) = smooth::through(points) {
            sheet.stroke(Layer::Pen, &path, width);
        }
    }
}

fn sign_of(letter: char) -> Option<&'static Sign> {
    match letter {
        '0'..='9' => digits::DIGITS.get(letter.to_digit(10)? as usize),
        _ => letters::letter(letter),
    }
}
