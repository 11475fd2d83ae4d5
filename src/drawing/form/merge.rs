//! Birleştirme tutanakları with one line for each unit: the boxes of a board, or the districts of a province. It must
//! stay one page: a unit that does not fit belongs on the page after it.

use crate::blank::{Blank, Entry, Figure};
use crate::face::FormFace;
use crate::font::Lettering;
use crate::form::choices::names_on;
use crate::form::committee::print_committee;
use crate::form::furniture::{COMMITTEE_FROM_BOTTOM, MARGIN, QUIET, right_of_codes};
use crate::form::identity::{body_top, print_identity};
use crate::form::table::Table;
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::Align;

const IDENTITY_TOP: f32 = 29.0;
const IDENTITY_HEIGHT: f32 = 20.0;
const HEAD: f32 = 27.0;

const SUMS: [&str; 4] = ["KAYITLI SEÇMEN", "OY KULLANAN SEÇMEN", "GEÇERLİ OY", "GEÇERSİZ OY"];
const DECLARATION: &str = "Yukarıdaki sonuçlar tutanaklardan aktarılmış, toplamları denetlenmiş ve işbu birleştirme \
    tutanağı tarafımızdan düzenlenerek imza altına alınmıştır.";

/// What the lines of the table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Boxes of one board.
    Board,
    /// Districts of one province.
    Province,
}

impl Scope {
    /// Lines on one page.
    pub const fn lines(self) -> usize {
        match self {
            Self::Board => 34,
            Self::Province => 22,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Board => "SANDIK NO",
            Self::Province => "İLÇE",
        }
    }
}

/// The number of the first box on this page: the thousands digit is the number of the board.
pub fn first_box_of(face: &FormFace, lines: usize) -> u32 {
    let board = face.place_named("KURUL").and_then(|value| value.chars().find_map(|letter| letter.to_digit(10)));
    board.unwrap_or(1).max(1) * 1000 + 1 + face.page.saturating_sub(1) * lines as u32
}

/// Prints the form.
pub fn print_merge(sheet: &mut Sheet, face: &FormFace, scope: Scope) -> Vec<Blank> {
    let paper = sheet.paper();
    let body = paper.width - 2.0 * MARGIN;
    let identity_width = right_of_codes(paper) - QUIET - MARGIN;
    let identity = Area::new(MARGIN, IDENTITY_TOP, identity_width, IDENTITY_HEIGHT);
    let used = print_identity(sheet, face, identity, 2, 6.6);
    let grid_top = body_top(identity, used);

    let choices = names_on(face);
    let lines = scope.lines();
    let bottom = paper.height - COMMITTEE_FROM_BOTTOM - 9.0;
    let area = Area::new(MARGIN, grid_top, body, bottom - grid_top);
    let mut shares = vec![0.7, if scope == Scope::Board { 1.5 } else { 3.0 }];
    shares.extend(vec![1.25; SUMS.len()]);
    shares.extend(vec![if choices.len() > 6 { 1.0 } else { 2.0 }; choices.len()]);
    let table = Table::rule(sheet, area, HEAD, lines + 1, &shares);
    let lettering = Lettering::bold(6.6);
    table.headings(sheet, &["NO", scope.heading()], lettering);
    let columns: Vec<String> = SUMS.iter().map(|sum| (*sum).to_owned()).chain(choices).collect();
    table.headings_upwards(sheet, 2, &columns, lettering);

    let mut blanks = Vec::new();
    let before = face.page.saturating_sub(1) * lines as u32;
    let first_box = first_box_of(face, lines);
    for row in 0..lines {
        let number = before + row as u32 + 1;
        let unit = match scope {
            Scope::Board => (first_box + row as u32).to_string(),
            Scope::Province => format!("{number}. İLÇE"),
        };
        sheet.text(table.cell(row, 0), &number.to_string(), Lettering::plain(6.0), Align::Centre);
        sheet.text(table.cell(row, 1), &unit, Lettering::plain(6.6), Align::Left);
        for column in 0..columns.len() {
            let entry = Entry::Typed(Figure::Cell { row, column });
            blanks.push(Blank { area: table.cell(row, column + 2), entry });
        }
    }
    sheet.text(table.cell(lines, 1), "TOPLAM", Lettering::bold(6.6), Align::Left);
    for column in 0..columns.len() {
        let entry = Entry::Typed(Figure::Total { column });
        blanks.push(Blank { area: table.cell(lines, column + 2), entry });
    }
    sheet.paragraph(Area::new(MARGIN, bottom + 1.5, body, 7.0), DECLARATION, Lettering::plain(6.6));
    blanks.extend(print_committee(sheet, face.kind));
    blanks
}
