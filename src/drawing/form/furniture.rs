//! What every form carries: title, form number, the two karekods, page number and watermark. It must keep the quiet
//! zone of the codes free, or the forms it prints could not be read.

use tiny_skia::{PathBuilder, Transform};

use crate::face::{FaceKind, FormFace};
use crate::font::{CAPITAL_SHARE, Lettering};
use crate::karekod::{KAREKOD_SIDE, print_karekod};
use crate::paper::{Area, Paper};
use crate::sheet::print::{Align, THIN};
use crate::sheet::{Layer, Sheet};

/// Left and right margin of everything printed, in mm.
pub const MARGIN: f32 = 12.0;

/// The codes stand at the right margin: this far from the right edge to their own right side, in mm.
const KAREKOD_FROM_RIGHT: f32 = 13.0;
const UPPER_KAREKOD_TOP: f32 = 20.0;
const LOWER_KAREKOD_FROM_BOTTOM: f32 = 23.0;

/// What no line or letter may enter around a code: four modules, and a little more, in mm.
pub const QUIET: f32 = 3.0;

/// Where the body of every form ends and the committee begins, from the lower edge, in mm.
pub const COMMITTEE_FROM_BOTTOM: f32 = 45.0;

const LAW_LINE: &str = "298 sayılı Kanun";
const DO_NOT_SCRIBBLE: &str = "KARE KODU KARALAMAYINIZ";
const NOT_A_RESULT: &str = "SEÇİM SONUCU DEĞİLDİR, HİÇBİR SANDIĞA AİT DEĞİLDİR";

fn karekod_left(paper: Paper) -> f32 {
    paper.width - KAREKOD_FROM_RIGHT - KAREKOD_SIDE
}

/// Where the upper code stands on a paper, without its quiet zone, in mm.
pub fn upper_karekod_area(paper: Paper) -> Area {
    Area::new(karekod_left(paper), UPPER_KAREKOD_TOP, KAREKOD_SIDE, KAREKOD_SIDE)
}

/// Where the lower code stands on a paper, without its quiet zone, in mm.
pub fn lower_karekod_area(paper: Paper) -> Area {
    Area::new(karekod_left(paper), paper.height - LOWER_KAREKOD_FROM_BOTTOM, KAREKOD_SIDE, KAREKOD_SIDE)
}

/// How far a table beside a code may reach to the right, in mm.
pub fn right_of_codes(paper: Paper) -> f32 {
    karekod_left(paper) - QUIET
}

/// The head: law line, title, race, election, form number and the upper code with its digits.
pub fn print_head(sheet: &mut Sheet, face: &FormFace) {
    let paper = sheet.paper();
    sheet.text(Area::new(MARGIN, 9.0, 50.0, 4.0), LAW_LINE, Lettering::plain(6.5), Align::Left);
    let number = Area::new(paper.width - MARGIN - 40.0, 9.0, 40.0, 5.0);
    sheet.text(number, &face.form_number, Lettering::bold(8.5), Align::Right);

    // The title is centred on the page, and ends before the code on either side.
    let side = paper.width - right_of_codes(paper);
    let title = Area::new(side, 10.5, paper.width - 2.0 * side, 6.0);
    let size = if face.kind == FaceKind::Cetvel { 14.0 } else { 11.5 };
    sheet.text(title, &face.race, Lettering::bold(size - 1.0), Align::Centre);
    sheet.text(title.band(6.0, 12.0), &face.title, Lettering::bold(size), Align::Centre);
    sheet.text(title.band(12.2, 16.2), &face.election, Lettering::plain(7.5), Align::Centre);

    if let Some(digits) = &face.karekod {
        let code = upper_karekod_area(paper);
        print_karekod(sheet, digits, code.left, code.top);
        let beneath = Area::new(code.left - 5.0, code.bottom() + QUIET, KAREKOD_SIDE + 5.0, 3.2);
        sheet.text(beneath, digits, Lettering::plain(6.8), Align::Right);
    }
}

/// The foot: the lower code with its warning, form number, page number and watermark.
pub fn print_foot(sheet: &mut Sheet, face: &FormFace) {
    let paper = sheet.paper();
    let code = lower_karekod_area(paper);
    if let Some(digits) = face.lower_karekod() {
        print_karekod(sheet, digits, code.left, code.top);
        let warning = Area::new(code.left - QUIET - 3.0, code.top - 2.0, 3.0, KAREKOD_SIDE + 4.0);
        sheet.tint(warning);
        sheet.frame(warning, THIN);
        sheet.text_upwards(warning.inset(0.0, 0.6), DO_NOT_SCRIBBLE, Lettering::bold(4.6));
    }
    let beneath = Area::new(code.left - 2.0, code.bottom() + QUIET, KAREKOD_SIDE + 2.0, 3.0);
    sheet.text(beneath, &face.form_number, Lettering::plain(5.5), Align::Right);
    let page = format!("Sayfa {}", face.page);
    sheet.text(Area::new(MARGIN, paper.height - 8.0, 30.0, 3.0), &page, Lettering::plain(6.0), Align::Left);
    if let Some(word) = &face.watermark {
        print_watermark(sheet, word);
    }
}

/// A word across the page, tinted and outlined: the outline is what a one-bit scan keeps.
fn print_watermark(sheet: &mut Sheet, word: &str) {
    const OUTLINE: f32 = 0.22;
    let paper = sheet.paper();
    // Short of the diagonal, so that both codes stay clear of it.
    let (widest, slope) = (paper.width.min(paper.height) * 0.78, -52.0_f32);
    let mut lettering = Lettering { squeeze: 1.0, ..Lettering::bold(190.0) };
    lettering.size *= (widest / lettering.width(word)).min(1.0);
    let place = Transform::from_translate(-lettering.width(word) / 2.0, lettering.size * CAPITAL_SHARE / 2.0)
        .post_concat(Transform::from_rotate(slope))
        .post_translate(paper.width / 2.0, paper.height / 2.0);
    sheet.set(Layer::Tint, word, lettering, place);
    let mut reach = 0.0;
    for glyph in lettering.glyphs(word) {
        let at = Transform::from_translate(reach, 0.0).post_scale(lettering.size, lettering.size).post_concat(place);
        let mut builder = PathBuilder::new();
        if let Some(outline) = &glyph.outline {
            builder.push_path(outline);
        }
        if let Some(outline) = builder.finish().and_then(|outline| outline.transform(at)) {
            sheet.stroke(Layer::Toner, &outline, OUTLINE);
        }
        reach += glyph.advance;
    }
    let said = Area::new(paper.width / 2.0 - 45.0, paper.height - 8.0, 90.0, 3.2);
    sheet.text(said, &format!("{word} – {NOT_A_RESULT}"), Lettering::bold(6.0), Align::Centre);
}
