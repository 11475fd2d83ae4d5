//! Whether an edge of the page runs through what is printed on it. It must never take the scanner's lid or the shadow of
//! the paper's own edge for print: they are long and whole, print that is cut is short and many.

use serde::Serialize;

use super::INCH;
use super::tones::Tones;
use crate::evidence::Reading;
use crate::pixels::Pixels;

/// An edge of the page as it was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edge {
    /// The left one.
    Left,
    /// The upper one.
    Top,
    /// The right one.
    Right,
    /// The lower one.
    Bottom,
}

impl Edge {
    const ALL: [Self; 4] = [Self::Left, Self::Top, Self::Right, Self::Bottom];
}

/// Edges that run through print or a code, in the order left, top, right, bottom.
pub(super) fn cut(pixels: &Pixels, tones: &Tones, readings: &[Reading], dpi: f32) -> Vec<Edge> {
    let through =
        |edge: &Edge| runs_through_code(pixels, readings, *edge) || runs_through_print(pixels, tones, *edge, dpi);
    Edge::ALL.into_iter().filter(through).collect()
}

/// Modules between a code and the edge. Forms print it some 9 mm, 14 modules, from the nearest edge: where this little is
/// left, so is the print beside it.
const LEFT: f32 = 1.0;

fn runs_through_code(pixels: &Pixels, readings: &[Reading], edge: Edge) -> bool {
    let (width, height) = (pixels.width() as f32, pixels.height() as f32);
    readings.iter().any(|reading| {
        let Some(proof) = &reading.proof else { return false };
        let mut away = reading.corners.iter().map(|[x, y]| match edge {
            Edge::Left => *x,
            Edge::Top => *y,
            Edge::Right => width - x,
            Edge::Bottom => height - y,
        });
        away.any(|away| away < LEFT * proof.module)
    })
}

/// Where lines along the edge are looked at, in millimetres from it: the outermost pixels are often garbage, and a speck
/// touches one line only.
const LINES: [f32; 2] = [0.7, 1.6];
/// Parts of such a line, in how many of them there must be pieces of print, and how many pieces, for the edge to be cut.
/// Forms leave some 12 mm of margin, but a page that lies askew may bring one short line of its foot to the edge.
const PARTS: usize = 8;
const PARTS_CUT: usize = 3;
const PIECES: usize = 2;
/// The longest piece of print on a line, in millimetres: what is longer is the lid, a shadow or a ruled line.
const LONGEST: f32 = 6.0;
/// How near to the ink a piece must come, and how near to the paper it must end, so that noise on a soft shadow is not
/// counted.
const INK: f32 = 0.6;
const PAPER: f32 = 0.3;
/// Shades between paper and ink without which there is no print to be cut.
const CONTRAST: u8 = 60;

fn runs_through_print(pixels: &Pixels, tones: &Tones, edge: Edge, dpi: f32) -> bool {
    if tones.contrast() < CONTRAST {
        return false;
    }
    let (width, height) = (pixels.width(), pixels.height());
    let longest = (LONGEST / INCH * dpi) as usize;
    LINES.iter().all(|line| {
        let inside = (line / INCH * dpi) as usize;
        let [x, y] = [inside.min(width - 1), inside.min(height - 1)];
        let shade = |along: usize| match edge {
            Edge::Left => at(pixels, x, along),
            Edge::Top => at(pixels, along, y),
            Edge::Right => at(pixels, width - 1 - x, along),
            Edge::Bottom => at(pixels, along, height - 1 - y),
        };
        let length = if matches!(edge, Edge::Left | Edge::Right) { height } else { width };
        parts_with_print(length, |along| tones.depth(shade(along)), longest) >= PARTS_CUT
    })
}

/// Parts of a line with some stretches of ink up to a length.
fn parts_with_print(length: usize, depth: impl Fn(usize) -> f32, longest: usize) -> usize {
    let (mut pieces, mut began) = ([0; PARTS], None);
    for along in 0..length {
        let depth = depth(along);
        match began {
            None if depth > INK => began = Some(along),
            Some(from) if depth < PAPER => {
                pieces[from * PARTS / length] += usize::from(along - from <= longest);
                began = None;
            }
            _ => {}
        }
    }
    pieces.iter().filter(|pieces| **pieces >= PIECES).count()
}

fn at(pixels: &Pixels, x: usize, y: usize) -> u8 {
    match pixels {
        Pixels::Grey(grey) => grey.at(x, y),
        Pixels::Bits(bits) if bits.dark(x, y) => 0,
        Pixels::Bits(_) => 255,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(depths: &[f32]) -> usize {
        parts_with_print(depths.len(), |along| depths[along], 10)
    }

    #[test]
    fn print_is_short_pieces_all_along_and_a_lid_or_a_soft_shadow_is_none() {
        let text = [0.0, 0.9, 0.9, 0.0].repeat(20);
        assert_eq!(parts(&text), PARTS);
        assert_eq!(parts(&[vec![0.0; 320], text].concat()), 2);
        assert_eq!(parts(&[vec![1.0; 300], vec![0.0; 300]].concat()), 0);
        // A shadow that fades slowly, with noise on it.
        let shadow = (0..1000).map(|at| 1.0 - at as f32 / 1000.0 + if at % 2 == 0 { 0.05 } else { -0.05 });
        assert_eq!(parts(&shadow.collect::<Vec<_>>()), 0);
    }
}
