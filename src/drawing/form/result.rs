//! Sandık sonuç tutanağı: identity, the sums that must agree, the votes, objections and signatures. It must ask for the
//! same numbers as the real form, in wording of its own.

mod sums;

use crate::blank::{Blank, Entry, Figure};
use crate::face::FormFace;
use crate::font::Lettering;
use crate::form::choices::names_on;
use crate::form::committee::print_committee;
use crate::form::furniture::{MARGIN, QUIET, right_of_codes, upper_karekod_area};
use crate::form::identity::print_identity;
use crate::form::table::Table;
use crate::paper::{Area, Paper};
use crate::sheet::Sheet;
use crate::sheet::print::{Align, THICK};

const IDENTITY_TOP: f32 = 29.0;
const IDENTITY_WIDTH: f32 = 86.0;
const SUMS_TOP: f32 = 78.0;
const SUMS_HEIGHT: f32 = 58.0;
const VOTES_TOP: f32 = 147.0;
const VOTES_HEIGHT: f32 = 68.0;
const OBJECTIONS_TOP: f32 = 219.0;
const OBJECTIONS_HEIGHT: f32 = 22.0;

/// Up to this many candidates get one broad table; more are listed in two columns.
const BROAD_TABLE: usize = 6;

const MUST_AGREE: &str = "NOT: Geçerli oyların toplamı (8) ile geçersiz oyların toplamı (12), oy kullananların toplamına \
    (3) eşit olmalıdır. Alınan oyların toplamı, geçerli oyların toplamına (8) eşit olmalıdır.";
const DECLARATION: &str = "Bu tutanak, sayım ve dökümün bitiminde sandık çevresinde bulunanlara okunarak tarafımızdan \
    düzenlenmiş, imzalanmış ve mühürlenmiştir. Onaylı birer örneği isteyen temsilcilere verilmiş, bir örneği asılmıştır.";

/// Prints the form.
pub fn print_result(sheet: &mut Sheet, face: &FormFace) -> Vec<Blank> {
    let paper = sheet.paper();
    let body = paper.width - 2.0 * MARGIN;
    let identity = Area::new(MARGIN, IDENTITY_TOP, IDENTITY_WIDTH, SUMS_TOP - IDENTITY_TOP - 4.0);
    print_identity(sheet, face, identity, 1, 7.0);

    let mut blanks = print_opening(sheet, paper, identity);
    blanks.extend(sums::print_sums(sheet, Area::new(MARGIN, SUMS_TOP, body, SUMS_HEIGHT)));
    let note = Area::new(MARGIN, SUMS_TOP + SUMS_HEIGHT + 1.5, body, 8.0);
    sheet.paragraph(note, MUST_AGREE, Lettering::bold(6.0));

    let choices = names_on(face);
    let votes = Area::new(MARGIN, VOTES_TOP, body, VOTES_HEIGHT);
    blanks.extend(if choices.len() <= BROAD_TABLE {
        print_broad_votes(sheet, votes, &choices)
    } else {
        print_listed_votes(sheet, votes, &choices)
    });

    print_objections(sheet, Area::new(MARGIN, OBJECTIONS_TOP, body, OBJECTIONS_HEIGHT));
    let declaration = Area::new(MARGIN, OBJECTIONS_TOP + OBJECTIONS_HEIGHT + 1.5, body, 8.0);
    sheet.paragraph(declaration, DECLARATION, Lettering::plain(6.0));
    blanks.extend(print_committee(sheet, face.kind));
    blanks
}

/// When the box was opened, and what was out of the ordinary.
fn print_opening(sheet: &mut Sheet, paper: Paper, identity: Area) -> Vec<Blank> {
    const ANSWER_WIDTH: f32 = 15.0;
    let left = identity.right() + 4.0;
    let right = right_of_codes(paper) - QUIET;
    let under_code = upper_karekod_area(paper).bottom() + 4.0 * QUIET;
    let questions = [
        ("Listede yazılı seçmen sayısı", Entry::Digits(Figure::Registered)),
        ("Sandık 17.00'den sonra açıldıysa nedeni", Entry::Digits(Figure::Nil)),
        ("Sırada bekleyip oy kullanan seçmen sayısı", Entry::Digits(Figure::Nil)),
        ("Birden fazla sayım yapıldıysa sayısı", Entry::Digits(Figure::Counted)),
        ("Varsa seyyar sandık numarası", Entry::Digits(Figure::Nil)),
        ("Seyyar sandık listesindeki seçmen sayısı", Entry::Digits(Figure::Nil)),
    ];
    let lettering = Lettering::plain(6.8);
    let first = Area::new(left, identity.top, right - left, 6.6);
    let mut blanks = Vec::new();
    sheet.text(first, "Sandığın açıldığı", lettering, Align::Left);
    for (label, entry, from) in [("Saat", Entry::Hour, 27.0), ("Dakika", Entry::Minute, 48.0)] {
        sheet.text(Area::new(left + from, first.top, 9.0, first.height), label, lettering, Align::Left);
        let answer = Area::new(left + from + 9.5, first.top, 9.5, first.height);
        sheet.dotted(answer.left, answer.right(), answer.bottom() - 1.2);
        blanks.push(Blank { area: answer, entry });
    }
    let mut top = first.bottom();
    for (question, entry) in questions {
        // Below the code the column is as wide as the page.
        let reach = if top > under_code { paper.width - MARGIN } else { right };
        let row = Area::new(left, top, reach - left - ANSWER_WIDTH - 1.0, first.height);
        sheet.text(row, question, lettering, Align::Left);
        let answer = Area::new(row.right() + 1.0, top, ANSWER_WIDTH, first.height);
        sheet.dotted(answer.left, answer.right(), answer.bottom() - 1.2);
        blanks.push(Blank { area: answer, entry });
        top += first.height;
    }
    blanks
}

fn print_broad_votes(sheet: &mut Sheet, area: Area, choices: &[String]) -> Vec<Blank> {
    let rows = choices.len() + 1;
    let table = Table::rule(sheet, area, 9.0, rows, &[1.5, 0.9, 1.9]);
    table.headings(sheet, &["ADI VE SOYADI", "ALDIĞI OY (RAKAMLA)", "ALDIĞI OY (YAZIYLA)"], Lettering::bold(8.0));
    let mut blanks = Vec::new();
    for (row, choice) in choices.iter().enumerate() {
        sheet.text(table.cell(row, 0), choice, Lettering::plain(8.5), Align::Left);
        blanks.push(Blank { area: table.cell(row, 1), entry: Entry::Digits(Figure::Votes(row)) });
        blanks.push(Blank { area: table.cell(row, 2), entry: Entry::Words(Figure::Votes(row)) });
    }
    sheet.text(table.cell(rows - 1, 0), "TOPLAM", Lettering::bold(8.5), Align::Centre);
    blanks.push(Blank { area: table.cell(rows - 1, 1), entry: Entry::Digits(Figure::Valid) });
    blanks.push(Blank { area: table.cell(rows - 1, 2), entry: Entry::Words(Figure::Valid) });
    blanks
}

fn print_listed_votes(sheet: &mut Sheet, area: Area, choices: &[String]) -> Vec<Blank> {
    let rows = (choices.len() + 1).div_ceil(2);
    let mut blanks = Vec::new();
    for (side, half) in area.columns(&[1.0, 1.0]).into_iter().enumerate() {
        let half = Area::new(half.left + side as f32, half.top, half.width - 1.0, half.height);
        let table = Table::rule(sheet, half, 6.0, rows, &[0.35, 1.5, 0.8, 1.7]);
        table.headings(sheet, &["NO", "SİYASİ PARTİ", "RAKAMLA", "YAZIYLA"], Lettering::bold(6.0));
        for row in 0..rows {
            let index = side * rows + row;
            let (label, figure) = match choices.get(index) {
                Some(choice) => (choice.as_str(), Figure::Votes(index)),
                None if index == choices.len() => ("TOPLAM", Figure::Valid),
                None => continue,
            };
            if index < choices.len() {
                sheet.text(table.cell(row, 0), &(index + 1).to_string(), Lettering::plain(6.0), Align::Centre);
            }
            sheet.text(table.cell(row, 1), label, Lettering::plain(6.8), Align::Left);
            blanks.push(Blank { area: table.cell(row, 2), entry: Entry::Digits(figure) });
            blanks.push(Blank { area: table.cell(row, 3), entry: Entry::Words(figure) });
        }
    }
    blanks
}

fn print_objections(sheet: &mut Sheet, area: Area) {
    const CAPTION: f32 = 4.4;
    sheet.frame(area, THICK);
    let caption = "SAYIM VE DÖKÜME İLİŞKİN İTİRAZLAR, ŞİKÂYETLER VE VERİLEN KARARLAR";
    sheet.text(area.band(0.0, CAPTION), caption, Lettering::bold(6.4), Align::Centre);
    let table = Table::rule(sheet, area.band(CAPTION, area.height), 4.6, 3, &[1.0, 1.0, 1.0]);
    table.headings(sheet, &["İTİRAZ EDEN", "İTİRAZIN KONUSU", "VERİLEN KARAR"], Lettering::bold(6.0));
}
