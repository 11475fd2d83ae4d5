//! Addresses that are known: ranges that accounts reported, and those from which somebody came in of late. Listeners keep
//! room for them that strangers cannot take.
//!
//! It must never let anybody in: being known is no right, only a place in the queue.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::{addresses, covers};
use crate::domain::Origin;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;

/// Between two looks at the ranges of accounts.
const LOOK: Duration = Duration::from_secs(5);
/// How long an address is known after somebody came in from there.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// Addresses that are remembered.
const MOST: usize = 65_536;

/// The known addresses of a node. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct KnownAddresses {
    reported: Arc<RwLock<Vec<IpNet>>>,
    seen: Arc<Mutex<HashMap<Origin, Instant>>>,
}

impl KnownAddresses {
    /// Those of the ledger: what accounts reported, and where people and boards came from before this start.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn open(ledger: &Ledger) -> Result<Self, LedgerError> {
        let known = Self::default();
        known.look(ledger).await?;
        for address in ledger.came_from_lately().await? {
            if let Ok(address) = address.parse() {
                known.saw(address);
            }
        }
        Ok(known)
    }

    /// Whether it is one of them.
    pub fn knows(&self, address: IpAddr) -> bool {
        let reported = self.reported.read().unwrap_or_else(PoisonError::into_inner);
        covers(&reported, address)
            || self.seen().get(&Origin::of(address)).is_some_and(|seen| seen.elapsed() < REMEMBERED)
    }

    /// Somebody with a credential came in from there.
    pub fn saw(&self, address: IpAddr) {
        let mut seen = self.seen();
        if seen.len() >= MOST {
            seen.retain(|_, seen| seen.elapsed() < REMEMBERED);
        }
        if seen.len() < MOST {
            seen.insert(Origin::of(address), Instant::now());
        }
    }

    /// Follows what accounts report, until `stop`.
    pub async fn follow(self, ledger: Ledger, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            if let Err(error) = self.look(&ledger).await {
                tracing::warn!(error = %Chain(&error), "Could not read from where accounts come; what was known stays");
            }
        }
    }

    async fn look(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let lists = ledger.reported_addresses().await?;
        let ranges = lists.iter().flat_map(|list| list.split_whitespace()).flat_map(str::parse::<IpNet>);
        // A range that holds half of the Internet tells nobody from strangers.
        let ranges = ranges.filter_map(|range| addresses::reported(range).ok()).collect();
        *self.reported.write().unwrap_or_else(PoisonError::into_inner) = ranges;
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Origin, Instant>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves the map consistent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_once_somebody_came_in_from_there_or_reported_it() {
        let known = KnownAddresses::default();
        *known.reported.write().unwrap() = vec!["192.0.2.0/28".parse().unwrap()];
        let knows = |address: &str| known.knows(address.parse().unwrap());
        assert!(knows("192.0.2.7") && knows("::ffff:192.0.2.7") && !knows("192.0.2.16"));
        known.saw("198.51.100.7".parse().unwrap());
        known.saw("2001:db8:1:1::7".parse().unwrap());
        assert!(knows("198.51.100.7") && !knows("198.51.100.8"));
        assert!(knows("2001:db8:1:1:ffff::9") && !knows("2001:db8:1:2::7"), "a /64 is one customer's");
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let known = KnownAddresses::default();
        for n in 0..MOST as u32 + 100 {
            known.saw(IpAddr::from(n.to_be_bytes()));
        }
        assert_eq!(known.seen().len(), MOST);
    }
}
