//! A bucket of tokens, one for each byte: how fast the sessions of a party may be together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Bytes that are let through at a time while a pace is kept.
pub(crate) const STEP: usize = 64 * 1024;

pub(crate) struct Bucket {
    bytes_per_second: f64,
    state: Mutex<(f64, Instant)>,
}

impl Bucket {
    /// It begins full: a second's worth, and at least one step.
    pub(crate) fn new(bytes_per_second: u64) -> Self {
        let bytes_per_second = (bytes_per_second.max(1)) as f64;
        Self { bytes_per_second, state: Mutex::new((capacity(bytes_per_second), Instant::now())) }
    }

    /// Waits until `bytes` may be sent. Whoever comes first is served first: the debt of one is the wait of the next.
    pub(crate) async fn take(&self, bytes: usize) {
        let wait = self.debt(bytes, Instant::now());
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    fn debt(&self, bytes: usize, now: Instant) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = *state;
        let since = now.saturating_duration_since(at).as_secs_f64();
        let tokens = (tokens + since * self.bytes_per_second).min(capacity(self.bytes_per_second)) - bytes as f64;
        *state = (tokens, now.max(at));
        if tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-tokens / self.bytes_per_second) }
    }
}

fn capacity(bytes_per_second: f64) -> f64 {
    bytes_per_second.max(STEP as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_beyond_the_first_second_has_to_be_waited_for() {
        let bucket = Bucket::new(1_000_000);
        let now = bucket.state.lock().unwrap().1;
        assert_eq!(bucket.debt(1_000_000, now), Duration::ZERO);
        assert_eq!(bucket.debt(500_000, now), Duration::from_millis(500));
        assert_eq!(bucket.debt(500_000, now), Duration::from_millis(1000));
        assert_eq!(bucket.debt(0, now + Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(bucket.debt(1_000_000, now + Duration::from_secs(60)), Duration::ZERO, "a long rest earns a second");
        assert_eq!(bucket.debt(1, now + Duration::from_secs(60)), Duration::from_micros(1));
    }
}
