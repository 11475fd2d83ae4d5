//! What is known of full packs: their sizes, so that a listing asks for one range of rows, and the digests of their bytes.
//!
//! Rows follow from the entries, so two nodes that add the same one add the same. It must never hold a pack that can grow.

use crate::domain::Digest;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};

/// A full pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackRow {
    /// Its number.
    pub number: u64,
    /// Bytes of the archive.
    pub size: u64,
    /// When its last entry was committed, in milliseconds since 1970.
    pub at_ms: i64,
    /// SHA-256 of the archive, once all of it was read.
    pub sum: Option<Digest>,
}

type Row = (i64, i64, i64, Option<Vec<u8>>);

const PACKS: &str = "SELECT number, size, at_ms, sha256 FROM pack WHERE number >= $1 AND number < $2 ORDER BY number";
const ADD: &str = "INSERT INTO pack (number, size, at_ms, sha256, claimed_ms) VALUES ($1, $2, $3, NULL, 0) \
                   ON CONFLICT (number) DO NOTHING";
const SET_SUM: &str = "UPDATE pack SET sha256 = $1 WHERE number = $2";
/// One node takes the next pack whose sum nobody knows, and that nobody took since `$2`.
const CLAIM: &str = "UPDATE pack SET claimed_ms = $1 WHERE sha256 IS NULL AND claimed_ms < $2 AND number = \
                     (SELECT MIN(number) FROM pack WHERE sha256 IS NULL AND claimed_ms < $2) RETURNING number";
const BEFORE: &str = "SELECT COUNT(*) FROM entry WHERE position >= $1 AND position < $2 AND at_ms < $3";

impl Ledger {
    /// What is known of the packs `from..to`, by number.
    pub async fn packs(&self, from: u64, to: u64) -> Result<Vec<PackRow>, LedgerError> {
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            sqlx::query_as(PACKS).bind(from as i64).bind(to as i64).fetch_all(pool).await?
        });
        rows.into_iter().map(pack).collect()
    }

    /// Adds a full pack's size, if it is not known yet.
    pub async fn pack_add(&self, number: u64, size: u64, at_ms: i64) -> Result<(), LedgerError> {
        let (number, size) = (number as i64, size as i64);
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(ADD).bind(number).bind(size).bind(at_ms).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Adds the digest of a full pack's bytes.
    pub async fn pack_sum(&self, number: u64, sum: Digest) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(SET_SUM).bind(sum.as_bytes().to_vec()).bind(number as i64).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Takes the first pack whose digest is not known and that no node took since `since_ms`.
    pub async fn pack_claim(&self, now_ms: i64, since_ms: i64) -> Result<Option<u64>, LedgerError> {
        let number: Option<i64> = in_tx!(&*self.db, |tx, Engine| {
            sqlx::query_scalar(CLAIM).bind(now_ms).bind(since_ms).fetch_optional(&mut *tx).await?
        });
        Ok(number.map(|number| number as u64))
    }

    /// How many of the entries `from..to` were committed before `at_ms`. Meant for the entries of one pack.
    pub async fn entries_before(&self, from: u64, to: u64, at_ms: i64) -> Result<u64, LedgerError> {
        let count: i64 = on_db!(&*self.db, |pool| {
            sqlx::query_scalar(BEFORE).bind(from as i64).bind(to as i64).bind(at_ms).fetch_one(pool).await?
        });
        Ok(count as u64)
    }
}

fn pack((number, size, at_ms, sha256): Row) -> Result<PackRow, LedgerError> {
    let digest = |bytes: Vec<u8>| {
        Digest::from_bytes(&bytes).map_err(|_| LedgerError::Corrupt(format!("digest of pack {number}")))
    };
    Ok(PackRow { number: number as u64, size: size as u64, at_ms, sum: sha256.map(digest).transpose()? })
}
