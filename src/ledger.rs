//! The ledger: one append-only sequence of entries that everybody sees in the same order, and the tables beside it.
//!
//! The only room that speaks SQL. It must never touch the vault's bytes: it says what exists, not what it looks like.

pub mod accounts;
pub mod audit;
mod db;
mod election;
pub mod entries;
pub mod exports;
mod from_row;
mod migrations;
pub mod people;
pub mod registry;
pub mod results;

use std::sync::{Arc, OnceLock};

// Whoever uses a part names it without its folder.
pub use accounts::{certificates, consent, rights, secrets, tries};
pub use db::DatabaseConfig;
use db::{Db, on_db};
pub use election::StoredElection;
use entries::bind::Stranger;
use entries::brake::{Brake, ClockFault};
pub use entries::{HeadNow, append, below, bind, board, brake, filled, gates, hand_links, nodes, packs, scrub, tiles};
pub use people::{codes, seal, sessions};

/// An open ledger. Clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    db: Arc<Db>,
    /// Seals the secrets of second factors, once it is known.
    seal: Arc<OnceLock<seal::Seal>>,
    brake: Arc<Brake>,
}

/// Why the ledger could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A statement failed, or the database is not there.
    #[error("the database did not answer")]
    Database(#[source] sqlx::Error),
    /// The disk of the database is full.
    #[error("the database's disk is full")]
    Full(#[source] sqlx::Error),
    /// No answer came in time. Whether what was asked was done is not known.
    #[error("the database was silent for {0:?}")]
    Silent(std::time::Duration),
    /// The tables could not be brought up to date.
    #[error("the database's tables could not be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The environment variable with the server's address is not set.
    #[error("the environment variable {0} should hold the database's address and is not set")]
    NoAddress(String),
    /// The bundled SQLite is older than the version that is safe.
    #[error("SQLite {0} can damage its write-ahead log; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// The server acknowledges what it may forget.
    #[error("the database runs with {setting} = {value}: it may forget what it has acknowledged")]
    Forgetful {
        /// Its setting.
        setting: &'static str,
        /// What it is set to.
        value: String,
    },
    /// The secret of a second factor cannot be sealed or opened.
    #[error("the secret of a second factor is sealed: {0}")]
    Sealed(&'static str),
    /// A row does not hold what it must.
    #[error("the ledger holds something it never wrote: {0}")]
    Corrupt(String),
    /// The node must not speak for this log.
    #[error(transparent)]
    Stranger(#[from] Stranger),
    /// The time is wrong.
    #[error(transparent)]
    Clock(#[from] ClockFault),
    /// Nothing may be entered at the moment.
    #[error("nothing is entered: {0}")]
    Held(String),
    /// The writer of entries or audit rows has stopped.
    #[error("the ledger's writer has stopped")]
    Stopped,
}

/// The error for a row that does not hold what it must.
pub(crate) fn corrupt(what: impl std::fmt::Display) -> LedgerError {
    LedgerError::Corrupt(what.to_string())
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        // SQLite's SQLITE_FULL; PostgreSQL's disk_full.
        let full = |code: &str| code == "13" || code == "53100";
        match error.as_database_error().and_then(|error| error.code()).is_some_and(|code| full(&code)) {
            true => Self::Full(error),
            false => Self::Database(error),
        }
    }
}

impl LedgerError {
    /// Whether the connection to the database broke on the way, so that what was asked may have been done or not.
    pub fn leaves_doubt(&self) -> bool {
        match self {
            Self::Silent(_) => true,
            Self::Database(error) => {
                use sqlx::Error::{Io, PoolTimedOut, Protocol, Tls, WorkerCrashed};
                let ended = |code: &str| ["57P01", "57P02", "57P03", "25P03", "25P04"].contains(&code); // by the server
                let told = error.as_database_error().and_then(|error| error.code());
                matches!(error, Io(_) | PoolTimedOut | Protocol(_) | Tls(_) | WorkerCrashed)
                    || told.is_some_and(|code| ended(&code))
            }
            _ => false,
        }
    }
}

impl Ledger {
    /// Opens the database and brings its tables up to date.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, LedgerError> {
        let db = Arc::new(Db::open(config).await?);
        let ledger = Self { db, seal: Arc::default(), brake: Arc::default() };
        ledger.complete_subtrees().await?;
        ledger.audit_complete().await?;
        Ok(ledger)
    }

    /// The newest step of the migrations that the database has.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn schema(&self) -> Result<u32, LedgerError> {
        const NEWEST: &str = "SELECT MAX(version) FROM _sqlx_migrations";
        let version: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(NEWEST).fetch_one(pool).await?);
        Ok(version as u32)
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
