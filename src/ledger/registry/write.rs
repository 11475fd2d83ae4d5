//! Adding to the registry: one transaction for all of an import, so that nothing is ever there by half.
//!
//! What is there already is compared, never overwritten: a row that says something else is a contradiction, and one
//! contradiction undoes the whole.

mod boxes;
mod choices;
mod codes;
mod compare;
mod election;
mod places;
mod tx;

use crate::domain::{Choice, Digest, Election};
use crate::ledger::{Ledger, LedgerError};

use super::rows::{BoxRow, CodeRow, PlaceRow};
use compare::Contradictions;
pub use compare::{Contradiction, Table};
use tx::Tx;

/// Rows of one table with the lines they stand on, at most [`BATCH`] of them.
#[derive(Clone, Debug)]
pub enum Batch {
    /// Places, parents before children.
    Places(Vec<(u64, PlaceRow)>),
    /// Boxes, each with its line in the file.
    Boxes(Vec<(u64, BoxRow)>),
    /// Codes, each with its line in the file.
    Codes(Vec<(u64, CodeRow)>),
    /// Choices, each with its line in the file.
    Choices(Vec<(u64, Choice)>),
}

/// Rows in one statement. SQLite binds at most 32,766 values at once, and a place has nine.
pub const BATCH: usize = 500;

/// So many new rows may change which plan is the best. A few late boxes do not, and need not wait for it.
const ANALYZE_FROM: u64 = 1_000;

/// Why the rows stopped coming.
pub type RowSourceError = Box<dyn std::error::Error + Send + Sync>;

/// Where the rows of an import come from, a batch at a time.
pub trait RowSource: Send {
    /// The next batch: all places, then all boxes, all codes, all choices. None at the end.
    fn next(&mut self) -> Result<Option<Batch>, RowSourceError>;
}

/// Rows added and rows that were there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Added now.
    pub added: u64,
    /// There already, saying the same.
    pub known: u64,
}

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// What became of the places.
    pub places: Tally,
    /// What became of the boxes.
    pub boxes: Tally,
    /// Listed codes.
    pub codes: Tally,
    /// What can be voted for.
    pub choices: Tally,
    /// Code rules added to those of an earlier import.
    pub rules_added: u64,
    /// Lines of what the election says about results, added to those of an earlier import.
    pub settings_added: u64,
    /// The digest of the registry from now on.
    pub digest: Digest,
}

impl Written {
    /// Rows of all tables that were added.
    pub fn added(&self) -> u64 {
        self.places.added + self.boxes.added + self.codes.added + self.choices.added
    }

    /// Whether the registry is another than before.
    pub fn changed(&self) -> bool {
        self.added() + self.rules_added + self.settings_added > 0
    }
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// This database serves another election.
    #[error("this database serves the election {0}, and a database serves one election only")]
    OtherElection(String),
    /// There is no election to add to.
    #[error("no election has been imported yet")]
    NoElection,
    /// Rows contradict what is there. The list is cut at the limit; `more` are not in it.
    #[error("{} lines contradict what is stored", .list.len() as u64 + .more)]
    Contradicts {
        /// What contradicts, in the order of the files.
        list: Vec<Contradiction>,
        /// How many more there are.
        more: u64,
    },
    /// The rows could not be read to the end.
    #[error("the rows could not be read to the end")]
    Source(#[source] RowSourceError),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

/// What an addition is made of.
pub struct Addition<'a> {
    /// The election as its file describes it; none where boxes are added to an election that is there.
    pub election: Option<&'a Election>,
    /// The SHA-256 list of the files that the rows come from.
    pub listing: &'a str,
    /// The rows.
    pub source: &'a mut dyn RowSource,
    /// How many contradictions are collected at most.
    pub at_most: usize,
}

impl Ledger {
    /// Adds to the registry: all that `addition` gives, or nothing. Writers of entries wait meanwhile on SQLite.
    pub async fn registry_add(&self, addition: Addition<'_>) -> Result<Written, WriteError> {
        let mut tx = Tx::begin(&self.db).await?;
        let mut bad = Contradictions::new(addition.at_most);
        // From here on no other import can write until the commit.
        let bound = election::bind(&mut tx, addition.election, addition.listing, &mut bad).await?;
        let (mut places, mut boxes) = (Tally::default(), Tally::default());
        let (mut codes, mut choices) = (Tally::default(), Tally::default());
        let mut place_seq = places::last_seq(&mut tx).await?;
        let mut box_seq = boxes::last_seq(&mut tx).await?;
        while let Some(batch) = addition.source.next().map_err(WriteError::Source)? {
            match batch {
                Batch::Places(mut new) => {
                    if !bound.fresh {
                        places.known += places::compare(&mut tx, &mut new, &mut bad).await?;
                    }
                    places.added += places::insert(&mut tx, &new, &mut place_seq).await?;
                }
                Batch::Boxes(mut new) => {
                    if !bound.fresh {
                        boxes.known += boxes::compare(&mut tx, &mut new, &mut bad).await?;
                    }
                    boxes.added += boxes::insert(&mut tx, &new, &mut box_seq).await?;
                }
                Batch::Codes(mut new) => {
                    if !bound.fresh {
                        codes.known += codes::compare(&mut tx, &mut new, &mut bad).await?;
                    }
                    codes.added += codes::insert(&mut tx, &new).await?;
                }
                Batch::Choices(mut new) => {
                    if !bound.fresh {
                        choices.known += choices::compare(&mut tx, &mut new, &mut bad).await?;
                    }
                    choices.added += choices::insert(&mut tx, &new).await?;
                }
            }
        }
        bad.finish()?; // dropping the transaction undoes everything
        let (rules_added, settings_added, digest) = (bound.rules_added, bound.settings_added, bound.digest);
        let mut written = Written { places, boxes, codes, choices, rules_added, settings_added, digest };
        if !bound.fresh && written.changed() {
            written.digest = election::extend(&mut tx, &bound, addition.election, addition.listing).await?;
        }
        if bound.fresh || written.added() > ANALYZE_FROM {
            tx.analyze().await?;
        }
        tx.commit().await?;
        Ok(written)
    }
}
