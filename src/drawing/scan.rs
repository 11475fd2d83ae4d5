//! How a page was scanned, and the scan itself. It must never alter the layout: whatever a scan shows was on the sheet or
//! came from the scanner.

mod exposure;
mod flaws;
mod light;

pub use exposure::expose;
pub use flaws::{damage_sheet, lay_beside};
pub use light::Light;

use crate::chance::Chance;

/// How the pixels of a file are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Black and white, 1 bit a pixel.
    OneBit,
    /// 8 bits a pixel.
    Grey,
    /// 16 bits a pixel.
    Grey16,
    /// 8 bits each of red, green and blue.
    Rgb,
    /// A palette of 16 colours, 4 bits a pixel.
    Palette,
}

impl Colour {
    /// Whether the scanner saw colours.
    pub fn is_colourful(self) -> bool {
        matches!(self, Self::Rgb | Self::Palette)
    }
}

/// How a page was scanned and what had happened to it before.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStyle {
    /// The resolution, in dots per inch.
    pub dpi: u32,
    /// How the pixels are kept.
    pub colour: Colour,
    /// Interlaced PNG (Adam7).
    pub interlaced: bool,
    /// Quarter turns of the paper on the glass, clockwise, 0 to 3.
    pub quarter_turns: u8,
    /// How far the paper lies askew, clockwise, in degrees; scanners straighten to within 3.
    pub skew_degrees: f32,
    /// Noise of the sensor: 0 is none, 1 an office scanner, 3 a bad one.
    pub noise: f32,
    /// How far edges run over: 0 is as sharp as print, 1 what the lens of an office scanner does.
    pub blur: f32,
    /// How much toner is missing, from 0 to 1; the codes suffer like the text.
    pub fade: f32,
    /// How far the paper is from white, from 0 to 1.
    pub paper_tint: f32,
    /// A round stamp across the lower code.
    pub stamp_over_lower_code: bool,
    /// A signature across the lower code.
    pub signature_over_lower_code: bool,
    /// Both codes scribbled over, so that nobody can read either.
    pub both_codes_scribbled: bool,
    /// The paper was folded once across.
    pub fold: bool,
    /// The light falls off along two edges of the glass.
    pub edge_shadow: bool,
    /// Specks and smudges: 0 is none, 1 an office scanner.
    pub dust: f32,
    /// The form is left as it was printed: no writing, no stamps.
    pub unfilled: bool,
}

impl ScanStyle {
    /// A filled form without any flaw: straight, sharp, on white paper.
    pub fn clean(dpi: u32, colour: Colour) -> Self {
        Self {
            dpi,
            colour,
            interlaced: false,
            quarter_turns: 0,
            skew_degrees: 0.0,
            noise: 0.0,
            blur: 0.0,
            fade: 0.0,
            paper_tint: 0.0,
            stamp_over_lower_code: false,
            signature_over_lower_code: false,
            both_codes_scribbled: false,
            fold: false,
            edge_shadow: false,
            dust: 0.0,
            unfilled: false,
        }
    }

    /// What offices send: mostly 200 dpi in grey, a little askew, sometimes worn; both codes left readable as far as
    /// people leave them.
    pub fn realistic(seed: u64) -> Self {
        let mut chance = Chance::for_part(seed, "style");
        let dpi = if chance.happens(0.7) { 200 } else { 300 };
        let colour = match chance.whole(0, 20) {
            0..=12 => Colour::Grey,
            13..=18 => Colour::OneBit,
            _ => Colour::Rgb,
        };
        let turned = chance.happens(0.05);
        Self {
            quarter_turns: if turned { chance.whole(1, 4) as u8 } else { 0 },
            skew_degrees: chance.wobble(0.8).clamp(-3.0, 3.0),
            noise: chance.between(0.7, 1.2),
            blur: chance.between(0.6, 1.3),
            fade: if chance.happens(0.2) { chance.between(0.1, 0.35) } else { chance.between(0.0, 0.08) },
            // Scanners whiten the paper unless they are asked for colour.
            paper_tint: if colour == Colour::Rgb { chance.between(0.0, 0.03) } else { 0.0 },
            stamp_over_lower_code: chance.happens(0.12),
            signature_over_lower_code: chance.happens(0.12),
            fold: chance.happens(0.15),
            edge_shadow: chance.happens(0.4),
            dust: chance.between(0.2, 1.0),
            ..Self::clean(dpi, colour)
        }
    }
}
