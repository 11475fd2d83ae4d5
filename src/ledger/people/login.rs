//! What a login is compared with, and the change of a password.

use super::END_SESSIONS;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::sessions::{ADD_SESSION, NewSession};
use crate::ledger::{Ledger, LedgerError};

/// A person, what they log in with, and their account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonLogin {
    /// The login.
    pub person: String,
    /// First name and surname.
    pub person_name: String,
    /// Whether person and account may be used.
    pub active: bool,
    /// Argon2id string.
    pub password: String,
    /// Whether the password is still the slip's.
    pub must_change: bool,
    /// Milliseconds since 1970 from which the slip's password is refused.
    pub slip_until_ms: Option<i64>,
    /// Whether the slip's password was used.
    pub slip_used: bool,
    /// Secret of the second factor, base 32.
    pub totp: Option<String>,
    /// The last step that was used.
    pub totp_step: i64,
    /// The account.
    pub account: String,
    /// As election users know it.
    pub account_name: String,
    /// `party`, `candidate`, `board`, `operator` or `auditor`.
    pub kind: String,
    /// Where a board sits.
    pub place: Option<String>,
    /// CIDR ranges of the account, separated by spaces.
    pub addresses: String,
    /// Name of the gate that must be open before the account may see scans.
    pub opens_with: String,
}

/// A password that takes another's place.
#[derive(Clone, Debug)]
pub struct PasswordChange<'a> {
    /// The login.
    pub person: &'a str,
    /// The stored form that was compared with: if it is another by now, nothing is changed.
    pub before: &'a str,
    /// The stored form from now on.
    pub after: &'a str,
    /// Whether a slip's password may be used although it has opened a session: inside that session it may.
    pub inside_session: bool,
    /// The session that goes on from here.
    pub session: Option<&'a NewSession>,
}

/// A second factor that takes another's place, or is the first.
#[derive(Clone, Debug)]
pub struct FactorChange<'a> {
    /// The login.
    pub person: &'a str,
    /// The stored form of the password that was compared with: if it is another by now, nothing is changed.
    pub password: &'a str,
    /// Secret and proved step of the factor that is there.
    pub before: Option<(&'a str, i64)>,
    /// Secret and proved step of the new one.
    pub after: (&'a str, i64),
    /// The session that goes on from here.
    pub session: Option<&'a NewSession>,
}

const LOGIN: &str = "SELECT p.id AS person, p.name AS person_name, (a.active AND p.seat IS NOT NULL) AS active, p.password, \
                     p.must_change, p.slip_until_ms, p.slip_used, p.totp, p.totp_step, p.account, a.name AS account_name, \
                     a.kind, a.place, a.addresses, a.opens_with FROM person p JOIN account a ON a.id = p.account WHERE p.id = $1";
const NAMED: &str = "SELECT account, id AS person FROM person WHERE id = $1 \
                     UNION ALL SELECT id AS account, NULL AS person FROM account WHERE id = $1";
const USE_STEP: &str = "UPDATE person SET totp_step = $1 WHERE id = $2 AND totp_step < $1 AND totp IS NOT NULL";
const CHANGE: &str = "UPDATE person SET password = $1, must_change = FALSE, slip_until_ms = NULL, slip_used = FALSE \
                      WHERE id = $2 AND password = $3 AND seat IS NOT NULL AND ($4 OR NOT (must_change AND slip_used))";
const FACTOR: &str = "SELECT totp FROM person WHERE id = $1";
const CHANGE_FACTOR: &str = "UPDATE person SET totp = $1, totp_step = $2 WHERE id = $3 AND password = $4 AND seat IS NOT NULL \
                             AND NOT must_change AND ((totp IS NULL AND $5 IS NULL) OR (totp = $5 AND totp_step < $6))";

/// Ends every session of a person; the one that is given begins.
macro_rules! begin_anew {
    ($tx:ident, $person:expr, $session:expr) => {
        sqlx::query(END_SESSIONS).bind($person).execute(&mut *$tx).await?;
        if let Some(new) = $session {
            let add = sqlx::query(ADD_SESSION).bind(&new.token[..]).bind(new.id()).bind(&new.person);
            let add = add.bind(&new.address).bind(&new.agent).bind(new.began_ms).bind(new.ends_ms);
            add.execute(&mut *$tx).await?;
        }
    };
}

impl Ledger {
    /// What the login is compared with.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn person_login(&self, id: &str) -> Result<Option<PersonLogin>, LedgerError> {
        let found: Option<PersonLogin> =
            on_db!(&*self.db, |pool| sqlx::query_as(LOGIN).bind(id).fetch_optional(pool).await?);
        found.map(|login| self.with_opened_factor(login)).transpose()
    }

    pub(in crate::ledger) fn with_opened_factor(&self, login: PersonLogin) -> Result<PersonLogin, LedgerError> {
        let totp = login.totp.as_deref().map(|stored| self.opened(&login.person, stored)).transpose()?;
        Ok(PersonLogin { totp, ..login })
    }

    /// Who has this name: the account and the person with this login, and the account that is called so.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn named(&self, name: &str) -> Result<Vec<(String, Option<String>)>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(NAMED).bind(name).fetch_all(pool).await?))
    }

    /// Uses a step of somebody's second factor up. `false` when it, or a later one, was used before.
    ///
    /// # Errors
    /// The database did not answer; it was not used.
    pub async fn person_use_step(&self, id: &str, step: i64) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(USE_STEP).bind(step).bind(id).execute(&mut *tx).await?.rows_affected() == 1
        }))
    }

    /// Changes a password and ends every session of the person but the one that is given. `false` when the password has
    /// changed meanwhile, the person is passive, or a used slip is used again: nothing was changed then.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn person_change_password(&self, change: &PasswordChange<'_>) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(CHANGE).bind(change.after).bind(change.person).bind(change.before);
            let changed = set.bind(change.inside_session).execute(&mut *tx).await?.rows_affected() == 1;
            if changed {
                begin_anew!(tx, change.person, change.session);
            }
            changed
        }))
    }

    /// Sets a second factor up in the place of the one that was proved, and ends every session of the person but the one that
    /// is given. `false` when password or factor are others meanwhile, or the step was used before: nothing was changed then.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn person_change_factor(&self, change: &FactorChange<'_>) -> Result<bool, LedgerError> {
        let (before, (after, step)) = (change.before.unzip(), change.after);
        let after = self.sealed(change.person, after)?;
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let stored: Option<Option<String>> =
                sqlx::query_scalar(FACTOR).bind(change.person).fetch_optional(&mut *tx).await?;
            let stored = stored.flatten();
            let there = stored.as_deref().map(|stored| self.opened(change.person, stored)).transpose()?;
            if there.as_deref() != before.0 {
                return Ok(false);
            }
            let set = sqlx::query(CHANGE_FACTOR).bind(&after).bind(step).bind(change.person).bind(change.password);
            let set = set.bind(&stored).bind(before.1.unwrap_or_default());
            let changed = set.execute(&mut *tx).await?.rows_affected() == 1;
            if changed {
                begin_anew!(tx, change.person, change.session);
            }
            changed
        }))
    }
}
