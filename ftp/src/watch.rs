//! Whether everybody who is logged in may still be here: asked for all sessions in turn, several times a second, so that
//! whoever loses a right is cut within a second. It costs nothing in the sessions themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::shelf::{Shelf, Visitor};

/// Between two rounds.
const ROUND: Duration = Duration::from_millis(300);

pub(crate) struct Watch<S: Shelf> {
    present: Mutex<HashMap<u64, Arc<Watched<S::Reader>>>>,
}

struct Watched<R> {
    visitor: Visitor,
    reader: R,
    lost: Arc<Lost>,
}

/// The right of one session, while it lasts.
#[derive(Default)]
pub(crate) struct Lost {
    token: CancellationToken,
    sentence: OnceLock<String>,
}

impl Lost {
    /// Returns when the right has ended, with the shelf's sentence about it.
    pub(crate) async fn sentence(&self) -> &str {
        self.token.cancelled().await;
        self.sentence.get().map_or("", String::as_str)
    }
}

impl<S: Shelf> Watch<S> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { present: Mutex::default() })
    }

    /// Watches over a session until the guard is dropped.
    pub(crate) fn over(self: &Arc<Self>, visitor: Visitor, reader: S::Reader) -> Guard<S> {
        let lost = Arc::new(Lost::default());
        let session = visitor.session;
        let watched = Watched { visitor, reader, lost: Arc::clone(&lost) };
        self.present().insert(session, Arc::new(watched));
        Guard { watch: Arc::clone(self), session, lost }
    }

    /// Asks, round after round. `patience` is for each answer; none means that nothing has changed.
    pub(crate) async fn run(&self, shelf: &S, patience: Duration) {
        let mut round = interval(ROUND);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            round.tick().await;
            let present: Vec<_> = self.present().values().cloned().collect();
            for watched in present {
                if let Ok(Err(sentence)) = timeout(patience, shelf.still(&watched.visitor, &watched.reader)).await {
                    tracing::info!(session = watched.visitor.session, sentence, "A session lost its right");
                    watched.lost.sentence.get_or_init(|| sentence);
                    watched.lost.token.cancel();
                }
            }
        }
    }

    fn present(&self) -> MutexGuard<'_, HashMap<u64, Arc<Watched<S::Reader>>>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is watched over.
pub(crate) struct Guard<S: Shelf> {
    watch: Arc<Watch<S>>,
    session: u64,
    pub(crate) lost: Arc<Lost>,
}

impl<S: Shelf> Drop for Guard<S> {
    fn drop(&mut self) {
        self.watch.present().remove(&self.session);
    }
}
