//! The one lane for work that burns a core: inflating, reading codes, hashing. One seat a core; nothing else may block
//! the threads that move bytes.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tracing::Span;

/// The lane. Clones share its seats.
#[derive(Clone, Debug)]
pub struct CpuLane {
    seats: Arc<Semaphore>,
}

/// The work panicked. The request fails; the lane goes on.
#[derive(Debug, thiserror::Error)]
#[error("work on the CPU lane panicked")]
pub struct WorkPanicked(#[source] tokio::task::JoinError);

impl WorkPanicked {
    /// A thread beside the lane that panicked.
    pub fn of(error: tokio::task::JoinError) -> Self {
        Self(error)
    }
}

impl CpuLane {
    /// A lane with one seat for each core this process may use.
    pub fn one_seat_a_core() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { seats: Arc::new(Semaphore::new(cores)) }
    }

    /// Runs `work` when a seat is free.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkPanicked> {
        let seat = Arc::clone(&self.seats).acquire_owned().await.expect("the lane never closes");
        let span = Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let _seat = seat; // given back when the work ends, even if the caller went away
            span.in_scope(work)
        });
        done.await.map_err(WorkPanicked)
    }
}
