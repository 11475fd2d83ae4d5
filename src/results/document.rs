//! Results as one document, written while it is sent: as XML, as JSON, as CSV wide and long, as a workbook. Memory holds one page
//! of rows.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, Stream};
use jiff::Timestamp;
use serde::Serialize;

use super::csv::{Dialect, Wide, long_header, long_rows};
use super::reading::{BoxResults, Cursor, LONGEST, LogNow, ReadError, Since};
use super::rows::{Answer, Row, Unit};
use super::selection::Selection;
use super::text::time;
use super::xlsx::Book;
use super::xml;
use crate::domain::figures::checks;
use crate::domain::{PlaceId, Race};
use crate::registry::Ballot;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML by the schema of the service.
    Xml,
    /// `{"position":…,"root":…,"rows":[…],"next":…}`.
    Json,
    /// One row a box, one column a choice.
    Wide(Dialect),
    /// One row a box and choice.
    Long(Dialect),
    /// A workbook for Excel: what it is of, a sheet a race, the totals.
    Workbook,
}

/// What every workbook says before anything else (2019 circular, art. 3/2).
const NOTICE: &str =
    "Bu sonuçlar, YSK’ca belirlenen süre sona ermeden hiçbir kişi veya kuruluşa verilemez, yayımlanamaz.";

impl Format {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml; charset=utf-8",
            Self::Json => "application/json",
            Self::Wide(_) | Self::Long(_) => "text/csv; charset=utf-8",
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Wide(_) | Self::Long(_) => "csv",
            Self::Workbook => "xlsx",
        }
    }
}

/// A document that is being written.
struct Document {
    format: Format,
    answer: Answer,
    ballots: Vec<(Race, Option<PlaceId>, Ballot)>,
    wide: Option<Wide>,
    book: Option<Book>,
    /// The race whose sheet was begun.
    sheet: Option<Race>,
    /// Whether no row was written yet.
    first: bool,
}

/// A place in JSON.
#[derive(Serialize)]
struct UnitView<'a> {
    level: &'static str,
    id: &'a str,
    name: &'a str,
}

/// The votes of a choice in JSON.
#[derive(Serialize)]
struct VotesView<'a> {
    no: u16,
    id: Option<&'a str>,
    kind: Option<&'static str>,
    name: Option<&'a str>,
    votes: u32,
}

/// A row in JSON. A figure that was not typed is null.
#[derive(Serialize)]
struct RowView<'a> {
    position: u64,
    at: Timestamp,
    r#box: &'a str,
    number: u32,
    kind: u8,
    race: u8,
    version: u32,
    void: bool,
    place: Vec<UnitView<'a>>,
    registered: Option<u32>,
    voted: Option<u32>,
    valid_unobjected: Option<u32>,
    valid_objected: Option<u32>,
    valid: Option<u32>,
    invalid: Option<u32>,
    sheet: &'a std::collections::BTreeMap<u8, u32>,
    votes: Vec<VotesView<'a>>,
    counts: Option<u32>,
    typed_at: Option<Timestamp>,
    reason: Option<String>,
    flags: Vec<&'static str>,
}

fn view(row: &Row) -> RowView<'_> {
    let (result, figures) = (&row.result, &row.result.figures);
    let place = row.place.levels().into_iter().filter_map(|(level, unit)| {
        let Unit { id, name } = unit?;
        Some(UnitView { level, id, name })
    });
    let votes = figures.votes.iter().map(|(no, votes)| {
        let choice = row.choice(*no);
        VotesView {
            no: *no,
            id: choice.map(|choice| choice.id.as_str()),
            kind: choice.map(|choice| choice.kind.slug()),
            name: choice.map(|choice| choice.short_name.as_str()),
            votes: *votes,
        }
    });
    RowView {
        position: row.position,
        at: row.at,
        r#box: result.box_id.as_str(),
        number: row.number,
        kind: row.kind.into(),
        race: result.race.code(),
        version: result.version,
        void: result.void,
        place: place.collect(),
        registered: figures.registered,
        voted: figures.voted,
        valid_unobjected: figures.valid_unobjected,
        valid_objected: figures.valid_objected,
        valid: figures.valid,
        invalid: figures.invalid,
        sheet: &figures.sheet,
        votes: votes.collect(),
        counts: result.counts,
        typed_at: result.typed_at,
        reason: row.reason(),
        flags: match result.void {
            true => Vec::new(),
            false => checks(figures).into_iter().map(|check| check.name()).collect(),
        },
    }
}

impl Document {
    fn begin(&mut self, out: &mut Vec<u8>) {
        match self.format {
            Format::Xml => {
                let mut text = String::new();
                let ballots = self.ballots.iter();
                xml::begin(
                    &mut text,
                    &self.answer,
                    ballots.map(|(race, place, ballot)| (*race, place.as_ref(), &ballot[..])),
                );
                out.extend_from_slice(text.as_bytes());
            }
            Format::Json => {
                let Answer { position, root, .. } = &self.answer;
                let head = format!("{{\"position\":{position},\"root\":\"{}\",\"rows\":[", hex::encode(root));
                out.extend_from_slice(head.as_bytes());
            }
            Format::Wide(dialect) => {
                let wide = Wide::of(dialect, self.ballots.iter().map(|(_, _, ballot)| &ballot[..]));
                wide.header(out);
                self.wide = Some(wide);
            }
            Format::Long(dialect) => long_header(out, dialect),
            Format::Workbook => {
                let Answer { election, position, root, at, zone, .. } = &self.answer;
                let facts = [
                    ("UYARI", NOTICE.to_owned()),
                    ("SEÇİM", election.clone()),
                    ("KONUM", position.to_string()),
                    ("KÖK", hex::encode(root)),
                    ("HAZIRLANMA", time(*at, zone)),
                    ("BOŞ HÜCRE", "Sayının girilmediğini gösterir; sıfır değildir.".to_owned()),
                ];
                self.book = Some(Book::new(&self.answer, &facts));
            }
        }
    }

    fn book_row(&mut self, row: &Row) {
        let Some(book) = &mut self.book else { return };
        let race = row.result.race;
        if self.sheet != Some(race) {
            let ballots = self.ballots.iter().filter(|(of, ..)| *of == race);
            book.race(race, ballots.map(|(_, _, ballot)| &ballot[..]));
            self.sheet = Some(race);
        }
        book.row(row);
    }

    fn rows(&mut self, out: &mut Vec<u8>, rows: &[Row]) {
        let mut text = String::new();
        for row in rows {
            match (self.format, &self.wide) {
                (Format::Xml, _) => xml::row(&mut text, row, &self.answer),
                (Format::Json, _) => {
                    out.extend_from_slice(if self.first { b"\n" } else { b",\n" });
                    out.extend(serde_json::to_vec(&view(row)).expect("text keys and plain values"));
                }
                (Format::Long(dialect), _) => long_rows(out, dialect, row, &self.answer),
                (Format::Wide(_), Some(wide)) => wide.row(out, row, &self.answer),
                (Format::Wide(_), None) => {}
                (Format::Workbook, _) => self.book_row(row),
            }
            self.first = false;
        }
        out.extend_from_slice(text.as_bytes());
        if let Some(book) = &mut self.book {
            out.extend(book.take());
        }
    }

    /// The end. In JSON `next` is where to go on, or null where the document is the whole selection.
    fn end(&mut self, out: &mut Vec<u8>, next: Option<u64>) {
        match self.format {
            Format::Xml => {
                let mut text = String::new();
                xml::end(&mut text);
                out.extend_from_slice(text.as_bytes());
            }
            Format::Json => {
                let next = next.map_or_else(|| "null".to_owned(), |next| next.to_string());
                out.extend_from_slice(format!("\n],\"next\":{next}}}\n").as_bytes());
            }
            Format::Wide(_) | Format::Long(_) => {}
            Format::Workbook => out.extend(self.book.take().map(Book::finish).unwrap_or_default()),
        }
    }
}

/// Where a document that is streamed has come to.
enum Step {
    Begin,
    After(Cursor),
}

impl BoxResults {
    async fn document(
        &self,
        selection: &Selection,
        format: Format,
        now: LogNow,
        at: Timestamp,
    ) -> Result<Document, ReadError> {
        let answer = self.answer(selection.race, now, at).await?;
        let ballots = self.ballots(selection).await?;
        Ok(Document { format, answer, ballots, wide: None, book: None, sheet: None, first: true })
    }

    /// Everything that is selected, as of `now`, page after page.
    ///
    /// # Errors
    /// There is no election, or the database did not answer; after the beginning the stream ends with the error.
    pub async fn whole(
        &self,
        selection: Selection,
        format: Format,
        now: LogNow,
        at: Timestamp,
    ) -> Result<impl Stream<Item = Result<Bytes, ReadError>> + Send + 'static, ReadError> {
        let document = self.document(&selection, format, now, at).await?;
        let (results, selection) = (self.clone(), Arc::new(selection));
        Ok(stream::try_unfold(Some((document, Step::Begin)), move |state| {
            let (results, selection) = (results.clone(), Arc::clone(&selection));
            async move {
                let Some((mut document, step)) = state else { return Ok(None) };
                let (begins, after) = match step {
                    Step::Begin => (true, None),
                    Step::After(cursor) => (false, Some(cursor)),
                };
                let page = results.page(&selection, now.position, after.as_ref(), LONGEST).await?;
                let ends = page.next.is_none();
                let write = move || {
                    let mut out = Vec::new();
                    if begins {
                        document.begin(&mut out);
                    }
                    document.rows(&mut out, &page.rows);
                    if ends {
                        document.end(&mut out, None);
                    }
                    (document, out, page.next)
                };
                let (document, out, next) = results.cpu.run(write).await?;
                Ok(Some((Bytes::from(out), next.map(|next| (document, Step::After(next))))))
            }
        }))
    }

    /// What was entered from a position on, as one document, and where to go on.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn since_as(
        &self,
        selection: &Selection,
        format: Format,
        since: Since,
        at: Timestamp,
    ) -> Result<Bytes, ReadError> {
        let Since { rows, next, now } = since;
        let mut document = self.document(selection, format, now, at).await?;
        let write = move || {
            let mut out = Vec::new();
            document.begin(&mut out);
            document.rows(&mut out, &rows);
            document.end(&mut out, Some(next));
            Bytes::from(out)
        };
        Ok(self.cpu.run(write).await?)
    }
}
