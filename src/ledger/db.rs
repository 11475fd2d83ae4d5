//! The two database engines behind one text of SQL. Statements here and in the sibling files are written in what both
//! speak; nothing outside `ledger` may see a pool.

pub(super) mod lease;
mod private;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Deserialize;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgConnection, PgPool, SqliteConnection, SqlitePool};

use super::{LedgerError, migrations};
use crate::space::Disk;
use lease::{BUSY, Pace, within};
use private::keep_private;

/// Where the ledger lies.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum DatabaseConfig {
    /// One file on this machine. Every commit is synced to disk before it is acknowledged.
    Sqlite {
        /// The database file. It must lie on a local file system: SQLite's write-ahead log needs shared memory.
        path: PathBuf,
    },
    /// A server that several nodes share. Its address, with user and password, comes from an environment variable.
    Postgres {
        /// Name of the environment variable that holds `postgres://…`.
        url_from: String,
        /// Connections this node opens at most.
        #[serde(default = "default_connections")]
        connections: u32,
    },
    /// The same with an address in hand, for tests that make a database of their own. Not for configuration files.
    #[serde(skip)]
    PostgresAt {
        /// `postgres://…`.
        url: String,
        /// Connections this node opens at most.
        connections: u32,
    },
}

impl DatabaseConfig {
    /// The disk of this machine that it writes to; none for a server.
    pub fn disk(&self) -> Option<Disk> {
        let Self::Sqlite { path } = self else { return None };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(Disk { name: "database", path: directory.to_owned() })
    }
}

fn default_connections() -> u32 {
    16
}

/// The database's own clock, in milliseconds since 1970.
const SQLITE_NOW: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const POSTGRES_NOW: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

/// An open database.
#[derive(Clone, Debug)]
pub(super) enum Db {
    /// SQLite lets one connection write at a time, so there is one; readers have their own.
    Sqlite { read: SqlitePool, write: SqlitePool },
    /// PostgreSQL, read and written through one pool.
    Postgres(PgPool),
}

/// Runs the body with a connection that may read, on whichever engine is open. The body is type-checked against each.
macro_rules! on_db {
    ($db:expr, |$connection:ident| $body:expr) => {
        $crate::ledger::db::on_db!($db, Prompt, |$connection| $body)
    };
    ($db:expr, $pace:ident, |$connection:ident| $body:expr) => {
        match $db {
            $crate::ledger::db::Db::Sqlite { read: pool, .. } => {
                let limit = $crate::ledger::db::lease::Pace::$pace.sqlite();
                $crate::ledger::db::reading!(pool, limit, |$connection| $body)
            }
            $crate::ledger::db::Db::Postgres(pool) => {
                let limit = $crate::ledger::db::lease::Pace::$pace.postgres();
                $crate::ledger::db::reading!(pool, limit, |$connection| $body)
            }
        }
    };
}

/// One arm of [`on_db`].
macro_rules! reading {
    ($pool:ident, $limit:ident, |$connection:ident| $body:expr) => {{
        let mut lease = $crate::ledger::db::lease::Lease::take($pool).await?;
        let work = async {
            let $connection = lease.connection();
            Ok::<_, $crate::ledger::LedgerError>($body)
        };
        let out = $crate::ledger::db::lease::within($limit, work).await?;
        lease.give_back();
        out
    }};
}

/// Runs the body inside one writing transaction and commits it. `$engine` names the sqlx type of the engine in the body.
/// `return` in the body ends the transaction without a commit, and gives its value in the place of the body's.
macro_rules! in_tx {
    ($db:expr, |$tx:ident, $engine:ident| $body:block) => {
        $crate::ledger::db::in_tx!($db, Prompt, |$tx, $engine| $body)
    };
    ($db:expr, $pace:ident, |$tx:ident, $engine:ident| $body:block) => {
        match $db {
            $crate::ledger::db::Db::Sqlite { write: pool, .. } => {
                let limit = $crate::ledger::db::lease::Pace::$pace.sqlite();
                // IMMEDIATE: a transaction that read first could find, when it wants to write, that it must start again.
                $crate::ledger::db::writing!(pool, limit, "BEGIN IMMEDIATE", sqlx::Sqlite, |$tx, $engine| $body)
            }
            $crate::ledger::db::Db::Postgres(pool) => {
                let limit = $crate::ledger::db::lease::Pace::$pace.postgres();
                $crate::ledger::db::writing!(pool, limit, "BEGIN", sqlx::Postgres, |$tx, $engine| $body)
            }
        }
    };
}

/// One arm of [`in_tx`].
macro_rules! writing {
    ($pool:ident, $limit:ident, $begin:literal, $sqlx:ty, |$tx:ident, $engine:ident| $body:block) => {{
        #[allow(dead_code, reason = "not every body builds a statement of variable length")]
        type $engine = $sqlx;
        let mut lease = $crate::ledger::db::lease::Lease::take($pool).await?;
        let work = async {
            let mut $tx = sqlx::Connection::begin_with(lease.connection(), $begin).await?;
            let out = $body;
            $tx.commit().await?;
            Ok::<_, $crate::ledger::LedgerError>(out)
        };
        let out = $crate::ledger::db::lease::within($limit, work).await?;
        lease.give_back();
        out
    }};
}

pub(super) use {in_tx, on_db, reading, writing};

/// SQLite before this version can damage a database when a write-ahead log is reset (fixed in March 2026).
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);

impl Db {
    /// Opens the database and brings its tables up to date.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, LedgerError> {
        match config {
            DatabaseConfig::Sqlite { path } => Self::open_sqlite(path).await,
            DatabaseConfig::Postgres { url_from, connections } => {
                let url = std::env::var(url_from).map_err(|_| LedgerError::NoAddress(url_from.clone()))?;
                Self::open_postgres(&url, *connections).await
            }
            DatabaseConfig::PostgresAt { url, connections } => Self::open_postgres(url, *connections).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self, LedgerError> {
        let _opening = opening(path).await?;
        let readers = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .statement_cache_capacity(256);
        let writer = readers
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL, because a receipt must survive a power cut; NORMAL may lose the last commits.
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "4000");
        // A connection to a file does not get lost while nobody uses it, so it is not asked before each use whether it is there.
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let write = pool().max_connections(1).acquire_timeout(WAIT_FOR_THE_WRITER).after_release(is_at_rest);
        let write = write.connect_with(writer).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&write).await?;
        if !new_enough(&version) {
            return Err(LedgerError::OldSqlite(version));
        }
        within(Pace::Patient.sqlite(), async { Ok(migrations::sqlite().run(&write).await?) }).await?;
        let read = pool().max_connections(8).connect_with(readers.read_only(true)).await?;
        Ok(Self::Sqlite { read, write })
    }

    async fn open_postgres(url: &str, connections: u32) -> Result<Self, LedgerError> {
        let options = PgConnectOptions::from_str(url)?.application_name("tutanak").options(SERVER_LIMITS);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(WAIT_FOR_A_CONNECTION)
            // Asked by ourselves, because the pool's own question has no limit.
            .test_before_acquire(false)
            .before_acquire(answers)
            .connect_with(options)
            .await?;
        within(MIGRATIONS, async { Ok(migrations::postgres().run(&pool).await?) }).await?;
        for setting in ["fsync", "synchronous_commit"] {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&pool).await?;
            if value == "off" || value == "local" {
                return Err(LedgerError::Forgetful { setting, value });
            }
        }
        Ok(Self::Postgres(pool))
    }

    /// The statement that asks the database for its clock.
    pub fn now(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => SQLITE_NOW,
            Self::Postgres(_) => POSTGRES_NOW,
        }
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// How long a writer may wait for the one that has SQLite's only writing connection.
const WAIT_FOR_THE_WRITER: Duration = Duration::from_secs(30);
/// How long somebody may wait for a connection to the server, a new one included.
const WAIT_FOR_A_CONNECTION: Duration = Duration::from_secs(8);
/// Migrations of a full database may build an index over all of it.
const MIGRATIONS: Duration = Duration::from_secs(3600);

/// What the server is told of each connection. A node that dies or falls silent half-way must not hold the head row of all
/// others: a transaction that waits for its node for so long is ended by the server, and a node that does not acknowledge
/// is given up. The other direction has no such setting in `sqlx`; there [`within`] decides.
const SERVER_LIMITS: [(&str, &str); 7] = [
    ("lock_timeout", "6s"),
    ("statement_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "4s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// A connection that was used this recently is not asked whether it is there.
const JUST_USED: Duration = Duration::from_millis(100);
/// How long a connection that was idle may take to answer before another is opened in its place.
const ANSWER: Duration = Duration::from_secs(1);

/// Whether a connection that was idle still answers. An error closes it.
fn answers(connection: &mut PgConnection, seen: PoolConnectionMetadata) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
    Box::pin(async move {
        if seen.idle_for < JUST_USED {
            return Ok(true);
        }
        let silent = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
        tokio::time::timeout(ANSWER, connection.ping()).await.map_err(silent)?.map(|()| true)
    })
}

/// Whether a connection that comes back is out of its transaction. After a failed commit or rollback sqlx counts it as
/// inside one for ever, and no transaction can begin on it any more.
fn is_at_rest(
    connection: &mut SqliteConnection,
    _: PoolConnectionMetadata,
) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
    Box::pin(async move {
        connection.ping().await?; // behind the rollback of a transaction that was dropped
        Ok(!connection.is_in_transaction())
    })
}

/// Keeps programs that open the same file apart until the tables are there: neither the switch to a write-ahead log nor
/// migrations wait for one another in SQLite.
async fn opening(path: &Path) -> Result<std::fs::File, LedgerError> {
    let (lock, path) = (path.with_added_extension("opening"), path.to_owned());
    let held = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
        let file = std::fs::File::create(lock)?;
        file.lock()?;
        keep_private(&path)?;
        Ok(file)
    });
    Ok(held.await.map_err(std::io::Error::other).flatten().map_err(sqlx::Error::Io)?)
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= SQLITE_AT_LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_with_the_log_reset_bug_is_refused() {
        assert!(!new_enough("3.40.1") && !new_enough("3.51.2"));
        assert!(new_enough("3.51.3") && new_enough("3.52.0") && new_enough("4.0.0"));
    }
}
