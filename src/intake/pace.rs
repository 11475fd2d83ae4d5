//! How fast the scans of one board are read that bring nothing new: unsound files, scans over its quota, parked scans that
//! were sent before. Each costs as much of a core as a good one and leaves no trace that a quota could count, so a stolen token
//! could keep the cores busy for ever.
//!
//! A board is paced, never shut out: its own records still get through at the lowest pace, and the first of them ends it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Accepted, IntakeError};
use crate::domain::BoardId;

/// Scans in a row that may bring nothing before the board is paced: a folder of photographs, dragged in by mistake.
const FREE: u32 = 50;
/// How much longer the pause grows with each one after these.
const STEP: Duration = Duration::from_millis(20);
/// The longest pause before a scan of the board is read.
const LONGEST: Duration = Duration::from_secs(2);
/// After so long without a scan the board begins anew.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// Scans of a board in a row that brought nothing, and when the last one came.
type Fruitless = HashMap<BoardId, (u32, Instant)>;

/// The paces of all boards at this node. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    fruitless: Arc<Mutex<Fruitless>>,
}

impl Pace {
    /// Waits as long as the board's next scan is to wait.
    pub async fn keep(&self, board: &BoardId) {
        let pause = self.pause(board, Instant::now());
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// Counts what came of a scan. What failed through no fault of the board's counts neither way.
    pub fn count(&self, board: &BoardId, outcome: &Result<Accepted, IntakeError>, now: Instant) {
        let mut fruitless = self.lock();
        match outcome {
            Ok(accepted) if accepted.fresh => drop(fruitless.remove(board)),
            Ok(_) | Err(IntakeError::Unsound(_) | IntakeError::OverQuota(_)) => {
                let (times, at) = fruitless.entry(board.clone()).or_insert((0, now));
                *times = if now.saturating_duration_since(*at) > FORGOTTEN { 1 } else { times.saturating_add(1) };
                *at = now;
            }
            Err(_) => {}
        }
    }

    fn pause(&self, board: &BoardId, now: Instant) -> Duration {
        match self.lock().get(board) {
            Some((times, at)) if now.saturating_duration_since(*at) <= FORGOTTEN => {
                (STEP * times.saturating_sub(FREE)).min(LONGEST)
            }
            _ => Duration::ZERO,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Fruitless> {
        self.fruitless.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves it consistent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::quota::{OverQuota, Use};

    fn over_quota() -> Result<Accepted, IntakeError> {
        Err(IntakeError::OverQuota(OverQuota::Bytes { used: Use::default(), may: Use::default() }))
    }

    #[test]
    fn a_board_whose_scans_bring_nothing_is_paced_alone_and_for_a_time() {
        let now = Instant::now();
        let (pace, board, other) = (Pace::default(), "a".parse::<BoardId>().unwrap(), "b".parse::<BoardId>().unwrap());
        for _ in 0..FREE {
            pace.count(&board, &over_quota(), now);
        }
        assert_eq!(pace.pause(&board, now), Duration::ZERO, "a few by mistake");
        for _ in 0..1_000 {
            pace.count(&board, &over_quota(), now);
        }
        assert_eq!(pace.pause(&board, now), LONGEST);
        assert_eq!(pace.pause(&other, now), Duration::ZERO);
        // Our own fault changes nothing.
        pace.count(&board, &Err(IntakeError::Silent(Duration::ZERO)), now);
        assert_eq!(pace.pause(&board, now), LONGEST);
        assert_eq!(pace.pause(&board, now + FORGOTTEN + Duration::from_secs(1)), Duration::ZERO);
    }
}
