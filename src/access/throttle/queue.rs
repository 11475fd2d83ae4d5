//! The queue in which tries of one account at one address wait for those before them: first come, first served. Clients
//! that fetch much at once log in with each request; none of their requests may be passed by for ever.
//!
//! It must never remember anybody who neither waits nor is looked at.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Origin, SIDE_BY_SIDE};

type Pair = (Origin, u64);

/// All queues of one node.
#[derive(Clone, Debug, Default)]
pub(super) struct Queues {
    waiting: Arc<Mutex<HashMap<Pair, Arc<Semaphore>>>>,
}

impl Queues {
    /// A turn among those that are looked at side by side; none if it does not come in time.
    pub(super) async fn wait(&self, pair: Pair, longest: Duration) -> Option<Turn> {
        let queue =
            Arc::clone(self.waiting().entry(pair).or_insert_with(|| Arc::new(Semaphore::new(SIDE_BY_SIDE as usize))));
        // Made before it is waited for, so that whoever gives up is forgotten too.
        let mut turn = Turn { queues: self.clone(), pair, permit: None };
        turn.permit = timeout(longest, queue.acquire_owned()).await.ok()?.ok();
        turn.permit.is_some().then_some(turn)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Pair, Arc<Semaphore>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves the map consistent, so poisoning is ignored
    }
}

/// A turn, given back on drop.
#[derive(Debug)]
pub struct Turn {
    queues: Queues,
    pair: Pair,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.queues.waiting();
        drop(self.permit.take());
        if waiting.get(&self.pair).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            waiting.remove(&self.pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    fn pair() -> Pair {
        (Origin::of(IpAddr::from([192, 0, 2, 1])), 1)
    }

    #[tokio::test]
    async fn who_comes_first_is_looked_at_first() {
        let queues = Queues::default();
        let mut looked_at = Vec::new();
        for _ in 0..SIDE_BY_SIDE {
            looked_at.push(queues.wait(pair(), LONG).await.unwrap());
        }
        let mut first = Box::pin(queues.wait(pair(), LONG));
        assert!(first.as_mut().now_or_never().is_none());
        looked_at.pop();
        assert!(queues.wait(pair(), LONG).now_or_never().is_none(), "somebody came before");
        assert!(first.now_or_never().flatten().is_some());
    }

    #[tokio::test]
    async fn lines_are_apart_and_nothing_is_left_of_them() {
        let queues = Queues::default();
        let mut looked_at = Vec::new();
        for _ in 0..SIDE_BY_SIDE {
            looked_at.push(queues.wait(pair(), LONG).await.unwrap());
        }
        let another = queues.wait((pair().0, 2), LONG).now_or_never().flatten();
        assert!(another.is_some());
        assert!(queues.wait(pair(), Duration::from_millis(5)).await.is_none(), "not in time");
        let mut gives_up = Box::pin(queues.wait(pair(), LONG));
        assert!(gives_up.as_mut().now_or_never().is_none());
        looked_at.clear();
        drop((another, gives_up));
        assert!(queues.waiting().is_empty());
    }
}
