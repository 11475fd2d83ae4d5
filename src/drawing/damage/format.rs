//! Which file a damaged page becomes: resolution and colours, by chance. It must never choose a format in which the
//! damage could not be seen.

use crate::chance::Chance;
use crate::damage::kind::Damage;
use crate::scan::Colour;

/// Resolution and colours of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Dots per inch.
    pub dpi: u32,
    /// How the pixels are kept.
    pub colour: Colour,
}

impl Format {
    /// What a seed gives: fine or coarse, and half of the pages grey where nothing speaks against it.
    pub fn by_chance(damage: Damage, seed: u64) -> Self {
        let mut chance = Chance::for_part(seed, "format");
        let drawn = chance.unit();
        let colour = match damage {
            Damage::Threshold => Colour::OneBit,
            // Greys are what these are about.
            Damage::LowContrast
            | Damage::HardShadow
            | Damage::Perspective
            | Damage::Jpeg
            | Damage::BleedThrough
            | Damage::Highlighter => {
                if drawn < 0.6 {
                    Colour::Grey
                } else {
                    Colour::Rgb
                }
            }
            _ if drawn < 0.3 => Colour::OneBit,
            _ if drawn < 0.8 => Colour::Grey,
            _ => Colour::Rgb,
        };
        // In colour, 300 dpi make pages of 30 MB and more, and nobody sends those.
        let fine = chance.happens(0.55) && colour != Colour::Rgb;
        Self { dpi: if fine { 300 } else { 200 }, colour }
    }
}
