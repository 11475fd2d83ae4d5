//! The numbered identity boxes: where the form belongs. Any of them may be missing, and it must print as many as come,
//! because a customs box has no province and a box abroad has no district.

use crate::face::FormFace;
use crate::font::Lettering;
use crate::paper::Area;
use crate::sheet::Sheet;
use crate::sheet::print::{Align, THIN};

/// Prints the boxes into an area, in so many columns, row by row; no box is taller than `tallest` mm. Returns the
/// height used, in mm.
pub fn print_identity(sheet: &mut Sheet, face: &FormFace, area: Area, columns: usize, tallest: f32) -> f32 {
    const NUMBER_WIDTH: f32 = 4.6;
    let rows = face.place.len().div_ceil(columns);
    if rows == 0 {
        return 0.0;
    }
    let height = (area.height / rows as f32).min(tallest);
    let shares = vec![1.0; columns];
    for (row, strip) in area.band(0.0, height * rows as f32).rows(rows).enumerate() {
        for (column, cell) in strip.columns(&shares).into_iter().enumerate() {
            let index = row * columns + column;
            let Some((label, value)) = face.place.get(index) else { continue };
            let number = Area::new(cell.left, cell.top, NUMBER_WIDTH, cell.height);
            sheet.tint(number);
            sheet.frame(cell, THIN);
            sheet.frame(number, THIN);
            sheet.text(number, &(index + 1).to_string(), Lettering::plain(6.5), Align::Centre);
            let rest = Area::new(number.right() + 1.2, cell.top, cell.width - NUMBER_WIDTH - 2.2, cell.height);
            let label_width = (rest.width * 0.42).min(38.0);
            sheet.text(rest_part(rest, 0.0, label_width), label, Lettering::plain(7.0), Align::Left);
            let value_area = rest_part(rest, label_width + 1.0, rest.width);
            sheet.text(value_area, value, Lettering::bold(8.0), Align::Left);
        }
    }
    height * rows as f32
}

/// Where the body may begin under the boxes and under the digits of the upper code, in mm from the upper edge.
pub fn body_top(identity: Area, used: f32) -> f32 {
    const GAP: f32 = 4.0;
    const UNDER_CODE: f32 = 44.0;
    (identity.top + used + GAP).max(UNDER_CODE)
}

fn rest_part(area: Area, from: f32, to: f32) -> Area {
    Area::new(area.left + from, area.top, to - from, area.height)
}
