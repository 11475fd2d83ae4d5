//! How long a disk of this machine is waited for. One that is dying, or lies behind a network that is gone, holds whoever asks
//! it inside the kernel, for minutes or for ever: the asker is told, and what is held stays bounded.
//!
//! A bucket's client has limits of its own.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tracing::Instrument;

/// How long a disk may take for one answer, as a bucket may.
const LIMIT: Duration = Duration::from_secs(30);
/// Readers that a disk may hold at a time, each with a thread.
static READERS: Semaphore = Semaphore::const_new(128);
/// Writers, each with a scan in its hands.
static WRITERS: Semaphore = Semaphore::const_new(64);

/// Waits for an answer, and no longer than the limit.
pub(super) async fn in_time<T>(answer: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    within(LIMIT, answer).await
}

async fn within<T>(limit: Duration, answer: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| Err(io::Error::new(ErrorKind::TimedOut, format!("the disk did not answer within {limit:?}")));
    tokio::time::timeout(limit, answer).await.unwrap_or_else(late)
}

/// Asks a disk on a thread of its own.
pub(super) async fn ask<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    in_time(async {
        let held = turn(&READERS).await?;
        let asked = spawn_blocking(move || {
            let _held = held; // given back when the disk answers, even if nobody waits any more
            work()
        });
        asked.await.map_err(io::Error::other)?
    })
    .await
}

/// Writes something to a disk, in a task of its own.
pub(super) async fn write<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    in_time(async {
        let held = turn(&WRITERS).await?;
        let writing = async move {
            let _held = held;
            work.await
        };
        let writing = tokio::spawn(writing.in_current_span());
        writing.await.map_err(io::Error::other)
    })
    .await
}

async fn turn(of: &'static Semaphore) -> io::Result<SemaphorePermit<'static>> {
    of.acquire().await.map_err(io::Error::other)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_disk_that_does_not_answer_is_not_waited_for_and_its_thread_is_counted_until_it_does() {
        let (end, ended) = mpsc::channel::<()>();
        let held = turn(&READERS).await.unwrap();
        let hangs = spawn_blocking(move || {
            let _held = held;
            let _ = ended.recv();
            Ok(())
        });
        let told = within(Duration::from_millis(20), async { hangs.await.map_err(io::Error::other)? }).await;
        assert_eq!(told.unwrap_err().kind(), ErrorKind::TimedOut);
        drop(end);
        assert_eq!(ask(|| Ok(7)).await.unwrap(), 7);
    }
}
