//! What sessions share: how often a password was wrong, how many sessions a party has, and how fast they are together.
//!
//! Nothing here grows with what strangers send: counters have a greatest number, and old ones go.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::pace::Bucket;
use crate::shelf::Terms;

/// How long a wrong password counts, in first penalties.
const REMEMBERED: u32 = 240;
/// Pairs of name and address that are counted at a time.
const COUNTED: usize = 8192;

/// Wrong passwords, by address and name together. They make their answers late and nothing else: how many there may be, and
/// that each is on record, is the shelf's to see to.
pub(crate) struct Throttle {
    first_penalty: Duration,
    wrong: Mutex<HashMap<(IpAddr, String), (u32, Instant)>>,
}

impl Throttle {
    pub(crate) fn new(first_penalty: Duration) -> Self {
        Self { first_penalty, wrong: Mutex::default() }
    }

    /// Counts a wrong password and tells how long the answer is to be held back: it doubles three times.
    pub(crate) fn wrong(&self, address: IpAddr, user: &str) -> Duration {
        let mut wrong = lock(&self.wrong);
        if wrong.len() >= COUNTED {
            wrong.retain(|_, (_, last)| last.elapsed() < self.first_penalty * REMEMBERED);
        }
        if wrong.len() >= COUNTED {
            // Whoever fills the table with names waits longest.
            return self.first_penalty * 8;
        }
        let now = Instant::now();
        let (count, last) = wrong.entry((address, user.to_owned())).or_insert((0, now));
        if last.elapsed() >= self.first_penalty * REMEMBERED {
            *count = 0;
        }
        *count = count.saturating_add(1);
        *last = now;
        self.first_penalty * (1 << (*count - 1).min(3))
    }

    /// The password was right.
    pub(crate) fn right(&self, address: IpAddr, user: &str) {
        lock(&self.wrong).remove(&(address, user.to_owned()));
    }
}

/// The parties that have sessions now.
#[derive(Default)]
pub(crate) struct Parties {
    present: Mutex<HashMap<String, Present>>,
}

struct Present {
    sessions: usize,
    bucket: Option<Arc<Bucket>>,
}

impl Parties {
    /// Counts a session of a party; `None` when it has as many as it may.
    pub(crate) fn join(self: &Arc<Self>, terms: &Terms) -> Option<Membership> {
        let mut present = lock(&self.present);
        let sessions = present.get(&terms.party).map_or(0, |party| party.sessions);
        if terms.connections.is_some_and(|most| sessions >= most) {
            return None;
        }
        let bucket = || terms.bytes_per_second.map(|pace| Arc::new(Bucket::new(pace)));
        let party = present.entry(terms.party.clone()).or_insert_with(|| Present { sessions: 0, bucket: bucket() });
        party.sessions += 1;
        let bucket = party.bucket.clone();
        Some(Membership { parties: Arc::clone(self), party: terms.party.clone(), bucket })
    }
}

/// One session's place in its party, given back on drop.
pub(crate) struct Membership {
    parties: Arc<Parties>,
    party: String,
    /// What its sessions share.
    pub(crate) bucket: Option<Arc<Bucket>>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut present = lock(&self.parties.present);
        if let Some(party) = present.get_mut(&self.party) {
            party.sessions -= 1;
            if party.sessions == 0 {
                present.remove(&self.party);
            }
        }
    }
}

/// Each statement leaves the counters consistent, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn the_address_that_guesses_waits_and_no_other() {
        let first = Duration::from_secs(1);
        let throttle = Throttle::new(first);
        let waits: Vec<_> = (0..30).map(|_| throttle.wrong(HERE, "party")).collect();
        assert_eq!(waits[..5], [first, first * 2, first * 4, first * 8, first * 8]);
        assert_eq!(waits[29], first * 8, "it grows no further");
        assert_eq!((throttle.wrong(THERE, "party"), throttle.wrong(HERE, "other")), (first, first));
        throttle.right(HERE, "party");
        assert_eq!(throttle.wrong(HERE, "party"), first);
    }

    #[test]
    fn names_that_nobody_has_do_not_fill_the_memory() {
        let throttle = Throttle::new(Duration::from_secs(1));
        for number in 0..2 * COUNTED {
            throttle.wrong(HERE, &number.to_string());
        }
        assert_eq!(lock(&throttle.wrong).len(), COUNTED);
    }

    #[test]
    fn sessions_of_a_party_are_counted_and_share_their_pace() {
        let parties = Arc::new(Parties::default());
        let terms = Terms { party: "a".into(), connections: Some(2), bytes_per_second: Some(1), ..Terms::default() };
        let first = parties.join(&terms).unwrap();
        let second = parties.join(&terms).unwrap();
        assert!(Arc::ptr_eq(first.bucket.as_ref().unwrap(), second.bucket.as_ref().unwrap()));
        assert!(parties.join(&terms).is_none());
        assert!(parties.join(&Terms { party: "b".into(), ..terms.clone() }).is_some());
        drop(first);
        assert!(parties.join(&terms).is_some());
        drop(second);
        assert!(lock(&parties.present).is_empty());
    }
}
