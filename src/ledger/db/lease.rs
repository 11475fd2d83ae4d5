//! Connections on loan: what was borrowed goes back to the pool only when its work ended well.
//!
//! A connection whose transaction failed, timed out or was dropped half-way may hold anything: a transaction that was
//! never ended, an answer that belongs to an earlier question, a line on which nobody answers any more. It is closed, and
//! the pool opens another.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

use crate::ledger::LedgerError;

/// How long the database may take for one piece of work before its connection is given up.
#[derive(Clone, Copy, Debug)]
pub(in crate::ledger) enum Pace {
    /// What somebody waits for: a lookup, a transaction of some rows.
    Prompt,
    /// What reads or writes much at a time, at a start or for one person.
    Patient,
}

impl Pace {
    /// SQLite itself waits up to [`BUSY`] for another program that writes.
    pub fn sqlite(self) -> Duration {
        match self {
            Self::Prompt => Duration::from_secs(30),
            Self::Patient => Duration::from_secs(600),
        }
    }

    /// A server that works says within its own limits that something took too long; these are for one that is silent.
    pub fn postgres(self) -> Duration {
        match self {
            Self::Prompt => Duration::from_secs(8),
            Self::Patient => Duration::from_secs(65),
        }
    }
}

/// How long SQLite waits for another program that writes.
pub(in crate::ledger) const BUSY: Duration = Duration::from_secs(20);
/// How long a connection may take to show that it is sound when it goes back.
const RETURN: Duration = Duration::from_secs(3);

/// A borrowed connection. Dropped before [`Lease::give_back`] it is closed.
pub(in crate::ledger) struct Lease<DB: Database> {
    connection: Option<PoolConnection<DB>>,
    sound: bool,
}

impl<DB: Database> Lease<DB> {
    /// Borrows a connection, for as long as the pool's own limit lets one wait.
    pub async fn take(pool: &Pool<DB>) -> Result<Self, LedgerError> {
        Ok(Self { connection: Some(pool.acquire().await?), sound: false })
    }

    /// The connection.
    pub fn connection(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect("it is taken only by drop")
    }

    /// The work ended well: the connection may be used again.
    pub fn give_back(mut self) {
        self.sound = true;
    }
}

impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.sound {
            // The pool asks a connection that comes back whether it is there. One that falls silent just then would keep
            // its place in the pool for ever.
            let returning = connection.return_to_pool();
            tokio::spawn(async move {
                let _ = tokio::time::timeout(RETURN, returning).await;
            });
        } else {
            // Detached, it gives its place free at once, whatever closing it takes.
            drop(connection.detach());
        }
    }
}

/// Does `work`, or gives up after `limit`.
///
/// # Errors
/// As `work`; or [`LedgerError::Silent`], when nobody knows how far it came.
pub(in crate::ledger) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, LedgerError>>,
) -> Result<T, LedgerError> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(LedgerError::Silent(limit)))
}
