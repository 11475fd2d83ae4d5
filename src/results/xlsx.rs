//! Results as a workbook: what it is of and the notice of rule 2, a sheet a race with one row a box, and the totals of what
//! stands in those sheets.
//!
//! The totals are added up from the very rows that were written, so no sheet can contradict another.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::csv::{AFTER, BOX, Dialect, SUMS, Wide};
use super::{Answer, Row};
use crate::archive::workbook::{Cell, Column, Workbook};
use crate::domain::figures::checks;
use crate::domain::{Choice, Race};

/// What a file is of, line by line: a name and what it says.
pub type Facts<'a> = [(&'a str, String)];

/// What is added up of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    sum: i64,
    boxes: i64,
}

/// The totals of a race.
#[derive(Debug)]
struct Totals {
    race: Race,
    boxes: i64,
    figures: [Total; 6],
    headings: Vec<String>,
    votes: Vec<Total>,
}

/// A workbook of results that is being written.
#[derive(Debug)]
pub struct Book {
    book: Workbook,
    zone: TimeZone,
    wide: Wide,
    totals: Vec<Totals>,
}

impl Book {
    /// A workbook whose first sheet says what it is of.
    pub fn new(answer: &Answer, facts: &Facts<'_>) -> Self {
        let mut book = Workbook::new(in_zone(answer.at, &TimeZone::UTC));
        information(&mut book, facts);
        let wide = Wide::of(Dialect::Excel, []);
        Self { book, zone: answer.zone.clone(), wide, totals: Vec::new() }
    }

    /// Begins the sheet of a race, with a column for every choice of these ballots.
    pub fn race<'a>(&mut self, race: Race, ballots: impl IntoIterator<Item = &'a [Choice]>) {
        self.wide = Wide::of(Dialect::Excel, ballots);
        let headings = self.wide.headings();
        let fixed = BOX.iter().map(|heading| Column::new(*heading, width(heading)));
        let sums = SUMS.iter().map(|heading| Column::new(*heading, 12));
        let votes = headings.iter().map(|heading| Column::new(heading, 12));
        let after = AFTER.iter().map(|heading| Column::new(*heading, 18));
        self.book.sheet(race.turkish(), fixed.chain(sums).chain(votes).chain(after).collect());
        let votes = vec![Total::default(); headings.len()];
        self.totals.push(Totals { race, boxes: 0, figures: Default::default(), headings: headings.to_vec(), votes });
    }

    /// Writes a row of the race that was begun.
    pub fn row(&mut self, row: &Row) {
        let result = &row.result;
        let named = result.figures.named();
        let (votes, unknown) = self.wide.votes(row);
        let failed: Vec<&str> = match result.void {
            true => Vec::new(),
            false => checks(&result.figures).iter().map(|check| check.name()).collect(),
        };
        let (failed, reason) = (failed.join(" "), row.reason().unwrap_or_default());
        let mut cells = Vec::with_capacity(BOX.len() + SUMS.len() + votes.len() + AFTER.len());
        cells.push(Cell::Number(row.position as i64));
        cells.push(Cell::Time(in_zone(row.at, &self.zone)));
        cells.extend(row.place.levels().map(|(_, unit)| unit.map_or(Cell::Empty, |unit| Cell::text(&unit.name))));
        cells.extend([
            Cell::Text(result.box_id.as_str()),
            Cell::Number(row.number.into()),
            Cell::Number(u8::from(row.kind).into()),
            Cell::Number(result.race.code().into()),
            Cell::Number(result.version.into()),
            if result.void { Cell::Text("geri alındı") } else { Cell::Empty },
        ]);
        cells.extend(named.iter().map(|(_, figure)| Cell::figure(*figure)));
        cells.extend(votes.iter().map(|votes| Cell::figure(*votes)));
        cells.extend([
            Cell::text(&unknown),
            Cell::figure(result.counts),
            result.typed_at.map_or(Cell::Empty, |at| Cell::Time(in_zone(at, &self.zone))),
            Cell::text(&reason),
            Cell::text(&failed),
        ]);
        self.book.row(&cells);
        if let Some(totals) = self.totals.last_mut().filter(|_| !result.void) {
            totals.boxes += 1;
            totals.figures.iter_mut().zip(named).for_each(|(total, (_, figure))| total.add(figure));
            totals.votes.iter_mut().zip(&votes).for_each(|(total, votes)| total.add(*votes));
        }
    }

    /// What is ready to be sent.
    pub fn take(&mut self) -> Vec<u8> {
        self.book.take()
    }

    /// Writes the totals, and gives the rest of the workbook.
    pub fn finish(mut self) -> Vec<u8> {
        let columns = [("SEÇİM TÜRÜ", 30), ("SATIR", 60), ("TOPLAM", 14), ("SAYI GİRİLEN SANDIK", 22)];
        self.book.sheet("Toplamlar", columns.map(|(heading, width)| Column::new(heading, width)).into());
        for totals in &self.totals {
            let race = Cell::Text(totals.race.turkish());
            self.book.row(&[race, Cell::Text("Sonucu olan sandık"), Cell::Number(totals.boxes), Cell::Empty]);
            let figures = SUMS.iter().copied().zip(&totals.figures);
            let votes = totals.headings.iter().map(String::as_str).zip(&totals.votes);
            for (heading, total) in figures.chain(votes) {
                // Of no box there is no sum: a figure that nobody typed is not zero.
                let sum = Cell::figure((total.boxes > 0).then_some(total.sum));
                self.book.row(&[race, Cell::Text(heading), sum, Cell::Number(total.boxes)]);
            }
        }
        self.book.finish()
    }
}

impl Total {
    fn add(&mut self, figure: Option<u32>) {
        if let Some(figure) = figure {
            self.sum += i64::from(figure);
            self.boxes += 1;
        }
    }
}

/// Writes the sheet "Bilgi".
pub fn information(book: &mut Workbook, facts: &Facts<'_>) {
    book.sheet("Bilgi", vec![Column::new("BİLGİ", 24), Column::new("DEĞER", 100)]);
    facts.iter().for_each(|(name, value)| book.row(&[Cell::Text(name), Cell::Text(value)]));
}

/// A time as clocks of a zone show it.
pub fn in_zone(at: Timestamp, zone: &TimeZone) -> DateTime {
    at.to_zoned(zone.clone()).datetime()
}

fn width(heading: &str) -> u16 {
    match heading {
        "ZAMAN" => 19,
        "İL" | "ÜLKE" | "SEÇİM ÇEVRESİ" | "İLÇE" | "TEMSİLCİLİK" | "GÜMRÜK" => 18,
        "SEÇİM KURULU" | "MAHALLE/KÖY" => 28,
        "SANDIK KİMLİĞİ" => 14,
        _ => 11,
    }
}
