//! Who is defined: accounts with their first secrets, web users of parties, candidates and boards from the request form,
//! and the slips by which they come in. A slip's password is handed back once and never readable again.
//!
//! It must never decide who may do anything: that is `access`.

pub mod enrol;
pub mod request_form;
pub mod slip;

use jiff::Timestamp;

use crate::access::own_password::slip_until;
use crate::access::passwords::{PasswordError, Passwords};
use crate::access::secrets::{self, SecretError};
use crate::domain::person::{Email, PersonName, Phone, Role};
use crate::ledger::people::{Defined, Definition, Refused};
use crate::ledger::{Ledger, LedgerError};
use slip::Slip;

/// Somebody who shall be able to log in, as the form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The party's, candidate's or board's account.
    pub account: String,
    /// What they are for it.
    pub role: Role,
    /// First name and surname.
    pub name: PersonName,
    /// Telephone number.
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
    outcome.and_then(|outcome| outcome.slip).ok_or(PeopleError::Refused(Refused::AlreadyDefined { account, email }))
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
