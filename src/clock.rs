//! The one clock. Everything that asks for the time takes it from here, so that a test can say what time it is.
//! And how a time is told to people in Türkiye.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A clock: the machine's, or one that stands where it was put.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since 1970 of a clock that was set by hand.
    set: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { set: None }
    }

    /// A clock that stands at `now` until it is set again.
    pub fn standing_at(now: Timestamp) -> Self {
        Self { set: Some(Arc::new(AtomicI64::new(now.as_millisecond()))) }
    }

    /// Moves a standing clock; the machine's clock is left alone.
    pub fn set(&self, now: Timestamp) {
        if let Some(set) = &self.set {
            set.store(now.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Lets a standing clock run ahead by `by`.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(set) = &self.set {
            set.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
        }
    }

    /// Now, to the millisecond.
    pub fn now(&self) -> Timestamp {
        let millis = match &self.set {
            Some(set) => set.load(Ordering::SeqCst),
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
