//! How light and dark things are under the scanner's lamp. It must hold every reflectance, so that a scan's look is set
//! in one place.

use crate::chance::Chance;
use crate::scan::ScanStyle;

/// Red, green and blue, each the part of the light that comes back, as 0 to 255.
pub type Reflectance = [u8; 3];

const BLUE_INKS: [Reflectance; 3] = [[34, 58, 148], [44, 66, 132], [22, 36, 118]];
const BLACK_INK: Reflectance = [38, 38, 44];
const STAMP_INKS: [Reflectance; 2] = [[72, 72, 168], [96, 84, 176]];

/// Paper that has yellowed as far as a style can ask.
const OLDEST_PAPER: [f32; 3] = [236.0, 230.0, 214.0];

/// Scanners are set so that plain paper overexposes a little; that is why most of a scan is purely white.
const OVEREXPOSURE: f32 = 9.0;

/// Likewise solid black lies a little below what the sensor can tell from nothing, in steps of 255.
const UNDEREXPOSURE: f32 = 26.0;

/// The lamp, and what lies under it.
#[derive(Clone, Debug)]
pub struct Light {
    /// Paper, as the sensor would see it without its upper limit.
    pub paper: [f32; 3],
    /// Printed black.
    pub toner: Reflectance,
    /// Printed light grey.
    pub tint: Reflectance,
    /// The pen.
    pub pen: Reflectance,
    /// The stamp pad.
    pub stamp: Reflectance,
    /// Shadow and dirt.
    pub shade: Reflectance,
    /// The lid of the scanner beside the paper; a white one overexposes like paper.
    pub lid: Reflectance,
    /// How far below nothing pure black would be seen, in steps of 255.
    pub underexposure: f32,
    /// The lowest bits of a sample, which the sensor cannot tell.
    pub untold: u8,
}

impl Light {
    /// For a printed form that nobody has scanned: pure black on pure white.
    pub fn of_print() -> Self {
        Self {
            paper: [255.0; 3],
            toner: [0; 3],
            tint: [222; 3],
            pen: BLUE_INKS[0],
            stamp: STAMP_INKS[0],
            shade: [128; 3],
            lid: [255; 3],
            underexposure: 0.0,
            untold: 0,
        }
    }

    /// For a scan: which ink and which lid are a matter of chance.
    pub fn of_scan(style: &ScanStyle, chance: &mut Chance) -> Self {
        let pen = match chance.whole(0, 8) {
            0..=4 => BLUE_INKS[chance.whole(0, 3) as usize],
            _ => BLACK_INK,
        };
        let stamp = STAMP_INKS[chance.whole(0, 2) as usize];
        let lid = if chance.happens(0.7) { [255, 255, 255] } else { [64, 64, 66] };
        if style.noise <= 0.0 && style.paper_tint <= 0.0 {
            return Self { pen, stamp, lid, ..Self::of_print() };
        }
        // Scanners keep 64 steps of grey and twice as many of each colour: it is what makes their files as small as
        // they are.
        let untold = if style.colour.is_colourful() { 1 } else { 3 };
        let white = 255.0 + OVEREXPOSURE;
        let paper = OLDEST_PAPER.map(|oldest| white + (oldest - white) * style.paper_tint.clamp(0.0, 1.0));
        Self { paper, underexposure: UNDEREXPOSURE, untold, toner: [8, 8, 9], pen, stamp, lid, ..Self::of_print() }
    }
}
