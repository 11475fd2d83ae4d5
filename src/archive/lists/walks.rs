//! The walks behind the tables, each page by page through the ledger. What was entered after the list's position is left
//! out, so that every line of a list is of one instant.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::{ListError, Pair, cells};
use crate::domain::naming::SCANS;
use crate::domain::naming::lists::ListKind;
use crate::domain::{Election, Entry, EntryKind, PlaceId};
use crate::ledger::below::{ScanBelow, WalkCursor};
use crate::ledger::entries::parse;
use crate::ledger::registry::{FormCursor, Inside};
use crate::ledger::{Ledger, LedgerError};

/// Where [`cells::SCANS`] has the time.
const TIME: usize = 1;

/// Rows of one page of a walk.
const PAGE: u32 = 1000;

/// Writes a table as of the ledger's first `size` entries.
pub(super) async fn table(
    ledger: &Ledger,
    kind: ListKind,
    part: Option<&str>,
    size: u64,
    pair: &mut Pair,
) -> Result<(), ListError> {
    let election = ledger.election().await?.map(|stored| stored.election);
    let zone = election.as_ref().map_or(TimeZone::UTC, Election::zone);
    let table = Table { ledger, zone, size, inside: None };
    match (kind, part) {
        (ListKind::Missing, part) => {
            cells::headers(pair, &cells::MISSING);
            match &election {
                Some(election) => table.missing(election, part.unwrap_or_default(), pair).await,
                None => Ok(()),
            }
        }
        (ListKind::Changes, part) => {
            cells::headers(pair, &cells::SCANS);
            table.changes(part, pair).await
        }
        (ListKind::Scans, None) => {
            cells::headers(pair, &cells::SCANS);
            table.all(pair).await
        }
        (ListKind::Scans, Some(part)) => {
            cells::headers(pair, &cells::SCANS);
            table.below(&format!("{SCANS}/{part}"), false, pair).await
        }
        (ListKind::Current, part) => {
            cells::headers(pair, &cells::SCANS);
            let directory = part.map_or(SCANS.to_owned(), |part| format!("{SCANS}/{part}"));
            table.below(&directory, true, pair).await
        }
    }
}

/// Writes a table of one place as of the ledger's first `size` entries: the same, without the rows of other places.
pub(super) async fn table_of(
    ledger: &Ledger,
    kind: ListKind,
    inside: &Inside,
    size: u64,
    pair: &mut Pair,
) -> Result<(), ListError> {
    let election = ledger.election().await?.map(|stored| stored.election);
    let zone = election.as_ref().map_or(TimeZone::UTC, Election::zone);
    let table = Table { ledger, zone, size, inside: Some(inside) };
    cells::headers(pair, if kind == ListKind::Missing { &cells::MISSING } else { &cells::SCANS });
    if kind == ListKind::Changes {
        return table.changes(None, pair).await;
    }
    for directory in inside.directories() {
        match (kind, &election) {
            (ListKind::Missing, Some(election)) => table.missing(election, directory, pair).await?,
            (ListKind::Missing, None) => {}
            (kind, _) => table.below(&format!("{SCANS}/{directory}"), kind == ListKind::Current, pair).await?,
        }
    }
    Ok(())
}

/// What every row of a table of scans needs.
struct Table<'a> {
    ledger: &'a Ledger,
    zone: TimeZone,
    size: u64,
    /// The place whose rows alone are written; none for all.
    inside: Option<&'a Inside>,
}

impl Table<'_> {
    /// Every scan in the order of the ledger.
    async fn all(&self, pair: &mut Pair) -> Result<(), ListError> {
        let mut at = 0;
        while at < self.size {
            let limit = u64::from(PAGE).min(self.size - at);
            let lines = self.ledger.lines_from(at, limit as u32).await?;
            let Some(last) = lines.last() else { break };
            at = last.position + 1;
            let entries = lines.iter().map(|line| Ok((line.position, parse(line.position, &line.line)?)));
            let entries: Vec<_> = entries.collect::<Result<_, LedgerError>>()?;
            let linked = entries.into_iter().filter(|(_, entry)| entry.path.is_some() && brings(entry));
            self.rows(linked.collect(), pair).await?;
        }
        Ok(())
    }

    /// The changes, of one part or all.
    async fn changes(&self, part: Option<&str>, pair: &mut Pair) -> Result<(), ListError> {
        let prefix = part.map(|part| format!("{SCANS}/{part}/"));
        let mut at = 0;
        loop {
            let lines = self.ledger.changes_from(at, PAGE).await?;
            let Some(last) = lines.last() else { return Ok(()) };
            at = last.position + 1;
            let of_part = |entry: &Entry| match &prefix {
                Some(prefix) => entry.path.as_ref().is_some_and(|path| path.starts_with(prefix)),
                None => true,
            };
            let mut entries = Vec::new();
            for line in lines.iter().filter(|line| line.position < self.size) {
                let entry = parse(line.position, &line.line)?;
                if of_part(&entry) {
                    entries.push((line.position, entry));
                }
            }
            self.rows(entries, pair).await?;
        }
    }

    /// The scans below a directory by path: all, or of each page the newest that was not withdrawn.
    async fn below(&self, directory: &str, newest_only: bool, pair: &mut Pair) -> Result<(), ListError> {
        let mut cursor = Some(WalkCursor::default());
        let mut newest: Option<(u64, Entry)> = None;
        while let Some(from) = cursor {
            let (scans, next) = self.ledger.scans_below(directory, &from, PAGE, true).await?;
            cursor = next;
            let digests: Vec<_> = scans.iter().map(|scan| scan.digest).collect();
            let withdrawn =
                if newest_only { self.ledger.withdrawn(&digests, self.size).await? } else { HashMap::new() };
            let mut entries = Vec::new();
            for scan in scans.into_iter().filter(|scan| scan.position < self.size) {
                if withdrawn.get(&scan.digest).is_some_and(|at| *at > scan.position) {
                    continue;
                }
                let entry = entry(&scan)?;
                if !newest_only {
                    entries.push((scan.position, entry));
                    continue;
                }
                // Names of one page's revisions stand together, though v10 stands before v2.
                newest = Some(match newest.take() {
                    Some(last) if page_of(&last.1) == page_of(&entry) => {
                        if last.1.revision < entry.revision {
                            (scan.position, entry)
                        } else {
                            last
                        }
                    }
                    last => {
                        entries.extend(last);
                        (scan.position, entry)
                    }
                });
            }
            if cursor.is_none() {
                entries.extend(newest.take());
            }
            self.rows(entries, pair).await?;
        }
        Ok(())
    }

    async fn rows(&self, entries: Vec<(u64, Entry)>, pair: &mut Pair) -> Result<(), ListError> {
        let codes = entries.iter().filter_map(|(_, entry)| entry.form.clone()).collect();
        let labels = self.ledger.labels(&codes).await?;
        for (position, entry) in entries {
            let label = entry.form.as_ref().and_then(|code| labels.get(code));
            if self.leaves_out(label.map(|label| &label.form.place)) {
                continue;
            }
            let [il, cevre, ilce, kurul, mahalle] = cells::places(label.map_or(&[], |label| &label.places));
            let [number, race, kind] = label.map(|label| cells::sheet(&label.form)).unwrap_or_default();
            let number_of = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
            let said = [entry.reason.as_deref(), entry.note.as_deref()];
            cells::row_with_time(
                pair,
                &mut [
                    position.to_string(),
                    String::new(),
                    cells::status(&entry).to_owned(),
                    il,
                    cevre,
                    ilce,
                    kurul,
                    mahalle,
                    number,
                    race,
                    kind,
                    number_of(entry.page),
                    number_of(entry.revision),
                    entry.form.as_ref().map(ToString::to_string).unwrap_or_default(),
                    entry.path.clone().unwrap_or_default(),
                    entry.size.map(|size| size.to_string()).unwrap_or_default(),
                    entry.sha256.map(|digest| digest.to_string()).unwrap_or_default(),
                    said.into_iter().flatten().collect::<Vec<_>>().join(" - "),
                ],
                TIME,
                entry.at,
                &self.zone,
            );
            pair.saw(entry.at.as_millisecond());
        }
        Ok(pair.turn().await?)
    }

    /// Whether rows of this place are another place's business.
    fn leaves_out(&self, place: Option<&PlaceId>) -> bool {
        self.inside.is_some_and(|inside| !place.is_some_and(|place| inside.contains(place)))
    }

    /// Expected forms without a scan.
    async fn missing(&self, election: &Election, part: &str, pair: &mut Pair) -> Result<(), ListError> {
        let mut cursor = FormCursor::Start;
        while cursor != FormCursor::End {
            let (forms, next) = self.ledger.forms_below_at(part, election, cursor, PAGE, self.size).await?;
            cursor = next;
            let missing = forms.iter().filter(|expected| !expected.on_file);
            for expected in missing.filter(|expected| !self.leaves_out(Some(&expected.form.place))) {
                let [number, race, kind] = cells::sheet(&expected.form);
                let directory = format!("{SCANS}/{}", expected.form.directory);
                let rest = [number, race, kind, expected.form.code.to_string(), directory];
                let cells: Vec<String> = cells::places(&expected.places).into_iter().chain(rest).collect();
                cells::row(pair, &cells);
                pair.lines += 1;
            }
            pair.turn().await?;
        }
        Ok(())
    }
}

fn brings(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::Linked | EntryKind::Resolved)
}

/// The page of a form that an entry is a scan of: its path without the revision.
fn page_of(entry: &Entry) -> Option<&str> {
    entry.path.as_deref()?.rsplit_once(".v").map(|(page, _)| page)
}

fn entry(scan: &ScanBelow) -> Result<Entry, LedgerError> {
    parse(scan.position, scan.line.as_deref().unwrap_or_default())
}
