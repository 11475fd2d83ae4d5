//! Lanes: threads that carry sessions, each session from its first word to its last on one of them.
//!
//! A session is a talk in small steps. On a pool of threads each step may wake another thread, and with short files the
//! waking costs as much as the files; on a lane nobody is woken but by the network. Nothing that takes long may be done on
//! a lane, as on any async thread: everybody else there would wait for it.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

/// Threads of one lane for what has to wait, as for a disk.
const WAITING: usize = 128;

/// Threads for the sessions of [`run`](crate::run), in [`Settings::lanes`](crate::Settings::lanes).
///
/// What the shelf opens on behalf of a session, such as a connection to a database, is driven by the session's lane. So
/// whoever keeps such things for others must keep the lanes as long: they end when the last clone of the `Arc` is dropped.
#[derive(Debug)]
pub struct Lanes {
    lanes: Vec<Lane>,
    end: CancellationToken,
}

#[derive(Debug)]
struct Lane {
    runtime: Handle,
    sessions: Arc<AtomicUsize>,
}

impl Lanes {
    /// Starts so many. More than the machine has cores are of no use.
    ///
    /// # Errors
    /// The system gives no thread, or nothing to wait on.
    pub fn start(count: NonZeroUsize) -> io::Result<Arc<Self>> {
        let mut started = Self { lanes: Vec::with_capacity(count.get()), end: CancellationToken::new() };
        for _ in 0..count.get() {
            let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(WAITING).build()?;
            started.lanes.push(Lane { runtime: runtime.handle().clone(), sessions: Arc::default() });
            let end = started.end.clone();
            std::thread::Builder::new().name("ftp-lane".to_owned()).spawn(move || carry(runtime, &end))?;
        }
        Ok(Arc::new(started))
    }

    /// Joins the lane that has the fewest sessions.
    pub(crate) fn join(&self) -> Option<OnLane> {
        let lane = self.lanes.iter().min_by_key(|lane| lane.sessions.load(Ordering::Relaxed))?;
        lane.sessions.fetch_add(1, Ordering::Relaxed);
        Some(OnLane { runtime: lane.runtime.clone(), sessions: Arc::clone(&lane.sessions) })
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

fn carry(runtime: Runtime, end: &CancellationToken) {
    runtime.block_on(end.cancelled());
    // Nobody waits for a disk that does not answer.
    runtime.shutdown_background();
}

/// One session that is carried by a lane, as long as this is held.
#[derive(Debug)]
pub(crate) struct OnLane {
    pub(crate) runtime: Handle,
    sessions: Arc<AtomicUsize>,
}

impl Drop for OnLane {
    fn drop(&mut self) {
        self.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_spread_over_the_lanes_and_each_stays_on_its_own() {
        let lanes = Lanes::start(NonZeroUsize::new(2).unwrap()).unwrap();
        let sessions: Vec<OnLane> = (0..4).map(|_| lanes.join().unwrap()).collect();
        let thread = |session: &OnLane| {
            let (tell, told) = std::sync::mpsc::channel();
            for _ in 0..3 {
                let tell = tell.clone();
                session.runtime.spawn(async move { tell.send(std::thread::current().id()).unwrap() });
            }
            let seen: Vec<_> = told.iter().take(3).collect();
            assert!(seen.iter().all(|id| *id == seen[0]));
            seen[0]
        };
        let seen: Vec<_> = sessions.iter().map(thread).collect();
        assert_ne!(seen[0], seen[1]);
        assert_eq!(seen.iter().filter(|id| **id == seen[0]).count(), 2);
        drop(sessions);
        assert!(lanes.lanes.iter().all(|lane| lane.sessions.load(Ordering::Relaxed) == 0));
    }
}
