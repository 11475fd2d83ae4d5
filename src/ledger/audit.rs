//! The rows of the audit record: a log of its own, whose rows are private and whose root is public. They are only ever
//! added.

mod search;
mod shipping;

use serde::{Deserialize, Serialize};

use super::db::{in_tx, on_db};
use super::entries::stored_frontier;
use super::from_row::from_row;
use super::{Ledger, LedgerError};
use crate::domain::entry::leaf_hash;
use crate::log::frontier::{Frontier, Hash};
pub use search::{AuditQuestion, NumberedRow};

/// One access, as it is kept. The field order is part of the format: the leaf hash covers the JSON of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The account, or `-` for somebody unknown. Of a login that was refused: whose name was used.
    pub principal: String,
    /// The channel of the credential, or `-`.
    pub channel: String,
    /// `https`, `ftp`, `ftps` or `cli`.
    pub protocol: String,
    /// Where they came from.
    pub address: String,
    /// What they did.
    pub act: String,
    /// Path, digest or login name.
    pub object: String,
    /// First byte asked for.
    pub start_at: i64,
    /// Bytes sent or received.
    pub bytes: i64,
    /// Whether it ran to its end.
    pub complete: bool,
    /// `ok`, `cut`, `refused` or `failed`; `begun` of what has a row more when it ends: a command at the machine, and a
    /// transfer that took a while or is large.
    pub outcome: String,
    /// Why, where it was not `ok`.
    pub reason: String,
}

from_row!(AuditRow {
    at_ms,
    principal,
    channel,
    protocol,
    address,
    act,
    object,
    start_at,
    bytes,
    complete,
    outcome,
    reason,
});

impl AuditRow {
    /// The row's leaf hash (RFC 6962 §2.1) in the audit record's log.
    pub fn leaf(&self) -> Hash {
        leaf_hash(&serde_json::to_string(self).expect("text and numbers"))
    }
}

/// The audit record's log at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of rows.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What is known of earlier attempts to add the same rows.
#[derive(Debug, Default)]
pub struct AuditAttempt {
    /// How many rows there were when the last one began to write.
    found: Option<i64>,
}

/// Why the record is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// A row does not have the hash that was kept with it.
    #[error("row {number} was changed after it was written")]
    Changed {
        /// Which, counted from 0.
        number: u64,
    },
    /// Rows were left out or added.
    #[error("{there} rows are there where {size} were written")]
    Count {
        /// Rows there are.
        there: u64,
        /// Rows there should be.
        size: u64,
    },
    /// The rows do not add up.
    #[error("the first {size} rows do not add up to the root that was signed for them")]
    OtherRoot {
        /// How many.
        size: u64,
    },
    /// The database did not answer.
    #[error("the audit record could not be read")]
    Ledger(#[from] LedgerError),
}

const ADD: &str = "INSERT INTO audit (at_ms, principal, channel, protocol, address, act, object, start_at, bytes, \
                   complete, outcome, reason, leaf) ";
const AFTER: &str = "SELECT at_ms, principal, channel, protocol, address, act, object, start_at, bytes, complete, outcome, \
                     reason FROM audit WHERE id > $1 ORDER BY id LIMIT $2";
/// Locks as the ledger's head does: from here to the commit nobody else adds a row, so ids ascend as positions do.
const LOCK: &str = "UPDATE audit_head SET size = size WHERE id = 1 RETURNING size, frontier";
const HEAD: &str = "SELECT size, frontier FROM audit_head WHERE id = 1";
const MOVE: &str = "UPDATE audit_head SET size = $1, frontier = $2 WHERE id = 1";
const NEWEST_LEAVES: &str = "SELECT leaf FROM audit ORDER BY id DESC LIMIT $1";
const UNHASHED: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE leaf IS NULL LIMIT 1) AS unhashed";
const EVERY: &str = "SELECT id, leaf, at_ms, principal, channel, protocol, address, act, object, start_at, bytes, complete, \
                     outcome, reason FROM audit WHERE id > $1 ORDER BY id LIMIT $2";
const SET_LEAF: &str = "UPDATE audit SET leaf = $1 WHERE id = $2";
/// Among the newest rows, so that it takes no longer as the record grows.
const CAME_FROM: &str = "SELECT DISTINCT address FROM audit WHERE id > (SELECT COALESCE(MAX(id), 0) FROM audit) - 50000 \
                         AND outcome = 'ok' AND principal <> '-' AND protocol <> 'cli'";
/// Rows of one statement. There are few sizes, so that the database has few texts to parse, and finds each again; each is
/// half of the one before, so that any number of rows takes few statements.
const ROWS_A_STATEMENT: [usize; 10] = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1];
/// Rows read at a time.
const PAGE: i64 = 5000;

/// A row with its id and the hash that was kept with it.
struct Kept {
    id: i64,
    leaf: Option<Vec<u8>>,
    row: AuditRow,
}

from_row!(Kept { id, leaf } with row);

/// The rows, cut into as few statements as the sizes allow.
fn statements<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = ROWS_A_STATEMENT.into_iter().find(|size| *size <= rows.len())?;
        let (some, rest) = rows.split_at(size);
        rows = rest;
        Some(some)
    })
}

impl Ledger {
    /// Addresses from which somebody with a credential came in lately.
    pub async fn came_from_lately(&self) -> Result<Vec<String>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_scalar(CAME_FROM).fetch_all(pool).await?))
    }

    /// Adds rows, all or none. Returns when they are durable.
    pub async fn audit_add(&self, rows: &[AuditRow]) -> Result<(), LedgerError> {
        self.audit_add_again(rows, &mut AuditAttempt::default()).await
    }

    /// The same for somebody who tries until it worked, with the same rows and the same `attempt`: an attempt whose answer
    /// was lost may have been done, and then the rows are not added a second time.
    ///
    /// # Errors
    /// The database did not answer, or did not do it.
    pub async fn audit_add_again(&self, rows: &[AuditRow], attempt: &mut AuditAttempt) -> Result<(), LedgerError> {
        if rows.is_empty() {
            return Ok(());
        }
        // Hashed before the lock: whoever waits for it should wait for the database alone.
        let leaves: Vec<Hash> = rows.iter().map(AuditRow::leaf).collect();
        in_tx!(&*self.db, |tx, Engine| {
            let (size, frontier): (i64, Vec<u8>) = sqlx::query_as(LOCK).fetch_one(&mut *tx).await?;
            // An earlier attempt held this lock, so it is decided by now; its rows follow those that it found.
            if let Some(found) = attempt.found.filter(|found| size - found >= leaves.len() as i64) {
                let newest: Vec<Option<Vec<u8>>> =
                    sqlx::query_scalar(NEWEST_LEAVES).bind(size - found).fetch_all(&mut *tx).await?;
                let added = newest.iter().rev().map(Option::as_deref).take(leaves.len());
                if added.eq(leaves.iter().map(|leaf| Some(leaf.as_slice()))) {
                    return Ok(());
                }
            }
            attempt.found = Some(size);
            let mut frontier = stored_frontier(size as u64, &frontier)?;
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            let hashed: Vec<_> = rows.iter().zip(&leaves).collect();
            for some in statements(&hashed) {
                let mut add = sqlx::QueryBuilder::<Engine>::new(ADD);
                add.push_values(some, |mut values, (row, leaf)| {
                    values
                        .push_bind(row.at_ms)
                        .push_bind(row.principal.clone())
                        .push_bind(row.channel.clone())
                        .push_bind(row.protocol.clone())
                        .push_bind(row.address.clone())
                        .push_bind(row.act.clone())
                        .push_bind(row.object.clone())
                        .push_bind(row.start_at)
                        .push_bind(row.bytes)
                        .push_bind(row.complete)
                        .push_bind(row.outcome.clone())
                        .push_bind(row.reason.clone())
                        .push_bind(leaf.to_vec());
                });
                add.build().execute(&mut *tx).await?;
            }
            sqlx::query(MOVE).bind(frontier.size() as i64).bind(frontier.to_stored()).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// At most `limit` rows with an id above `after`, oldest first.
    pub async fn audit_after(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| {
            sqlx::query_as(AFTER).bind(after).bind(i64::from(limit)).fetch_all(pool).await?
        }))
    }

    /// Size and root of the audit record's log.
    pub async fn audit_head(&self) -> Result<AuditHead, LedgerError> {
        let (size, frontier): (i64, Vec<u8>) = on_db!(&*self.db, |pool| sqlx::query_as(HEAD).fetch_one(pool).await?);
        let frontier = stored_frontier(size as u64, &frontier)?;
        Ok(AuditHead { size: frontier.size(), root: frontier.root() })
    }

    /// Hashes every row again and compares: with what was kept beside it, with the head, and with the root that somebody
    /// was given for the first so many rows. Gives the size of what was checked.
    ///
    /// # Errors
    /// The first fault that was found.
    pub async fn audit_verify(&self, given: Option<&AuditHead>) -> Result<u64, AuditFault> {
        let head = self.audit_head().await?; // before the rows: those that come in meanwhile are another time's
        let mut frontier = Frontier::from_stored(0, &[]).map_err(|error| LedgerError::Corrupt(error.to_string()))?;
        let agrees = |frontier: &Frontier, given: &AuditHead| match frontier.root() == given.root {
            true => Ok(()),
            false => Err(AuditFault::OtherRoot { size: given.size }),
        };
        let mut after = i64::MIN;
        while frontier.size() < head.size {
            let rows: Vec<Kept> = on_db!(&*self.db, Patient, |pool| {
                let query = sqlx::query_as(EVERY).bind(after).bind(PAGE);
                query.fetch_all(pool).await.map_err(LedgerError::from)?
            });
            let Some(last) = rows.last() else {
                return Err(AuditFault::Count { there: frontier.size(), size: head.size });
            };
            after = last.id;
            for kept in rows.into_iter().take((head.size - frontier.size()) as usize) {
                if let Some(given) = given.filter(|given| given.size == frontier.size()) {
                    agrees(&frontier, given)?;
                }
                let leaf = kept.row.leaf();
                if kept.leaf.as_deref() != Some(leaf.as_slice()) {
                    return Err(AuditFault::Changed { number: frontier.size() });
                }
                frontier.push(leaf);
            }
        }
        agrees(&frontier, &head)?;
        match given {
            Some(given) if given.size > head.size => Err(AuditFault::Count { there: head.size, size: given.size }),
            Some(given) if given.size == head.size => agrees(&frontier, given).map(|()| head.size),
            _ => Ok(head.size),
        }
    }

    /// Hashes rows from before the record was a log. Costs one look where there are none.
    pub(super) async fn audit_complete(&self) -> Result<(), LedgerError> {
        let unhashed: i64 = on_db!(&*self.db, Patient, |pool| sqlx::query_scalar(UNHASHED).fetch_one(pool).await?);
        if unhashed == 0 {
            return Ok(());
        }
        tracing::warn!("Rows of the audit record have no hash yet; making the record a log from its first row on");
        in_tx!(&*self.db, Patient, |tx, Engine| {
            sqlx::query(LOCK).execute(&mut *tx).await?;
            let mut frontier = stored_frontier(0, &[])?;
            let mut after = i64::MIN;
            loop {
                let rows: Vec<Kept> = sqlx::query_as(EVERY).bind(after).bind(PAGE).fetch_all(&mut *tx).await?;
                let Some(last) = rows.last() else { break };
                after = last.id;
                for kept in rows {
                    let leaf = kept.row.leaf();
                    frontier.push(leaf);
                    sqlx::query(SET_LEAF).bind(leaf.to_vec()).bind(kept.id).execute(&mut *tx).await?;
                }
            }
            sqlx::query(MOVE).bind(frontier.size() as i64).bind(frontier.to_stored()).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
