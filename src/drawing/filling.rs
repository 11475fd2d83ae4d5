//! Fills a form the way an election night does: numbers that add up, names, signatures and a stamp. It must never fill
//! from real results: everything comes from the seed.

mod figures;

use crate::blank::{Blank, Entry, Figure};
use crate::chance::Chance;
use crate::face::{FaceKind, FormFace};
use crate::font::Lettering;
use crate::form::names_on;
use crate::hand::Hand;
use crate::hand::number_words::in_words;
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::Align;
use crate::stamp;
use figures::Figures;

/// The tallest a hand writes a digit and a letter on these forms, in mm.
const DIGIT_HEIGHT: f32 = 5.2;
const LETTER_HEIGHT: f32 = 5.4;

/// Fills every blank of a form.
pub fn fill_form(sheet: &mut Sheet, face: &FormFace, blanks: &[Blank], seed: u64) {
    let choices = names_on(face).len();
    let units = blanks.iter().map(|blank| units_up_to(blank.entry)).max().unwrap_or(0);
    let mut figures = Figures::counted(face.kind, choices, units, &mut Chance::for_part(seed, "figures"));
    if let Some(count) = &face.count {
        figures = figures.given(count);
    }
    let mut clerk = Hand::of(Chance::for_part(seed, "clerk"));
    for (index, blank) in blanks.iter().enumerate() {
        let area = blank.area;
        // Everyone signs with a hand of their own, and the committees of two seeds have no member in common.
        let member = || Hand::of(Chance::for_part(seed.rotate_left(32) ^ index as u64, "member"));
        match blank.entry {
            Entry::Digits(figure) => match figures.value(figure) {
                0 => clerk.dash(sheet, area),
                number => clerk.write(sheet, area, &number.to_string(), DIGIT_HEIGHT, true),
            },
            Entry::Words(figure) => match figures.value(figure) {
                0 => clerk.dash(sheet, area),
                number => clerk.write(sheet, area, &in_words(number), LETTER_HEIGHT, false),
            },
            Entry::Typed(figure) => {
                let (number, bold) = (figures.value(figure), matches!(figure, Figure::Total { .. }));
                type_number(sheet, area, number, bold);
            }
            Entry::Hour => clerk.write(sheet, area, "17", DIGIT_HEIGHT, true),
            Entry::Minute => clerk.write(sheet, area, figures.minute(), DIGIT_HEIGHT, true),
            Entry::Tally { choice, from } => {
                let marks = figures.tally(choice).saturating_sub(from).min(5);
                clerk.tally(sheet, area, marks);
            }
            Entry::Tick => clerk.tick(sheet, area),
            Entry::Name => member().name(sheet, area),
            Entry::Signature => member().sign(sheet, area),
            Entry::Stamp => {
                let mut chance = Chance::for_part(seed, "stamp");
                let (middle, centre) = area.centre();
                let at = (middle + chance.wobble(22.0), centre + chance.wobble(2.0));
                let (words, below) = stamp_words(face);
                stamp::press(sheet, &mut chance, at, words, &below);
            }
        }
    }
}

/// Prints a number as large as its column lets all of its numbers be; narrow columns do without full stops.
fn type_number(sheet: &mut Sheet, area: Area, number: u32, bold: bool) {
    const LARGEST_PT: f32 = 7.2;
    let mut lettering = if bold { Lettering::bold(LARGEST_PT) } else { Lettering::plain(LARGEST_PT) };
    let room = area.width / lettering.width("000.000");
    lettering.size *= room.clamp(0.75, 1.0);
    let text = if lettering.width("000.000") > area.width { number.to_string() } else { grouped(number) };
    sheet.text(area, &text, lettering, Align::Right);
}

/// How many units a merge table must have for this entry to be in it.
fn units_up_to(entry: Entry) -> usize {
    match entry {
        Entry::Digits(Figure::Cell { row, .. }) | Entry::Typed(Figure::Cell { row, .. }) => row + 1,
        _ => 0,
    }
}

/// What stands on the stamp of whoever makes out this form.
pub fn stamp_words(face: &FormFace) -> (&'static str, String) {
    match face.kind {
        FaceKind::Sonuc | FaceKind::Cetvel => {
            let number = face.place_named("SANDIK").unwrap_or("MÜHÜR");
            ("SANDIK KURULU • SANDIK KURULU • ", number.to_owned())
        }
        FaceKind::Denetim | FaceKind::BirlestirmeKurul | FaceKind::BirlestirmeIlce => {
            ("İLÇE SEÇİM KURULU BAŞKANLIĞI • ", "MÜHÜR".to_owned())
        }
        FaceKind::BirlestirmeIl => ("İL SEÇİM KURULU BAŞKANLIĞI • ", "MÜHÜR".to_owned()),
    }
}

/// With a full stop between thousands.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart_by_a_full_stop() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234), "1.234");
        assert_eq!(grouped(1_234_567), "1.234.567");
    }
}
