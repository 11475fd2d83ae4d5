//! The one clock. Everything that asks for the time takes it from here, so that a test can say what time it is.
//! And how a time is told to people in Türkiye.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A difference between the clock and the time that has passed that is corrected time, and no jump.
const TOLERANCE_MS: i64 = 60_000;

/// A clock: the machine's, or one that stands where it was put. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock {
    /// A clock that was set by hand.
    set: Option<Arc<Hand>>,
    /// When the machine's clock was last believed.
    anchor: Arc<Mutex<Anchor>>,
}

/// Milliseconds since 1970: what a stopped clock shows, and what it would show had it not jumped.
#[derive(Debug)]
struct Hand {
    shown: AtomicI64,
    passed: AtomicI64,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// What the clock showed, in milliseconds since 1970.
    shown: i64,
    /// Milliseconds since the machine was started, suspended or not. Nobody can set it.
    up: Option<i64>,
}

impl Anchor {
    fn now() -> Self {
        Self { shown: Timestamp::now().as_millisecond(), up: uptime() }
    }

    /// How far the clock is ahead of what it should show by the time that has passed since `self`, in milliseconds.
    fn ahead(self, now: Self) -> i64 {
        // Where the one cannot be read for a moment, as when no file can be opened, the other is believed.
        let (Some(before), Some(after)) = (self.up, now.up) else { return 0 };
        (now.shown - self.shown) - (after - before)
    }
}

/// Milliseconds since the machine was started, those that it was suspended included.
fn uptime() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split(' ').next()?.split_once('.')?;
    Some(seconds.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { set: None, anchor: Arc::new(Mutex::new(Anchor::now())) }
    }

    /// A clock that stands at `now` until it is set again.
    pub fn standing_at(now: Timestamp) -> Self {
        let millis = now.as_millisecond();
        let hand = Hand { shown: millis.into(), passed: millis.into() };
        Self { set: Some(Arc::new(hand)), ..Self::system() }
    }

    /// Moves a standing clock; the machine's clock is left alone.
    pub fn set(&self, now: Timestamp) {
        if let Some(hand) = &self.set {
            hand.shown.store(now.as_millisecond(), Ordering::SeqCst);
            hand.passed.store(now.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Lets a standing clock run ahead by `by`.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(hand) = &self.set {
            hand.passed.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
        }
        self.jump(by);
    }

    /// Lets a standing clock show a time that is `by` later, though no time has passed.
    pub fn jump(&self, by: SignedDuration) {
        if let Some(hand) = &self.set {
            hand.shown.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
        }
    }

    /// How far the clock has jumped ahead since it was last believed, if more than a minute. A clock that was set back is
    /// believed, and so is one that goes a little wrong; only a restart makes a jump ahead the truth.
    pub fn jumped(&self) -> Option<SignedDuration> {
        let ahead = match &self.set {
            Some(hand) => hand.shown.load(Ordering::SeqCst) - hand.passed.load(Ordering::SeqCst),
            None => {
                let now = Anchor::now();
                let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
                let ahead = anchor.ahead(now);
                if ahead.abs() <= TOLERANCE_MS {
                    *anchor = now;
                }
                ahead
            }
        };
        (ahead > TOLERANCE_MS).then(|| SignedDuration::from_millis(ahead))
    }

    /// How far the machine's clock is behind another one. One that stands where it was put is never behind.
    pub fn behind(&self, other: Timestamp) -> Option<SignedDuration> {
        let behind = other.duration_since(self.now());
        (self.set.is_none() && behind.is_positive()).then_some(behind)
    }

    /// Now, to the millisecond.
    pub fn now(&self) -> Timestamp {
        let millis = match &self.set {
            Some(hand) => hand.shown.load(Ordering::SeqCst),
            None => Timestamp::now().as_millisecond(),
        };
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A time as people in Türkiye read it, to the second.
pub fn turkish(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_runs_ahead_of_the_time_that_passed_has_jumped() {
        let start = Anchor { shown: 1_000_000, up: Some(5_000) };
        assert_eq!(start.ahead(Anchor { shown: 1_060_000, up: Some(65_000) }), 0);
        assert_eq!(start.ahead(Anchor { shown: 87_400_000, up: Some(5_000) }), 86_400_000);
        assert_eq!(Clock::system().jumped(), None);

        let clock = Clock::standing_at(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(clock.jumped(), None);
        clock.jump(SignedDuration::from_secs(60));
        assert_eq!(clock.jumped(), None);
        clock.jump(SignedDuration::from_secs(1));
        assert_eq!(clock.jumped(), Some(SignedDuration::from_secs(61)));
        clock.jump(SignedDuration::from_secs(-61));
        assert_eq!(clock.jumped(), None);
    }
}
