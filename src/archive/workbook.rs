//! A workbook for Excel (XLSX, ECMA-376), written while it is sent: sheet after sheet, row after row, into a buffer that the
//! caller gives out and empties. No sheet is ever in memory, and none in a file: a hundred people who save the country take
//! no disk.
//!
//! A figure is a number, an absent figure no cell at all, and text a text, whatever it begins with: no cell is a formula.

mod flow;
mod parts;

use jiff::civil::{DateTime, date};

use self::flow::Flow;
use crate::domain::words::shown;

/// Rows of a sheet at most, the headings included (Excel's own limit).
const ROWS: u32 = 1_048_576;
/// Letters of a cell at most (Excel's own limit).
const LETTERS: usize = 32_767;
/// Bytes of a sheet after which the next one begins: a member of the archive must stay below 4 GiB.
const SHEET_BYTES: u64 = 3 << 30;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: what was not typed, or does not stand there.
    Empty,
    /// A figure.
    Number(i64),
    /// Text.
    Text(&'a str),
    /// A time of the election's zone.
    Time(DateTime),
}

impl<'a> Cell<'a> {
    /// A figure, or nothing.
    pub fn figure(figure: Option<impl Into<i64>>) -> Self {
        figure.map_or(Self::Empty, |figure| Self::Number(figure.into()))
    }

    /// Text, or nothing where it is empty.
    pub fn text(text: &'a str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

/// A column: its heading and its width in letters.
#[derive(Clone, Debug)]
pub struct Column {
    /// The heading.
    pub heading: String,
    /// The width.
    pub width: u16,
}

impl Column {
    /// A column that is as wide as its content is expected to be.
    pub fn new(heading: impl Into<String>, width: u16) -> Self {
        Self { heading: heading.into(), width }
    }
}

/// The sheet that is being written.
#[derive(Debug)]
struct Open {
    title: String,
    part: u32,
    columns: Vec<Column>,
    letters: Vec<String>,
    row: u32,
}

/// A workbook that is being written.
#[derive(Debug)]
pub struct Workbook {
    flow: Flow,
    open: Option<Open>,
    sheets: Vec<parts::Sheet>,
    text: String,
    created: DateTime,
}

impl Workbook {
    /// A workbook that says it was made at a time (UTC).
    pub fn new(created: DateTime) -> Self {
        let mut flow = Flow::new(created);
        flow.member("[Content_Types].xml", parts::CONTENT_TYPES.as_bytes());
        flow.member("_rels/.rels", parts::RELATIONS.as_bytes());
        flow.member("xl/styles.xml", parts::STYLES.as_bytes());
        Self { flow, open: None, sheets: Vec::new(), text: String::new(), created }
    }

    /// Begins a sheet: a line of headings that stays in sight and can be filtered. The one before ends. A sheet that is too
    /// long for Excel goes on in another, "… 2".
    pub fn sheet(&mut self, title: &str, columns: Vec<Column>) {
        self.begin(title.to_owned(), 1, columns);
    }

    fn begin(&mut self, title: String, part: u32, columns: Vec<Column>) {
        self.end_sheet();
        let number = self.sheets.len() + 1;
        self.flow.begin(&format!("xl/worksheets/sheet{number}.xml"));
        parts::begin_sheet(&mut self.text, &columns, number == 1);
        let letters = (0..columns.len()).map(parts::letters).collect();
        let open = Open { title, part, columns, letters, row: 0 };
        let headings: Vec<String> = open.columns.iter().map(|column| column.heading.clone()).collect();
        self.open = Some(open);
        let headings: Vec<Cell<'_>> = headings.iter().map(|heading| Cell::Text(heading)).collect();
        self.write(&headings, parts::BOLD);
    }

    /// Writes a row of the sheet that is open. Cells beyond its columns are left out.
    pub fn row(&mut self, cells: &[Cell<'_>]) {
        let full = self.open.as_ref().is_some_and(|open| open.row == ROWS) || self.flow.written() > SHEET_BYTES;
        if let Some(open) = self.open.take_if(|_| full) {
            let (title, part, columns) = (open.title.clone(), open.part + 1, open.columns.clone());
            self.open = Some(open);
            self.begin(title, part, columns);
        }
        self.write(cells, "");
    }

    fn write(&mut self, cells: &[Cell<'_>], style: &str) {
        let Some(open) = &mut self.open else { return };
        open.row += 1;
        let text = &mut self.text;
        parts::begin_row(text, open.row);
        for (letters, cell) in open.letters.iter().zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Number(number) => parts::number(text, letters, open.row, style, *number),
                Cell::Text(words) => parts::text(text, letters, open.row, style, clipped(&shown(words))),
                Cell::Time(at) => parts::time(text, letters, open.row, serial(*at)),
            }
        }
        text.push_str("</row>");
        self.flow.write(&mut self.text);
    }

    fn end_sheet(&mut self) {
        let Some(open) = self.open.take() else { return };
        let last = open.letters.last().map_or("A", String::as_str);
        parts::end_sheet(&mut self.text, last, open.row);
        self.flow.write(&mut self.text);
        self.flow.end();
        let name = parts::name(&open.title, open.part, &self.sheets);
        self.sheets.push(parts::Sheet { name, last: format!("${last}${}", open.row) });
    }

    /// What is ready to be sent. Nothing of it is given twice.
    pub fn take(&mut self) -> Vec<u8> {
        self.flow.take()
    }

    /// Bytes that are ready to be sent.
    pub fn ready(&self) -> usize {
        self.flow.ready()
    }

    /// Ends the workbook, and gives the rest of it.
    pub fn finish(mut self) -> Vec<u8> {
        if self.open.is_none() && self.sheets.is_empty() {
            self.sheet("1", Vec::new());
        }
        self.end_sheet();
        self.flow.member("xl/_rels/workbook.xml.rels", parts::sheet_relations(&self.sheets).as_bytes());
        self.flow.member("xl/workbook.xml", parts::workbook(&self.sheets).as_bytes());
        self.flow.member("docProps/core.xml", parts::properties(self.created).as_bytes());
        self.flow.finish()
    }
}

/// Days since 30 December 1899 (ECMA-376 18.17.4.1), with the time of day as their fraction.
fn serial(at: DateTime) -> f64 {
    let days = (at.date() - date(1899, 12, 30)).get_days();
    let time = at.time();
    let seconds = i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    f64::from(days) + f64::from(seconds) / 86_400.0
}

fn clipped(text: &str) -> &str {
    // A letter has at least one byte, so most texts need not be counted.
    if text.len() <= LETTERS {
        return text;
    }
    text.char_indices().nth(LETTERS).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests;
