//! A person's own password: a slip's, which opens one session within 72 hours, or the chosen one that took its place; and how
//! it is replaced by who knows it.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::passwords::{self, BadPassword, PasswordError, Passwords};
use super::secrets::SecretError;
use crate::ledger::people::{PasswordChange, PersonLogin};
use crate::ledger::{Ledger, LedgerError};

/// How long a slip's password may be used (OWASP ASVS 6.4.1).
pub const SLIP_HOURS: i64 = 72;

/// When the password of a slip that is made now is refused.
pub fn slip_until(now: Timestamp) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(SLIP_HOURS)).unwrap_or(Timestamp::MAX)
}

/// The password was not replaced; the present one holds on.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is not the right one, or its slip is used or too old.
    #[error("the present password is not right, or its slip was used already or is older than {SLIP_HOURS} hours")]
    WrongPassword,
    /// Too many wrong tries: nothing was looked at.
    #[error("too many wrong tries; the next one is looked at in {retry_after} seconds")]
    NotNow {
        /// Seconds after which a try is looked at again.
        retry_after: u32,
    },
    /// The new one will not do.
    #[error("{0}")]
    BadPassword(#[from] BadPassword),
    /// No session could be made to go on with.
    #[error("no secret could be made")]
    Secret(#[from] SecretError),
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Password(#[from] PasswordError),
    /// The database did not answer.
    #[error("people could not be read or written")]
    Ledger(#[from] LedgerError),
}

/// Replaces a password outside any session, by who knows the present one. Every session of the person ends.
///
/// # Errors
/// See [`ChangeError`]; the present one holds on.
pub async fn change(
    ledger: &Ledger,
    passwords: &Passwords,
    login: &str,
    present: &str,
    new: &str,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let known = ledger.person_login(login).await?;
    let stored = known.as_ref().map(|known| known.password.clone());
    let right = passwords.matches(stored, &as_typed(known.as_ref(), present)).await?;
    let Some(known) = known.filter(|known| right && known.active && slip_holds(known, now)) else {
        return Err(ChangeError::WrongPassword);
    };
    let after = replacement(&known, passwords, present, new).await?;
    let change =
        PasswordChange { person: login, before: &known.password, after: &after, inside_session: false, session: None };
    match ledger.person_change_password(&change).await? {
        true => Ok(()),
        false => Err(ChangeError::WrongPassword),
    }
}

/// The stored form of a new password, if it will do.
///
/// # Errors
/// It will not do, or cannot be hashed.
pub(super) async fn replacement(
    known: &PersonLogin,
    passwords: &Passwords,
    present: &str,
    new: &str,
) -> Result<String, ChangeError> {
    let own = [known.person.as_str(), &known.person_name, &known.account, &known.account_name];
    let accepted = passwords::accept(new, &own)?;
    if new == present || accepted == present {
        return Err(BadPassword::Same.into());
    }
    Ok(passwords.hash(accepted).await?)
}

/// The text that is compared. Slips print passwords in groups, so gaps that are typed are removed.
pub(super) fn as_typed<'a>(known: Option<&PersonLogin>, password: &'a str) -> Cow<'a, str> {
    match known.is_some_and(|known| known.must_change) {
        true => Cow::Owned(password.split_whitespace().collect()),
        false => Cow::Borrowed(password),
    }
}

/// Whether the password may still open something: a chosen one always, a slip's once and not for ever.
pub(super) fn slip_holds(known: &PersonLogin, now: Timestamp) -> bool {
    !known.must_change || (!known.slip_used && is_in_time(known, now))
}

/// Whether a slip's password is not older than it may be. Inside the one session that it opened this alone is asked.
pub(super) fn is_in_time(known: &PersonLogin, now: Timestamp) -> bool {
    !known.must_change || known.slip_until_ms.is_none_or(|until| now.as_millisecond() < until)
}
