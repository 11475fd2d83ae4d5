//! The record as a table and as lines of JSON: one spelling for the site and the command line.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::words::{shown, shown_lines};
use crate::ledger::audit::{AuditRow, NumberedRow};

/// The table's columns.
pub const HEADERS: [&str; 13] =
    ["ID", "ZAMAN", "HESAP", "KANAL", "PROTOKOL", "IP", "İŞLEM", "NESNE", "BAŞLANGIÇ", "BAYT", "TAM", "SONUÇ", "NEDEN"];

/// The table's cells for a row. `at` is its time in the reader's format.
pub fn cells(NumberedRow { id, row }: &NumberedRow, at: String) -> [String; 13] {
    let complete = if row.complete { "evet" } else { "hayır" };
    [
        id.to_string(),
        at,
        shown(&row.principal).into_owned(),
        row.channel.clone(),
        row.protocol.clone(),
        row.address.clone(),
        row.act.clone(),
        shown(&row.object).into_owned(),
        row.start_at.to_string(),
        row.bytes.to_string(),
        complete.to_owned(),
        row.outcome.clone(),
        shown(&row.reason).into_owned(),
    ]
}

/// Appends a row as one JSON object and a line feed.
pub fn json_line(out: &mut Vec<u8>, NumberedRow { id, row }: &NumberedRow) {
    #[derive(Serialize)]
    struct Line<'a> {
        id: i64,
        at: Timestamp,
        #[serde(flatten)]
        row: &'a AuditRow,
    }
    let at = when(row);
    let line = serde_json::to_string(&Line { id: *id, at, row }).expect("text and numbers");
    out.extend_from_slice(shown_lines(&line).as_bytes());
    out.push(b'\n');
}

/// When a row was written.
pub fn when(row: &AuditRow) -> Timestamp {
    Timestamp::from_millisecond(row.at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
