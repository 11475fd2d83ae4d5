//! Whose name was used at a door, as far as the record may know it.
//!
//! People type passwords where names belong. So what was typed is written down only where it is a name that somebody has;
//! all else is on record as [`NO_SUCH`]. And it must never cost a stranger another time than somebody who is known.

use super::door::Door;
use crate::domain::Channel;
use crate::telemetry::Chain;

/// What is written down for a name that nobody has.
pub const NO_SUCH: &str = "(no such name)";
/// What is written down for a token, which has no name.
pub const TOKEN: &str = "(token)";
/// The longest login: an account's name, and a number.
const LONGEST: usize = 64;

/// Whose name was used. Whether it was them is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The account, and behind a `/` the person where it is a person's login; `-` for nobody known.
    pub principal: String,
    /// The account; `-` for nobody known.
    pub account: String,
    /// The name, if somebody has it.
    pub name: String,
}

impl Tried {
    /// Nobody's, and this instead of a name.
    pub fn nobody(instead: &str) -> Self {
        Self { principal: "-".to_owned(), account: "-".to_owned(), name: instead.to_owned() }
    }

    fn of(account: &str, person: Option<&str>, name: &str) -> Self {
        let principal = person.map_or_else(|| account.to_owned(), |person| format!("{account}/{person}"));
        Self { principal, account: account.to_owned(), name: name.to_owned() }
    }
}

impl Door {
    /// Whose name it is that was typed at this channel. A name that is both a person's and an account's, as operators' are,
    /// is the person's where people log in.
    pub async fn tried(&self, channel: Channel, name: &str) -> Tried {
        if name.is_empty() || name.len() > LONGEST || name.contains('\0') {
            return Tried::nobody(NO_SUCH);
        }
        let found = match self.ledger().named(name).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "Could not find out whose name was tried");
                return Tried::nobody(NO_SUCH);
            }
        };
        let machine = matches!(channel, Channel::Bulk | Channel::Service | Channel::Board | Channel::Feed);
        let best = found.iter().max_by_key(|(_, person)| person.is_none() == machine);
        best.map_or_else(|| Tried::nobody(NO_SUCH), |(account, person)| Tried::of(account, person.as_deref(), name))
    }

    /// Whose token it is, for somebody who holds it and was not let in all the same.
    pub async fn tried_token(&self, channel: Channel, token: &str) -> Tried {
        match self.holder(channel, token).await {
            Ok(account) => Tried::of(&account, None, TOKEN),
            Err(_) => Tried::nobody(TOKEN),
        }
    }
}
