//! Bringing an election in from its directory: everything is checked first, then written in one transaction.

mod bounds;
mod check;
mod meter;
mod rows;

use std::io;
use std::path::{Path, PathBuf};

use super::bad::{AT_MOST, BadLines};
use crate::ledger::registry::{Addition, Contradiction, Table as Stored, WriteError, Written};
use crate::ledger::{Ledger, LedgerError};
pub(super) use bounds::Watch;
pub use bounds::{Bounds, TooMuch};
pub(super) use check::{Checked, boxes_alone};
use rows::{FileRows, Stopped};

/// Which half of an import is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading everything and looking for bad lines. Nothing is written yet.
    Checking,
    /// Writing, in one transaction.
    Writing,
}

/// How far an import is. Given every few thousand rows.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Which half.
    pub stage: Stage,
    /// Bytes of the files that were read in this half.
    pub bytes: u64,
    /// Bytes that the files have.
    pub of_bytes: u64,
}

/// Somebody who wants to know how far it is.
pub type Watcher<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// What an import did.
pub type Report = Written;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Lines that cannot be taken, or that contradict what is stored.
    #[error("{} lines cannot be taken, so nothing was imported", .0.total())]
    Refused(BadLines),
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More than an import takes.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// A file was changed while it was imported.
    #[error("a file changed while it was imported, so nothing was imported; start again")]
    Changed,
    /// The database serves another election.
    #[error("this database serves the election {0}; a database serves one election only")]
    OtherElection(String),
    /// Boxes cannot be added to nothing.
    #[error("no election has been imported yet; import one first")]
    NoElection,
    /// The database failed. Nothing was imported.
    #[error("the database failed, so nothing was imported")]
    Ledger(#[from] LedgerError),
}

/// Imports the election that `dir` describes: all of it or nothing. What is there already and says the same stays as it
/// is, so an import can be repeated; what says something else refuses the whole.
///
/// Reads files on the caller's thread: call it from a command, not from a request.
pub async fn import(ledger: &Ledger, dir: &Path, watcher: Watcher<'_>) -> Result<Report, ImportError> {
    import_within(Bounds::default(), ledger, dir, watcher).await
}

/// The same within bounds of one's own.
pub async fn import_within(
    bounds: Bounds,
    ledger: &Ledger,
    dir: &Path,
    watcher: Watcher<'_>,
) -> Result<Report, ImportError> {
    let mut bad = BadLines::default();
    match check::directory(dir, Watch::begin(bounds), &mut bad, watcher)? {
        Some(checked) if bad.is_empty() => write(ledger, &checked, true, watcher).await,
        _ => Err(ImportError::Refused(bad)),
    }
}

/// Writes what was checked. `bind` is false where the election is the stored one.
pub(super) async fn write(
    ledger: &Ledger,
    checked: &Checked,
    bind: bool,
    watcher: Watcher<'_>,
) -> Result<Report, ImportError> {
    let addition = Addition {
        election: bind.then_some(&checked.election),
        listing: &checked.listing(),
        source: &mut FileRows::new(checked, watcher),
        at_most: AT_MOST,
    };
    ledger.registry_add(addition).await.map_err(|error| refused(error, checked))
}

fn refused(error: WriteError, checked: &Checked) -> ImportError {
    match error {
        WriteError::Ledger(error) => ImportError::Ledger(error),
        WriteError::OtherElection(id) => ImportError::OtherElection(id),
        WriteError::NoElection => ImportError::NoElection,
        WriteError::Contradicts { list, more } => {
            let mut bad = BadLines::default();
            for Contradiction { table, line, column, cause } in list {
                let line = if table == Stored::Election { checked.line_of_field(column) } else { line };
                bad.add(checked.file_name(table), line, column, cause);
            }
            bad.more += more;
            ImportError::Refused(bad)
        }
        WriteError::Source(stopped) => match stopped.downcast::<Stopped>().map(|stopped| *stopped) {
            Ok(Stopped::Read { path, source }) => ImportError::Read { path, source },
            Ok(Stopped::TooMuch(much)) => ImportError::TooMuch(much),
            Ok(Stopped::Changed) | Err(_) => ImportError::Changed,
        },
    }
}
