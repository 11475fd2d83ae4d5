//! The tree's rows: what lies in a directory, and what a path is. One indexed look-up each, without a join.

use crate::domain::{Digest, naming};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};

/// Rows fetched at a time.
const PAGE: i64 = 5000;
/// Most rows of one listing. Paths are cut so that no directory comes near it; one that does is an error, because a listing
/// that leaves something out would make a mirror believe that it is whole.
const MOST: usize = 100_000;

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Its name inside the directory.
    pub name: String,
    /// When it came, in milliseconds since 1970.
    pub at_ms: i64,
    /// The scan; none for a directory.
    pub scan: Option<ScanNode>,
}

/// What a listing knows of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanNode {
    /// Its name in the vault.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
}

const NEWEST: &str = "SELECT MAX(position) FROM node WHERE parent = $1";
const POSITION: &str = "SELECT position FROM node WHERE parent = $1 AND name = $2 AND kind = 'f'";

type Row = (String, i64, i64, Option<Vec<u8>>);

const LIST: &str = "SELECT name, at_ms, size, sha256 FROM node WHERE parent = $1 AND name > $2 ORDER BY name LIMIT $3";
const FIND: &str = "SELECT name, at_ms, size, sha256 FROM node WHERE parent = $1 AND name = $2";

impl Ledger {
    /// What lies in the directory `path` (without slashes at its ends; the root is the empty text), by name.
    pub async fn list(&self, path: &str) -> Result<Vec<NodeRow>, LedgerError> {
        let mut listing: Vec<NodeRow> = Vec::new();
        loop {
            let last = listing.last().map(|node| node.name.clone()).unwrap_or_default();
            let rows: Vec<Row> = on_db!(&*self.db, |pool| {
                sqlx::query_as(LIST).bind(path).bind(&last).bind(PAGE).fetch_all(pool).await?
            });
            let whole = (rows.len() as i64) < PAGE;
            for row in rows {
                listing.push(node(row)?);
            }
            if listing.len() > MOST {
                return Err(LedgerError::Corrupt(format!("{path} holds more than {MOST} names")));
            }
            if whole {
                return Ok(listing);
            }
        }
    }

    /// Position of the entry that brought the scan at `path`.
    pub async fn position_of(&self, path: &str) -> Result<Option<u64>, LedgerError> {
        let (parent, name) = naming::split(path);
        let position: Option<i64> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(POSITION).bind(parent).bind(name).fetch_optional(pool).await?);
        Ok(position.map(|position| position as u64))
    }

    /// The newest entry that brought something into the directory `path`; none where nothing lies.
    pub async fn newest_in(&self, path: &str) -> Result<Option<u64>, LedgerError> {
        let newest: Option<i64> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(NEWEST).bind(path).fetch_one(pool).await?);
        Ok(newest.map(|position| position as u64))
    }

    /// What `path` is, if it is there.
    pub async fn find(&self, path: &str) -> Result<Option<NodeRow>, LedgerError> {
        let (parent, name) = naming::split(path);
        let row: Option<Row> =
            on_db!(&*self.db, |pool| sqlx::query_as(FIND).bind(parent).bind(name).fetch_optional(pool).await?);
        row.map(node).transpose()
    }
}

fn node((name, at_ms, size, sha256): Row) -> Result<NodeRow, LedgerError> {
    let scan = match sha256 {
        None => None,
        Some(bytes) => {
            let digest = Digest::from_bytes(&bytes).map_err(|_| LedgerError::Corrupt(format!("digest of {name}")))?;
            Some(ScanNode { digest, size: size as u64 })
        }
    };
    Ok(NodeRow { name, at_ms, scan })
}
