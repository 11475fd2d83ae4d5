//! Binding the log to its election: the first entries say which election this is, what its registry covers, and which keys
//! sign. Added again whenever one of them changes, so that the log itself says since when.
//!
//! It must never say anything twice, and never say what the database does not hold.

use std::fmt;
use std::sync::Arc;

use super::line::parse;
use crate::domain::{Digest, EntryKind};
use crate::ledger::db::on_db;
use crate::ledger::election::stored_election;
use crate::ledger::{Ledger, LedgerError};

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

/// Why a node must not speak for this log: what it signs would contradict what is public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// Its configuration names another host or it holds another election.
    #[error(
        "this log is {log}, and this node would sign as {ours}: set `host` as the other nodes have it, and name the \
         database of this election"
    )]
    OtherLog {
        /// What the log says.
        log: String,
        /// What the node would say.
        ours: String,
    },
    /// It has a key that the log does not know.
    #[error(
        "this log is signed with the key {log}, and keys.signing is another one ({ours}). A second node needs the first \
         one's: `tutanak node share FILE` there, `tutanak init DIR --join FILE` here. A new key is put in force by naming \
         the old one as keys.previous (`tutanak key new --help`)"
    )]
    OtherKey {
        /// The id of the newest key that the log names.
        log: String,
        /// The id of the node's.
        ours: String,
    },
    /// It has a key that was replaced.
    #[error(
        "keys.signing ({ours}) was replaced by the key {log}: give this node the new one, as the other nodes have it \
         (`tutanak node share FILE` there)"
    )]
    OldKey {
        /// The id of the newest key that the log names.
        log: String,
        /// The id of the node's.
        ours: String,
    },
}

/// Compares the keys that the log names, oldest first, with those of a node, the one in force first.
fn stranger(said: &[String], keys: &[String]) -> Option<Stranger> {
    // `name+id+key` (C2SP signed-note); the name is the log's origin.
    let part = |key: &str, nth| key.splitn(3, '+').nth(nth).unwrap_or_default().to_owned();
    let (newest, signing) = (said.last()?, keys.first()?);
    let (log, ours) = (part(newest, 0), part(signing, 0));
    if log != ours {
        return Some(Stranger::OtherLog { log, ours });
    }
    if keys.contains(newest) {
        return None; // the same key, or the one that it takes over from
    }
    let (log, ours) = (part(newest, 1), part(signing, 1));
    if said.contains(signing) {
        return Some(Stranger::OldKey { log, ours });
    }
    // The newest key was lost, and a third takes over from one that the log knows.
    let takes_over = keys.iter().any(|key| said.contains(key));
    (!takes_over).then_some(Stranger::OtherKey { log, ours })
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
        let Named { registry, keys: known } = read(said)?;
        let id = stored.election.id();
        let mut keys = (self.keys)(id);
        if let Some(stranger) = stranger(&known, &keys) {
            return Err(stranger.into());
        }
        keys.retain(|key| !known.contains(key));
        let election = (registry != Some(stored.digest)).then(|| (id.to_owned(), stored.digest));
        Ok(Unsaid { election, keys })
    }
}

/// What the log names.
#[derive(Default)]
struct Named {
    /// The newest registry.
    registry: Option<Digest>,
    /// All keys, oldest first.
    keys: Vec<String>,
}

fn read(said: &[String]) -> Result<Named, LedgerError> {
    let mut named = Named::default();
    for line in said {
        let entry = parse(0, line)?;
        match entry.kind {
            EntryKind::Election => named.registry = entry.registry,
            _ => named.keys.extend(entry.key),
        }
    }
    Ok(named)
}

impl Ledger {
    /// The verifier keys that the log names, oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn keys_said(&self) -> Result<Vec<String>, LedgerError> {
        let said: Vec<String> = on_db!(&*self.db, |pool| sqlx::query_scalar(SAID).fetch_all(pool).await?);
        Ok(read(&said)?.keys)
    }

    /// Whether a node with these keys must not speak for this log.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn stranger(&self, keys: &[String]) -> Result<Option<Stranger>, LedgerError> {
        Ok(stranger(&self.keys_said().await?, keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_node_with_the_newest_key_or_one_that_takes_over_speaks_for_the_log() {
        let [old, new, third] = ["h/e+1+a", "h/e+2+b", "h/e+3+c"].map(str::to_owned);
        let said = [old.clone(), new.clone()];
        let asked = |keys: &[&String]| stranger(&said, &keys.iter().map(|key| (*key).clone()).collect::<Vec<_>>());
        assert_eq!(asked(&[&new]), None);
        assert_eq!(asked(&[&new, &old]), None);
        assert_eq!(asked(&[&third, &new]), None);
        assert_eq!(asked(&[&third, &old]), None, "the newest was lost");
        assert!(matches!(asked(&[&third]), Some(Stranger::OtherKey { .. })));
        assert!(matches!(asked(&[&old]), Some(Stranger::OldKey { .. })));
        assert!(matches!(asked(&[&"x/e+2+b".to_owned()]), Some(Stranger::OtherLog { .. })));
        assert_eq!(stranger(&[], &[third]), None, "nothing is said yet");
    }
}
