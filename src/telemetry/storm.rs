//! A storm of the same warning or error is one line, and then one line with a count for each window.
//!
//! Two events are the same when they come from the same place in the code with the same message and the same error. It must
//! never swallow one that is different: what it cannot remember it lets through.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Of the same event one line is written in so long.
pub(super) const WINDOW: Duration = Duration::from_secs(10);
/// Different events that are remembered at a time. What comes beyond them is written as it is.
const KINDS: usize = 1024;
/// Letters of a message that are remembered.
const LETTERS: usize = 300;

/// The filter. Clones share what they saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Storm(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    hasher: RandomState,
    seen: Mutex<HashMap<u64, Seen>>,
}

#[derive(Debug)]
struct Seen {
    level: Level,
    message: String,
    since: Instant,
    more: u64,
}

/// What an event says: its message, and the error it was given.
#[derive(Default)]
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "message" | "error") {
            // Writing into a text does not fail.
            let _ = write!(self.0, "{}{value:?}", if self.0.is_empty() { "" } else { ": " });
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl Storm {
    /// Writes how often the events whose window has ended came again, and forgets those that did not.
    pub fn tell(&self, now: Instant) {
        self.tell_after(now, WINDOW);
    }

    /// The same for all events, whenever they came.
    pub fn tell_all(&self) {
        self.tell_after(Instant::now(), Duration::ZERO);
    }

    fn tell_after(&self, now: Instant, window: Duration) {
        let mut due = Vec::new();
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, seen| {
            let passed = now.saturating_duration_since(seen.since);
            if passed < window {
                return true;
            }
            if seen.more > 0 {
                due.push((seen.level, seen.more, passed.as_secs().max(1), seen.message.clone()));
            }
            let came_again = seen.more > 0;
            (seen.more, seen.since) = (0, now);
            came_again
        });
        // Outside of the lock: these lines come through the filter too.
        for (level, more, seconds, message) in due {
            match level {
                Level::ERROR => tracing::error!(more, "… {more} more in the last {seconds} s: {message}"),
                _ => tracing::warn!(more, "… {more} more in the last {seconds} s: {message}"),
            }
        }
    }

    fn admits(&self, metadata: &'static Metadata<'static>, said: String, now: Instant) -> bool {
        let mut hasher = self.0.hasher.build_hasher();
        metadata.callsite().hash(&mut hasher);
        said.hash(&mut hasher);
        let key = hasher.finish();
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.get_mut(&key) {
            known.more += 1;
            return false;
        }
        if seen.len() < KINDS {
            let message = said.chars().take(LETTERS).collect();
            seen.insert(key, Seen { level: *metadata.level(), message, since: now, more: 0 });
        }
        true
    }
}

impl<S: Subscriber> Layer<S> for Storm {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        // Levels are ordered by how much they let through. The counts themselves are each different.
        if *metadata.level() > Level::WARN || metadata.target() == module_path!() {
            return true;
        }
        let mut said = Said::default();
        event.record(&mut said);
        self.admits(metadata, said.0, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn lines(&self) -> Vec<String> {
            let text = std::mem::take(&mut *self.0.lock().unwrap());
            String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
        }
    }

    fn fails(error: &str, peer: u32) {
        tracing::error!(error, peer, "The disk does not answer");
    }

    #[test]
    fn a_storm_of_one_error_is_a_line_and_a_count_and_no_other_error_is_swallowed() {
        let (storm, page) = (Storm::default(), Page::default());
        let to = page.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || to.clone());
        let subscriber = tracing_subscriber::registry().with(storm.clone()).with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for peer in 0..5000 {
                fails("EIO", peer);
            }
            fails("ENOSPC", 1);
            tracing::warn!(error = "EIO", "The disk does not answer");
            for _ in 0..3 {
                tracing::info!("Somebody came");
            }
            let lines = page.lines();
            assert_eq!(lines.len(), 6, "{lines:#?}");
            assert!(lines[1].contains("ENOSPC") && lines[2].contains("WARN"), "{lines:#?}");

            storm.tell(Instant::now());
            assert!(page.lines().is_empty(), "the window has not ended");
            let later = Instant::now() + WINDOW;
            storm.tell(later);
            let lines = page.lines();
            assert_eq!(lines.len(), 1, "{lines:#?}");
            assert!(lines[0].contains("4999 more in the last 10 s") && lines[0].contains("EIO"), "{lines:#?}");
            // It goes on: no line until the next window ends.
            fails("EIO", 1);
            assert!(page.lines().is_empty());
            storm.tell(later + WINDOW);
            assert_eq!(page.lines().len(), 1);
            // It ended: the next one is news again.
            storm.tell(later + WINDOW * 2);
            fails("EIO", 1);
            assert_eq!(page.lines().len(), 1);

            for n in 0..3 * KINDS {
                fails(&n.to_string(), 1);
            }
            assert_eq!(page.lines().len(), 3 * KINDS, "different errors are all written");
            assert!(storm.0.seen.lock().unwrap().len() <= KINDS);
        });
    }
}
