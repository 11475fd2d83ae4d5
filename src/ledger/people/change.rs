//! What people change themselves: the password, and the second factor. Every session ends by it but the one that goes on.

use super::END_SESSIONS;
use super::sessions::{ADD_SESSION, NewSession};
use crate::ledger::db::in_tx;
use crate::ledger::{Ledger, LedgerError};

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
