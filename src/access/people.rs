//! Web users of parties, candidates and boards: defined, given slips, made passive and active. A slip's password is handed back once
//! and never readable again.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::passwords::{self, BadPassword, PasswordError, Passwords};
use super::secrets::{self, SecretError};
use super::slip::Slip;
use crate::domain::person::{Email, PersonName, Phone, Role};
use crate::ledger::people::{Defined, Definition, PasswordChange, PersonLogin, Refused};
use crate::ledger::{Ledger, LedgerError};

/// How long a slip's password may be used (OWASP ASVS 6.4.1).
pub const SLIP_HOURS: i64 = 72;

/// When the password of a slip that is made now is refused.
pub fn slip_until(now: Timestamp) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(SLIP_HOURS)).unwrap_or(Timestamp::MAX)
}

/// Somebody who shall be able to log in, as the form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The party's, candidate's or board's account.
    pub account: String,
    /// What they are for it.
    pub role: Role,
    /// First name and surname.
    pub name: PersonName,
    /// Telephone.
    pub phone: Phone,
    /// E-mail address.
    pub email: Email,
}

/// What became of somebody who was wanted.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The login.
    pub login: String,
    /// The slip; none where they are active already and keep their password.
    pub slip: Option<Slip>,
}

/// Nobody was changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The rules do not allow it.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// Nobody active has this login.
    #[error("nobody active has the login {0}")]
    Nobody(String),
    /// The password that should be replaced is not the right one, or its slip is used or too old.
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
    /// No secret could be made.
    #[error("no secret could be made")]
    Secret(#[from] SecretError),
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Password(#[from] PasswordError),
    /// The database did not answer.
    #[error("people could not be read or written")]
    Ledger(#[from] LedgerError),
}

/// Defines people and sets their accounts' address lists (account, ranges), in one transaction: all or nothing.
///
/// Whoever is active already keeps the password, so the same form twice gives no second slip.
///
/// # Errors
/// See [`PeopleError`]; nothing was changed.
pub async fn define(
    ledger: &Ledger,
    passwords: &Passwords,
    wanted: &[Wanted],
    addresses: &[(String, String)],
    now: Timestamp,
) -> Result<Vec<Outcome>, PeopleError> {
    define_all(ledger, passwords, wanted, addresses, now, false).await
}

/// Defines one person who is not known yet.
///
/// # Errors
/// See [`PeopleError`]; somebody of the account who has the e-mail address already is not changed.
pub async fn add(ledger: &Ledger, passwords: &Passwords, wanted: Wanted, now: Timestamp) -> Result<Slip, PeopleError> {
    let (account, email) = (wanted.account.clone(), wanted.email.to_string());
    let outcome = define_all(ledger, passwords, &[wanted], &[], now, true).await?.pop();
    outcome.and_then(|outcome| outcome.slip).ok_or(PeopleError::Refused(Refused::Known { account, email }))
}

async fn define_all(
    ledger: &Ledger,
    passwords: &Passwords,
    wanted: &[Wanted],
    addresses: &[(String, String)],
    now: Timestamp,
    only_new: bool,
) -> Result<Vec<Outcome>, PeopleError> {
    let until = slip_until(now);
    let given: Vec<String> = wanted.iter().map(|_| secrets::generate()).collect::<Result<_, _>>()?;
    let stored = passwords.hash_all(given.clone()).await?;
    let definition = |(person, password): (&Wanted, String)| Definition {
        account: person.account.clone(),
        login: None,
        role: person.role,
        name: person.name.to_string(),
        phone: person.phone.to_string(),
        email: person.email.to_string(),
        password,
        slip_until_ms: until.as_millisecond(),
        only_new,
    };
    let definitions: Vec<Definition> = wanted.iter().zip(stored).map(definition).collect();
    let defined = ledger.people_define(&definitions, addresses).await??;
    let mut outcomes = Vec::with_capacity(defined.len());
    for ((person, password), defined) in wanted.iter().zip(given).zip(defined) {
        outcomes.push(match defined {
            Defined::Kept(login) => Outcome { login, slip: None },
            Defined::New(login) | Defined::Again(login) => {
                let account = ledger.account(&person.account).await?.map_or(person.account.clone(), |found| found.name);
                let slip = Slip { account, name: person.name.to_string(), login: login.clone(), password, until };
                Outcome { login, slip: Some(slip) }
            }
        });
    }
    Ok(outcomes)
}

/// Gives somebody active a new slip; the password they had is refused from now on, and their sessions end.
///
/// # Errors
/// See [`PeopleError`]; nothing was changed.
pub async fn new_slip(
    ledger: &Ledger,
    passwords: &Passwords,
    login: &str,
    now: Timestamp,
) -> Result<Slip, PeopleError> {
    let nobody = || PeopleError::Nobody(login.to_owned());
    let known = ledger.person_login(login).await?.ok_or_else(nobody)?;
    let (password, until) = (secrets::generate()?, slip_until(now));
    let stored = passwords.hash(password.clone()).await?;
    if !ledger.person_new_slip(login, &stored, until.as_millisecond()).await? {
        return Err(nobody());
    }
    Ok(Slip { account: known.account_name, name: known.person_name, login: login.to_owned(), password, until })
}

/// Replaces a password outside any session, by who knows the present one. Every session of the person ends.
///
/// # Errors
/// See [`PeopleError`]; the present one holds on.
pub async fn change_password(
    ledger: &Ledger,
    passwords: &Passwords,
    login: &str,
    present: &str,
    new: &str,
    now: Timestamp,
) -> Result<(), PeopleError> {
    let known = ledger.person_login(login).await?;
    let stored = known.as_ref().map(|known| known.password.clone());
    let right = passwords.matches(stored, &as_typed(known.as_ref(), present)).await?;
    let Some(known) = known.filter(|known| right && known.active && slip_holds(known, now)) else {
        return Err(PeopleError::WrongPassword);
    };
    let after = replacement(&known, passwords, present, new).await?;
    let change =
        PasswordChange { person: login, before: &known.password, after: &after, inside_session: false, session: None };
    match ledger.person_change_password(&change).await? {
        true => Ok(()),
        false => Err(PeopleError::WrongPassword),
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
) -> Result<String, PeopleError> {
    let own = [known.person.as_str(), &known.person_name, &known.account, &known.account_name];
    let accepted = passwords::accept(new, &own)?;
    if new == present || accepted == present {
        return Err(BadPassword::Same.into());
    }
    Ok(passwords.hash(accepted).await?)
}

/// What is compared: a slip shows its password in groups, and who types the gaps means no letters by them.
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
