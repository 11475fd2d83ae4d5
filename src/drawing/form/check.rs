//! İlçe seçim kurulu denetim tutanağı: what a board has looked at before it typed the figures in. It must list the boxes
//! it looked at, because that is what the form is for.

use crate::blank::{Blank, Entry, Figure};
use crate::face::FormFace;
use crate::font::Lettering;
use crate::form::committee::print_committee;
use crate::form::furniture::{COMMITTEE_FROM_BOTTOM, MARGIN, QUIET, right_of_codes};
use crate::form::identity::{body_top, print_identity};
use crate::form::merge::first_box_of;
use crate::form::table::Table;
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::Align;

const IDENTITY_TOP: f32 = 29.0;
const IDENTITY_HEIGHT: f32 = 26.0;
const QUESTIONS_HEIGHT: f32 = 60.0;
const BOX_ROW: f32 = 6.9;
const BOX_HEAD: f32 = 10.0;
const BOXES: usize = 13;

const QUESTIONS: [&str; 7] = [
    "Tutanakta sandık kurulunun bütün üyelerinin imzası vardır",
    "Sandık kurulu mührü okunaklı basılmıştır",
    "Oy kullanan seçmen sayısı ile çıkan zarf sayısı eşittir",
    "Geçerli ve geçersiz oyların toplamı oy kullanan seçmen sayısına eşittir",
    "Rakamla ve yazıyla yazılan oy sayıları birbirini tutmaktadır",
    "Sayım döküm cetvelindeki toplamlar tutanağa aynen geçirilmiştir",
    "Sisteme girilen sayılar ile tutanaktaki sayılar aynıdır",
];

const DECISION: &str = "Kurulumuzca yukarıda numaraları yazılı sandıklara ait tutanaklar denetlenmiş, sonuçları karşılarında \
    gösterilmiştir. İşbu denetim tutanağı tarafımızdan düzenlenerek imza altına alınmıştır.";

/// Prints the form.
pub fn print_check(sheet: &mut Sheet, face: &FormFace) -> Vec<Blank> {
    let paper = sheet.paper();
    let body = paper.width - 2.0 * MARGIN;
    let identity_width = right_of_codes(paper) - QUIET - MARGIN;
    let identity = Area::new(MARGIN, IDENTITY_TOP, identity_width, IDENTITY_HEIGHT);
    let used = print_identity(sheet, face, identity, 2, 7.0);
    let questions_top = body_top(identity, used);
    let boxes_top = questions_top + QUESTIONS_HEIGHT + 9.0;
    let mut blanks = Vec::new();

    let area = Area::new(MARGIN, questions_top, body, QUESTIONS_HEIGHT);
    let table = Table::rule(sheet, area, 8.0, QUESTIONS.len(), &[0.5, 6.4, 1.0, 1.2, 3.0]);
    let headings = ["SIRA", "DENETLENEN HUSUS", "UYGUN", "UYGUN DEĞİL", "AÇIKLAMA"];
    table.headings(sheet, &headings, Lettering::bold(7.0));
    for (row, question) in QUESTIONS.iter().enumerate() {
        sheet.text(table.cell(row, 0), &(row + 1).to_string(), Lettering::plain(7.5), Align::Centre);
        sheet.text(table.cell(row, 1), question, Lettering::plain(7.0), Align::Left);
        blanks.push(Blank { area: table.cell(row, 2), entry: Entry::Tick });
        blanks.push(Blank { area: table.cell(row, 4), entry: Entry::Digits(Figure::Nil) });
    }

    let caption = Area::new(MARGIN, boxes_top - 6.0, body, 5.0);
    sheet.text(caption, "DENETLENEN SANDIKLAR", Lettering::bold(8.0), Align::Left);
    let area = Area::new(MARGIN, boxes_top, body, BOX_HEAD + BOX_ROW * BOXES as f32);
    let table = Table::rule(sheet, area, BOX_HEAD, BOXES, &[0.6, 1.1, 1.3, 1.3, 1.3, 1.3, 1.2, 1.6]);
    let headings =
        ["SIRA", "SANDIK NO", "KAYITLI SEÇMEN", "OY KULLANAN", "GEÇERLİ OY", "GEÇERSİZ OY", "UYGUN", "AÇIKLAMA"];
    table.headings(sheet, &headings, Lettering::bold(6.6));
    let first_box = first_box_of(face, BOXES);
    for row in 0..BOXES {
        sheet.text(table.cell(row, 0), &(row + 1).to_string(), Lettering::plain(7.0), Align::Centre);
        let number = (first_box + row as u32).to_string();
        sheet.text(table.cell(row, 1), &number, Lettering::bold(7.5), Align::Centre);
        for column in 0..4 {
            let entry = Entry::Digits(Figure::Cell { row, column });
            blanks.push(Blank { area: table.cell(row, column + 2), entry });
        }
        blanks.push(Blank { area: table.cell(row, 6), entry: Entry::Tick });
    }
    let decision_top = paper.height - COMMITTEE_FROM_BOTTOM - 17.0;
    sheet.paragraph(Area::new(MARGIN, decision_top, body, 10.0), DECISION, Lettering::plain(7.5));
    blanks.extend(print_committee(sheet, face.kind));
    blanks
}
