//! How much one account may have at a time over HTTPS, so that a flood never takes the others' room, and whose a connection
//! is. How many connections there may be of an address is the listener's.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tutanak_ftp::permits::Permit;

use crate::access::known_addresses::KnownAddresses;

/// Downloads of one account at a time. 34 parties with as many each still leave room in the audit's queue.
const DOWNLOADS: usize = 128;
/// Connections at a time whose last request was of one account. Half a dozen mirrors with eight connections each are a
/// fifth of it.
const CONNECTIONS: usize = 256;

/// Counts what is held, for each key. What holds nothing costs nothing.
#[derive(Debug)]
struct Counted<K> {
    each: usize,
    held: Mutex<HashMap<K, usize>>,
}

impl<K: Clone + Eq + Hash> Counted<K> {
    fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, held: Mutex::default() })
    }

    /// None where there is no more for this one.
    fn take(self: &Arc<Self>, key: &K) -> Option<Held<K>> {
        let mut all = self.held();
        let held = all.entry(key.clone()).or_default();
        if *held >= self.each {
            return None;
        }
        *held += 1;
        Some(Held { counted: Arc::clone(self), key: key.clone() })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves the map consistent
    }
}

#[derive(Debug)]
struct Held<K: Clone + Eq + Hash> {
    counted: Arc<Counted<K>>,
    key: K,
}

impl<K: Clone + Eq + Hash> Drop for Held<K> {
    fn drop(&mut self) {
        let mut all = self.counted.held();
        let Some(held) = all.get_mut(&self.key) else { return };
        *held -= 1;
        if *held == 0 {
            all.remove(&self.key);
        }
    }
}

/// What each account holds of its allowances. Clones share them.
#[derive(Clone, Debug)]
pub struct Allowances {
    downloads: Arc<Counted<String>>,
    connections: Arc<Counted<String>>,
}

impl Default for Allowances {
    fn default() -> Self {
        Self { downloads: Counted::new(DOWNLOADS), connections: Counted::new(CONNECTIONS) }
    }
}

/// One running download; given back when it is dropped.
#[derive(Debug)]
pub struct Download {
    _held: Held<String>,
}

impl Allowances {
    /// A download for `account`, if it may have another.
    pub fn download(&self, account: &str) -> Option<Download> {
        Some(Download { _held: self.downloads.take(&account.to_owned())? })
    }
}

/// Whose connection it is. Kept as long as the connection; a connection that another account uses changes hands.
#[derive(Debug, Default)]
pub struct Ownership {
    owner: Mutex<Option<Held<String>>>,
    connection: Option<Connection>,
}

/// A connection as the listener counts it.
#[derive(Debug)]
struct Connection {
    permit: Arc<Permit>,
    known: KnownAddresses,
    address: IpAddr,
}

impl Ownership {
    /// Of a connection from `address`, which nobody owns yet.
    pub fn of(permit: Arc<Permit>, known: KnownAddresses, address: IpAddr) -> Self {
        Self { owner: Mutex::default(), connection: Some(Connection { permit, known, address }) }
    }

    /// Counts the connection as `account`'s. `false` when the account has as many as it may. From then on strangers
    /// displace it no more, and its address is known.
    pub fn claim(&self, account: &str, allowances: &Allowances) -> bool {
        let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        if owner.as_ref().is_some_and(|held| held.key == account) {
            return true;
        }
        *owner = allowances.connections.take(&account.to_owned());
        if let (Some(_), Some(Connection { permit, known, address })) = (&*owner, &self.connection) {
            permit.prove();
            known.saw(*address);
        }
        owner.is_some()
    }

    /// Whether somebody who was let in uses it.
    pub fn is_owned(&self) -> bool {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_accounts_flood_leaves_the_others_their_downloads() {
        let allowances = Allowances::default();
        let mut held: Vec<Download> = (0..DOWNLOADS).map(|_| allowances.download("a").unwrap()).collect();
        assert!(allowances.download("a").is_none());
        assert!(allowances.download("b").is_some());
        held.pop();
        assert!(allowances.download("a").is_some());
        drop(held);
        assert!(allowances.downloads.held().is_empty(), "who has left costs nothing");
    }

    #[test]
    fn one_accounts_connections_leave_the_others_theirs() {
        let allowances = Allowances::default();
        let connections: Vec<Ownership> = (0..=CONNECTIONS).map(|_| Ownership::default()).collect();
        assert!(connections[..CONNECTIONS].iter().all(|connection| connection.claim("a", &allowances)));
        assert!(!connections[CONNECTIONS].claim("a", &allowances));
        assert!(connections[0].claim("a", &allowances), "what it has it may go on with");
        assert!(connections[CONNECTIONS].claim("b", &allowances));
        assert!(connections[0].claim("b", &allowances), "a connection that changes hands");
        assert!(Ownership::default().claim("a", &allowances));
    }
}
