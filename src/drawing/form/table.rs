//! Ruled tables. It must never know what stands in them.

use crate::font::Lettering;
use crate::paper::Area;
use crate::sheet::Layer;
use crate::sheet::Sheet;
use crate::sheet::print::{THICK, THIN, rectangles};

/// A table ruled into an area: a head above rows of equal height.
pub struct Table {
    area: Area,
    head: f32,
    rows: usize,
    columns: Vec<Area>,
}

impl Table {
    /// Rules a table; `head` is the height of its heading in mm, `shares` the widths of its columns.
    pub fn rule(sheet: &mut Sheet, area: Area, head: f32, rows: usize, shares: &[f32]) -> Self {
        let columns = area.columns(shares);
        let table = Self { area, head, rows: rows.max(1), columns };
        if head > 0.0 {
            sheet.tint(area.band(0.0, head));
        }
        let mut lines: Vec<Area> = (0..table.rows)
            .map(|row| Area::new(area.left, table.row_top(row) - THIN / 2.0, area.width, THIN))
            .collect();
        lines.extend(
            table.columns.iter().skip(1).map(|column| Area::new(column.left - THIN / 2.0, area.top, THIN, area.height)),
        );
        if let Some(path) = rectangles(&lines) {
            sheet.fill(Layer::Toner, &path);
        }
        sheet.frame(area, THICK);
        table
    }

    /// Prints the headings of the columns, broken into lines where needed.
    pub fn headings(&self, sheet: &mut Sheet, headings: &[&str], lettering: Lettering) {
        for (column, heading) in self.columns.iter().zip(headings) {
            sheet.heading(column.band(0.0, self.head).inset(0.6, 0.4), heading, lettering);
        }
    }

    /// Prints the headings of the columns so that they read upwards.
    pub fn headings_upwards(&self, sheet: &mut Sheet, from: usize, headings: &[String], lettering: Lettering) {
        for (column, heading) in self.columns.iter().skip(from).zip(headings) {
            sheet.text_upwards(column.band(0.0, self.head).inset(0.2, 1.0), heading, lettering);
        }
    }

    /// The inside of one cell, with a little room at its sides; rows and columns from 0, the head not counted.
    pub fn cell(&self, row: usize, column: usize) -> Area {
        let (top, height) = (self.row_top(row), self.row_height());
        let across = self.columns[column.min(self.columns.len() - 1)];
        Area::new(across.left, top, across.width, height).inset((across.width * 0.06).min(1.2), 0.3)
    }

    fn row_height(&self) -> f32 {
        (self.area.height - self.head) / self.rows as f32
    }

    fn row_top(&self, row: usize) -> f32 {
        self.area.top + self.head + row as f32 * self.row_height()
    }
}
