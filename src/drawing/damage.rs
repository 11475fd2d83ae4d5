//! Damaged scans, so that anybody can repeat a bench of reading karekods: each kind of damage at five levels, hitting
//! both codes where it can. The same face, damage, level and seed give the same bytes.
//!
//! What befalls the paper is put into the layers of the sheet, what befalls the scan into its pixels. It must never be
//! part of a sample that stands for what offices send: most of these pages are worse.

mod blotch;
mod case;
mod cover;
mod format;
mod jpeg;
mod kind;
mod lens;
mod optics;
mod paper;
mod pixels;
mod pose;
mod saving;
mod sensor;
mod toner;

pub use kind::{Damage, UnknownDamage};

use crate::chance::Chance;
use crate::encode::to_png;
use crate::face::FormFace;
use crate::page::Page;
use crate::paper::Paper;
use crate::scan::ScanStyle;
use crate::scan_as_it_lies;
use crate::sheet::{Lie, Sheet};
use case::{Case, LEVELS};
use format::Format;

impl Damage {
    /// From mild to bad: levels are 1 to this.
    pub const LEVELS: u8 = LEVELS;
}

/// Draws a damaged scan of a filled form and returns the bytes of its PNG file. Levels are 1 (mild) to
/// [`Damage::LEVELS`]; others count as the nearest. Resolution and colours come from the seed, unless the damage needs
/// certain ones.
pub fn draw_damaged(face: &FormFace, damage: Damage, level: u8, seed: u64) -> Vec<u8> {
    let format = Format::by_chance(damage, seed);
    to_png(&damaged_page(face, damage, level, seed, format), format.colour, false)
}

/// The page before it becomes a file.
fn damaged_page(face: &FormFace, damage: Damage, level: u8, seed: u64, format: Format) -> Page {
    let flat = Case { paper: Paper::of(face.kind), dpi: format.dpi, lie: Lie::default(), level, seed };
    let case = Case { lie: pose::lie(damage, &flat), ..flat };
    let style = office(seed, format);
    let glass = Chance::for_part(seed, "glass");
    let scan = scan_as_it_lies(face, &style, case.lie, seed, glass, |sheet| befall_paper(damage, &case, sheet, face));
    befall_scan(damage, &case, scan)
}

/// What an office sends, without the flaws that are damages here.
fn office(seed: u64, Format { dpi, colour }: Format) -> ScanStyle {
    let usual = ScanStyle::realistic(seed);
    ScanStyle {
        dpi,
        colour,
        fade: usual.fade.min(0.05),
        stamp_over_lower_code: false,
        signature_over_lower_code: false,
        fold: false,
        ..usual
    }
}

/// Damages of the paper and what lies on it.
fn befall_paper(damage: Damage, case: &Case, sheet: &mut Sheet, face: &FormFace) {
    match damage {
        Damage::FadedToner => toner::faded(case, sheet),
        Damage::Crowded => cover::crowded(case, sheet),
        Damage::PenStrokes => cover::pen_strokes(case, sheet),
        Damage::Signature => cover::signature(case, sheet),
        Damage::Stamp => cover::stamps(case, sheet, face),
        Damage::Crease => paper::cracked_toner(case, sheet),
        Damage::TornCorner => paper::torn_corner(case, sheet),
        Damage::Holes => paper::holes(case, sheet),
        _ => {}
    }
}

/// Damages of the scan, and those of the paper that move or colour what lies on it.
fn befall_scan(damage: Damage, case: &Case, page: Page) -> Page {
    match damage {
        Damage::QuarterTurn => pose::tired_scanner(case, page),
        Damage::Mirrored => pose::mirrored(case, page),
        Damage::Inverted => pose::inverted(case, page),
        Damage::Perspective => pose::perspective(case, page),
        Damage::Curl => pose::curl(case, page),
        Damage::Feed => pose::feed(case, page),
        Damage::Defocus => optics::defocus(case, page),
        Damage::MotionBlur => optics::motion_blur(case, page),
        Damage::LowContrast => optics::low_contrast(case, page),
        Damage::LightGradient => optics::light_gradient(case, page),
        Damage::HardShadow => optics::hard_shadow(case, page),
        Damage::Noise => sensor::noise(case, page),
        Damage::SaltAndPepper => sensor::salt_and_pepper(case, page),
        Damage::Streaks => sensor::streaks(case, page),
        Damage::Jpeg => jpeg::jpeg(case, page),
        Damage::LowResolution => saving::low_resolution(case, page),
        Damage::Threshold => saving::threshold(case, page),
        Damage::InkSpread => toner::ink_spread(case, page),
        Damage::ThinPrint => toner::thin_print(case, page),
        Damage::BleedThrough => toner::bleed_through(case, page),
        Damage::Highlighter => cover::highlighter(case, page),
        Damage::Stain => paper::stain(case, page),
        Damage::Crease => paper::crease(case, page),
        Damage::CutOff => paper::cut_off(case, page),
        Damage::Skew
        | Damage::Rotation
        | Damage::FadedToner
        | Damage::Crowded
        | Damage::PenStrokes
        | Damage::Signature
        | Damage::Stamp
        | Damage::TornCorner
        | Damage::Holes => page,
    }
}

#[cfg(test)]
mod tests;
