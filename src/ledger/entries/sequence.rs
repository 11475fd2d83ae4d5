//! Reading the sequence: entries after a position, and the head.

use super::line::{Line, parse};
use super::links::stands;
use super::rows::stored_frontier;
use super::submission::Recorded;
use crate::domain::routing::ParkReason;
use crate::domain::{BoardId, Digest};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};
use crate::log::frontier::Hash;

/// The ledger's state at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadNow {
    /// Entries so far, which is the position the next one gets.
    pub size: u64,
    /// When the newest was committed, in milliseconds since 1970; 0 before the first.
    pub at_ms: i64,
    /// The Merkle root over all of them (RFC 6962).
    pub root: Hash,
    /// Scans that were linked on arrival.
    pub linked: u64,
    /// Scans that were parked on arrival.
    pub parked: u64,
    /// Parked scans that were linked later.
    pub resolved: u64,
}

const HEAD: &str = "SELECT size, at_ms, frontier, linked, parked, resolved FROM head WHERE id = 1";
const LINES: &str = "SELECT position, line FROM entry WHERE position >= $1 ORDER BY position LIMIT $2";

const LINKED_BEFORE: &str = concat!(
    "SELECT e.position FROM entry e WHERE e.sha256 = $1 AND e.board = $2 AND e.form_key IS NOT NULL AND ",
    stands!("e"),
    ") ORDER BY e.position DESC LIMIT 1"
);

const PARKED: &str = "SELECT position, line FROM entry WHERE parked = $1 AND position >= $2 ORDER BY position LIMIT $3";

/// The receipt's substance of an entry that was there before.
pub(super) async fn known(ledger: &Ledger, position: u64) -> Result<Recorded, LedgerError> {
    const ENTRY: &str = "SELECT line, leaf FROM entry WHERE position = $1";
    let (line, leaf): (String, Vec<u8>) =
        on_db!(&*ledger.db, |pool| sqlx::query_as(ENTRY).bind(position as i64).fetch_one(pool).await?);
    let entry = parse(position, &line)?;
    let leaf = leaf.try_into().map_err(|_| LedgerError::Corrupt(format!("leaf of entry {position}")))?;
    Ok(Recorded { position, entry, leaf, fresh: false })
}

impl Ledger {
    /// The newest entry by which `board` already had these bytes linked, if that link stands.
    pub async fn linked_before(&self, digest: Digest, board: &BoardId) -> Result<Option<Recorded>, LedgerError> {
        let position: Option<i64> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_scalar(LINKED_BEFORE).bind(digest.as_bytes().to_vec()).bind(board.as_str());
            query.fetch_optional(pool).await?
        });
        match position {
            Some(position) => Ok(Some(known(self, position as u64).await?)),
            None => Ok(None),
        }
    }

    /// Size, root and counts, of one instant.
    pub async fn head(&self) -> Result<HeadNow, LedgerError> {
        let (size, at_ms, frontier, linked, parked, resolved): (i64, i64, Vec<u8>, i64, i64, i64) =
            on_db!(&*self.db, |pool| sqlx::query_as(HEAD).fetch_one(pool).await?);
        let root = stored_frontier(size as u64, &frontier)?.root();
        let count = |n: i64| n as u64;
        Ok(HeadNow {
            size: count(size),
            at_ms,
            root,
            linked: count(linked),
            parked: count(parked),
            resolved: count(resolved),
        })
    }

    /// At most `limit` entries from `position` on that were parked for `reason`, in order.
    pub async fn parked_from(&self, reason: ParkReason, position: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(PARKED).bind(reason.name()).bind(position as i64).bind(i64::from(limit));
            query.fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(position, line)| Line { position: position as u64, line }).collect())
    }

    /// At most `limit` entries from `position` on, in order and without a gap.
    pub async fn lines_from(&self, position: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(LINES).bind(position as i64).bind(i64::from(limit)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(position, line)| Line { position: position as u64, line }).collect())
    }
}
