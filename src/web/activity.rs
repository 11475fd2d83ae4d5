//! What a connection is doing: whether something is asked for on it, whether an answer is still being taken, and since when
//! nothing has gone on. Connections on which nothing goes on are closed.
//!
//! Over HTTP/2 the operating system does not see that a client takes nothing: it says so in frames, one request at a time,
//! and keeps the connection alive all the same. So the answers themselves are watched.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};
use tutanak_ftp::permits::Busy;

/// How long an answer may lie untaken. What is sent is handed over in pieces of up to 256 KiB, so whoever takes two KiB a
/// second is not cut.
const UNTAKEN: Duration = Duration::from_secs(120);

/// Why a connection is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Nothing was asked for too long.
    Idle,
    /// An answer was not taken.
    Untaken,
}

/// The activity of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    /// How long an answer may lie untaken.
    untaken: Duration,
}

#[derive(Debug)]
struct State {
    /// Requests that are being handled.
    handled: usize,
    /// Answers that are being sent.
    sent: usize,
    /// When something last went on.
    last: Instant,
}

impl Activity {
    /// A connection that begins.
    pub fn new() -> Arc<Self> {
        Self::patient(UNTAKEN)
    }

    fn patient(untaken: Duration) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { handled: 0, sent: 0, last: Instant::now() }), untaken })
    }

    /// Something is asked for.
    pub fn begin(self: &Arc<Self>, busy: Option<Busy>) -> Running {
        self.state().handled += 1;
        Running { activity: Arc::clone(self), answered: false, _busy: busy }
    }

    /// Whether nothing is asked for and nothing is being answered.
    pub fn is_quiet(&self) -> bool {
        let state = self.state();
        state.handled + state.sent == 0
    }

    /// Returns when the connection is to be closed. `idle` says how long it may be idle as things are.
    pub async fn over(&self, idle: impl Fn() -> Duration) -> Over {
        loop {
            let (until, over) = {
                let state = self.state();
                match (state.handled, state.sent) {
                    (0, 0) => (state.last + idle(), Over::Idle),
                    (0, _) => (state.last + self.untaken, Over::Untaken),
                    // Handlers have time limits of their own.
                    (_, _) => (Instant::now() + idle(), Over::Idle),
                }
            };
            if until <= Instant::now() {
                return over;
            }
            sleep_until(until).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves the counts consistent
    }
}

/// One request, until its answer was sent or given up.
#[derive(Debug)]
pub(super) struct Running {
    activity: Arc<Activity>,
    answered: bool,
    /// While this is held, connections that wait make room before this one.
    _busy: Option<Busy>,
}

impl Running {
    /// The same answer, watched while it is sent.
    pub fn answer(mut self, body: Body) -> Body {
        {
            let mut state = self.activity.state();
            *state = State { handled: state.handled - 1, sent: state.sent + 1, last: Instant::now() };
        }
        self.answered = true;
        Body::new(Watched { body, running: self })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        match self.answered {
            true => state.sent -= 1,
            false => state.handled -= 1,
        }
        state.last = Instant::now();
    }
}

/// The body of an answer.
struct Watched {
    body: Body,
    running: Running,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.running.activity.state().last = Instant::now();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures::FutureExt;
    use hyper::body::Body as _;
    use tokio::time::sleep;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn over(activity: &Activity) -> Option<Over> {
        activity.over(|| SHORT).now_or_never()
    }

    #[tokio::test]
    async fn a_connection_is_idle_when_its_last_answer_was_taken_so_long_ago() {
        let activity = Activity::new();
        assert_eq!(activity.over(|| SHORT).await, Over::Idle, "nothing was ever asked");
        let running = activity.begin(None);
        sleep(SHORT * 2).await;
        assert_eq!(over(&activity), None, "it is being handled");
        let body = running.answer(Body::from("answer"));
        assert_eq!(body.size_hint().exact(), Some(6), "its length is still known");
        sleep(SHORT * 2).await;
        assert_eq!(over(&activity), None, "it is being sent");
        assert_eq!(axum::body::to_bytes(body, 100).await.unwrap(), "answer");
        assert_eq!(activity.over(|| SHORT).await, Over::Idle);
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_ends_the_connection_and_a_slow_one_does_not() {
        let activity = Activity::patient(SHORT * 10);
        let pieces = futures::stream::iter((0..9).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x"))));
        let mut body = activity.begin(None).answer(Body::from_stream(pieces));
        for _ in 0..5 {
            sleep(SHORT * 3).await;
            assert!(poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await.is_some());
            assert_eq!(over(&activity), None, "somebody takes it");
        }
        assert_eq!(activity.over(|| SHORT).await, Over::Untaken);
        drop(activity.begin(None));
        assert_eq!(over(&activity), None);
    }
}
