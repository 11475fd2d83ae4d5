//! Wrong tries at logins, counted for all nodes together. It says what was counted; who has to wait is not its business.

use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// What is known of one login at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongTries {
    /// Wrong tries since the last right one.
    pub wrong: i64,
    /// When the last one was, or was let through to be looked at; milliseconds since 1970.
    pub last_ms: i64,
}

from_row!(WrongTries { wrong, last_ms });

const READ: &str = "SELECT wrong, last_ms FROM wrong_try WHERE origin = $1 AND bucket = $2";
const CLAIM: &str =
    "UPDATE wrong_try SET last_ms = $3 WHERE origin = $1 AND bucket = $2 AND wrong = $4 AND last_ms = $5";
const COUNT: &str = "INSERT INTO wrong_try (origin, bucket, wrong, last_ms) VALUES ($1, $2, 1, $3) \
                     ON CONFLICT (origin, bucket) DO UPDATE SET \
                     wrong = CASE WHEN wrong_try.last_ms < $4 THEN 1 ELSE wrong_try.wrong + 1 END, \
                     last_ms = CASE WHEN wrong_try.last_ms > $3 THEN wrong_try.last_ms ELSE $3 END";
const FORGIVE: &str = "DELETE FROM wrong_try WHERE origin = $1 AND bucket = $2";
const FORGET: &str = "DELETE FROM wrong_try WHERE last_ms < $1";
const WAS_RIGHT: &str = "SELECT COUNT(*) FROM right_login WHERE origin = $1 AND login = $2 AND last_ms >= $3";
const RIGHT: &str = "INSERT INTO right_login (origin, login, last_ms) VALUES ($1, $2, $3) \
                     ON CONFLICT (origin, login) DO UPDATE SET last_ms = $3";
const FORGET_RIGHT: &str = "DELETE FROM right_login WHERE last_ms < $1";

impl Ledger {
    /// Whether this login was right at this address since `since_ms`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn login_was_right(&self, origin: &str, login: &str, since_ms: i64) -> Result<bool, LedgerError> {
        let there: i64 = on_db!(&*self.db, |pool| {
            sqlx::query_scalar(WAS_RIGHT).bind(origin).bind(login).bind(since_ms).fetch_one(pool).await?
        });
        Ok(there > 0)
    }

    /// Notes that this login was right at this address, and forgets what was noted before `forgotten_ms`.
    ///
    /// # Errors
    /// The database did not answer; it was not noted.
    pub async fn login_right(
        &self,
        origin: &str,
        login: &str,
        now_ms: i64,
        forgotten_ms: i64,
    ) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(RIGHT).bind(origin).bind(login).bind(now_ms).execute(&mut *tx).await?;
            sqlx::query(FORGET_RIGHT).bind(forgotten_ms).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// What was counted for this bucket of logins at this address.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn wrong_tries(&self, origin: &str, bucket: u16) -> Result<Option<WrongTries>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| {
            sqlx::query_as(READ).bind(origin).bind(i64::from(bucket)).fetch_optional(pool).await?
        }))
    }

    /// Claims the next comparison: `false` when somebody else claimed it, or counted another try, since `seen`.
    ///
    /// # Errors
    /// The database did not answer; nothing was taken.
    pub async fn wrong_tries_claim(
        &self,
        origin: &str,
        bucket: u16,
        seen: WrongTries,
        now_ms: i64,
    ) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let claim = sqlx::query(CLAIM).bind(origin).bind(i64::from(bucket)).bind(now_ms);
            claim.bind(seen.wrong).bind(seen.last_ms).execute(&mut *tx).await?.rows_affected() == 1
        }))
    }

    /// Counts a wrong try. Counts that were last changed before `forgotten_ms` are forgotten.
    ///
    /// # Errors
    /// The database did not answer; it was not counted.
    pub async fn wrong_tries_count(
        &self,
        origin: &str,
        bucket: u16,
        now_ms: i64,
        forgotten_ms: i64,
    ) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            let count = sqlx::query(COUNT).bind(origin).bind(i64::from(bucket)).bind(now_ms).bind(forgotten_ms);
            count.execute(&mut *tx).await?;
            sqlx::query(FORGET).bind(forgotten_ms).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// A right one broke the row.
    ///
    /// # Errors
    /// The database did not answer; the count stands.
    pub async fn wrong_tries_forgive(&self, origin: &str, bucket: u16) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(FORGIVE).bind(origin).bind(i64::from(bucket)).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
