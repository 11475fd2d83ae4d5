//! The drawing room: printable forms, and scans of forms that look as if an office had sent them. Samples, tests,
//! benches and rehearsals live on it, so that none of them needs a real form.
//!
//! The layouts are our own, candidates and parties are placeholders and every number is made up; a page that leaves
//! this house carries a watermark. The same face, style and seed give the same bytes. It must never read a real form,
//! and never be told what a registry says: whoever asks for a drawing brings plain values.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod blank;
mod canvas;
mod chance;
mod damage;
mod encode;
mod face;
mod filling;
mod font;
mod form;
mod hand;
mod karekod;
mod page;
mod paper;
mod scan;
mod sheet;
mod stamp;

pub use canvas::{Canvas, Rgb};
pub use damage::{Damage, UnknownDamage, draw_damaged};
pub use encode::to_png;
pub use face::{FaceCount, FaceKind, FormFace};
pub use form::choices_of;
pub use page::Page;
pub use scan::{Colour, ScanStyle};

pub use chance::Chance;
use hand::Hand;
use paper::{Area, Paper};
use scan::Light;
use sheet::{Lie, Sheet};

/// Draws a form for the printer: upright, empty, black on white.
pub fn draw_form(face: &FormFace, dpi: u32) -> Page {
    let mut sheet = Sheet::new(Paper::of(face.kind), dpi, Lie::default());
    form::print_form(&mut sheet, face);
    scan::expose(&sheet, &Light::of_print(), false, 0.0, false, Chance::from_seed(0))
}

/// Draws a scan of a filled form and returns the bytes of its PNG file.
pub fn draw_scan(face: &FormFace, style: &ScanStyle, seed: u64) -> Vec<u8> {
    to_png(&draw_scanned_page(face, style, seed), style.colour, style.interlaced)
}

/// Draws a scan of a filled form and stops before the file: for whoever wants pixels, or another file of the same scan.
pub fn draw_scanned_page(face: &FormFace, style: &ScanStyle, seed: u64) -> Page {
    /// How far the paper lies off the corner of the glass when it lies askew, in mm.
    const OFF_CORNER: f32 = 0.8;
    let mut chance = Chance::for_part(seed, "glass");
    let askew = style.skew_degrees != 0.0;
    let shift = if askew { (chance.wobble(OFF_CORNER), chance.wobble(OFF_CORNER)) } else { (0.0, 0.0) };
    let lie = Lie { quarter_turns: style.quarter_turns, skew_degrees: style.skew_degrees, shift, ..Lie::default() };
    scan_as_it_lies(face, style, lie, seed, chance, |_| {})
}

/// Fills a form and scans it as it lies; `befall` is what happens to the paper in between.
fn scan_as_it_lies(
    face: &FormFace,
    style: &ScanStyle,
    lie: Lie,
    seed: u64,
    mut chance: Chance,
    befall: impl FnOnce(&mut Sheet),
) -> Page {
    let mut sheet = Sheet::new(Paper::of(face.kind), style.dpi, lie);
    let blanks = form::print_form(&mut sheet, face);
    if !style.unfilled {
        filling::fill_form(&mut sheet, face, &blanks, seed);
    }
    cover_codes(&mut sheet, face, style, seed);
    befall(&mut sheet);
    stamp::dry(&mut sheet, &mut Chance::for_part(seed, "stamp pad"));
    scan::damage_sheet(&mut sheet, style, seed);
    if lie.skew_degrees != 0.0 || lie.room != (0.0, 0.0) {
        scan::lay_beside(&mut sheet);
    }
    let light = Light::of_scan(style, &mut chance);
    scan::expose(&sheet, &light, style.colour.is_colourful(), style.noise, style.edge_shadow, chance)
}

/// What people put over the codes although the form asks them not to.
fn cover_codes(sheet: &mut Sheet, face: &FormFace, style: &ScanStyle, seed: u64) {
    let mut chance = Chance::for_part(seed, "over codes");
    let lower = form::lower_karekod_area(sheet.paper());
    if style.stamp_over_lower_code {
        let (middle, centre) = lower.centre();
        // The ring crosses the code, as it does when the stamp is meant for the signature beside it.
        let at = (middle - chance.between(7.0, 12.0), centre - chance.between(0.0, 7.0));
        let (words, below) = filling::stamp_words(face);
        stamp::press(sheet, &mut chance, at, words, &below);
    }
    if style.signature_over_lower_code {
        let across = Area::new(lower.left - 12.0, lower.top - 1.0, lower.width + 18.0, lower.height);
        Hand::of(Chance::for_part(seed, "signature over code")).sign(sheet, across);
    }
    if style.both_codes_scribbled {
        let mut hand = Hand::of(Chance::for_part(seed, "scribble"));
        for area in [form::upper_karekod_area(sheet.paper()), lower] {
            hand.scribble(sheet, area);
        }
    }
}

#[cfg(test)]
mod tests;
