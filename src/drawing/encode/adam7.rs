//! The seven passes of an interlaced PNG. It must leave out passes and rows that have no pixel, as the format asks.

use crate::encode::rows::push_row;
use crate::page::Page;
use crate::scan::Colour;

/// First column, first row, step between columns and step between rows of each pass.
const PASSES: [(usize, usize, usize, usize); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// The row filter "none".
const UNFILTERED: u8 = 0;

/// The rows of all passes, each behind its filter byte, not yet compressed.
pub fn passes(page: &Page, colour: Colour) -> Vec<u8> {
    let (width, height) = (page.width as usize, page.height as usize);
    let mut rows = Vec::new();
    for (left, top, across, down) in PASSES {
        if left >= width {
            continue;
        }
        for y in (top..height).step_by(down) {
            rows.push(UNFILTERED);
            push_row(page, colour, y, left, across, &mut rows);
        }
    }
    rows
}
