//! People of accounts: who may log in, at most ten a party, and what they log in with.
//!
//! The limit holds by a lock on the account's row, and behind it by the table: there are ten seats, and no two people on
//! one.

mod change;
pub mod codes;
mod define;
mod login;
pub mod seal;
pub mod sessions;

use super::db::{in_tx, on_db};
use super::from_row::from_row;
use super::{Ledger, LedgerError};
use crate::domain::person::Role;
pub use change::{FactorChange, PasswordChange};
pub(super) use define::ADD_PERSON;
pub use define::{Defined, Definition, Refused};
pub use login::PersonLogin;

/// Somebody, without what they log in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The login.
    pub id: String,
    /// The account.
    pub account: String,
    /// None of somebody passive.
    pub seat: Option<i64>,
    /// `representative` or `user`.
    pub role: String,
    /// First name and surname.
    pub name: String,
    /// Telephone number.
    pub phone: String,
    /// E-mail address, in lower case.
    pub email: String,
    /// Passive since before an election: only a new form brings the person back.
    pub needs_form: bool,
    /// Whether the password is still the slip's.
    pub must_change: bool,
    /// Milliseconds since 1970 from which the slip's password is refused.
    pub slip_until_ms: Option<i64>,
    /// Whether the slip's password was used.
    pub slip_used: bool,
    /// Whether there is a second factor.
    pub second_factor: bool,
}

from_row!(Person {
    id,
    account,
    seat,
    role,
    name,
    phone,
    email,
    needs_form,
    must_change,
    slip_until_ms,
    slip_used,
    second_factor,
});

/// Why somebody could not be made active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotActivated {
    /// No such login.
    #[error("no such person")]
    Missing,
    /// All ten are taken.
    #[error("ten people of this account are active already")]
    NoSeat,
    /// Made passive before an election.
    #[error("only a new request form brings this person back")]
    NeedsForm,
}

const PEOPLE: &str = "SELECT id, account, seat, role, name, phone, email, needs_form, must_change, slip_until_ms, slip_used, \
                      totp IS NOT NULL AS second_factor FROM person \
                      WHERE ($1 IS NULL OR account = $1) AND ($2 IS NULL OR id = $2) ORDER BY account, number LIMIT $3";
/// Whoever holds this has the account's seats for itself until the commit.
pub(super) const LOCK_OF: &str =
    "UPDATE account SET active = active WHERE id = (SELECT account FROM person WHERE id = $1) RETURNING id";
const TAKEN: &str = "SELECT seat FROM person WHERE account = $1 AND seat IS NOT NULL";
const STATE: &str = "SELECT account, seat, needs_form FROM person WHERE id = $1";
const SIT: &str = "UPDATE person SET seat = $1 WHERE id = $2";
const STAND: &str = "UPDATE person SET seat = NULL WHERE id = $1 AND seat IS NOT NULL";
const END_SESSIONS: &str = "DELETE FROM session WHERE person = $1";
const STAND_ALL: &str = "UPDATE person SET seat = NULL, needs_form = TRUE WHERE role = 'user' AND needs_form = FALSE \
                         AND account IN (SELECT id FROM account WHERE kind IN ('party', 'candidate')) RETURNING id";
const END_SESSIONS_OF_PASSIVE: &str = "DELETE FROM session WHERE person IN (SELECT id FROM person WHERE seat IS NULL)";
const NEW_SLIP: &str = "UPDATE person SET password = $1, must_change = TRUE, slip_until_ms = $2, slip_used = FALSE \
                        WHERE id = $3 AND seat IS NOT NULL";
const SET_ROLE: &str = "UPDATE person SET role = $1 WHERE id = $2 AND role <> $1";
const THERE: &str = "SELECT COUNT(*) FROM person WHERE id = $1";
const SET_TOTP: &str = "UPDATE person SET totp = $1, totp_step = $2 WHERE id = $3";

/// The first seat that nobody sits on.
pub(super) fn free_seat(taken: &[i64]) -> Option<i64> {
    (1..=crate::domain::person::SEATS as i64).find(|seat| !taken.contains(seat))
}

impl Ledger {
    /// People of one account or of all, in the order in which they came.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn people(&self, account: Option<&str>) -> Result<Vec<Person>, LedgerError> {
        self.find_people(account, None).await
    }

    /// The person with this login.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, LedgerError> {
        Ok(self.find_people(None, Some(id)).await?.pop())
    }

    async fn find_people(&self, account: Option<&str>, id: Option<&str>) -> Result<Vec<Person>, LedgerError> {
        /// Some 60 accounts of ten people, and those of elections before.
        const MOST: i64 = 100_000;
        Ok(on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(PEOPLE).bind(account).bind(id).bind(MOST);
            query.fetch_all(pool).await?
        }))
    }

    /// Makes somebody active again, with the password they had.
    ///
    /// # Errors
    /// The database did not answer; or, inside, why not.
    pub async fn person_activate(&self, id: &str) -> Result<Result<(), NotActivated>, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(LOCK_OF).bind(id).execute(&mut *tx).await?;
            let state: Option<(String, Option<i64>, bool)> =
                sqlx::query_as(STATE).bind(id).fetch_optional(&mut *tx).await?;
            match state {
                None => Err(NotActivated::Missing),
                Some((_, Some(_), _)) => Ok(()),
                Some((_, None, true)) => Err(NotActivated::NeedsForm),
                Some((account, None, false)) => {
                    let taken: Vec<i64> = sqlx::query_scalar(TAKEN).bind(&account).fetch_all(&mut *tx).await?;
                    match free_seat(&taken) {
                        None => Err(NotActivated::NoSeat),
                        Some(seat) => {
                            sqlx::query(SIT).bind(seat).bind(id).execute(&mut *tx).await?;
                            Ok(())
                        }
                    }
                }
            }
        }))
    }

    /// Makes somebody passive and ends their sessions. `false` where nobody active has this login.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn person_passivate(&self, id: &str) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(LOCK_OF).bind(id).execute(&mut *tx).await?;
            let stood = sqlx::query(STAND).bind(id).execute(&mut *tx).await?.rows_affected() == 1;
            sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            stood
        }))
    }

    /// Makes every user of every party passive but the representatives, until a new form names them again (2019 circular,
    /// art. 5/4). Gives their logins; those that need a form already are not among them.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn people_passivate_before_election(&self) -> Result<Vec<String>, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let mut passive: Vec<String> = sqlx::query_scalar(STAND_ALL).fetch_all(&mut *tx).await?;
            sqlx::query(END_SESSIONS_OF_PASSIVE).execute(&mut *tx).await?;
            passive.sort();
            passive
        }))
    }

    /// Gives somebody active the password of a new slip and ends their sessions. `false` where nobody is.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn person_new_slip(&self, id: &str, password: &str, until_ms: i64) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let slip = sqlx::query(NEW_SLIP).bind(password).bind(until_ms).bind(id);
            let given = slip.execute(&mut *tx).await?.rows_affected() == 1;
            if given {
                sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            }
            given
        }))
    }

    /// Makes somebody a representative, or a user like the others, and ends their sessions if that changes anything.
    /// `false` where nobody has this login.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn person_set_role(&self, id: &str, role: Role) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(LOCK_OF).bind(id).execute(&mut *tx).await?;
            let set = sqlx::query(SET_ROLE).bind(role.name()).bind(id).execute(&mut *tx).await?;
            if set.rows_affected() > 0 {
                sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            }
            let there: i64 = sqlx::query_scalar(THERE).bind(id).fetch_one(&mut *tx).await?;
            there == 1
        }))
    }

    /// Sets or removes somebody's second factor. `step` is the last one that counts as used.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn person_set_totp(&self, id: &str, secret: Option<&str>, step: i64) -> Result<bool, LedgerError> {
        let secret = secret.map(|secret| self.sealed(id, secret)).transpose()?;
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(SET_TOTP).bind(&secret).bind(step).bind(id);
            set.execute(&mut *tx).await?.rows_affected() == 1
        }))
    }
}
