//! Lists: what is there, what is current, what changed, what is missing, and the sums of a district.
//!
//! A list is written into a spool when it is asked for, as of one position of the ledger, and kept a while, so that its
//! length, its digest and its ranges belong together. It must never be held in memory as a whole.

mod cells;
mod district;
mod walks;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Semaphore;

pub use cells::{comma_row, places, semicolon_row, sheet, status, time, unquoted};

use super::spool::{Spool, Writing};
use crate::cache::{Cache, Weighed};
use crate::clock::Clock;
use crate::domain::naming::lists::ListKind;
use crate::ledger::entries::HeadNow;
use crate::ledger::registry::Inside;
use crate::ledger::{Ledger, LedgerError};

/// Spools of all lists together, in bytes of disk.
const DISK: u64 = 4 << 30;
/// Lists kept at most. Each holds two open files.
const COUNT: usize = 256;
/// Lists written at a time; the others wait.
const WRITERS: usize = 2;
/// A list is not written anew before so long, whatever came in meanwhile …
const SHORTEST: Duration = Duration::from_secs(15);
/// … nor before so many times the time that writing it took.
const TIMES: u32 = 20;

/// Which walk gives a list. Each gives two files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListKey {
    /// A table for Excel, and the same with commas.
    Table {
        /// What it tells.
        kind: ListKind,
        /// The directory below the scans that it is about; none for all.
        part: Option<String>,
    },
    /// The sums of all scans below a directory, and the same as Metalink.
    District(String),
}

/// Why a list could not be written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ListError {
    /// The ledger did not answer.
    #[error("the entries of a list could not be read")]
    Ledger(#[source] Arc<LedgerError>),
    /// The spool could not be written.
    #[error("a list could not be written to the directory for temporary files")]
    Spool(#[source] Arc<io::Error>),
}

impl From<LedgerError> for ListError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(Arc::new(error))
    }
}

impl From<io::Error> for ListError {
    fn from(error: io::Error) -> Self {
        Self::Spool(Arc::new(error))
    }
}

/// Two files of one walk.
#[derive(Clone, Debug)]
pub struct Written {
    /// For Excel; or the sums.
    pub first: Arc<Spool>,
    /// With commas; or the Metalink.
    pub second: Arc<Spool>,
    /// When they last changed: the time of the newest entry in them, or of the newest entry at all where lines may go away.
    modified: Timestamp,
    /// Lines, headers not counted.
    pub lines: u64,
    /// Entries of the ledger that it was written from.
    size: u64,
    /// When it may be written anew, milliseconds since 1970.
    until_ms: i64,
}

impl Written {
    /// When they last changed; none where nothing is in them yet.
    pub fn modified(&self) -> Option<Timestamp> {
        Some(self.modified).filter(|modified| *modified > Timestamp::UNIX_EPOCH)
    }
}

impl Weighed for Written {
    fn weight(&self) -> u64 {
        self.first.size() + self.second.size()
    }
}

/// Two files while they are written.
struct Pair {
    first: Writing,
    second: Writing,
    modified_ms: i64,
    lines: u64,
}

impl Pair {
    async fn turn(&mut self) -> io::Result<()> {
        self.first.turn().await?;
        self.second.turn().await
    }

    fn saw(&mut self, at_ms: i64) {
        self.modified_ms = self.modified_ms.max(at_ms);
        self.lines += 1;
    }
}

/// The lists of a node. Clones share their spools.
#[derive(Clone, Debug)]
pub struct Lists {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    clock: Clock,
    /// Public address of the tree, ending with a slash.
    address: String,
    written: Cache<ListKey, Written>,
    writers: Semaphore,
}

impl Lists {
    /// Lists of what is entered. `address` is the service's public one, without a path.
    pub fn new(ledger: Ledger, clock: Clock, address: &str) -> Self {
        let address = format!("{address}/arsiv/");
        let written = Cache::new(DISK, COUNT);
        Self { inner: Arc::new(Inner { ledger, clock, address, written, writers: Semaphore::new(WRITERS) }) }
    }

    /// A list as it is now, or as it was a little while ago.
    pub async fn get(&self, key: ListKey) -> Result<Written, ListError> {
        let inner = Arc::clone(&self.inner);
        // On a task of its own: a client that loses patience must not undo the work that the next one waits for.
        let task = tokio::spawn(async move {
            let head = inner.ledger.head().await?;
            let now_ms = inner.clock.now().as_millisecond();
            let good = |written: &Written| written.good(head.size, now_ms);
            inner.written.get(&key, good, || inner.write(&key, &head)).await
        });
        task.await.map_err(io::Error::other)?
    }

    /// Lets go of lists that would be written anew if they were asked for.
    pub async fn tidy(&self) -> Result<(), ListError> {
        let size = self.inner.ledger.head().await?.size;
        let now_ms = self.inner.clock.now().as_millisecond();
        self.inner.written.retain(|written| written.good(size, now_ms));
        Ok(())
    }
}

/// A list of one place as of the ledger's first `size` entries: for Excel, and the same with commas. It is not kept:
/// for a medium, which is written once.
///
/// # Errors
/// When the ledger or the spool fails.
pub async fn of_place(
    ledger: &Ledger,
    kind: ListKind,
    inside: &Inside,
    size: u64,
) -> Result<[Arc<Spool>; 2], ListError> {
    let mut pair = Pair { first: Writing::new().await?, second: Writing::new().await?, modified_ms: 0, lines: 0 };
    walks::table_of(ledger, kind, inside, size, &mut pair).await?;
    Ok([Arc::new(pair.first.finish().await?), Arc::new(pair.second.finish().await?)])
}

impl Written {
    fn good(&self, size: u64, now_ms: i64) -> bool {
        self.size == size || now_ms < self.until_ms
    }
}

impl Inner {
    async fn write(&self, key: &ListKey, head: &HeadNow) -> Result<Written, ListError> {
        let size = head.size;
        let _permit = self.writers.acquire().await.map_err(io::Error::other)?;
        let began = Instant::now();
        let mut pair = Pair { first: Writing::new().await?, second: Writing::new().await?, modified_ms: 0, lines: 0 };
        match key {
            ListKey::Table { kind, part } => {
                walks::table(&self.ledger, *kind, part.as_deref(), size, &mut pair).await?
            }
            ListKey::District(directory) => {
                district::sums(&self.ledger, &self.address, directory, size, &mut pair).await?;
            }
        }
        let rest = (began.elapsed() * TIMES).max(SHORTEST);
        let until_ms = self.clock.now().as_millisecond() + rest.as_millis() as i64;
        let modified = Timestamp::from_millisecond(pair.modified_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let lines = pair.lines;
        let (first, second) = (Arc::new(pair.first.finish().await?), Arc::new(pair.second.finish().await?));
        Ok(Written { first, second, modified, lines, size, until_ms })
    }
}
