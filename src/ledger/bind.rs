//! Binding the log to its election: the first entries say which election this is, what its registry covers, and which keys
//! sign. Added again whenever one of them changes, so that the log itself says since when.
//!
//! It must never say anything twice, and never say what the database does not hold.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::batch;
use super::registry::stored_election;
use super::{Ledger, LedgerError, entries};
use crate::domain::{Digest, EntryKind};

pub(super) const ELECTION: &str = "SELECT file, digest FROM election WHERE one = 1";
/// A handful: one for each import that added something, one for each key.
pub(super) const SAID: &str = "SELECT line FROM entry WHERE kind IN ('election', 'key') ORDER BY position";

/// Gives the verifier keys (C2SP signed-note) of whoever signs now, for the election with this id.
pub type KeysOf = Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

/// What a node says about itself in the log.
#[derive(Clone)]
pub struct Binding {
    keys: KeysOf,
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding").finish_non_exhaustive()
    }
}

/// What the log should say and does not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unsaid {
    pub election: Option<(String, Digest)>,
    pub keys: Vec<String>,
}

impl Binding {
    /// A binding to these keys.
    pub fn new(keys: KeysOf) -> Self {
        Self { keys }
    }

    /// Compares what is so with the lines that say it. Before an election is imported there is nothing to say.
    pub(super) fn unsaid(&self, election: Option<(String, Vec<u8>)>, said: &[String]) -> Result<Unsaid, LedgerError> {
        let Some((file, digest)) = election else { return Ok(Unsaid::default()) };
        let stored = stored_election(&file, &digest)?;
        let mut registry = None;
        let mut known = Vec::new();
        for line in said {
            let entry = entries::parse(0, line)?;
            match entry.kind {
                EntryKind::Election => registry = entry.registry,
                _ => known.extend(entry.key),
            }
        }
        let id = stored.election.id();
        let mut keys = (self.keys)(id);
        keys.retain(|key| !known.contains(key));
        let election = (registry != Some(stored.digest)).then(|| (id.to_owned(), stored.digest));
        Ok(Unsaid { election, keys })
    }
}

impl Ledger {
    /// Says in the log what it does not say yet about the election and the keys. Gives the new number of entries, if any
    /// was added.
    ///
    /// # Errors
    /// The database did not answer; nothing was added.
    pub async fn bind(&self, binding: &Binding, now: Timestamp) -> Result<Option<u64>, LedgerError> {
        Ok(batch::write(self, &[], Some(binding), now).await?.size)
    }
}
