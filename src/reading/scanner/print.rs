//! Contrast and sharpness of the print: measured in the codes, half of whose modules are dark, else over the whole page. It
//! must never judge a page by what people wrote and stamped on it where a code is there to be judged.

use super::tones::{Shades, Tones};
use crate::evidence::Reading;
use crate::geometry::{Point, arm, length};
use crate::pixels::Pixels;

/// The print of one code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print {
    /// Shades between the paper and its dark modules.
    pub contrast: u8,
    /// As in [`super::ScanCheck`].
    pub sharpness: Option<f32>,
}

/// Lines across each code, and as many down.
const LINES: usize = 20;
/// Rows of a page without a code.
const ROWS: usize = 24;
/// The share of a code that is darker than the middle one of its dark modules: half of all modules are dark.
const DARK: f32 = 0.25;
/// The share of a code that is darker than the paper between its modules, specks left out.
const LIGHT: f32 = 0.9;

/// The print of each code. None on a page of two shades.
pub(super) fn of_codes(pixels: &Pixels, tones: &Tones, readings: &[Reading]) -> Vec<Print> {
    let Pixels::Grey(grey) = pixels else { return vec![] };
    let at = |[x, y]: Point| {
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) < grey.width && (y as usize) < grey.height;
        inside.then(|| grey.at(x as usize, y as usize))
    };
    let print = |reading: &Reading| {
        let module = reading.proof.as_ref()?.module;
        // The paper is seen on the page: on a code that was scribbled over there may be none. Where print is light, what
        // is around the code need not be its ground.
        let paper = (!reading.inverted).then_some(tones.paper);
        of_code(at, paper, &reading.corners, module)
    };
    readings.iter().filter_map(print).collect()
}

/// The print of the code that shows it best: a stamp on the other says nothing of the scanner.
pub(super) fn best(prints: &[Print]) -> Option<Print> {
    let contrast = prints.iter().map(|print| print.contrast).max()?;
    let sharpness = prints.iter().filter_map(|print| print.sharpness).reduce(f32::max);
    Some(Print { contrast, sharpness })
}

/// The contrast and sharpness of a page as a whole, by some of its rows. Nothing on a page of two shades.
pub(super) fn of_page(pixels: &Pixels, tones: &Tones, module: f32) -> (Option<u8>, Option<f32>) {
    let Pixels::Grey(grey) = pixels else { return (None, None) };
    let contrast = tones.contrast();
    let mut ramps = Ramps::of_at_least(contrast);
    for n in 1..=ROWS {
        ramps.begin();
        grey.row(n * grey.height / (ROWS + 1)).iter().for_each(|shade| ramps.add(*shade));
    }
    (Some(contrast), ramps.width().map(|width| sharpness(width, module)))
}

fn of_code(at: impl Fn(Point) -> Option<u8>, paper: Option<u8>, corners: &[Point; 4], module: f32) -> Option<Print> {
    let between = |one: Point, other: Point, part: f32| {
        let way = arm(one, other);
        [one[0] + way[0] * part, one[1] + way[1] * part]
    };
    let [a, b, c, d] = *corners;
    let pixels = length(arm(a, b)).clamp(1.0, 4096.0) as usize;
    // Each line from side to side, a pixel a step: across from the left, and down from the top.
    let lines = |n: usize| {
        let part = (n as f32 + 0.5) / LINES as f32;
        [(between(a, d, part), between(b, c, part)), (between(a, b, part), between(d, c, part))]
    };
    let line = |(from, to): (Point, Point)| {
        let way = arm(from, to);
        let step = [way[0] / pixels as f32, way[1] / pixels as f32];
        let at = &at;
        (0..pixels).filter_map(move |n| at([from[0] + step[0] * n as f32, from[1] + step[1] * n as f32]))
    };
    let mut seen: Vec<u8> = Vec::with_capacity(2 * LINES * pixels);
    let mut ends = Vec::with_capacity(2 * LINES);
    for each in (0..LINES).flat_map(lines) {
        seen.extend(line(each));
        ends.push(seen.len());
    }
    let mut shades = Shades::default();
    seen.iter().for_each(|shade| shades.add(*shade));
    let contrast = paper.unwrap_or_else(|| shades.at(LIGHT)).saturating_sub(shades.at(DARK));
    let mut ramps = Ramps::of_at_least(contrast);
    let mut from = 0;
    for end in ends {
        ramps.begin();
        seen[from..end].iter().for_each(|shade| ramps.add(*shade));
        from = end;
    }
    let sharpness = ramps.width().map(|width| sharpness(width, module));
    (!seen.is_empty()).then_some(Print { contrast, sharpness })
}

/// 1 for edges within a pixel, 0 for edges a module wide.
fn sharpness(width: f32, module: f32) -> f32 {
    (1.0 - (width - 1.0) / (module - 1.0).max(1.0)).clamp(0.0, 1.0)
}

/// Ways from dark to light and from light to dark along lines of pixels: how many pixels they take.
#[derive(Debug)]
struct Ramps {
    /// Shades a ramp has at least: less is noise, or no edge of print.
    least: i32,
    last: Option<i32>,
    /// Shades of the ramp under way, with its sign, and the sum of its steps' squares.
    rise: i32,
    squares: i32,
    /// Over all ramps: shades, and squares by the shades of their ramp.
    rises: f32,
    steepness: f32,
}

impl Ramps {
    /// Ramps of at least half a contrast.
    fn of_at_least(contrast: u8) -> Self {
        /// What noise makes of bare paper at most.
        const NOISE: i32 = 16;
        let least = (i32::from(contrast) / 2).max(NOISE);
        Self { least, last: None, rise: 0, squares: 0, rises: 0.0, steepness: 0.0 }
    }

    /// The next pixel is the first of a line.
    fn begin(&mut self) {
        self.end_ramp();
        self.last = None;
    }

    fn add(&mut self, shade: u8) {
        let shade = i32::from(shade);
        let step = shade - self.last.replace(shade).unwrap_or(shade);
        if step == 0 {
            return;
        }
        if (step > 0) != (self.rise > 0) {
            self.end_ramp();
        }
        self.rise += step;
        self.squares += step * step;
    }

    fn end_ramp(&mut self) {
        let rise = self.rise.abs();
        if rise >= self.least {
            self.rises += rise as f32;
            self.steepness += self.squares as f32 / rise as f32;
        }
        (self.rise, self.squares) = (0, 0);
    }

    /// Pixels of an edge: a ramp of `n` even steps of `h` has squares of `n·h²` and a rise of `n·h`, so their quotient
    /// is the `n`th part of the rise.
    fn width(mut self) -> Option<f32> {
        self.end_ramp();
        (self.steepness > 0.0).then(|| self.rises / self.steepness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(shades: &[u8]) -> Option<f32> {
        let mut ramps = Ramps::of_at_least(200);
        shades.iter().for_each(|shade| ramps.add(*shade));
        ramps.width()
    }

    #[test]
    fn an_edge_is_as_wide_as_it_has_steps() {
        assert_eq!(width(&[250, 250, 10, 10, 250]), Some(1.0));
        assert_eq!(width(&[250, 170, 90, 10, 10, 90, 170, 250]), Some(3.0));
        // Noise on the paper is no edge, and does not widen one.
        assert_eq!(width(&[250, 246, 250, 246, 250]), None);
        let noisy = width(&[250, 246, 250, 10, 14, 10, 250, 254, 250]).unwrap();
        assert!(noisy < 1.1, "{noisy}");
    }
}
