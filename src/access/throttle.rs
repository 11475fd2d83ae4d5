//! Slowing down who guesses: waiting times that grow with wrong tries, kept apart for each account at each address.
//!
//! It must never become a lock: wrong tries delay an account only at the address that they came from. And it must
//! never grow with what is thrown at it.

mod queue;
mod shared;
mod table;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use crate::domain::Origin;
use queue::Queues;
pub use queue::Turn;
pub use shared::{Passed, Shared};
pub(super) use table::REMEMBERED;
use table::{Table, Tries};

/// Wrong tries of an account at an address before it waits at all: people mistype.
const FREE: u32 = 5;
/// The longest wait before [`IN_A_ROW`] tries.
const LONGEST: Duration = Duration::from_secs(64);
/// Wrong tries in a row after which each further one waits [`LAST_RESORT`] (NIST SP 800-63B-4 §3.2.2: at most 100).
const IN_A_ROW: u32 = 100;
/// How far apart tries are from there on.
const LAST_RESORT: Duration = Duration::from_secs(15 * 60);
/// Wrong tries at all sorts of accounts from one address before the address waits. Accounts that were right there before
/// do not wait with it.
const FREE_AT_AN_ADDRESS: u32 = 50;

/// How long to wait after so many wrong tries in a row, of which `free` cost nothing.
fn wait(wrong: u32, free: u32) -> Duration {
    match wrong {
        wrong if wrong < free => Duration::ZERO,
        wrong if wrong >= IN_A_ROW => LAST_RESORT,
        wrong => Duration::from_secs(1 << (wrong - free).min(6)).min(LONGEST),
    }
}

/// Tries of one account at one address that are looked at side by side. On ten nodes, and with the free ones, these stay
/// below [`IN_A_ROW`]: whoever sends a thousand at once must not have them all compared before the first is counted.
const SIDE_BY_SIDE: u32 = 8;

/// How long an account waits after so many tries in a row of which none was right.
pub(super) fn wait_after(tries: u32) -> Duration {
    wait(tries, FREE)
}

/// A try is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// There were too many wrong ones. What is tried meanwhile is not counted, so waiting always ends.
    Wait(Duration),
    /// There were too many wrong tries at other accounts from this address. An account that was right there of late does
    /// not wait for that: [`Throttle::was_right`].
    Crowded(Duration),
    /// Others of the same account at the same address are being looked at; in a moment there is room.
    Busy,
}

/// Counts wrong tries of one node. Clones share the count; what all nodes counted is [`Shared`].
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    counts: Arc<Mutex<Counts>>,
    queues: Queues,
    /// Names come from outside: they are kept as keyed hashes, so that a long one costs no memory.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Counts {
    /// An account at an address.
    pairs: Table<(Origin, u64)>,
    /// Any account at an address.
    origins: Table<Origin>,
    /// A wrong token at an address. They are counted apart: no client with an old token keeps people out.
    tokens: Table<(Origin, u64)>,
    /// Different wrong tokens at an address.
    origins_of_tokens: Table<Origin>,
}

impl Throttle {
    /// Waits until not too many of `login` from `from` are looked at, at most so long. Ask then, and keep the turn until
    /// the secret is compared.
    pub async fn wait(&self, login: &str, from: IpAddr, longest: Duration) -> Option<Turn> {
        self.queues.wait((Origin::of(from), self.hasher.hash_one(login)), longest).await
    }

    /// Whether a try of `login` from `from` may be looked at now. Ask before the secret is compared, and say how it was.
    ///
    /// # Errors
    /// Not now.
    pub fn ask(&self, login: &str, from: IpAddr, now: Instant) -> Result<Try, NotNow> {
        let origin = Origin::of(from);
        let pair = (origin, self.hasher.hash_one(login));
        let mut counts = self.counts();
        let left = |tries: Option<&Tries>, free| match tries.map(|tries| (tries.last, wait(tries.wrong, free))) {
            // Not even for the moment by which another's try was judged later than this one looked at the clock.
            None | Some((_, Duration::ZERO)) => Duration::ZERO,
            Some((last, wait)) => (last + wait).saturating_duration_since(now),
        };
        let tries = counts.pairs.get(&pair).copied();
        let of_origin = match tries {
            Some(Tries { was_right: true, .. }) => Duration::ZERO,
            _ => left(counts.origins.get(&origin), FREE_AT_AN_ADDRESS),
        };
        let wait = left(tries.as_ref(), FREE);
        if !wait.is_zero() {
            return Err(NotNow::Wait(wait.max(of_origin)));
        }
        if !of_origin.is_zero() {
            return Err(NotNow::Crowded(of_origin));
        }
        let most = if tries.is_some_and(|tries| tries.wrong >= FREE) { 1 } else { SIDE_BY_SIDE };
        if tries.is_some_and(|tries| tries.looking >= most) {
            return Err(NotNow::Busy);
        }
        counts.pairs.look(pair, now);
        drop(counts);
        Ok(Try { throttle: self.clone(), pair, open: true })
    }

    /// An account was right at an address, as the ledger remembers it from before this node started, or from another node:
    /// it does not wait for what others try there. Its own wrong tries are counted as before.
    pub fn was_right(&self, login: &str, from: IpAddr, now: Instant) {
        let pair = (Origin::of(from), self.hasher.hash_one(login));
        self.counts().pairs.remember(pair, now);
    }

    /// A token was wrong. Tokens are found by their hash and have more bits than anybody can guess, so a right one is never
    /// kept waiting for its neighbours' mistakes, and a wrong one makes no password wait. Each wrong token is counted at
    /// each address; the address itself counts how many different ones it sent. Gives the wait, if there is one.
    pub fn wrong_token(&self, login: &str, from: IpAddr, now: Instant) -> Option<Duration> {
        let origin = Origin::of(from);
        let mut counts = self.counts();
        let wrong = counts.tokens.count((origin, self.hasher.hash_one(login)), now);
        let different = match wrong {
            1 => counts.origins_of_tokens.count(origin, now),
            _ => counts.origins_of_tokens.get(&origin).map_or(0, |tries| tries.wrong),
        };
        Some(wait(wrong.max(different), FREE_AT_AN_ADDRESS)).filter(|wait| !wait.is_zero())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves it consistent, so poisoning is ignored
    }
}

/// A try that is being looked at. One that ends without a verdict, because nobody could tell, is not counted.
#[derive(Debug)]
#[must_use = "a try that nobody judges is not counted"]
pub struct Try {
    throttle: Throttle,
    pair: (Origin, u64),
    open: bool,
}

impl Try {
    /// The secret was wrong, or there is no such account.
    pub fn wrong(mut self, now: Instant) {
        self.open = false;
        let mut counts = self.throttle.counts();
        counts.pairs.looked(&self.pair);
        // Beyond the free tries the account waits for itself: one client that goes on with an old password is one account's
        // trouble and not the whole address's.
        if counts.pairs.count(self.pair, now) <= FREE {
            counts.origins.count(self.pair.0, now);
        }
    }

    /// The secret was right: the row of wrong tries is broken.
    pub fn right(mut self, now: Instant) {
        self.open = false;
        let mut counts = self.throttle.counts();
        counts.pairs.looked(&self.pair);
        counts.pairs.forgive(self.pair, now);
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        if self.open {
            self.throttle.counts().pairs.looked(&self.pair);
        }
    }
}

#[cfg(test)]
mod tests;
