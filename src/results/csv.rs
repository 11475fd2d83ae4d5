//! Results as CSV. Wide: one row a box, one column a choice, headings that are unique and tell for themselves. Long: one row a
//! box and choice. A figure that was not typed is an empty cell.

use std::collections::HashMap;

use super::text::time;
use super::{Answer, Row};
use crate::archive::lists::{comma_row, semicolon_row};
use crate::domain::figures::checks;
use crate::domain::{Choice, Figures};

/// What Excel needs to believe that a file is UTF-8.
const MARK: &str = "\u{feff}";

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Semicolons and a mark of UTF-8: a double click opens it in a Turkish Excel.
    Excel,
    /// RFC 4180: commas, for programs.
    Rfc4180,
}

impl Dialect {
    fn begin(self, out: &mut Vec<u8>) {
        if self == Self::Excel {
            out.extend_from_slice(MARK.as_bytes());
        }
    }

    fn line<C: AsRef<str>>(self, out: &mut Vec<u8>, cells: &[C]) {
        match self {
            Self::Excel => semicolon_row(out, cells),
            Self::Rfc4180 => comma_row(out, cells),
        }
    }
}

/// Columns before the figures.
pub(super) const BOX: [&str; 16] = [
    "KONUM",
    "ZAMAN",
    "İL",
    "SEÇİM ÇEVRESİ",
    "İLÇE",
    "SEÇİM KURULU",
    "MAHALLE/KÖY",
    "ÜLKE",
    "TEMSİLCİLİK",
    "GÜMRÜK",
    "SANDIK KİMLİĞİ",
    "SANDIK NO",
    "SANDIK TÜRÜ",
    "SEÇİM TÜRÜ",
    "SÜRÜM",
    "DURUM",
];

/// Columns of the figures that every sheet has, in the words of the public files of 2014.
pub(super) const SUMS: [&str; 6] = [
    "Sandık Seçmen Listesinde Yazılı Seçmenlerin Sayısı",
    "Oy Kullanan Seçmen Sayısı",
    "İtiraz Edilmeksizin Geçerli Sayılan Oy Pusulalarının Sayısı",
    "İtiraz Üzerine Geçerli Sayılan veya Hesaba Katılan Oy Pusulalarının Sayısı",
    "Geçerli Oy Pusulalarının Toplamı",
    "Geçersiz Sayılan veya Hesaba Katılmayan Oy Pusulalarının Toplamı",
];

/// Columns after the choices of a wide row.
pub(super) const AFTER: [&str; 5] =
    ["ADI BİLİNMEYEN SEÇENEKLER", "SAYIM SAYISI", "GİRİŞ ZAMANI", "DEĞİŞİKLİK NEDENİ", "DİKKAT"];

/// Columns of a choice in a long row.
const LONG: [&str; 5] = ["SEÇENEK NO", "CİNS", "KİMLİK", "SEÇENEK", "OY"];

fn place_cells(row: &Row, answer: &Answer) -> Vec<String> {
    let result = &row.result;
    let mut cells = vec![row.position.to_string(), time(row.at, &answer.zone)];
    cells.extend(row.place.levels().map(|(_, unit)| unit.map(|unit| unit.name.clone()).unwrap_or_default()));
    cells.extend([
        result.box_id.to_string(),
        row.number.to_string(),
        u8::from(row.kind).to_string(),
        result.race.code().to_string(),
        result.version.to_string(),
        if result.void { "geri alındı" } else { "" }.to_owned(),
    ]);
    cells
}

fn sums(figures: &Figures) -> impl Iterator<Item = String> {
    figures.named().into_iter().map(|(_, figure)| figure.map(|figure| figure.to_string()).unwrap_or_default())
}

/// A wide file: its columns are those of all ballots together.
#[derive(Clone, Debug)]
pub struct Wide {
    dialect: Dialect,
    headings: Vec<String>,
    column: HashMap<String, usize>,
}

impl Wide {
    /// A file for rows of these ballots.
    pub fn of<'a>(dialect: Dialect, ballots: impl IntoIterator<Item = &'a [Choice]>) -> Self {
        let mut wide = Self { dialect, headings: Vec::new(), column: HashMap::new() };
        for choice in ballots.into_iter().flatten() {
            let heading = choice.heading();
            if !wide.column.contains_key(&heading) {
                wide.column.insert(heading.clone(), wide.headings.len());
                wide.headings.push(heading);
            }
        }
        wide
    }

    /// Writes the headings.
    pub fn header(&self, out: &mut Vec<u8>) {
        let headings = self.headings.iter().map(String::as_str);
        let cells: Vec<&str> = BOX.into_iter().chain(SUMS).chain(headings).chain(AFTER).collect();
        self.dialect.begin(out);
        self.dialect.line(out, &cells);
    }

    /// The headings of the choices.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The votes of a row by their columns, and in words those of numbers that no ballot explains.
    pub fn votes(&self, row: &Row) -> (Vec<Option<u32>>, String) {
        let mut votes = vec![None; self.headings.len()];
        let mut unknown = Vec::new();
        for (no, count) in &row.result.figures.votes {
            let column = row.choice(*no).and_then(|choice| self.column.get(&choice.heading()));
            match column {
                Some(column) => votes[*column] = Some(*count),
                None => unknown.push(format!("{no}: {count}")),
            }
        }
        (votes, unknown.join(", "))
    }

    /// Writes a row. Votes of a number that no ballot explains are told by their number, in a column of their own.
    pub fn row(&self, out: &mut Vec<u8>, row: &Row, answer: &Answer) {
        let figures = &row.result.figures;
        let (votes, unknown) = self.votes(row);
        let votes = votes.into_iter().map(|votes| votes.map(|votes| votes.to_string()).unwrap_or_default());
        let failed: Vec<&str> = match row.result.void {
            true => Vec::new(),
            false => checks(figures).iter().map(|check| check.name()).collect(),
        };
        let after = [
            unknown,
            row.result.counts.map(|counts| counts.to_string()).unwrap_or_default(),
            row.result.typed_at.map(|at| time(at, &answer.zone)).unwrap_or_default(),
            row.reason().unwrap_or_default(),
            failed.join(" "),
        ];
        let cells: Vec<String> =
            place_cells(row, answer).into_iter().chain(sums(figures)).chain(votes).chain(after).collect();
        self.dialect.line(out, &cells);
    }
}

/// Writes the headings of a long file.
pub fn long_header(out: &mut Vec<u8>, dialect: Dialect) {
    let cells: Vec<&str> = BOX.into_iter().chain(SUMS).chain(LONG).collect();
    dialect.begin(out);
    dialect.line(out, &cells);
}

/// Writes the rows of one result in a long file: one for each choice that has votes typed, or one without a choice.
pub fn long_rows(out: &mut Vec<u8>, dialect: Dialect, row: &Row, answer: &Answer) {
    let mut cells = place_cells(row, answer);
    cells.extend(sums(&row.result.figures));
    let fixed = cells.len();
    if row.result.figures.votes.is_empty() {
        cells.extend(std::iter::repeat_n(String::new(), LONG.len()));
        return dialect.line(out, &cells);
    }
    for (no, votes) in &row.result.figures.votes {
        let choice = row.choice(*no);
        let text = |of: fn(&Choice) -> &str| choice.map(of).unwrap_or_default().to_owned();
        cells.truncate(fixed);
        cells.extend([
            no.to_string(),
            text(|choice| choice.kind.slug()),
            text(|choice| &choice.id),
            text(|choice| &choice.short_name),
            votes.to_string(),
        ]);
        dialect.line(out, &cells);
    }
}
