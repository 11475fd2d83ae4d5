//! The row of the election that a database serves. The registry's import writes it; the log's first entries say it.

use crate::domain::election::ElectionFile;
use crate::domain::{Digest, Election};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// The one row, as [`stored_election`] takes it.
pub(super) const ELECTION: &str = "SELECT file, digest FROM election WHERE one = 1";

/// The election that this database serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredElection {
    /// What its file says.
    pub election: Election,
    /// Covers all that was ever imported. After one import it is the SHA-256 of what
    /// `sha256sum election.toml places.csv boxes.csv codes.csv` prints (without `codes.csv` where there is none).
    pub digest: Digest,
}

/// Reads the row's columns.
pub(super) fn stored_election(file: &str, digest: &[u8]) -> Result<StoredElection, LedgerError> {
    let file: ElectionFile = serde_json::from_str(file).map_err(corrupt)?;
    let election = Election::new(file).map_err(|bad| corrupt(format_args!("{bad:?}")))?;
    Ok(StoredElection { election, digest: Digest::from_bytes(digest).map_err(corrupt)? })
}

impl Ledger {
    /// The election that this database serves. None before the first import.
    pub async fn election(&self) -> Result<Option<StoredElection>, LedgerError> {
        let row: Option<(String, Vec<u8>)> =
            on_db!(&*self.db, |pool| sqlx::query_as(ELECTION).fetch_optional(pool).await?);
        row.map(|(file, digest)| stored_election(&file, &digest)).transpose()
    }
}
