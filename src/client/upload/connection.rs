//! The connection to the service: all senders rest together when it fails, and come back one by one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::client::retry::Retry;

/// For ever, at most a minute apart: election night has one.
const PATIENT: Retry =
    Retry { attempts: u32::MAX, first: Duration::from_millis(500), longest: Duration::from_secs(60) };

/// How the connection is. One for all senders.
#[derive(Debug)]
pub struct Connection {
    retry: Retry,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Failures since it last worked.
    failures: u32,
    /// When the last one was noted.
    failed: Instant,
    /// Until when nobody sends.
    until: Instant,
}

impl Default for Connection {
    fn default() -> Self {
        Self::new(PATIENT)
    }
}

impl Connection {
    /// A connection that was not tried yet.
    pub fn new(retry: Retry) -> Self {
        let now = Instant::now();
        Self { retry, state: Mutex::new(State { failures: 0, failed: now, until: now }) }
    }

    /// Until when nobody should send.
    pub fn until(&self) -> Instant {
        self.with(|state| state.until)
    }

    /// A scan went through. That small questions are answered says nothing: a service that is too busy for scans, and a
    /// proxy in front of one that is gone, answer those.
    pub fn works(&self) {
        self.with(|state| state.failures = 0);
    }

    /// An attempt that began at `began` failed, and the service may have said when to come again. Gives the pause, once
    /// for all attempts that one failure ended.
    pub fn failed(&self, began: Instant, asked: Option<Duration>) -> Option<Duration> {
        self.with(|state| {
            let now = Instant::now();
            let counts = state.failures == 0 || began > state.failed;
            if counts {
                state.failures = state.failures.saturating_add(1);
                state.failed = now;
            }
            let pause = self.retry.pause(state.failures, asked);
            if counts || asked.is_some() {
                state.until = state.until.max(now + pause);
            }
            counts.then_some(pause)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        // Nothing in here panics half-way.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The pause of one scan that failed so many times, while others went through.
pub fn pause(attempts: u32) -> Duration {
    PATIENT.pause(attempts.max(1), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cut_that_ends_four_attempts_counts_once_and_the_service_is_obeyed() {
        let (first, longest) = (Duration::from_millis(40), Duration::from_millis(80));
        let connection = Connection::new(Retry { attempts: 1, first, longest });
        let began = Instant::now();
        let pauses: Vec<_> = (0..4).filter_map(|_| connection.failed(began, None)).collect();
        assert_eq!(pauses.len(), 1);
        assert!(pauses[0] <= first && connection.until() <= began + first + longest, "{pauses:?}");
        let second = Instant::now();
        let asked = Duration::from_millis(300);
        assert!(connection.failed(second, Some(asked)).unwrap() >= asked);
        assert!(connection.until() >= second + asked);
        assert!(
            connection.failed(Instant::now(), None).unwrap() >= first,
            "the third pause is no longer than the first"
        );
        connection.works();
        assert!(connection.failed(Instant::now(), None).unwrap() <= first);
    }
}
