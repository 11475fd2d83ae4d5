//! The lists of a medium: the CSVs of the tree limited to one çevre, and the same as one Excel file.
//!
//! No cell is a formula, whatever a name holds.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::ExportError;
use super::item::BagFile;
use crate::archive::lists::{ListError, of_place, unquoted};
use crate::archive::spool::Spool;
use crate::cpu::CpuLane;
use crate::domain::naming::lists::{LISTS, ListFormat, ListKind, ListPath};
use crate::formats::bag::PAYLOAD;
use crate::ledger::Ledger;
use crate::ledger::registry::Inside;

/// The Excel file's name, among the lists.
pub const WORKBOOK: &str = "secim-cevresi.xlsx";
/// Rows of a sheet at most, the headers included (Excel's own limit).
const ROWS: u32 = 1_048_576;
/// Letters of a cell at most (Excel's own limit).
const LETTERS: usize = 32_767;
/// Columns that hold numbers, by their headers. All others hold text, digits or not: a karekod keeps its zeros.
const NUMBERS: [&str; 5] = ["SIRA", "SANDIK NO", "SAYFA", "SÜRÜM", "BOYUT"];

/// Every list of the çevre as of the ledger's first `size` entries. `at` is the time that the Excel file bears, so that it is
/// the same however often it is written.
pub async fn files(
    ledger: &Ledger,
    cpu: &CpuLane,
    inside: &Inside,
    size: u64,
    at: Timestamp,
) -> Result<Vec<BagFile>, ExportError> {
    let (mut files, mut sheets) = (Vec::new(), Vec::new());
    for kind in ListKind::ALL {
        let both = of_place(ledger, kind, inside, size).await?;
        for (format, spool) in ListFormat::ALL.into_iter().zip(&both) {
            let path = ListPath::List { part: None, kind, format }.path();
            files.push(BagFile::spooled(format!("{PAYLOAD}/{path}"), Arc::clone(spool)));
        }
        let [_, comma] = both;
        sheets.push((title(kind), comma));
    }
    let workbook =
        cpu.run(move || workbook(&sheets, at)).await?.map_err(|error| ListError::from(io::Error::other(error)))?;
    files.push(BagFile::spooled(format!("{PAYLOAD}/{LISTS}/{WORKBOOK}"), Arc::new(workbook)));
    Ok(files)
}

/// Letters of a time without its distance from UTC: `2024-03-31 21:02:11`.
const TIME: usize = 19;

fn title(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Scans => "Tutanaklar",
        ListKind::Current => "Güncel",
        ListKind::Changes => "Değişiklikler",
        ListKind::Missing => "Eksikler",
    }
}

/// Writes the workbook, row by row: no more than a row is in memory.
fn workbook(sheets: &[(&str, Arc<Spool>)], at: Timestamp) -> Result<Spool, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(at.as_second())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let bold = Format::new().set_bold();
    for (title, comma) in sheets {
        let mut csv =
            csv::ReaderBuilder::new().has_headers(false).from_reader(std::io::BufReader::new(comma.reader()?));
        let mut records = csv.records();
        let headers = records.next().transpose().map_err(other)?.unwrap_or_default();
        let (mut part, mut more) = (1, true);
        while more {
            let sheet = workbook.add_worksheet_with_constant_memory()?;
            let name = if part == 1 { (*title).to_owned() } else { format!("{title} {part}") };
            sheet.set_name(name)?.set_freeze_panes(1, 0)?;
            for (column, header) in (0..).zip(headers.iter()) {
                let header = header.trim_start_matches('\u{feff}');
                sheet.set_column_width(column, width(header))?;
                sheet.write_string_with_format(0, column, header, &bold)?;
            }
            more = false;
            for row in 1.. {
                let Some(record) = records.next().transpose().map_err(other)? else { break };
                for (column, cell) in (0..).zip(record.iter()) {
                    let cell = unquoted(cell);
                    // The workbook is for people, who know the zone; the table that it is made from is for programs.
                    let cell = match headers.get(usize::from(column)) {
                        Some("ZAMAN") => cell.get(..TIME).unwrap_or(cell),
                        _ => cell,
                    };
                    let numeric = headers.get(usize::from(column)).is_some_and(|header| NUMBERS.contains(&header));
                    match cell.parse::<f64>() {
                        Ok(number) if numeric => sheet.write_number(row, column, number)?,
                        _ => sheet.write_string(row, column, clipped(cell))?,
                    };
                }
                if row + 1 == ROWS {
                    (part, more) = (part + 1, true);
                    break;
                }
            }
        }
    }
    let mut file = tempfile::tempfile()?;
    workbook.save_to_writer(&mut file)?;
    Ok(Spool::of(file)?)
}

fn other(error: csv::Error) -> XlsxError {
    XlsxError::IoError(io::Error::other(error))
}

fn width(header: &str) -> f64 {
    match header {
        "DOSYA" | "KLASÖR" => 60.0,
        "SHA256" => 66.0,
        "ZAMAN" | "TUTANAK" | "SEÇİM TÜRÜ" => 24.0,
        header if NUMBERS.contains(&header) => 11.0,
        _ => 20.0,
    }
}

fn clipped(cell: &str) -> &str {
    match cell.char_indices().nth(LETTERS) {
        Some((at, _)) => &cell[..at],
        None => cell,
    }
}
