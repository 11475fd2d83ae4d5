//! How much one account or one address may have at a time over HTTPS, so that a flood never takes the others' place.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::access::throttle::Origin;

/// Downloads of one account at a time. 34 parties with as many each still leave room in the audit's queue.
const DOWNLOADS: usize = 128;
/// Connections that one account has used last, at a time. Half a dozen mirrors with eight lines each are a fifth of it.
const CONNECTIONS: usize = 256;

/// Counts what is held, for each key. What holds nothing costs nothing.
#[derive(Debug)]
struct Counted<K> {
    each: usize,
    held: Mutex<HashMap<K, Held>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    number: usize,
    /// Whether somebody was turned away since there was last room.
    refused: bool,
}

/// There is no more for this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full {
    /// Whether it is the first time since there was room: it is worth a word then, and not each time.
    pub first: bool,
}

impl<K: Clone + Eq + Hash> Counted<K> {
    fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, held: Mutex::default() })
    }

    fn take(self: &Arc<Self>, key: &K) -> Result<Place<K>, Full> {
        let mut all = self.held();
        let held = all.entry(key.clone()).or_default();
        if held.number >= self.each {
            let first = !std::mem::replace(&mut held.refused, true);
            return Err(Full { first });
        }
        held.number += 1;
        Ok(Place { counted: Arc::clone(self), key: key.clone() })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner) // whole after every line
    }
}

#[derive(Debug)]
struct Place<K: Clone + Eq + Hash> {
    counted: Arc<Counted<K>>,
    key: K,
}

impl<K: Clone + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut all = self.counted.held();
        let Some(held) = all.get_mut(&self.key) else { return };
        *held = Held { number: held.number - 1, refused: false };
        if held.number == 0 {
            all.remove(&self.key);
        }
    }
}

/// The lines of all accounts. Clones share them.
#[derive(Clone, Debug)]
pub struct Lines {
    downloads: Arc<Counted<String>>,
    connections: Arc<Counted<String>>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { downloads: Counted::new(DOWNLOADS), connections: Counted::new(CONNECTIONS) }
    }
}

/// One running download; given back when it is dropped.
#[derive(Debug)]
pub struct Line {
    _place: Place<String>,
}

impl Lines {
    /// A line for `account`, if it has one left.
    pub fn take(&self, account: &str) -> Option<Line> {
        Some(Line { _place: self.downloads.take(&account.to_owned()).ok()? })
    }
}

/// Whose connection it is. Kept as long as the connection; a connection that another account uses changes hands.
#[derive(Debug, Default)]
pub struct Ownership {
    owner: Mutex<Option<Place<String>>>,
}

impl Ownership {
    /// Counts the connection as `account`'s. `false` when the account has as many as it may.
    pub fn claim(&self, account: &str, lines: &Lines) -> bool {
        let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        if owner.as_ref().is_some_and(|place| place.key == account) {
            return true;
        }
        *owner = lines.connections.take(&account.to_owned()).ok();
        owner.is_some()
    }
}

/// Connections of each address. Clones share the count. Addresses of IPv6 are counted by their /64, which is one customer's.
#[derive(Clone, Debug)]
pub(super) struct Addresses(Arc<Counted<Origin>>);

/// One connection of an address; given back when it is dropped.
#[derive(Debug)]
pub(super) struct OfAddress {
    _place: Place<Origin>,
}

impl Addresses {
    pub fn new(each: usize) -> Self {
        Self(Counted::new(each))
    }

    pub fn take(&self, address: IpAddr) -> Result<OfAddress, Full> {
        Ok(OfAddress { _place: self.0.take(&Origin::of(address))? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_accounts_flood_leaves_the_others_their_lines() {
        let lines = Lines::default();
        let mut held: Vec<Line> = (0..DOWNLOADS).map(|_| lines.take("a").unwrap()).collect();
        assert!(lines.take("a").is_none());
        assert!(lines.take("b").is_some());
        held.pop();
        assert!(lines.take("a").is_some());
        drop(held);
        assert!(lines.downloads.held().is_empty(), "who has left costs nothing");
    }

    #[test]
    fn one_accounts_connections_leave_the_others_theirs() {
        let lines = Lines::default();
        let connections: Vec<Ownership> = (0..=CONNECTIONS).map(|_| Ownership::default()).collect();
        assert!(connections[..CONNECTIONS].iter().all(|connection| connection.claim("a", &lines)));
        assert!(!connections[CONNECTIONS].claim("a", &lines));
        assert!(connections[0].claim("a", &lines), "what it has it may go on with");
        assert!(connections[CONNECTIONS].claim("b", &lines));
        assert!(connections[0].claim("b", &lines), "a connection that changes hands");
        assert!(Ownership::default().claim("a", &lines));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let addresses = Addresses::new(1);
        let take = |address: &str| addresses.take(address.parse().unwrap());
        let _first = take("2001:db8:1:1::1").unwrap();
        assert!(take("2001:db8:1:1:ffff::2").is_err());
        assert!(take("2001:db8:1:2::1").is_ok());
    }

    #[test]
    fn an_address_that_is_full_is_worth_a_word_once() {
        let addresses = Addresses::new(1);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let held = addresses.take(here).unwrap();
        assert_eq!(addresses.take(here).unwrap_err(), Full { first: true });
        assert_eq!(addresses.take(here).unwrap_err(), Full { first: false });
        addresses.take(there).unwrap();
        drop(held);
        addresses.take(here).unwrap();
    }
}
