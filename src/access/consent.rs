//! The rule of two: letting anybody in, or in earlier, from elsewhere, or to more, takes two operators, by every way there is.
//!
//! Programs ask and agree ([`Consent`](crate::ledger::consent::Consent)): one operator's session asks, another one's agrees.
//! At the machine both sign, one after the other, each with password and code. Closing something down takes one. Gates and
//! media ask here as well. It must never count one person twice.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::Refusal;
use super::door::{Door, DoorError};
use crate::ledger::{Ledger, LedgerError};

/// Operators that it takes to let anybody in.
pub const OPERATORS: usize = 2;
/// Who signs is at this machine.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What is done to who gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Somebody gets in, or in earlier, from elsewhere, or to more.
    Opens,
    /// Somebody is shut out, or gets to less.
    Closes,
    /// Nobody's rights change, or people change what is their own, with their own password.
    Nothing,
}

impl Effect {
    /// How many operators it takes.
    pub fn operators_needed(self) -> usize {
        match self {
            Self::Opens => OPERATORS,
            Self::Closes => 1,
            Self::Nothing => 0,
        }
    }

    /// [`Effect::Opens`] or [`Effect::Closes`].
    pub fn opens(opens: bool) -> Self {
        if opens { Self::Opens } else { Self::Closes }
    }
}

/// What replacing the address list of an account of this kind does. An empty list shuts parties, candidates and
/// senders of results out; all others it lets in from anywhere.
pub fn of_addresses(kind: &str, before: &str, after: &[IpNet]) -> Effect {
    let before: Vec<IpNet> = before.split_whitespace().filter_map(|range| range.parse().ok()).collect();
    if !matches!(kind, "party" | "candidate" | "feed") {
        match (before.is_empty(), after.is_empty()) {
            (true, _) => return Effect::Closes,
            (false, true) => return Effect::Opens,
            (false, false) => {}
        }
    }
    Effect::opens(!after.iter().all(|range| before.iter().any(|known| known.contains(range))))
}

/// Whether the rule holds at the machine itself. An installation is set up by whoever has the machine; once two operators
/// have a second factor the rule holds there too, for good. It goes on holding when one of them is taken out of use, loses the
/// second factor, or all do with the key that sealed them: none of these must be a way to be alone.
///
/// # Errors
/// The database did not answer.
pub async fn in_force(ledger: &Ledger) -> Result<bool, LedgerError> {
    ledger.two_operators_had_factors().await
}

/// Says that too few operators are left to let anybody in, where the rule holds; none where enough are.
///
/// # Errors
/// The database did not answer.
pub async fn too_few_left(ledger: &Ledger) -> Result<Option<String>, LedgerError> {
    let left = ledger.operators_who_can_agree().await?;
    let enough = left >= OPERATORS as u64 || !in_force(ledger).await?;
    Ok((!enough).then(|| {
        format!(
            "{left} operators in use have a second factor, and it takes {OPERATORS} to let anybody in: \
             nobody can be let in until an operator who is out of use, or has no second factor, is back"
        )
    }))
}

/// An operator's name, password and code.
#[derive(Clone)]
pub struct Signature {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
    /// The code of the second factor.
    pub code: String,
}

/// Why signatures do not do.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// Somebody's name, password or code is wrong, or the account is not in use.
    #[error("{user} is no operator with this password and code")]
    NoOperator {
        /// The name that was given.
        user: String,
    },
    /// The password is right, and there is no second factor: one who knows a password is not yet the operator.
    #[error(
        "{user} has no second factor; it is set up at /dogrulama on the site, or here: tutanak operator set-totp {user}"
    )]
    NoSecondFactor {
        /// The name that was given.
        user: String,
    },
    /// Too many wrong tries: nothing was looked at.
    #[error("too many wrong tries for {user}; the next one is looked at in {retry_after} seconds")]
    NotNow {
        /// The name that was given.
        user: String,
        /// Seconds after which a try is looked at again.
        retry_after: u32,
    },
    /// Too few people.
    #[error("this takes {needed} different operators")]
    TooFew {
        /// How many it takes.
        needed: usize,
    },
    /// The database did not answer.
    #[error("operators could not be looked up")]
    Ledger(#[from] LedgerError),
}

impl NotSigned {
    /// The name in audit rows. It holds nothing of what was typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NoOperator { .. } => "unknown-credential",
            Self::NoSecondFactor { .. } => "no-second-factor",
            Self::NotNow { .. } => "too-many-tries",
            Self::TooFew { .. } => "too-few-operators",
            Self::Ledger(_) => "operators could not be looked up",
        }
    }
}

/// The operators who signed, each of them once; `needed` of them at least.
///
/// # Errors
/// See [`NotSigned`]. Codes that were right are used up all the same.
pub async fn signed(door: &Door, signatures: &[Signature], needed: usize) -> Result<Vec<String>, NotSigned> {
    let mut by = Vec::new();
    for Signature { user, password, code } in signatures {
        let user = user.clone();
        let account = match door.operator(&user, password, code, HERE).await {
            Ok(principal) => principal.account,
            Err(DoorError::Refused(Refusal::NoSecondFactor)) => return Err(NotSigned::NoSecondFactor { user }),
            Err(DoorError::Refused(refusal)) => {
                return Err(match refusal.retry_after() {
                    Some(retry_after) => NotSigned::NotNow { user, retry_after },
                    None => NotSigned::NoOperator { user },
                });
            }
            Err(DoorError::Ledger(error)) => return Err(error.into()),
        };
        if !by.contains(&account) {
            by.push(account);
        }
    }
    if by.len() < needed { Err(NotSigned::TooFew { needed }) } else { Ok(by) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_list_opens_where_it_lets_anybody_in_from_elsewhere() {
        use Effect::{Closes, Opens};
        let rows = [
            ("party", "192.0.2.0/24", "192.0.2.0/28", Closes),
            ("party", "192.0.2.0/24", "192.0.2.7/32 192.0.2.9/32", Closes),
            ("party", "192.0.2.0/24", "192.0.2.0/24", Closes),
            ("party", "192.0.2.0/24", "", Closes),
            ("party", "192.0.2.0/24", "192.0.2.0/28 198.51.100.1/32", Opens),
            ("party", "192.0.2.0/28", "192.0.2.0/24", Opens),
            ("candidate", "", "192.0.2.0/28", Opens),
            ("board", "", "192.0.2.0/28", Closes),
            ("board", "192.0.2.0/28", "", Opens),
            ("board", "", "", Closes),
            ("operator", "192.0.2.0/28", "", Opens),
            ("board", "192.0.2.0/28", "198.51.100.1/32", Opens),
        ];
        for (kind, before, after, expected) in rows {
            let after: Vec<IpNet> = after.split_whitespace().map(|range| range.parse().unwrap()).collect();
            assert_eq!(of_addresses(kind, before, &after), expected, "{kind}: {before:?} to {after:?}");
        }
    }
}
