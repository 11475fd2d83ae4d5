//! The lanes for work that burns a core: one for inflating, reading codes and hashing, one permit a core; and one for
//! people's passwords (`access::passwords`). Nothing else may block the threads that move bytes.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tracing::Span;

/// The lane. Clones share its permits.
#[derive(Clone, Debug)]
pub struct CpuLane {
    permits: Arc<Semaphore>,
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
    /// A lane with one permit for each core this process may use.
    pub fn one_permit_a_core() -> Self {
        Self::with_permits(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }

    /// A lane with so many permits, at least one: for work that must not take the place of scans.
    pub fn with_permits(permits: usize) -> Self {
        let cores = permits.max(1);
        Self { permits: Arc::new(Semaphore::new(cores)), cores }
    }

    /// How many permits it has.
    pub fn cores(&self) -> usize {
        self.cores
    }

    /// Runs `work` when a permit is free.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkPanicked> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the lane never closes");
        let span = Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit; // given back when the work ends, even if the caller went away
            span.in_scope(work)
        });
        done.await.map_err(WorkPanicked)
    }
}
