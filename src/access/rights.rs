//! The rights of parties now: whether they are in use, from where they may come, by which secret, and whether in the clear.
//! Sessions that are open for hours, and downloads that take long, are judged by this, not by what held when they began.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::refusal::DoorError;
use super::{Class, Principal, Refusal, covers};
use crate::clock::Clock;
use crate::ledger::rights::RightsRow;
use crate::ledger::{Ledger, LedgerError};

/// How old what was read may be. A change is effective everywhere within this time.
const FRESH: Duration = Duration::from_millis(400);

/// The rights of one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyRights {
    /// Where it may come from.
    pub addresses: Vec<ipnet::IpNet>,
    /// Whether the account is in use.
    pub active: bool,
    /// What it is in this election.
    pub class: Class,
    /// Whether it may never come without TLS.
    pub require_tls: bool,
    /// Whether it may come without TLS where the service does not require it.
    pub allow_plain: bool,
    /// Whether its data connections must resume the TLS session of their control connection.
    pub session_reuse: bool,
    /// Until when it may come without TLS although the service requires it.
    pub plain_until: Option<Timestamp>,
    secrets: Vec<Secret>,
}

/// A secret as it is kept, and until when it holds.
#[derive(Clone, PartialEq, Eq)]
struct Secret {
    kept: String,
    until_ms: Option<i64>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("until_ms", &self.until_ms).finish_non_exhaustive()
    }
}

/// A party's machine that came in: who it was then, and by which secret.
#[derive(Clone)]
pub struct Holder {
    /// Who it was when it came in.
    pub principal: Principal,
    secret: Arc<str>,
    /// When the database was asked about it.
    asked: Instant,
}

impl Holder {
    /// `kept` is the secret as the database has it, which was asked at `asked` or later.
    pub(super) fn new(principal: Principal, kept: &str, asked: Instant) -> Self {
        Self { principal, secret: kept.into(), asked }
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").field("principal", &self.principal).finish_non_exhaustive()
    }
}

impl PartyRights {
    /// Somebody of this party as they may act now, whatever held when they came in; none once their secret was replaced and
    /// its time is over.
    fn applied_to(&self, then: &Holder, now: Timestamp) -> Option<Principal> {
        let now = now.as_millisecond();
        let holds = |secret: &Secret| *secret.kept == *then.secret && secret.until_ms.is_none_or(|until| now < until);
        self.secrets.iter().any(holds).then(|| Principal {
            addresses: self.addresses.clone(),
            active: self.active,
            class: self.class,
            ..then.principal.clone()
        })
    }
}

/// Whether a name may come without TLS: that of a party which was allowed it, from its own addresses. A name that nobody
/// has is answered like one of a party that was not, so that the answer does not tell who exists.
pub fn may_be_plain(rights: Option<&PartyRights>, tls_required: bool, from: IpAddr, now: Timestamp) -> bool {
    match rights {
        Some(rights) if rights.require_tls || rights.session_reuse => false,
        Some(rights) => {
            let allowed = rights.allow_plain && !tls_required;
            let for_a_while = rights.plain_until.is_some_and(|until| now < until);
            (allowed || for_a_while) && covers(&rights.addresses, from)
        }
        None => false,
    }
}

/// The rights of all parties, as of a moment ago. Clones share them.
#[derive(Clone, Debug)]
pub struct CurrentRights {
    ledger: Ledger,
    clock: Clock,
    read: Arc<Mutex<Option<(Instant, ByParty)>>>,
}

type ByParty = Arc<HashMap<String, PartyRights>>;

impl CurrentRights {
    /// Those of the ledger's accounts.
    pub fn new(ledger: Ledger, clock: Clock) -> Self {
        Self { ledger, clock, read: Arc::default() }
    }

    /// Who came in with a secret, as they may act now.
    ///
    /// # Errors
    /// There is no such party any more, its secret was replaced, or the database did not answer.
    pub async fn now(&self, then: &Holder) -> Result<Principal, DoorError> {
        let (read, rights) = self.read().await?;
        if read < then.asked {
            return Ok(then.principal.clone()); // what the door found out is newer
        }
        let rights = rights.get(&then.principal.account).ok_or(DoorError::Refused(Refusal::Inactive))?;
        rights.applied_to(then, self.clock.now()).ok_or(DoorError::Refused(Refusal::Unknown))
    }

    /// The rights of a party; none for a name that is no party's.
    pub async fn of(&self, party: &str) -> Result<Option<PartyRights>, LedgerError> {
        Ok(self.read().await?.1.get(party).cloned())
    }

    /// With when it was read, at the latest.
    async fn read(&self) -> Result<(Instant, ByParty), LedgerError> {
        let mut before = self.read.lock().await;
        if let Some((read, rights)) = before.as_ref()
            && read.elapsed() < FRESH
        {
            return Ok((*read, Arc::clone(rights)));
        }
        let read = Instant::now();
        let rows = self.ledger.rights_of_parties().await?;
        let fresh: Result<HashMap<_, _>, _> = rows.into_iter().map(rights).collect();
        let mut fresh = fresh?;
        for row in self.ledger.bulk_secrets().await? {
            if let Some(rights) = fresh.get_mut(&row.account) {
                rights.secrets.push(Secret { kept: row.secret, until_ms: row.expires_ms });
            }
        }
        let fresh = Arc::new(fresh);
        *before = Some((read, Arc::clone(&fresh)));
        Ok((read, fresh))
    }
}

fn rights(row: RightsRow) -> Result<(String, PartyRights), LedgerError> {
    let corrupt = || LedgerError::Corrupt(format!("the rights of party {}", row.id));
    let plain_until = row.plain_until_ms.map(Timestamp::from_millisecond).transpose().map_err(|_| corrupt())?;
    let rights = PartyRights {
        // What is no range admits nobody.
        addresses: row.addresses.split_whitespace().filter_map(|range| range.parse().ok()).collect(),
        active: row.active,
        class: row.opens_with.parse().ok().and_then(|gate| Class::of_account(&row.kind, gate)).ok_or_else(corrupt)?,
        require_tls: row.require_tls,
        allow_plain: row.allow_plain,
        session_reuse: row.session_reuse,
        plain_until,
        secrets: Vec::new(),
    };
    Ok((row.id, rights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ftp_is_for_parties_that_were_named_from_their_addresses_until_a_day() {
        let from: IpAddr = "192.0.2.1".parse().unwrap();
        let now: Timestamp = "2024-03-31T20:00:00Z".parse().unwrap();
        let usual = PartyRights {
            addresses: vec!["192.0.2.0/28".parse().unwrap()],
            active: true,
            class: Class::Party,
            require_tls: false,
            allow_plain: false,
            session_reuse: false,
            plain_until: None,
            secrets: Vec::new(),
        };
        let until = |time: &str| PartyRights { plain_until: Some(time.parse().unwrap()), ..usual.clone() };
        let careful = PartyRights { require_tls: true, ..until("2024-04-01T00:00:00Z") };
        let may = |rights: Option<&PartyRights>, required| may_be_plain(rights, required, from, now);
        for required in [false, true] {
            assert!(!may(Some(&usual), required) && !may(None, required), "who exists is not told");
        }
        let allowed = PartyRights { allow_plain: true, ..usual.clone() };
        assert!(may(Some(&allowed), false) && !may(Some(&allowed), true));
        assert!(!may(Some(&PartyRights { session_reuse: true, ..allowed.clone() }), false));
        assert!(may(Some(&until("2024-04-01T00:00:00Z")), true));
        assert!(!may(Some(&until("2024-03-31T20:00:00Z")), true), "the day has come");
        assert!(!may(Some(&careful), true) && !may(Some(&careful), false));
        let elsewhere = "192.0.2.99".parse().unwrap();
        assert!(!may_be_plain(Some(&allowed), false, elsewhere, now));
        assert!(!may_be_plain(Some(&until("2024-04-01T00:00:00Z")), true, elsewhere, now));
    }
}
