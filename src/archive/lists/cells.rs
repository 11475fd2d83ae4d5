//! Tables as election users read them: Turkish headers, times in the election's zone, and no cell that a program runs.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Pair;
use crate::domain::words::shown;
use crate::domain::{Entry, EntryKind, Form, Level};
use crate::ledger::registry::PlaceName;

/// What Excel needs to believe that a file is UTF-8.
const MARK: &str = "\u{feff}";

/// Headers of the lists of scans.
pub(super) const SCANS: [&str; 18] = [
    "SIRA",
    "ZAMAN",
    "DURUM",
    "İL/ÜLKE",
    "SEÇİM ÇEVRESİ",
    "İLÇE/TEMSİLCİLİK",
    "SEÇİM KURULU",
    "MAHALLE/KÖY/GÜMRÜK",
    "SANDIK NO",
    "SEÇİM TÜRÜ",
    "TUTANAK",
    "SAYFA",
    "SÜRÜM",
    "KAREKOD",
    "DOSYA",
    "BOYUT",
    "SHA256",
    "AÇIKLAMA",
];

/// Headers of the list of what is missing.
pub(super) const MISSING: [&str; 10] = [
    "İL/ÜLKE",
    "SEÇİM ÇEVRESİ",
    "İLÇE/TEMSİLCİLİK",
    "SEÇİM KURULU",
    "MAHALLE/KÖY/GÜMRÜK",
    "SANDIK NO",
    "SEÇİM TÜRÜ",
    "TUTANAK",
    "KAREKOD",
    "KLASÖR",
];

/// Writes the headers of both files.
pub(super) fn headers(pair: &mut Pair, headers: &[&str]) {
    pair.first.text.extend_from_slice(MARK.as_bytes());
    row(pair, headers);
}

/// Writes a row of both files.
pub(super) fn row<C: AsRef<str>>(pair: &mut Pair, cells: &[C]) {
    line(&mut pair.first.text, cells, b';');
    comma_row(&mut pair.second.text, cells);
}

/// Writes a row of both files in which one cell is a time: as people read it for Excel, and with its distance from UTC for
/// programs, which cannot know the election's zone.
pub(super) fn row_with_time(pair: &mut Pair, cells: &mut [String], place: usize, at: Timestamp, zone: &TimeZone) {
    cells[place] = time(at, zone);
    line(&mut pair.first.text, cells, b';');
    cells[place] = time_with_offset(at, zone);
    comma_row(&mut pair.second.text, cells);
}

/// Writes a row with commas, for programs. No cell is taken for a formula.
pub fn comma_row<C: AsRef<str>>(text: &mut Vec<u8>, cells: &[C]) {
    line(text, cells, b',');
}

/// The same with semicolons, as Excel in Türkiye wants it.
pub fn semicolon_row<C: AsRef<str>>(text: &mut Vec<u8>, cells: &[C]) {
    line(text, cells, b';');
}

fn line<C: AsRef<str>>(text: &mut Vec<u8>, cells: &[C], separator: u8) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            text.push(separator);
        }
        put(text, cell.as_ref(), separator);
    }
    text.extend_from_slice(b"\r\n");
}

/// One cell (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before it, which it shows as text.
fn put(text: &mut Vec<u8>, cell: &str, separator: u8) {
    // Older entries hold whatever was sent with them.
    let cell = &*shown(cell);
    let formula = is_formula(cell);
    let quoted = cell.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\n' | b'\r' | b';' | b','));
    let put_quoted = |text: &mut Vec<u8>| {
        for byte in cell.bytes() {
            if byte == b'"' {
                text.push(b'"');
            }
            text.push(byte);
        }
    };
    match (quoted, formula) {
        (false, false) => text.extend_from_slice(cell.as_bytes()),
        (false, true) => {
            text.push(b'\'');
            text.extend_from_slice(cell.as_bytes());
        }
        (true, formula) => {
            text.push(b'"');
            if formula {
                text.push(b'\'');
            }
            put_quoted(text);
            text.push(b'"');
        }
    }
}

/// A cell as it was before [`comma_row`] kept it from being taken for a formula.
pub fn unquoted(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

/// Whether a spreadsheet would compute a cell, in any script and behind spaces.
fn is_formula(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// A time as election users write it, sortable.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The same as RFC 3339 has it, but for the space.
fn time_with_offset(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

/// What became of a scan.
pub fn status(entry: &Entry) -> &'static str {
    match entry.kind {
        EntryKind::Resolved => "sonradan bağlandı",
        EntryKind::Withdrawn => "geri çekildi",
        EntryKind::Parked => "beklemede",
        _ => "bağlandı",
    }
}

/// The five columns of places.
pub fn places(places: &[PlaceName]) -> [String; 5] {
    let mut columns = <[String; 5]>::default();
    for place in places {
        let column = match place.level {
            Level::Genel | Level::Il | Level::Ulke => 0,
            Level::Cevre => 1,
            Level::Ilce | Level::Temsilcilik => 2,
            Level::Kurul => 3,
            Level::Mahalle | Level::Gumruk => 4,
        };
        columns[column].clone_from(&place.name); // the smaller place, where two fit
    }
    columns
}

/// The columns of box, race and sheet.
pub fn sheet(form: &Form) -> [String; 3] {
    let number = form.sandik.map(|number| number.to_string()).unwrap_or_default();
    let race = form.race.map_or("Tüm seçimler", |race| race.turkish()).to_owned();
    [number, race, form.kind.turkish_in_full()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        put(&mut out, text, b';');
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_row() {
        for (text, expected) in [
            ("KADIKÖY", "KADIKÖY"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+90", "'+90"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("\tx", "\\u0009x"),
            ("\t=x", "\\u0009=x"),
            ("\r\n=x", "\\u000d\\u000a=x"),
            ("\u{1b}[2J\u{202e}x", "\\u001b[2J\\u202ex"),
            ("=a;b", "\"'=a;b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a,b", "\"a,b\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn times_are_those_of_the_elections_zone() {
        let zone = TimeZone::get("Europe/Istanbul").unwrap();
        let at = "2024-03-31T18:02:11.9Z".parse().unwrap();
        assert_eq!(time(at, &zone), "2024-03-31 21:02:11");
        assert_eq!(time_with_offset(at, &zone), "2024-03-31 21:02:11+03:00");
        assert_eq!(time_with_offset(at, &TimeZone::UTC), "2024-03-31 18:02:11+00:00");
    }

    proptest::proptest! {
        #[test]
        fn a_csv_reader_finds_the_cells_again(cells in proptest::collection::vec("[^\u{0}\u{feff}']{0,8}", 2..5)) {
            let cells: Vec<String> = cells.iter().map(|cell| shown(cell).into_owned()).collect();
            for separator in [b';', b','] {
                let mut text = Vec::new();
                for (n, cell) in cells.iter().enumerate() {
                    if n > 0 { text.push(separator); }
                    put(&mut text, cell, separator);
                }
                text.extend_from_slice(b"\r\n");
                let mut reader =
                    csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(text.as_slice());
                let read = reader.records().next().unwrap().unwrap();
                let found: Vec<&str> = read.iter().map(|cell| {
                    let rest = cell.strip_prefix('\'').unwrap_or(cell);
                    if is_formula(rest) { rest } else { cell }
                }).collect();
                proptest::prop_assert_eq!(found, cells.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }
}
