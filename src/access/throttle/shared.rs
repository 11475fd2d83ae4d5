//! Wrong tries of all nodes together, so that a service of many nodes gives nobody more tries than one would.
//!
//! Each node still counts by itself, which costs nothing; what it would look at it asks for here. Where nothing was wrong
//! of late that is a look at one row, twice a second at most. From [`FREE`] wrong ones on, one try at a time is looked at
//! in the whole service, and never before its wait is over.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::table::{MOST, REMEMBERED};
use super::{FREE, NotNow, Origin, wait};
use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;

/// How long it is believed that nothing was wrong.
const FRESH: Duration = Duration::from_millis(400);
/// How long it is remembered that an account was right at an address: from the last rehearsal to the night.
const RECENTLY: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often that is written down: clients that fetch much log in with each request.
const NOTED: Duration = Duration::from_secs(6 * 60 * 60);

/// A login at an address. Of the login only two bytes of a hash: enough to count by, too little to find again what
/// somebody typed by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    origin: Origin,
    bucket: u16,
}

/// The count of all nodes. Clones share what this one knows of it.
#[derive(Clone, Debug)]
pub struct Shared {
    ledger: Ledger,
    clock: Clock,
    /// Where nothing was wrong when it was last looked at.
    clean: Arc<Mutex<HashMap<Key, Instant>>>,
    /// Which accounts were right where, and when that was written down last.
    noted: Arc<Mutex<HashMap<(Origin, String), Instant>>>,
}

/// A try that all nodes let pass.
#[derive(Debug)]
#[must_use = "a try that nobody judges is not counted"]
pub struct Passed {
    shared: Shared,
    key: Key,
    login: String,
    /// Whether there is something to forgive.
    counted: bool,
}

impl Shared {
    /// The count in this ledger.
    pub fn new(ledger: Ledger, clock: Clock) -> Self {
        Self { ledger, clock, clean: Arc::default(), noted: Arc::default() }
    }

    /// Whether a try may be looked at now, as far as other nodes know.
    ///
    /// # Errors
    /// The database did not answer; or, inside, not now.
    pub async fn ask(&self, login: &str, from: IpAddr) -> Result<Result<Passed, NotNow>, LedgerError> {
        let hash = Sha256::digest(login);
        let key = Key { origin: Origin::of(from), bucket: u16::from_be_bytes([hash[0], hash[1]]) };
        let passed = |counted| Passed { shared: self.clone(), key, login: login.to_owned(), counted };
        if self.clean().get(&key).is_some_and(|read| read.elapsed() < FRESH) {
            return Ok(Ok(passed(false)));
        }
        let (origin, now) = (key.origin.to_string(), self.clock.now().as_millisecond());
        let seen = self.ledger.wrong_tries(&origin, key.bucket).await?;
        let Some(seen) = seen.filter(|seen| seen.last_ms >= now - millis(REMEMBERED)) else {
            let mut clean = self.clean();
            if clean.len() >= MOST {
                clean.clear();
            }
            clean.insert(key, Instant::now());
            return Ok(Ok(passed(false)));
        };
        let waits = wait(u32::try_from(seen.wrong).unwrap_or(u32::MAX), FREE);
        if waits.is_zero() {
            return Ok(Ok(passed(true)));
        }
        // Clocks of nodes differ a little: nobody waits longer than the wait for that.
        let left = (seen.last_ms + millis(waits) - now).min(millis(waits));
        if left > 0 {
            return Ok(Err(NotNow::Wait(Duration::from_millis(left.unsigned_abs()))));
        }
        let claimed = self.ledger.wrong_tries_claim(&origin, key.bucket, seen, now).await?;
        Ok(if claimed { Ok(passed(true)) } else { Err(NotNow::Wait(waits)) })
    }

    /// Whether this login was right at this address of late, at any node and before any restart.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn was_right(&self, login: &str, from: IpAddr) -> Result<bool, LedgerError> {
        if login.contains('\0') {
            return Ok(false); // PostgreSQL's text cannot even be asked for it
        }
        let since = self.clock.now().as_millisecond() - millis(RECENTLY);
        self.ledger.login_was_right(&Origin::of(from).to_string(), login, since).await
    }

    /// Whether it is to be written down that this login was right there: not again for a while after that.
    fn to_be_noted(&self, origin: Origin, login: &str) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner); // each statement leaves it consistent
        let (key, now) = ((origin, login.to_owned()), Instant::now());
        if noted.get(&key).is_some_and(|at| now.duration_since(*at) < NOTED) {
            return false;
        }
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(key, now);
        true
    }

    fn clean(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Instant>> {
        self.clean.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves it consistent, so poisoning is ignored
    }
}

impl Passed {
    /// The secret was wrong, or there is no such account.
    pub async fn wrong(self) {
        let Self { shared: Shared { ledger, clock, .. }, key, .. } = &self;
        let now = clock.now().as_millisecond();
        self.shared.clean().remove(key);
        let counted =
            ledger.wrong_tries_count(&key.origin.to_string(), key.bucket, now, now - millis(REMEMBERED)).await;
        self.log_failure(counted);
    }

    /// The secret was right: the row of wrong tries is broken, and all nodes remember that the account comes from there.
    pub async fn right(self) {
        if self.shared.to_be_noted(self.key.origin, &self.login) {
            let now = self.shared.clock.now().as_millisecond();
            let (origin, forgotten) = (self.key.origin.to_string(), now - millis(RECENTLY));
            self.log_failure(self.shared.ledger.login_right(&origin, &self.login, now, forgotten).await);
        }
        if self.counted {
            let forgiven = self.shared.ledger.wrong_tries_forgive(&self.key.origin.to_string(), self.key.bucket).await;
            self.log_failure(forgiven);
        }
    }

    /// This node's own count stands in any case.
    fn log_failure(&self, written: Result<(), LedgerError>) {
        if let Err(error) = written {
            tracing::error!(error = %Chain(&error), "Could not tell the other nodes how a try at a login was");
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
