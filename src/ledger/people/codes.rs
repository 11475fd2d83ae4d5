//! Codes of second factors that were tried, counted for each person for all nodes together. It says what was counted; who has
//! to wait is not its business.

use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// Tries since the last right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeTries {
    /// How many.
    pub tries: i64,
    /// When the last one was, milliseconds since 1970.
    pub last_ms: i64,
}

from_row!(CodeTries { tries, last_ms });

/// Wrong codes that the person has not been told of yet, or has not said to know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongCodes {
    /// How many.
    pub wrong: i64,
    /// When the first one was, milliseconds since 1970.
    pub since_ms: i64,
    /// When the last one was.
    pub last_ms: i64,
}

from_row!(WrongCodes { wrong, since_ms, last_ms });

const READ: &str = "SELECT tries, last_ms FROM code_try WHERE person = $1";
const FIRST: &str =
    "INSERT INTO code_try (person, tries, last_ms, wrong) VALUES ($1, 1, $2, 0) ON CONFLICT (person) DO NOTHING";
const NEXT: &str = "UPDATE code_try SET tries = $4 + 1, last_ms = $5 WHERE person = $1 AND tries = $2 AND last_ms = $3";
const WRONG: &str =
    "UPDATE code_try SET wrong = wrong + 1, since_ms = COALESCE(since_ms, $2), wrong_ms = $2 WHERE person = $1";
const RIGHT: &str = "UPDATE code_try SET tries = 0 WHERE person = $1";
const SHOWN: &str = "SELECT wrong, since_ms, wrong_ms AS last_ms FROM code_try \
                     WHERE person = $1 AND wrong > 0 AND since_ms IS NOT NULL AND wrong_ms IS NOT NULL";
const SEEN: &str = "UPDATE code_try SET wrong = 0, since_ms = NULL WHERE person = $1 AND wrong = $2";

impl Ledger {
    /// What was counted for this person.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn code_tries(&self, person: &str) -> Result<Option<CodeTries>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(READ).bind(person).fetch_optional(pool).await?))
    }

    /// Counts one more try, where nobody counted another since `seen`; `before` of them still count. `false` when somebody
    /// did: nothing was counted.
    ///
    /// # Errors
    /// The database did not answer; nothing was counted.
    pub async fn code_try(
        &self,
        person: &str,
        seen: Option<CodeTries>,
        before: i64,
        now_ms: i64,
    ) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let counted = match seen {
                None => sqlx::query(FIRST).bind(person).bind(now_ms).execute(&mut *tx).await?,
                Some(seen) => {
                    let next = sqlx::query(NEXT).bind(person).bind(seen.tries).bind(seen.last_ms);
                    next.bind(before).bind(now_ms).execute(&mut *tx).await?
                }
            };
            counted.rows_affected() == 1
        }))
    }

    /// The code was wrong, which the person shall know.
    ///
    /// # Errors
    /// The database did not answer; nobody is told.
    pub async fn code_wrong(&self, person: &str, now_ms: i64) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(WRONG).bind(person).bind(now_ms).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The code was right: the next one is the first again.
    ///
    /// # Errors
    /// The database did not answer; the count stands.
    pub async fn code_right(&self, person: &str) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(RIGHT).bind(person).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The wrong codes that the person is told of; none where there are none.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn wrong_codes(&self, person: &str) -> Result<Option<WrongCodes>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(SHOWN).bind(person).fetch_optional(pool).await?))
    }

    /// The person knows of so many. Where there are more by now, they go on being told.
    ///
    /// # Errors
    /// The database did not answer; they go on being told.
    pub async fn wrong_codes_seen(&self, person: &str, wrong: i64) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(SEEN).bind(person).bind(wrong).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
