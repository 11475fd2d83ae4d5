//! The three columns of numbers that must agree: what came, what was in the box, what was not valid. It must number the
//! lines as the note beneath them refers to them.

use crate::blank::{Blank, Entry, Figure};
use crate::font::Lettering;
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::{Align, THICK, THIN};

/// A figure of a column, as it is printed.
struct Sum {
    label: &'static str,
    figure: Figure,
    weight: Weight,
}

const fn sum(label: &'static str, figure: Figure, weight: Weight) -> Sum {
    Sum { label, figure, weight }
}

#[derive(Clone, Copy, PartialEq)]
enum Weight {
    Plain,
    Sum,
}

const RECEIVED: [Sum; 7] = [
    sum("Teslim alınan zarf sayısı", Figure::EnvelopesReceived, Weight::Plain),
    sum("Kullanılmayıp artan zarf sayısı", Figure::EnvelopesLeft, Weight::Plain),
    sum("Teslim alınan oy pusulası sayısı", Figure::BallotsReceived, Weight::Plain),
    sum("Kullanılmayıp artan oy pusulası sayısı", Figure::BallotsLeft, Weight::Plain),
    sum("(1) Listede yazılı olup oy kullanan seçmen sayısı", Figure::ListedVoted, Weight::Plain),
    sum("(2) Listede olmayıp kanun gereği oy kullanan seçmen sayısı", Figure::UnlistedVoted, Weight::Plain),
    sum("(3) Oy kullananların toplamı (1)+(2)", Figure::Voted, Weight::Sum),
];
const IN_THE_BOX: [Sum; 6] = [
    sum("(4) Sandıktan çıkan zarf sayısı", Figure::Voted, Weight::Plain),
    sum("(5) Eşitlik için yakılan fazla zarf sayısı", Figure::Nil, Weight::Plain),
    sum("Seyyar sandıktan gelen zarf sayısı", Figure::Nil, Weight::Plain),
    sum("(6) İtirazsız geçerli sayılan oy pusulası", Figure::Valid, Weight::Plain),
    sum("(7) İtiraz üzerine geçerli sayılan oy pusulası", Figure::Nil, Weight::Plain),
    sum("(8) Geçerli oyların toplamı (6)+(7)", Figure::Valid, Weight::Sum),
];
const NOT_VALID: [Sum; 5] = [
    sum("(9) Geçersiz zarf sayısı", Figure::Nil, Weight::Plain),
    sum("(10) Geçersiz sayılan oy pusulası sayısı", Figure::Invalid, Weight::Plain),
    sum("(11) Hesaba katılmayan oy pusulası sayısı", Figure::Nil, Weight::Plain),
    sum("Hesaba katılmama nedeni", Figure::Nil, Weight::Plain),
    sum("(12) Geçersiz oyların toplamı (9)+(10)+(11)", Figure::Invalid, Weight::Sum),
];

/// Prints the three columns side by side.
pub fn print_sums(sheet: &mut Sheet, area: Area) -> Vec<Blank> {
    const GAP: f32 = 3.0;
    let headed: [(&str, &[Sum]); 3] =
        [("ZARF VE SEÇMEN", &RECEIVED), ("GEÇERLİ OYLAR", &IN_THE_BOX), ("GEÇERSİZ OYLAR", &NOT_VALID)];
    let mut blanks = Vec::new();
    // One gap more than there is, so that the last column ends with the page.
    let spaced = Area::new(area.left, area.top, area.width + GAP, area.height);
    for ((heading, lines), column) in headed.into_iter().zip(spaced.columns(&[1.0, 1.0, 1.0])) {
        let column = Area::new(column.left, column.top, column.width - GAP, column.height);
        blanks.extend(print_column(sheet, column, heading, lines));
    }
    blanks
}

fn print_column(sheet: &mut Sheet, area: Area, heading: &str, lines: &[Sum]) -> Vec<Blank> {
    const HEAD: f32 = 5.0;
    const ANSWER_WIDTH: f32 = 16.0;
    let head = area.band(0.0, HEAD);
    sheet.tint(head);
    sheet.frame(head, THIN);
    sheet.text(head.inset(1.0, 0.3), heading, Lettering::bold(7.2), Align::Centre);
    sheet.frame(area, THICK);
    let mut blanks = Vec::new();
    for (Sum { label, figure, weight }, row) in lines.iter().zip(area.band(HEAD, area.height).rows(lines.len())) {
        let is_sum = *weight == Weight::Sum;
        if is_sum {
            sheet.tint(row);
            sheet.frame(row, THIN);
        }
        let lettering = if is_sum { Lettering::bold(6.6) } else { Lettering::plain(6.6) };
        let label_area = Area::new(row.left + 1.0, row.top + 0.3, row.width - ANSWER_WIDTH - 3.0, row.height - 0.6);
        left_lines(sheet, label_area, label, lettering);
        let answer = Area::new(row.right() - ANSWER_WIDTH - 1.0, row.top, ANSWER_WIDTH, row.height);
        sheet.text(Area::new(answer.left - 1.6, row.top, 1.5, row.height), ":", lettering, Align::Left);
        sheet.dotted(answer.left, answer.right(), answer.bottom() - 1.3);
        blanks.push(Blank { area: answer, entry: Entry::Digits(*figure) });
    }
    blanks
}

/// One or two lines at the left, in the middle of the height.
fn left_lines(sheet: &mut Sheet, area: Area, text: &str, lettering: Lettering) {
    let lines = lettering.wrap(text, area.width);
    let leading = (lettering.size * 1.2).min(area.height / lines.len() as f32);
    let top = area.top + (area.height - leading * lines.len() as f32) / 2.0;
    for (row, line) in lines.iter().enumerate() {
        let strip = Area::new(area.left, top + row as f32 * leading, area.width, leading);
        sheet.text(strip, line, lettering, Align::Left);
    }
}
