//! Handing box results out: a page of those that count, what was entered since a position, every version of a box. Everybody
//! who shows results asks here: the web service, the pages, files and media.
//!
//! ```text
//! let selection = results.select(&Question::default().with(Filter::Il, "34")).await?;
//! let now = results.now().await?;                                        // position and root, of one instant
//! let page = results.page(&selection, now.position, None, 500).await?;   // what counted at that position
//! let more = results.page(&selection, now.position, page.next.as_ref(), 500).await?;
//! let since = results.since(&selection, now.position, 500).await?;       // what came after it
//! ```

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::ballots::BallotCache;
use super::book::{Book, Entered};
use super::rows::{Answer, Row};
use super::selection::{BadFilter, Question, Selection};
use crate::archive::selections::Selections;
use crate::cpu::{CpuLane, WorkPanicked};
use crate::domain::{BoxId, BoxKind, PlaceId, Race};
use crate::ledger::results::current::CurrentResult;
use crate::ledger::results::versions::EnteredResult;
use crate::ledger::{Ledger, LedgerError, corrupt};
use crate::log::frontier::Hash;
use crate::registry::{Ballot, Registry};

/// Rows of one page at most.
pub const LONGEST: u32 = 1_000;
/// Rows that are looked at for one page: a page that finds less in so many ends there, and goes on.
const LOOKED_AT: u32 = 5_000;
/// So many rows are read where they are asked for; more of them on the CPU lane.
const AT_ONCE: usize = 200;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no election yet.
    #[error("no election was imported yet")]
    NoElection,
    /// The database did not answer.
    #[error("the database did not answer")]
    Ledger(#[from] LedgerError),
    /// Reading the lines failed.
    #[error("the lines could not be read")]
    Reading(#[from] WorkPanicked),
}

/// Why nothing can be selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// A filter is wrong. The sentence is for whoever asked.
    #[error(transparent)]
    Filter(#[from] BadFilter),
    /// It could not be looked up.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<LedgerError> for SelectError {
    fn from(error: LedgerError) -> Self {
        Self::Read(error.into())
    }
}

/// The log at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogNow {
    /// Entries so far, which is where [`BoxResults::since`] goes on.
    pub position: u64,
    /// The Merkle root over all of them.
    pub root: Hash,
    /// When the newest was entered, in milliseconds since 1970.
    pub at_ms: i64,
}

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    race: Race,
    sort_key: Vec<u8>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.race.code(), hex::encode(&self.sort_key))
    }
}

/// The text is no cursor that [`Cursor`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place where a page of results ends")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (race, sort_key) = text.split_once('-').ok_or(BadCursor)?;
        let race = race.parse().ok().and_then(|code: u8| Race::try_from(code).ok()).ok_or(BadCursor)?;
        let sort_key = hex::decode(sort_key).map_err(|_| BadCursor)?;
        if sort_key.len() > 128 { Err(BadCursor) } else { Ok(Self { race, sort_key }) }
    }
}

/// Rows in the order of races, places and box numbers.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The rows; there may be none although there is a next page.
    pub rows: Vec<Row>,
    /// Where the next page begins; none at the end.
    pub next: Option<Cursor>,
}

/// Rows in the order in which they were entered.
#[derive(Clone, Debug)]
pub struct Since {
    /// Every version that was entered, in force, of what is selected.
    pub rows: Vec<Row>,
    /// Where to go on: everything before this position was looked at.
    pub next: u64,
    /// The log when it was looked at.
    pub now: LogNow,
}

/// One version of a box.
#[derive(Clone, Debug)]
pub struct Version {
    /// The figures.
    pub row: Row,
    /// Whether it counts.
    pub newest: bool,
    /// Why it is kept without being in force; none for one that is or was.
    pub held: Option<String>,
}

/// The results of a node. Clones share what is held in memory.
#[derive(Clone, Debug)]
pub struct BoxResults {
    pub(super) ledger: Ledger,
    pub(super) cpu: CpuLane,
    ballots: BallotCache,
    selections: Selections,
    book: Arc<Mutex<Option<Arc<Book>>>>,
}

impl BoxResults {
    pub(super) fn new(ledger: Ledger, cpu: CpuLane, ballots: BallotCache, selections: Selections) -> Self {
        Self { ledger, cpu, ballots, selections, book: Arc::default() }
    }

    /// What explains rows, as the registry is now.
    pub(super) async fn book(&self) -> Result<Arc<Book>, ReadError> {
        let stored = self.ledger.election().await?.ok_or(ReadError::NoElection)?;
        let ballots = self.ballots.ballots(&self.ledger, stored.digest).await?.ok_or(ReadError::NoElection)?;
        let atlas = self.selections.atlas().await?;
        let mut last = self.book.lock().await;
        if let Some(book) = last.as_ref().filter(|book| book.is_of(&ballots, &atlas)) {
            return Ok(Arc::clone(book));
        }
        let book = Arc::new(Book::of(ballots, atlas));
        *last = Some(Arc::clone(&book));
        Ok(book)
    }

    /// What a question selects.
    ///
    /// # Errors
    /// A filter is wrong, or the database did not answer.
    pub async fn select(&self, question: &Question) -> Result<Selection, SelectError> {
        let book = self.book().await?;
        let mut selection = Selection::read(question, book.registry().election(), book.atlas())?;
        if let Some(place) = &selection.place {
            let part = self.ledger.results_part(place).await?;
            selection.part = part.ok_or_else(|| corrupt(format_args!("the place {place} is gone")))?;
        }
        Ok(selection)
    }

    /// Position and root of one instant.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn now(&self) -> Result<LogNow, ReadError> {
        let head = self.ledger.head().await?;
        Ok(LogNow { position: head.size, root: head.root, at_ms: head.at_ms })
    }

    /// What is true of a whole answer that takes the log into account as it was at `now`, made at `at`.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn answer(&self, race: Option<Race>, now: LogNow, at: Timestamp) -> Result<Answer, ReadError> {
        let book = self.book().await?;
        let election = book.registry().election();
        let (position, root, zone) = (now.position, now.root, election.zone());
        Ok(Answer { election: election.id().to_owned(), race, position, root, at, zone })
    }

    /// The ballots that rows of a selection may refer to, each with its race and the place that it is of; none for the
    /// country's.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn ballots(&self, selection: &Selection) -> Result<Vec<(Race, Option<PlaceId>, Ballot)>, ReadError> {
        let book = self.book().await?;
        let (registry, atlas) = (book.registry(), book.atlas());
        let chosen = selection.place.as_ref().and_then(|place| atlas.find(place));
        let concerns = |place: Option<&PlaceId>| {
            let (Some(spot), Some(chosen)) = (place.and_then(|place| atlas.find(place)), chosen) else { return true };
            atlas.lies_in(spot, chosen) || atlas.lies_in(chosen, spot)
        };
        let mut all = Vec::new();
        for race in races(selection, registry) {
            let ballots = registry.ballots(race).into_iter().filter(|(place, _)| concerns(*place));
            all.extend(ballots.map(|(place, ballot)| (race, place.cloned(), Arc::clone(ballot))));
        }
        Ok(all)
    }

    /// At most `limit` results after `after`, which is where the page before ended: of every box that is selected the version
    /// that counted when the log had `as_of` entries. So pages that are read while results come in are of one instant.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn page(
        &self,
        selection: &Selection,
        as_of: u64,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page, ReadError> {
        let limit = limit.clamp(1, LONGEST);
        let (mut found, mut next, mut looked_at) = (Vec::new(), None, 0);
        let all = races(selection, self.book().await?.registry());
        for race in all.into_iter().filter(|race| after.is_none_or(|after| *race >= after.race)) {
            let mut from = after.filter(|after| after.race == race).map(|after| after.sort_key.clone());
            loop {
                if found.len() >= limit as usize || looked_at >= LOOKED_AT {
                    next = Some(Cursor { race, sort_key: from.unwrap_or_default() });
                    break;
                }
                let wanted = limit - found.len() as u32;
                let filtered = selection.kind.is_some() || selection.numbers.is_some();
                let step = if filtered { wanted.max(LONGEST) } else { wanted };
                let (rows, go_on) = self.ledger.results_now(race, &selection.part, from.as_deref(), step).await?;
                looked_at += step;
                let mut rows = rows.into_iter().filter(|row| selection.takes(row.kind, row.number)).peekable();
                let mut last = None;
                found.extend(rows.by_ref().take(wanted as usize).inspect(|row| last = Some(row.sort_key.clone())));
                match (rows.peek().is_some(), go_on) {
                    (true, _) => from = last,
                    (false, Some(go_on)) => from = Some(go_on),
                    (false, None) => break,
                }
            }
            if next.is_some() {
                break;
            }
        }
        let lines = self.lines_as_of(found, as_of).await?;
        Ok(Page { rows: self.rows(lines).await?, next })
    }

    /// What counted when there were `as_of` entries in the place of what counts now.
    async fn lines_as_of(&self, found: Vec<CurrentResult>, as_of: u64) -> Result<Vec<Line>, ReadError> {
        let mut before: HashMap<(Race, BoxId), EnteredResult> = HashMap::new();
        for race in Race::ALL {
            let later = found.iter().filter(|row| row.race == race && row.position >= as_of);
            let boxes: Vec<BoxId> = later.map(|row| row.box_id.clone()).collect();
            let of_race = self.ledger.results_as_of(&boxes, race, as_of).await?;
            before.extend(of_race.into_iter().map(|(box_id, one)| ((race, box_id), one)));
        }
        let line = |row: CurrentResult| match row.position < as_of {
            true => Some(Line::from(row)),
            false => before.remove(&(row.race, row.box_id)).map(Line::from),
        };
        Ok(found.into_iter().filter_map(line).collect())
    }

    /// What was entered from position `from` on, in force, at most `limit` rows. Whoever goes on at `next` loses nothing and
    /// gets nothing twice. A version that came after a higher one is among them: the highest version counts.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn since(&self, selection: &Selection, from: u64, limit: u32) -> Result<Since, ReadError> {
        self.entered(selection, from, limit, false).await
    }

    /// The same of those that changed a result or took one back.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn changes(&self, selection: &Selection, from: u64, limit: u32) -> Result<Since, ReadError> {
        self.entered(selection, from, limit, true).await
    }

    async fn entered(&self, selection: &Selection, from: u64, limit: u32, changes: bool) -> Result<Since, ReadError> {
        let (now, limit) = (self.now().await?, limit.clamp(1, LONGEST) as usize);
        let (mut lines, mut next, mut looked_at) = (Vec::new(), from.min(now.position), 0);
        while next < now.position && lines.len() < limit && looked_at < LOOKED_AT {
            let (step, to) = (LONGEST, now.position);
            let entered = match changes {
                true => self.ledger.result_changes(next, to, step).await?,
                false => self.ledger.results_from(next, to, step).await?,
            };
            looked_at += step;
            let whole = entered.len() < step as usize;
            // What lies where is asked of a registry that is no older than the rows.
            let book = self.book().await?;
            let chosen = selection.place.as_ref().map(|place| book.atlas().find(place));
            let lies_in = |place: Option<&PlaceId>| match chosen {
                None => true,
                Some(chosen) => {
                    let spot = place.and_then(|place| book.atlas().find(place));
                    spot.zip(chosen).is_some_and(|(spot, chosen)| book.atlas().lies_in(spot, chosen))
                }
            };
            for one in entered {
                if lines.len() == limit {
                    break;
                }
                next = one.position + 1;
                let race = selection.race.is_none_or(|race| race == one.race);
                let of_box = match (one.kind, one.number()) {
                    (Some(kind), Some(number)) => selection.takes(kind, number),
                    _ => selection.kind.is_none() && selection.numbers.is_none(),
                };
                if one.held.is_none() && race && of_box && lies_in(one.place.as_ref()) {
                    lines.push(Line::from(one));
                }
            }
            if whole && lines.len() < limit {
                next = to;
            }
        }
        Ok(Since { rows: self.rows(lines).await?, next, now })
    }

    /// Every version of a box's result, by version; those that were kept without being in force are among them.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn versions(&self, box_id: &BoxId, race: Race) -> Result<Vec<Version>, ReadError> {
        let entered = self.ledger.result_versions(box_id, race).await?;
        let about: Vec<(bool, Option<String>)> = entered.iter().map(|one| (one.newest, one.held.clone())).collect();
        let rows = self.rows(entered.into_iter().map(Line::from).collect()).await?;
        Ok(rows.into_iter().zip(about).map(|(row, (newest, held))| Version { row, newest, held }).collect())
    }

    /// The row that an entry brought, in force or not; none for any other entry.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn at(&self, position: u64) -> Result<Option<Row>, ReadError> {
        let line = self.ledger.result_at(position).await?.map(Line::from);
        Ok(self.rows(line.into_iter().collect()).await?.pop())
    }

    async fn rows(&self, lines: Vec<Line>) -> Result<Vec<Row>, ReadError> {
        let (book, few) = (self.book().await?, lines.len() <= AT_ONCE);
        let read = move || lines.iter().map(|line| book.row(&line.entered())).collect::<Result<Vec<Row>, _>>();
        Ok(if few { read()? } else { self.cpu.run(read).await?? })
    }
}

/// The races of a selection.
fn races(selection: &Selection, registry: &Registry) -> Vec<Race> {
    selection.race.map_or_else(|| registry.election().races().iter().collect(), |race| vec![race])
}

/// A line with where it was entered and where its box stands.
struct Line {
    position: u64,
    at_ms: i64,
    place: Option<PlaceId>,
    kind: BoxKind,
    number: u32,
    line: String,
}

impl Line {
    fn entered(&self) -> Entered<'_> {
        Entered {
            position: self.position,
            at_ms: self.at_ms,
            place: self.place.as_ref(),
            kind: self.kind,
            number: self.number,
            line: &self.line,
        }
    }
}

impl From<CurrentResult> for Line {
    fn from(row: CurrentResult) -> Self {
        let CurrentResult { position, at_ms, place, kind, number, line, .. } = row;
        Self { position, at_ms, place: Some(place), kind, number, line }
    }
}

impl From<EnteredResult> for Line {
    fn from(one: EnteredResult) -> Self {
        let (kind, number) = (one.kind.unwrap_or(BoxKind::Normal), one.number().unwrap_or_default());
        Self { position: one.position, at_ms: one.at_ms, place: one.place, kind, number, line: one.line }
    }
}
