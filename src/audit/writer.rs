//! Writing rows: group after group, and what was counted together at the end of each window.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use super::tally::{Tally, Together};
use super::{Ended, Queued};
use crate::clock::Clock;
use crate::ledger::audit::{AuditAttempt, AuditRow};
use crate::ledger::{Ledger, LedgerError};
use crate::meters;
use crate::telemetry::Chain;

/// Rows of one transaction at most.
const BATCH: usize = 1000;
/// How long a transaction may take. After that nothing is served until it is through.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long rows are gathered: a transaction, and its way to the disk, cost as much for one row as for hundreds.
const GATHER: Duration = Duration::from_millis(50);
/// How long the writer waits after a failure.
const RETRY: Duration = Duration::from_millis(500);

/// The other end of the record: runs until every [`super::Audit`] and every slot is gone.
#[derive(Debug)]
pub struct AuditWriter {
    ledger: Ledger,
    clock: Clock,
    rows: mpsc::UnboundedReceiver<Queued>,
    tally: Arc<Mutex<Tally>>,
    window: Duration,
    stuck: Arc<AtomicBool>,
}

impl AuditWriter {
    pub(super) fn new(
        ledger: Ledger,
        clock: Clock,
        (rows, tally, window): (mpsc::UnboundedReceiver<Queued>, Arc<Mutex<Tally>>, Duration),
        stuck: Arc<AtomicBool>,
    ) -> Self {
        Self { ledger, clock, rows, tally, window, stuck }
    }

    /// Writes group after group; what cannot be written is tried again until it can.
    pub async fn run(mut self) {
        let mut waiting = Vec::with_capacity(BATCH);
        let mut window = tokio::time::interval(self.window);
        window.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.gather(&mut waiting, &mut window).await {
            self.write_all(&mut waiting).await;
        }
        self.count_up(&mut waiting);
        self.write_all(&mut waiting).await;
    }

    /// Waits for something to write. `false` when nothing comes any more.
    async fn gather(&mut self, waiting: &mut Vec<Queued>, window: &mut Interval) -> bool {
        tokio::select! {
            biased;
            _ = window.tick() => {
                self.count_up(waiting);
                return true;
            }
            taken = self.rows.recv_many(waiting, BATCH) => if taken == 0 { return false },
        }
        if waiting.len() < BATCH && !self.rows.is_closed() {
            tokio::time::sleep(GATHER).await;
            while waiting.len() < BATCH
                && let Ok(row) = self.rows.try_recv()
            {
                waiting.push(row);
            }
        }
        true
    }

    /// Ends the window: what was counted in it becomes rows.
    fn count_up(&self, waiting: &mut Vec<Queued>) {
        let counted = self.tally.lock().unwrap_or_else(PoisonError::into_inner).end_window();
        let now = self.clock.now();
        waiting.extend(counted.into_iter().map(|Together { access, address, outcome, reason }| {
            let row = AuditRow { address, ..Ended { access, outcome, bytes: 0, reason }.row(now) };
            Queued { row, permit: None }
        }));
    }

    async fn write_all(&self, waiting: &mut Vec<Queued>) {
        if waiting.is_empty() {
            return;
        }
        let (rows, permits): (Vec<AuditRow>, Vec<_>) =
            waiting.drain(..).map(|queued| (queued.row, queued.permit)).unzip();
        let mut attempt = AuditAttempt::default();
        while let Err(error) = self.write(&rows, &mut attempt).await {
            self.stuck.store(true, Ordering::Release);
            tracing::error!(rows = rows.len(), error = %Chain(&error), "Could not write audit rows; nothing is served until it works again");
            tokio::time::sleep(RETRY).await;
        }
        self.stuck.store(false, Ordering::Release);
        drop(permits);
    }

    /// Writes a group. While the database does not answer, nobody else is served.
    async fn write(&self, rows: &[AuditRow], attempt: &mut AuditAttempt) -> Result<(), LedgerError> {
        let writing = meters::timed(&meters::DATABASE, &["record"], self.ledger.audit_add_again(rows, attempt));
        tokio::pin!(writing);
        match tokio::time::timeout(PATIENCE, &mut writing).await {
            Ok(written) => written,
            Err(_) => {
                self.stuck.store(true, Ordering::Release);
                tracing::error!(
                    rows = rows.len(),
                    "The database does not take audit rows; nothing is served until it does"
                );
                writing.await
            }
        }
    }
}
