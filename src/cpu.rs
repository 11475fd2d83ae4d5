//! The lanes for work that burns a core: one for inflating, reading codes and hashing, one seat a core; and one for people's
//! passwords (`access::passwords`). Nothing else may block the threads that move bytes.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tracing::Span;

/// The lane. Clones share its seats.
#[derive(Clone, Debug)]
pub struct CpuLane {
    seats: Arc<Semaphore>,
    cores: usize,
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
        Self::with_seats(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }

    /// A lane with so many seats, at least one: for work that must not take the place of scans.
    pub fn with_seats(seats: usize) -> Self {
        let cores = seats.max(1);
        Self { seats: Arc::new(Semaphore::new(cores)), cores }
    }

    /// How many seats it has.
    pub fn cores(&self) -> usize {
        self.cores
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
