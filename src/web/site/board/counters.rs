//! How many of a board's forms are there. Counting walks over all of them, so what was counted a moment ago is told again.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::cache::{Cache, Weighed};
use crate::domain::{BoardId, Sender};
use crate::ledger::registry::BoardCounts;
use crate::ledger::{Ledger, LedgerError};

/// How long a count is told, in milliseconds.
const FRESH: i64 = 4_000;
/// Boards whose counts are remembered.
const BOARDS: usize = 4096;

/// A board's forms and scans.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Counted {
    /// Forms that are expected.
    pub expected: u64,
    /// Of which there is a scan.
    pub received: u64,
    /// Of which there is a better scan than the first.
    pub revised: u64,
    /// Of which there is none.
    pub missing: u64,
    /// Scans that wait to be linked.
    pub parked: u64,
}

/// What was counted, and when.
#[derive(Clone, Copy, Debug)]
struct Then {
    at_ms: i64,
    counted: Counted,
}

impl Weighed for Then {
    fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}

/// The counts of boards, as of a moment ago. Clones share them.
#[derive(Clone, Debug)]
pub struct Counters {
    known: Arc<Cache<BoardId, Then>>,
}

impl Default for Counters {
    fn default() -> Self {
        let weight = (BOARDS * size_of::<Then>()) as u64;
        Self { known: Arc::new(Cache::new(weight, BOARDS)) }
    }
}

impl Counters {
    /// Those of one board.
    pub async fn of(&self, ledger: &Ledger, sender: &Sender, now: Timestamp) -> Result<Counted, LedgerError> {
        let at_ms = now.as_millisecond();
        let fresh = |then: &Then| (0..FRESH).contains(&(at_ms - then.at_ms));
        let count = || async { Ok::<_, LedgerError>(Then { at_ms, counted: count(ledger, sender).await? }) };
        Ok(self.known.get(&sender.board, fresh, count).await?.counted)
    }
}

async fn count(ledger: &Ledger, sender: &Sender) -> Result<Counted, LedgerError> {
    let parked = ledger.parked_count(&sender.board).await?;
    let counts = match ledger.election().await? {
        None => BoardCounts::default(),
        Some(stored) => {
            let reach = ledger.reach(&sender.place).await?;
            ledger.board_counts(&reach, &stored.election).await?
        }
    };
    let BoardCounts { expected, received, revised } = counts;
    Ok(Counted { expected, received, revised, missing: expected - received.min(expected), parked })
}
