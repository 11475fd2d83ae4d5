//! Sayım döküm cetveli: the count sheet, where each ballot read out becomes one stroke. It must give every candidate
//! room for the votes of a full box.

use crate::blank::{Blank, Entry, Figure};
use crate::face::FormFace;
use crate::font::Lettering;
use crate::form::choices::names_on;
use crate::form::committee::print_committee;
use crate::form::furniture::{COMMITTEE_FROM_BOTTOM, MARGIN, QUIET, right_of_codes};
use crate::form::identity::print_identity;
use crate::form::table::Table;
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::{Align, THICK};

const IDENTITY_TOP: f32 = 29.0;
const IDENTITY_HEIGHT: f32 = 18.0;
const GRID_TOP: f32 = 51.0;
const HEAD: f32 = 6.0;

/// Strokes in one cell: four upright and one across.
const MARKS: u32 = 5;

const HOW_TO: &str = "Okunan her oy pusulası için ilgili satıra bir çizgi çekilir; her kutuya beş çizgi sığar. \
    Toplamlar sandık sonuç tutanağına aynen geçirilir.";

/// How many rows of cells each candidate gets, and how many cells a row has.
fn grid_for(choices: usize) -> (usize, usize) {
    match choices {
        0..=5 => (3, 30),
        6..=10 => (2, 36),
        _ => (1, 44),
    }
}

/// Prints the form.
pub fn print_count(sheet: &mut Sheet, face: &FormFace) -> Vec<Blank> {
    let paper = sheet.paper();
    let identity = Area::new(MARGIN, IDENTITY_TOP, right_of_codes(paper) - QUIET - MARGIN, IDENTITY_HEIGHT);
    print_identity(sheet, face, identity, 4, 6.5);

    let mut names = names_on(face);
    let choices = names.len();
    names.push("GEÇERSİZ OYLAR".to_owned());
    let (strips, cells) = grid_for(choices);
    let grid_bottom = paper.height - COMMITTEE_FROM_BOTTOM - 8.0;
    let area = Area::new(MARGIN, GRID_TOP, paper.width - 2.0 * MARGIN, grid_bottom - GRID_TOP);
    let mut shares = vec![7.0];
    shares.extend(vec![1.0; cells]);
    shares.push(3.4);
    let rows = choices * strips + 1;
    let table = Table::rule(sheet, area, HEAD, rows, &shares);
    print_headings(sheet, &table, cells);

    let mut blanks = Vec::new();
    for (choice, name) in names.iter().enumerate() {
        let strips = if choice < choices { strips } else { 1 };
        let first = choice * grid_for(choices).0;
        let (top, bottom) = (table.cell(first, 0).top, table.cell(first + strips - 1, 0).bottom());
        let whole = |column: usize| {
            let cell = table.cell(first, column);
            Area::new(cell.left, top, cell.width, bottom - top)
        };
        let (label, total) = (whole(0), whole(cells + 1));
        if strips > 1 {
            sheet.frame(Area::new(area.left, top - 0.3, area.width, bottom - top + 0.6), THICK);
        }
        sheet.text(label, name, Lettering::bold(8.5), Align::Left);
        for strip in 0..strips {
            for cell in 0..cells {
                let from = (strip * cells + cell) as u32 * MARKS;
                let entry = Entry::Tally { choice, from };
                blanks.push(Blank { area: table.cell(first + strip, cell + 1), entry });
            }
        }
        let figure = if choice < choices { Figure::Votes(choice) } else { Figure::Invalid };
        blanks.push(Blank { area: total.inset(0.0, total.height * 0.1), entry: Entry::Digits(figure) });
    }
    let how_to = Area::new(MARGIN, grid_bottom + 1.5, area.width, 6.0);
    sheet.paragraph(how_to, HOW_TO, Lettering::plain(6.5));
    blanks.extend(print_committee(sheet, face.kind));
    blanks
}

fn print_headings(sheet: &mut Sheet, table: &Table, cells: usize) {
    let mut headings = vec!["ADAYIN / PARTİNİN ADI".to_owned()];
    headings.extend((1..=cells as u32).map(|cell| (cell * MARKS).to_string()));
    headings.push("TOPLAM".to_owned());
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    table.headings(sheet, &headings, Lettering::bold(6.0));
}
