//! What one session is doing: how many questions and transfers run, since when nothing does, and
//! whether it is over.
//!
//! It knows nothing of FTP or of the shelf; it is what the watch over a session looks at.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy)]
struct Pulse {
    running: usize,
    /// When the number of running things last changed.
    since: Instant,
}

pub(crate) struct Life {
    pulse: watch::Sender<Pulse>,
    asked_to_end: CancellationToken,
    reason: OnceLock<&'static str>,
    over: CancellationToken,
    stopping: CancellationToken,
}

impl Life {
    /// `stopping` is the whole server's signal; it stays with the caller.
    pub(crate) fn new(stopping: CancellationToken) -> Self {
        let pulse = Pulse { running: 0, since: Instant::now() };
        Self {
            pulse: watch::Sender::new(pulse),
            asked_to_end: CancellationToken::new(),
            reason: OnceLock::new(),
            over: CancellationToken::new(),
            stopping,
        }
    }

    /// Marks that something runs, until the mark is dropped.
    pub(crate) fn begin(&self) -> Running<'_> {
        self.pulse.send_modify(|pulse| *pulse = Pulse { running: pulse.running + 1, since: Instant::now() });
        Running { life: self }
    }

    /// Since when nothing has run; `None` while something does.
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        let pulse = *self.pulse.borrow();
        (pulse.running == 0).then_some(pulse.since)
    }

    /// Waits until nothing runs, but not longer than `limit`. Tells whether it had to wait.
    pub(crate) async fn rest_within(&self, limit: Duration) -> bool {
        let mut pulse = self.pulse.subscribe();
        let waited = pulse.borrow().running > 0;
        let _ = timeout(limit, pulse.wait_for(|pulse| pulse.running == 0)).await;
        waited
    }

    /// Asks for the end of the session, with a sentence for the visitor; replies that are on
    /// their way still go out. The first reason stands.
    pub(crate) fn end_soon(&self, reason: &'static str) {
        self.reason.get_or_init(|| reason);
        self.asked_to_end.cancel();
    }

    /// Waits until somebody asks for the end, and tells why.
    pub(crate) async fn asked_to_end(&self) -> &'static str {
        self.asked_to_end.cancelled().await;
        self.reason.get().copied().unwrap_or_default()
    }

    /// Whether nothing new may begin.
    pub(crate) fn is_ending(&self) -> bool {
        self.asked_to_end.is_cancelled() || self.over.is_cancelled() || self.stopping.is_cancelled()
    }

    /// The whole server is stopping: nothing new may begin.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// The session is over: whatever runs is to end at once.
    pub(crate) fn over(&self) -> &CancellationToken {
        &self.over
    }
}

/// Something that runs; see [`Life::begin`].
pub(crate) struct Running<'life> {
    life: &'life Life,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.life.pulse.send_modify(|pulse| *pulse = Pulse { running: pulse.running - 1, since: Instant::now() });
    }
}
