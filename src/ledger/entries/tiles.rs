//! The hashes of the log as tiles want them: any 256 of a level are one range of rows.

use super::rows::{Edge, NewEntry, add_roots, locked_head, move_head};
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};
use crate::log::frontier::Hash;
use crate::log::tile::TILE_WIDTH as WIDTH;

const LEAVES: &str = "SELECT leaf FROM entry WHERE position >= $1 AND position < $2 ORDER BY position";
const ROOTS: &str = "SELECT root FROM subtree WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";
const COMPLETED: &str =
    "SELECT idx, at_ms, bytes FROM subtree WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";
const PARTIAL: &str = "SELECT bundle_bytes FROM head WHERE id = 1";
const LINES: &str = "SELECT line FROM entry WHERE position >= $1 AND position < $2 ORDER BY position";
const KNOWN: &str = "SELECT size, (SELECT COUNT(*) FROM subtree WHERE level = 1) FROM head WHERE id = 1";
const CLEAR: &str = "DELETE FROM subtree";

impl Ledger {
    /// Hashes `from..to` of `level`: leaves at level 0, above them roots of the trees of 256^level entries.
    ///
    /// # Errors
    /// The database did not answer, or has not all of them: the caller must ask only below the head's size.
    pub async fn hashes(&self, level: u32, from: u64, to: u64) -> Result<Vec<Hash>, LedgerError> {
        let (first, last) = (from as i64, to as i64);
        let rows: Vec<Vec<u8>> = on_db!(&*self.db, |pool| match level {
            0 => sqlx::query_scalar(LEAVES).bind(first).bind(last).fetch_all(pool).await?,
            _ => {
                let query = sqlx::query_scalar(ROOTS).bind(i64::from(level)).bind(first).bind(last);
                query.fetch_all(pool).await?
            }
        });
        if rows.len() as u64 != to.saturating_sub(from) {
            return Err(LedgerError::Corrupt(format!(
                "hashes {from}..{to} of level {level}: {} are there",
                rows.len()
            )));
        }
        let hash = |row: Vec<u8>| {
            row.try_into().map_err(|_| LedgerError::Corrupt(format!("a hash of level {level} in {from}..{to}")))
        };
        rows.into_iter().map(hash).collect()
    }

    /// Trees `from..to` of `level`, from 1 on: when each was complete, and bytes of its entry bundle at level 1.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn completed(&self, level: u32, from: u64, to: u64) -> Result<Vec<Completed>, LedgerError> {
        let rows: Vec<(i64, i64, i64)> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(COMPLETED).bind(i64::from(level)).bind(from as i64).bind(to as i64);
            query.fetch_all(pool).await?
        });
        Ok(rows
            .into_iter()
            .map(|(index, at_ms, bytes)| Completed { index: index as u64, at_ms, bytes: bytes as u64 })
            .collect())
    }

    /// Bytes of the entry bundle that is not full yet.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn partial_bundle_bytes(&self) -> Result<u64, LedgerError> {
        let bytes: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(PARTIAL).fetch_one(pool).await?);
        Ok(bytes as u64)
    }

    /// Makes the roots again where a database from before they were kept has none. Costs one look where all is well.
    pub(in crate::ledger) async fn complete_subtrees(&self) -> Result<(), LedgerError> {
        let (size, known): (i64, i64) = on_db!(&*self.db, |pool| sqlx::query_as(KNOWN).fetch_one(pool).await?);
        let partial = self.partial_bundle_bytes().await?;
        if known as u64 == size as u64 / WIDTH && (partial == 0) == (size as u64).is_multiple_of(WIDTH) {
            return Ok(());
        }
        tracing::warn!(known, size, "The log's upper levels are not complete; making them again");
        in_tx!(&*self.db, Patient, |tx, Engine| {
            let head = locked_head!(tx);
            sqlx::query(CLEAR).execute(&mut *tx).await?;
            let mut edge = Edge::empty()?;
            while edge.size() < head.size {
                let (from, to) = (edge.size() as i64, (edge.size() + WIDTH).min(head.size) as i64);
                let lines: Vec<String> = sqlx::query_scalar(LINES).bind(from).bind(to).fetch_all(&mut *tx).await?;
                if lines.len() as i64 != to - from {
                    return Err(LedgerError::Corrupt(format!("entries {from}..{to} are not all there")));
                }
                let mut roots = Vec::new();
                for line in lines {
                    edge.add(&NewEntry::read(edge.size(), line)?, &mut roots);
                }
                add_roots!(tx, Engine, roots);
            }
            if edge.head().frontier != head.frontier {
                return Err(LedgerError::Corrupt("the entries do not add up to the head's root".to_owned()));
            }
            move_head!(tx, edge.head());
        });
        Ok(())
    }
}

/// A tree of 256^level entries that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which one of its level, from the left.
    pub index: u64,
    /// When its last entry was committed, in milliseconds since 1970.
    pub at_ms: i64,
    /// Bytes of its entry bundle; 0 above level 1.
    pub bytes: u64,
}
