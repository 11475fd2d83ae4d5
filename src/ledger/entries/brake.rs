//! When nothing may be entered: the clock cannot be trusted, or the vault's copy of the log is another one. Reading goes on.
//!
//! An entry's time stays for ever, and so does every entry after it that must not be earlier. So a time that is more than
//! a minute ahead of the database's clock is never entered, whichever node it comes from.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::rows::NewEntry;
use crate::clock::Clock;
use crate::ledger::db::{Db, on_db};
use crate::ledger::{Ledger, LedgerError};

/// How far a node's clock may be ahead of the database's.
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// What is wrong with the time. Nothing is entered until it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockFault {
    /// The node's clock is ahead of the database server's.
    AheadOfDatabase(SignedDuration),
    /// The machine's clock jumped ahead while the service ran, and nothing else says what time it is.
    Jumped(SignedDuration),
    /// The newest entry is dated later than now: entries after it cannot be earlier.
    NewestAhead {
        /// Its time.
        at: Timestamp,
        /// How far that is ahead of the database's clock.
        by: SignedDuration,
    },
}

impl std::error::Error for ClockFault {}

impl fmt::Display for ClockFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |by: &SignedDuration| SignedDuration::from_secs(by.as_secs());
        match self {
            Self::AheadOfDatabase(by) => write!(
                f,
                "this machine's clock is {:#} ahead of the database server's: nothing is entered until one of the two \
                 is set right",
                seconds(by)
            ),
            Self::Jumped(by) => write!(
                f,
                "this machine's clock jumped ahead by {:#}: nothing is entered until it is set right. If the new time is \
                 the right one, restart the service",
                seconds(by)
            ),
            Self::NewestAhead { at, by } => write!(
                f,
                "the newest entry is dated {at}, which is {:#} ahead: nothing is entered before that time comes. If the \
                 clock is right now, `tutanak clock resume --reason TEXT` lets new entries carry the right time again; \
                 those that are dated wrongly stay as they are",
                seconds(by)
            ),
        }
    }
}

/// What holds entries back. Shared by all clones of a ledger.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Brake {
    held: Mutex<Option<String>>,
    /// The clock of a running node, which notices when the machine's time jumps.
    clock: OnceLock<Clock>,
}

const TIMES: &str = "SELECT at_ms FROM head WHERE id = 1";
const RESUME: &str = "UPDATE head SET at_ms = $1 WHERE id = 1 AND at_ms > $1";

/// Refuses `rows` that are dated ahead of the database's clock. Asked inside the transaction, once the head is locked.
macro_rules! in_time {
    ($ledger:expr, $tx:ident, $rows:expr, $now:expr) => {{
        let database_ms: i64 = sqlx::query_scalar($ledger.db.now()).fetch_one(&mut *$tx).await?;
        $crate::ledger::entries::brake::dated(&$rows, $now, database_ms)?;
    }};
}

pub(super) use in_time;

/// Whether entries that were decided at `now` may be written when the database's clock says `database_ms`.
pub(super) fn dated(rows: &[NewEntry], now: Timestamp, database_ms: i64) -> Result<(), ClockFault> {
    let newest = rows.iter().map(|row| row.entry.at).max();
    match newest {
        Some(at) => fault(now, at, database_ms).map_or(Ok(()), Err),
        None => Ok(()),
    }
}

fn fault(now: Timestamp, newest: Timestamp, database_ms: i64) -> Option<ClockFault> {
    let ahead = |at: Timestamp| SignedDuration::from_millis(at.as_millisecond().saturating_sub(database_ms));
    if ahead(now) > TOLERANCE {
        return Some(ClockFault::AheadOfDatabase(ahead(now)));
    }
    (ahead(newest) > TOLERANCE).then(|| ClockFault::NewestAhead { at: newest, by: ahead(newest) })
}

impl Ledger {
    /// Entries are refused from now on while `clock` has jumped ahead, where no other clock can be asked.
    pub fn keep_time(&self, clock: &Clock) {
        // A second node in the same process has a ledger of its own.
        let _ = self.brake.clock.set(clock.clone());
    }

    /// Refuses entries for `reason` until it is taken back with `None`. Gives whether that is news.
    pub fn hold(&self, reason: Option<String>) -> bool {
        let mut held = self.brake.held.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *held != reason;
        *held = reason;
        news
    }

    /// Why entries are refused at the moment, other than for the clock.
    pub fn held(&self) -> Option<String> {
        self.brake.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is wrong with the time, so that nothing can be entered. Costs two small questions to the database.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn clock_fault(&self, clock: &Clock) -> Result<Option<ClockFault>, LedgerError> {
        if let Some(by) = self.jumped() {
            return Ok(Some(ClockFault::Jumped(by)));
        }
        let (now, database_ms) = (clock.now(), self.database_ms().await?);
        let newest: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(TIMES).fetch_one(pool).await?);
        Ok(fault(now, Timestamp::from_millisecond(newest).unwrap_or(Timestamp::MAX), database_ms))
    }

    /// The database's clock.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn database_time(&self) -> Result<Timestamp, LedgerError> {
        Ok(Timestamp::from_millisecond(self.database_ms().await?).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Lets the next entry be dated earlier than the newest one, where that is ahead of the database's clock. Gives the
    /// time that the newest entry has; none where there is nothing to mend. No entry is changed.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn resume_time(&self) -> Result<Option<Timestamp>, LedgerError> {
        let database_ms = self.database_ms().await?;
        let newest: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(TIMES).fetch_one(pool).await?);
        let moved = crate::ledger::db::in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(RESUME).bind(database_ms).execute(&mut *tx).await?.rows_affected()
        });
        Ok((moved > 0).then(|| Timestamp::from_millisecond(newest).unwrap_or(Timestamp::MAX)))
    }

    /// Refuses while entries are held back.
    pub(super) fn may_enter(&self) -> Result<(), LedgerError> {
        if let Some(reason) = self.held() {
            return Err(LedgerError::Held(reason));
        }
        self.jumped().map_or(Ok(()), |by| Err(ClockFault::Jumped(by).into()))
    }

    /// PostgreSQL's clock says what time it is; beside SQLite there is only the machine's own.
    fn jumped(&self) -> Option<SignedDuration> {
        match &*self.db {
            Db::Sqlite { .. } => self.brake.clock.get().and_then(Clock::jumped),
            Db::Postgres(_) => None,
        }
    }

    async fn database_ms(&self) -> Result<i64, LedgerError> {
        let now = self.db.now();
        Ok(on_db!(&*self.db, |pool| sqlx::query_scalar(now).fetch_one(pool).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_ahead_is_taken_and_more_is_not() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(fault(at(60), at(60), 0), None);
        assert_eq!(fault(at(-86_400), at(0), 0), None, "a clock that is behind is another matter");
        assert!(matches!(fault(at(61), at(61), 0), Some(ClockFault::AheadOfDatabase(_))));
        assert!(matches!(fault(at(0), at(61), 0), Some(ClockFault::NewestAhead { .. })));
    }
}
