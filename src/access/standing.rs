//! How parties stand now: whether they are in use, from where they may come, and whether in the clear. Sessions that are
//! open for hours are judged by this, not by what held when they began.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{Class, Principal, covers};
use crate::ledger::standing::StandingRow;
use crate::ledger::{Ledger, LedgerError};

/// How old what is known may be. A change is effective everywhere within this time.
const FRESH: Duration = Duration::from_millis(400);

/// How one party stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it may come from.
    pub addresses: Vec<ipnet::IpNet>,
    /// Whether the account is in use.
    pub active: bool,
    /// What it is in this election.
    pub class: Class,
    /// Whether it may never come without TLS.
    pub require_tls: bool,
    /// Until when it may come without TLS although the service requires it.
    pub plain_until: Option<Timestamp>,
}

impl Standing {
    /// Somebody of this party as they may act now, whatever held when they logged in.
    pub fn applied_to(&self, then: &Principal) -> Principal {
        Principal { addresses: self.addresses.clone(), active: self.active, class: self.class, ..then.clone() }
    }
}

/// Whether a name may come without TLS. A name that nobody has is answered like one without a word of its own, so that
/// the answer does not tell who exists.
pub fn may_be_plain(standing: Option<&Standing>, tls_required: bool, from: IpAddr, now: Timestamp) -> bool {
    match standing {
        Some(standing) if standing.require_tls => false,
        Some(standing) if tls_required => {
            covers(&standing.addresses, from) && standing.plain_until.is_some_and(|until| now < until)
        }
        _ => !tls_required,
    }
}

/// All parties' standings, as of a moment ago. Clones share them.
#[derive(Clone, Debug)]
pub struct Standings {
    ledger: Ledger,
    known: Arc<Mutex<Option<(Instant, Known)>>>,
}

type Known = Arc<HashMap<String, Standing>>;

impl Standings {
    /// Those of the ledger's accounts.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, known: Arc::default() }
    }

    /// How a party stands; none for a name that is no party's.
    pub async fn of(&self, party: &str) -> Result<Option<Standing>, LedgerError> {
        Ok(self.known().await?.get(party).cloned())
    }

    async fn known(&self) -> Result<Known, LedgerError> {
        let mut known = self.known.lock().await;
        if let Some((read, known)) = known.as_ref()
            && read.elapsed() < FRESH
        {
            return Ok(Arc::clone(known));
        }
        let rows = self.ledger.standings().await?;
        let fresh: Result<HashMap<_, _>, _> = rows.into_iter().map(standing).collect();
        let fresh = Arc::new(fresh?);
        *known = Some((Instant::now(), Arc::clone(&fresh)));
        Ok(fresh)
    }
}

fn standing(row: StandingRow) -> Result<(String, Standing), LedgerError> {
    let corrupt = || LedgerError::Corrupt(format!("how party {} stands", row.id));
    let plain_until = row.plain_until_ms.map(Timestamp::from_millisecond).transpose().map_err(|_| corrupt())?;
    let standing = Standing {
        // What is no range admits nobody.
        addresses: row.addresses.split_whitespace().filter_map(|range| range.parse().ok()).collect(),
        active: row.active,
        class: row.opens_with.parse().ok().and_then(|gate| Class::of_account(&row.kind, gate)).ok_or_else(corrupt)?,
        require_tls: row.require_tls,
        plain_until,
    };
    Ok((row.id, standing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ftp_is_for_parties_that_were_named_from_their_addresses_until_a_day() {
        let from: IpAddr = "192.0.2.1".parse().unwrap();
        let now: Timestamp = "2024-03-31T20:00:00Z".parse().unwrap();
        let usual = Standing {
            addresses: vec!["192.0.2.0/28".parse().unwrap()],
            active: true,
            class: Class::Party,
            require_tls: false,
            plain_until: None,
        };
        let until = |time: &str| Standing { plain_until: Some(time.parse().unwrap()), ..usual.clone() };
        let careful = Standing { require_tls: true, ..until("2024-04-01T00:00:00Z") };
        let may = |standing: Option<&Standing>, required| may_be_plain(standing, required, from, now);
        assert!(may(Some(&usual), false) && may(None, false));
        assert!(!may(Some(&usual), true) && !may(None, true), "who exists is not told");
        assert!(may(Some(&until("2024-04-01T00:00:00Z")), true));
        assert!(!may(Some(&until("2024-03-31T20:00:00Z")), true), "the day has come");
        assert!(!may(Some(&careful), true) && !may(Some(&careful), false));
        let elsewhere = "192.0.2.99".parse().unwrap();
        assert!(!may_be_plain(Some(&until("2024-04-01T00:00:00Z")), true, elsewhere, now));
    }
}
