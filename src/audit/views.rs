//! Views of pictures that are on record. A picture is looked at in dozens of parts, and a page shows dozens of pictures: of
//! each of them one row says that a session saw it, and for a minute what is seen of it again needs no row more.
//!
//! A view must never be noted before its row is written. It is each node's own: another node writes a row of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::domain::Digest;

/// How long a row stands for what it says was seen.
const LASTS: Duration = Duration::from_secs(60);
/// Views that are remembered of the last minute at most. More have a row for each part.
const MOST: usize = 1 << 18;

/// What a session sees of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View([u8; 16]);

impl View {
    /// Any part of it, as large as it is. Whoever sees that sees all of it.
    pub fn close(session: &str, scan: Digest) -> Self {
        Self::of("close", session, scan)
    }

    /// A small picture of the whole page.
    pub fn glance(session: &str, scan: Digest) -> Self {
        Self::of("glance", session, scan)
    }

    fn of(how: &str, session: &str, scan: Digest) -> Self {
        let hash = Sha256::digest(format!("{how} {scan} {session}"));
        let mut name = [0; 16];
        name.copy_from_slice(&hash[..16]);
        Self(name)
    }
}

/// The views of this minute and of the one before. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Views(Arc<Mutex<Minutes>>);

#[derive(Debug, Default)]
struct Minutes {
    began: Option<Instant>,
    this: HashMap<View, Instant>,
    before: HashMap<View, Instant>,
}

impl Minutes {
    /// Forgets what lasts no longer, once a minute.
    fn turn(&mut self, now: Instant) {
        if self.began.is_none_or(|began| now.duration_since(began) >= LASTS) {
            self.before = std::mem::take(&mut self.this);
            self.began = Some(now);
        }
    }
}

impl Views {
    pub fn note(&self, view: View, now: Instant) {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.turn(now);
        if minutes.this.len() < MOST {
            minutes.this.insert(view, now);
        }
    }

    pub fn has(&self, view: View, now: Instant) -> bool {
        let minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = minutes.this.get(&view).or_else(|| minutes.before.get(&view));
        noted.is_some_and(|noted| now.duration_since(*noted) < LASTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_lasts_a_minute_and_is_of_one_session_one_scan_and_one_nearness() {
        let (views, now) = (Views::default(), Instant::now());
        let scan = Digest::of(b"scan");
        let view = View::close("oturum", scan);
        assert!(!views.has(view, now));
        views.note(view, now);
        for (second, lasts) in [(0, true), (59, true), (60, false), (200, false)] {
            assert_eq!(views.has(view, now + Duration::from_secs(second)), lasts, "{second}");
        }
        for other in [View::glance("oturum", scan), View::close("baska", scan), View::close("oturum", Digest::of(b"x"))]
        {
            assert!(!views.has(other, now));
        }
        views.note(View::close("baska", scan), now + Duration::from_secs(61));
        assert!(!views.has(view, now + Duration::from_secs(61)));
        views.note(view, now + Duration::from_secs(119));
        views.note(View::glance("x", scan), now + Duration::from_secs(130)); // the minute turns
        assert!(views.has(view, now + Duration::from_secs(150)));
    }
}
