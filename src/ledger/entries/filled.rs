//! Where scans lie: the directories that hold any, and what lies in one of them.

use crate::domain::{Digest, naming};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

const FILLED: &str =
    "SELECT position, parent, name FROM node WHERE kind = 'd' AND position >= $1 ORDER BY position LIMIT $2";
const SCANS: &str = "SELECT name, position, at_ms, size, sha256 FROM node \
                     WHERE parent = $1 AND kind = 'f' AND position < $2 ORDER BY name";
const TAKEN_BACK: &str = "SELECT e.position FROM entry e JOIN entry w ON w.sha256 = e.sha256 AND w.kind = 'withdrawn' \
                          AND w.position > e.position AND w.position < ";

/// A directory that holds scans, or others that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The entry that brought the first of them.
    pub position: u64,
    /// Its path.
    pub path: String,
}

/// A scan in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lying {
    /// Its name inside the directory.
    pub name: String,
    /// The entry that brought it.
    pub position: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

struct Raw {
    name: String,
    position: i64,
    at_ms: i64,
    size: i64,
    sha256: Vec<u8>,
}

from_row!(Raw { name, position, at_ms, size, sha256 });

impl Ledger {
    /// Directories that entries from `from` on filled, at most about `limit`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn filled_from(&self, from: u64, limit: u32) -> Result<Vec<Filled>, LedgerError> {
        let rows: Vec<(i64, String, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(FILLED).bind(from as i64).bind(i64::from(limit)).fetch_all(pool).await?
        });
        let path = |parent: String, name: String| if parent.is_empty() { name } else { format!("{parent}/{name}") };
        Ok(rows
            .into_iter()
            .map(|(at, parent, name)| Filled { position: at as u64, path: path(parent, name) })
            .collect())
    }

    /// The scans in a directory that the first `size` entries brought. Paths are cut so that they are never many.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn lying_in(&self, directory: &str, size: u64) -> Result<Vec<Lying>, LedgerError> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let rows: Vec<Raw> =
            on_db!(&*self.db, |pool| sqlx::query_as(SCANS).bind(directory).bind(size).fetch_all(pool).await?);
        let lying = |raw: Raw| {
            let corrupt = |_| LedgerError::Corrupt(format!("digest of {directory}/{}", raw.name));
            let digest = Digest::from_bytes(&raw.sha256).map_err(corrupt)?;
            let (position, size) = (raw.position as u64, raw.size as u64);
            Ok(Lying { name: raw.name, position, at_ms: raw.at_ms, size, digest })
        };
        rows.into_iter().map(lying).collect()
    }

    /// Which of these links were taken back by one of the first `size` entries. Meant for a page.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn taken_back(&self, positions: &[u64], size: u64) -> Result<Vec<u64>, LedgerError> {
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(i64,)> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(TAKEN_BACK);
            query.push_bind(i64::try_from(size).unwrap_or(i64::MAX)).push(" WHERE e.position IN (");
            let mut list = query.separated(", ");
            for position in positions {
                list.push_bind(*position as i64);
            }
            query.push(")");
            query.build_query_as().fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(position,)| position as u64).collect())
    }
}

/// Whether a directory of the tree is one of scans; gives it as places have theirs.
pub fn below_scans(path: &str) -> Option<&str> {
    path.strip_prefix(naming::SCANS)?.strip_prefix('/')
}
