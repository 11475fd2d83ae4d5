//! Defining people, one or a whole form of them: all or nobody, and never an eleventh.

use super::{END_SESSIONS, TAKEN, free_seat};
use crate::domain::person::Role;
use crate::ledger::db::in_tx;
use crate::ledger::{Ledger, LedgerError};

/// Somebody who shall be able to log in.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The account.
    pub account: String,
    /// The login, where the account is this one person's own; else it is the account's name and a number.
    pub login: Option<String>,
    /// What they are for the account.
    pub role: Role,
    /// First name and surname.
    pub name: String,
    /// Telephone number.
    pub phone: String,
    /// E-mail address, in lower case: it tells people of one account apart. Empty where none is known.
    pub email: String,
    /// Stored form of the slip's password.
    pub password: String,
    /// Milliseconds since 1970 from which the slip's password is refused.
    pub slip_until_ms: i64,
    /// Whether it is for somebody new alone: who is known already is then refused, and not changed.
    pub only_new: bool,
}

/// What became of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defined {
    /// A new person with this login; the slip's password holds.
    New(String),
    /// Somebody passive is active again; the slip's password holds.
    Again(String),
    /// They were active already and keep their password; name, telephone and role are as defined now.
    Kept(String),
}

/// Why nobody was defined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such account, or one that has no people.
    #[error("there is no active account called {account} that has people")]
    NoAccount {
        /// The name that was given.
        account: String,
    },
    /// All ten are taken.
    #[error("ten people of {account} are active already")]
    NoSeat {
        /// The account.
        account: String,
    },
    /// Somebody of the account has this e-mail address already.
    #[error("{email} is the address of a person of {account}")]
    AlreadyDefined {
        /// The account.
        account: String,
        /// The address.
        email: String,
    },
    /// The login belongs to somebody.
    #[error("the login {login} is taken")]
    Taken {
        /// The login.
        login: String,
    },
}

/// Operators' and auditors' accounts have one person each, who comes with the account and is never joined by a second: what
/// takes two operators takes two people.
const LOCK: &str = "UPDATE account SET active = active WHERE id = $1 AND active \
                    AND kind IN ('party', 'candidate', 'board') RETURNING id";
const KNOWN: &str =
    "SELECT id, seat, role FROM person WHERE account = $1 AND email = $2 AND email <> '' ORDER BY number LIMIT 1";
const NEXT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM person WHERE account = $1";
const UPDATE: &str = "UPDATE person SET role = $1, name = $2, phone = $3 WHERE id = $4";
const AGAIN: &str = "UPDATE person SET seat = $1, needs_form = FALSE, password = $2, must_change = TRUE, slip_until_ms = $3, \
                     slip_used = FALSE, totp = NULL WHERE id = $4";
pub(in crate::ledger) const ADD_PERSON: &str = "INSERT INTO person (id, account, number, seat, role, name, phone, email, needs_form, password, must_change, \
                   slip_until_ms, slip_used, totp, totp_step) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, $9, TRUE, $10, FALSE, NULL, 0) ON CONFLICT (id) DO NOTHING";
const SET_ADDRESSES: &str = "UPDATE account SET addresses = $1 WHERE id = $2 AND addresses <> $1";
const END_SESSIONS_OF_ACCOUNT: &str = "DELETE FROM session WHERE person IN (SELECT id FROM person WHERE account = $1)";
/// Tries at a login that somebody else has: an account `a-1` may have people called as account `a`'s would be.
const TRIES: i64 = 20;

impl Ledger {
    /// Defines people and sets address lists (account, list), in one transaction. The answers are in the definitions'
    /// order.
    ///
    /// # Errors
    /// The database did not answer; or, inside, why not. Nothing was changed then.
    pub async fn people_define(
        &self,
        definitions: &[Definition],
        addresses: &[(String, String)],
    ) -> Result<Result<Vec<Defined>, Refused>, LedgerError> {
        // In one order everywhere, so that two forms never wait for one another.
        let mut accounts: Vec<&str> = definitions.iter().map(|definition| definition.account.as_str()).collect();
        accounts.extend(addresses.iter().map(|(account, _)| account.as_str()));
        accounts.sort_unstable();
        accounts.dedup();
        let mut defined = Vec::with_capacity(definitions.len());
        let done = in_tx!(&*self.db, |tx, Engine| {
            for account in accounts {
                let locked: Option<String> = sqlx::query_scalar(LOCK).bind(account).fetch_optional(&mut *tx).await?;
                if locked.is_none() {
                    return Ok(Err(Refused::NoAccount { account: account.to_owned() }));
                }
            }
            for (account, list) in addresses {
                let set = sqlx::query(SET_ADDRESSES).bind(list).bind(account).execute(&mut *tx).await?;
                if set.rows_affected() > 0 {
                    sqlx::query(END_SESSIONS_OF_ACCOUNT).bind(account).execute(&mut *tx).await?;
                }
            }
            for definition in definitions {
                let Definition { account, login, role, name, phone, email, password, slip_until_ms, only_new } =
                    definition;
                let known = sqlx::query_as(KNOWN).bind(account).bind(email);
                let known: Option<(String, Option<i64>, String)> = known.fetch_optional(&mut *tx).await?;
                if known.is_some() && *only_new {
                    return Ok(Err(Refused::AlreadyDefined { account: account.clone(), email: email.clone() }));
                }
                if let Some((id, seat, before)) = &known {
                    sqlx::query(UPDATE).bind(role.name()).bind(name).bind(phone).bind(id).execute(&mut *tx).await?;
                    if seat.is_some() {
                        if before != role.name() {
                            sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
                        }
                        defined.push(Defined::Kept(id.clone()));
                        continue;
                    }
                }
                let taken: Vec<i64> = sqlx::query_scalar(TAKEN).bind(account).fetch_all(&mut *tx).await?;
                let Some(seat) = free_seat(&taken) else {
                    return Ok(Err(Refused::NoSeat { account: account.clone() }));
                };
                if let Some((id, ..)) = known {
                    let again = sqlx::query(AGAIN).bind(seat).bind(password).bind(slip_until_ms).bind(&id);
                    again.execute(&mut *tx).await?;
                    defined.push(Defined::Again(id));
                    continue;
                }
                let next: i64 = sqlx::query_scalar(NEXT).bind(account).fetch_one(&mut *tx).await?;
                let mut added = None;
                for number in next..next + if login.is_some() { 1 } else { TRIES } {
                    let id = login.clone().unwrap_or_else(|| format!("{account}-{number}"));
                    let add = sqlx::query(ADD_PERSON).bind(&id).bind(account).bind(number).bind(seat).bind(role.name());
                    let add = add.bind(name).bind(phone).bind(email).bind(password).bind(slip_until_ms);
                    if add.execute(&mut *tx).await?.rows_affected() == 1 {
                        added = Some(id);
                        break;
                    }
                }
                match added {
                    Some(id) => defined.push(Defined::New(id)),
                    None => {
                        let login = login.clone().unwrap_or_else(|| format!("{account}-{next}"));
                        return Ok(Err(Refused::Taken { login }));
                    }
                }
            }
            Ok(())
        });
        Ok(done.map(|()| defined))
    }
}
