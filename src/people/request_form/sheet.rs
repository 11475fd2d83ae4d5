//! Bytes from outside as rows of cells: CSV in UTF-8 or Windows-1254, or XLSX. Everything is limited before it is read.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, SheetVisible, Xlsx};
use encoding_rs::WINDOWS_1254;
use zip::ZipArchive;

use super::FormError;
use crate::domain::words::shown_short;

/// Largest form, in bytes.
pub const BYTES: usize = 4 << 20;
/// All parts of an XLSX at most when they are inflated, in bytes.
pub const INFLATED: u64 = 48 << 20;
/// Rows at most: 60 parties with ten people each leave room.
pub const ROWS: usize = 2000;
/// Columns at most.
const COLUMNS: usize = 40;
/// Bytes of a cell at most.
const CELL: usize = 1000;
/// Parts of an XLSX at most.
const PARTS: usize = 500;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    /// It would be computed. We do not, and we do not believe what was computed elsewhere.
    Formula,
}

/// A row and where it stands, counted from 1.
#[derive(Debug)]
pub(super) struct Row {
    pub line: usize,
    pub cells: Vec<Cell>,
}

fn unreadable(cause: impl std::fmt::Display) -> FormError {
    FormError::Unreadable(format!("the form cannot be read: {cause}"))
}

/// The rows that hold anything.
pub(super) fn table(bytes: &[u8]) -> Result<Vec<Row>, FormError> {
    if bytes.len() > BYTES {
        return Err(unreadable(format_args!("it is larger than {} MiB", BYTES >> 20)));
    }
    let rows = if bytes.starts_with(b"PK\x03\x04") { xlsx(bytes)? } else { csv(bytes)? };
    if rows.is_empty() { Err(unreadable("it is empty")) } else { Ok(rows) }
}

fn push(rows: &mut Vec<Row>, line: usize, column: usize, cell: Cell) -> Result<(), FormError> {
    if let Cell::Text(text) = &cell {
        if text.trim().is_empty() {
            return Ok(());
        }
        if text.len() > CELL {
            return Err(unreadable(format_args!("the cell in line {line}, column {} is too long", column + 1)));
        }
    }
    if column >= COLUMNS {
        return Err(unreadable(format_args!("line {line} has more than {COLUMNS} columns")));
    }
    if rows.last().is_none_or(|row| row.line != line) {
        if rows.len() == ROWS {
            return Err(unreadable(format_args!("it has more than {ROWS} rows")));
        }
        rows.push(Row { line, cells: Vec::new() });
    }
    let row = rows.last_mut().expect("there is one now");
    row.cells.resize(row.cells.len().max(column + 1), Cell::Text(String::new()));
    row.cells[column] = cell;
    Ok(())
}

/// By its byte order mark, or by every other byte being zero.
fn is_utf16(bytes: &[u8]) -> bool {
    let begins = &bytes[..bytes.len().min(64)];
    let zeros = |from: usize| begins.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let half = begins.len() / 2;
    bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || (half >= 4 && zeros(0).max(zeros(1)) * 4 >= half * 3)
}

fn csv(bytes: &[u8]) -> Result<Vec<Row>, FormError> {
    if is_utf16(bytes) {
        return Err(unreadable(
            "dosya UTF-16 (Unicode metin) olarak kaydedilmiş; CSV UTF-8 ya da XLSX olarak kaydedin / it is UTF-16",
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // What Excel in Türkiye saves as CSV without asking.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1254.decode_without_bom_handling(bytes).0,
    };
    // One kind of line end, so that lines are counted as people count them.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.contains('\0') {
        return Err(unreadable("it is neither a CSV nor an XLSX file"));
    }
    let header = text.lines().next().unwrap_or_default();
    if header.trim().to_ascii_lowercase().starts_with("sep=") {
        let line = shown_short(header, 20);
        return Err(unreadable(format_args!(
            "ilk satır Excel için ayraç bildirimi ({line}); o satırı silin, ilk satırda sütun adları olmalı / its first line is a separator line"
        )));
    }
    let separator = [b';', b',', b'\t']
        .into_iter()
        .max_by_key(|separator| (header.bytes().filter(|byte| byte == separator).count(), *separator == b';'));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.unwrap_or(b';'))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(unreadable)? {
        // The reader counts from where it was; empty lines before the row are the row's.
        let (line, byte) = record.position().map_or((1, 0), |at| (at.line() as usize, at.byte() as usize));
        let line = line + text.bytes().skip(byte).take_while(|byte| *byte == b'\n').count();
        for (column, cell) in record.iter().enumerate() {
            push(&mut rows, line, column, Cell::Text(cell.to_owned()))?;
        }
    }
    Ok(rows)
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Row>, FormError> {
    refuse_bombs(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let first = book.sheets_metadata().first().cloned().ok_or_else(|| unreadable("it has no sheet"))?;
    if first.visible != SheetVisible::Visible {
        let name = shown_short(&first.name, 60);
        return Err(unreadable(format_args!(
            "ilk sayfa ({name}) gizli: görünen sayfa okunmazdı; gizli sayfaları silin / its first sheet is hidden"
        )));
    }
    let first = first.name;
    // Cell by cell: a whole range is as large as its farthest cell says.
    let mut cells = book.worksheet_cells_reader(&first).map_err(unreadable)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut before = 0;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(unreadable)? {
        let (row, column) = cell.pos;
        if row < before {
            return Err(unreadable("its rows are not in order"));
        }
        before = row;
        let content = if cell.formula.is_some() { Cell::Formula } else { Cell::Text(shown(&cell.value)) };
        push(&mut rows, row as usize + 1, column as usize, content)?;
    }
    Ok(rows)
}

/// A telephone number is a number to a spreadsheet.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(_) | DataRef::DateTime(_) | DataRef::Error(_) => "?".to_owned(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Empty => String::new(),
    }
}

/// Inflates every part once, counting: what the ZIP says of itself may be a lie. No part may declare entities.
fn refuse_bombs(bytes: &[u8]) -> Result<(), FormError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > PARTS {
        return Err(unreadable("it has too many parts"));
    }
    let mut left = INFLATED;
    for n in 0..archive.len() {
        let mut part = archive.by_index(n).map_err(unreadable)?.take(left + 1);
        let mut content = Vec::new();
        part.read_to_end(&mut content).map_err(unreadable)?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| unreadable("it unpacks to far too much"))?;
        if content.windows(9).any(|window| window.eq_ignore_ascii_case(b"<!DOCTYPE")) {
            return Err(unreadable("a part of it declares a document type (DTD), which no spreadsheet program writes"));
        }
    }
    Ok(())
}
