//! İlçe birleştirme tutanağı: one column for each board of the district, one line for each number. It must keep its sums
//! beside the columns they sum.

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

/// The boards a page has columns for.
pub const BOARDS: usize = 4;

const IDENTITY_TOP: f32 = 29.0;
const IDENTITY_HEIGHT: f32 = 26.0;
const SUMS_HEIGHT: f32 = 42.0;
/// The room for a caption above its table, in mm.
const CAPTION: f32 = 5.5;
const LARGEST_ROW: f32 = 12.0;

const SUMS: [&str; 4] =
    ["Kayıtlı seçmen sayısı", "Oy kullanan seçmen sayısı", "Geçerli oy sayısı", "Geçersiz oy sayısı"];
const DECLARATION: &str = "İtiraz süresi geçtikten sonra ilçe seçim kurullarının birleştirme tutanakları toplanmış, ilçenin \
    sonucu yukarıda gösterilmiştir. Bu tutanak kurulumuzca düzenlenerek imza altına alınmıştır.";

/// Prints the form.
pub fn print_district(sheet: &mut Sheet, face: &FormFace) -> Vec<Blank> {
    let paper = sheet.paper();
    let body = paper.width - 2.0 * MARGIN;
    let identity_width = right_of_codes(paper) - QUIET - MARGIN;
    let identity = Area::new(MARGIN, IDENTITY_TOP, identity_width, IDENTITY_HEIGHT);
    let used = print_identity(sheet, face, identity, 1, 6.5);
    let sums_top = body_top(identity, used) + CAPTION;
    let votes_top = sums_top + SUMS_HEIGHT + CAPTION + 5.0;

    let sums: Vec<String> = SUMS.iter().map(|sum| (*sum).to_owned()).collect();
    let choices = names_on(face);
    let bottom = paper.height - COMMITTEE_FROM_BOTTOM - 12.0;
    let votes_height = (8.0 + LARGEST_ROW * choices.len() as f32).min(bottom - votes_top);
    let upper = Area::new(MARGIN, sums_top, body, SUMS_HEIGHT);
    let lower = Area::new(MARGIN, votes_top, body, votes_height);
    let mut blanks = print_part(sheet, upper, "A. SEÇMEN VE OY SAYILARI", &sums, 0);
    blanks.extend(print_part(sheet, lower, "B. ALINAN OYLAR", &choices, sums.len()));
    sheet.paragraph(Area::new(MARGIN, bottom + 2.5, body, 9.0), DECLARATION, Lettering::plain(7.0));
    blanks.extend(print_committee(sheet, face.kind));
    blanks
}

/// One table. The rows of the form are the columns of the count, which keeps a unit's numbers together.
fn print_part(sheet: &mut Sheet, area: Area, caption: &str, lines: &[String], first: usize) -> Vec<Blank> {
    let above = Area::new(area.left, area.top - CAPTION, area.width, CAPTION - 0.5);
    sheet.text(above, caption, Lettering::bold(8.0), Align::Left);
    let mut shares = vec![2.6];
    shares.extend([1.2; BOARDS]);
    shares.push(1.5);
    let table = Table::rule(sheet, area, 8.0, lines.len(), &shares);
    let mut headings = vec![String::new()];
    headings.extend((1..=BOARDS).map(|board| format!("{board}. İLÇE SEÇİM KURULU")));
    headings.push("İLÇE TOPLAMI".to_owned());
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    table.headings(sheet, &headings, Lettering::bold(6.4));
    let mut blanks = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        let column = first + row;
        sheet.text(table.cell(row, 0), line, Lettering::plain(7.6), Align::Left);
        for board in 0..BOARDS {
            let entry = Entry::Typed(Figure::Cell { row: board, column });
            blanks.push(Blank { area: table.cell(row, board + 1), entry });
        }
        let entry = Entry::Typed(Figure::Total { column });
        blanks.push(Blank { area: table.cell(row, BOARDS + 1), entry });
    }
    blanks
}
