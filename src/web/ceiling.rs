//! A ceiling of requests: so many a second of one account, and of one address, with room for bursts.
//!
//! A client that is a little too fast is paced, which it does not notice; only one that asks on regardless is refused. So a
//! program that fetches file after file goes on at the ceiling, and one that loops writes a bounded record.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::Origin;

/// Seconds of the ceiling that may be asked for at once.
const BURST: u32 = 20;
/// How long a request is held back before it is refused.
const PACE: Duration = Duration::from_secs(2);
/// Accounts or addresses that are remembered. More at a time are not told apart, and let pass.
const MOST: usize = 65_536;

/// How many requests a second.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Of one account.
    pub of_an_account: u32,
    /// Of one address: an address of IPv4, or a /64 of IPv6.
    pub of_an_address: u32,
}

/// When an account's or address's requests would be through, if each took its share of a second (GCRA).
#[derive(Debug)]
struct Ceiling<K> {
    each: Duration,
    through: Mutex<HashMap<K, Instant>>,
}

/// Too many; it may come again in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub retry_after: u32,
}

impl<K: Eq + Hash> Ceiling<K> {
    fn new(a_second: u32) -> Self {
        Self { each: Duration::from_secs(1) / a_second.max(1), through: Mutex::default() }
    }

    /// How long this request is held back.
    fn ask(&self, key: K, now: Instant) -> Result<Duration, TooMany> {
        // Each statement leaves the map consistent, so poisoning is ignored.
        let mut through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        if through.len() >= MOST && !through.contains_key(&key) {
            through.retain(|_, at| *at > now);
            if through.len() >= MOST {
                return Ok(Duration::ZERO);
            }
        }
        let at = through.entry(key).or_insert(now);
        *at = (*at).max(now);
        let burst = Duration::from_secs(u64::from(BURST));
        let wait = at.saturating_duration_since(now).saturating_sub(burst);
        if wait > PACE {
            return Err(TooMany { retry_after: u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX) });
        }
        *at += self.each;
        Ok(wait)
    }
}

/// The ceilings of a node. Clones share them.
#[derive(Clone, Debug)]
pub struct Ceilings {
    accounts: Arc<Ceiling<String>>,
    addresses: Arc<Ceiling<Origin>>,
}

impl Ceilings {
    /// Ceilings of this height.
    pub fn new(limits: RequestLimits) -> Self {
        Self {
            accounts: Arc::new(Ceiling::new(limits.of_an_account)),
            addresses: Arc::new(Ceiling::new(limits.of_an_address)),
        }
    }

    /// Holds a request of this account back as long as it must be.
    pub(super) async fn account(&self, account: &str) -> Result<(), TooMany> {
        pause(self.accounts.ask(account.to_owned(), Instant::now())?).await;
        Ok(())
    }

    /// The same of an address, whoever asks there.
    pub(super) async fn address(&self, address: IpAddr) -> Result<(), TooMany> {
        pause(self.addresses.ask(Origin::of(address), Instant::now())?).await;
        Ok(())
    }
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_requests_are_paced_and_only_then_refused() {
        let ceiling = Ceiling::new(100);
        let now = Instant::now();
        let asked: Vec<_> = (0..3000).map(|_| ceiling.ask("a", now)).collect();
        let at_once = asked.iter().filter(|wait| **wait == Ok(Duration::ZERO)).count();
        let paced = asked.iter().filter(|wait| wait.is_ok()).count() - at_once;
        assert_eq!((at_once, paced), (2001, 200), "twenty seconds' worth, and two more that wait");
        assert_eq!(asked[2999], Err(TooMany { retry_after: 3 }));
        assert_eq!(ceiling.ask("b", now), Ok(Duration::ZERO), "another has its own");
        // Who waits as told comes in; who goes on at the ceiling does so for ever.
        let mut later = now + Duration::from_secs(3);
        for _ in 0..10_000 {
            assert!(ceiling.ask("a", later).is_ok());
            later += Duration::from_millis(10);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_through_is_forgotten() {
        let ceiling = Ceiling::new(1);
        let now = Instant::now();
        for n in 0..MOST + 10 {
            assert!(ceiling.ask(n, now).is_ok());
        }
        assert_eq!(ceiling.through.lock().unwrap().len(), MOST);
        ceiling.ask(MOST + 1, now + Duration::from_secs(60)).unwrap();
        assert_eq!(ceiling.through.lock().unwrap().len(), 1);
    }
}
