//! The record of every access. Who wants to serve takes a seat here first, and a seat always becomes a row.
//!
//! It must never be skipped: when rows cannot be written the seats run out, and nothing is served any more.

mod delivery;
pub mod syslog;
pub mod table;
pub mod watched;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::ledger::audit::{AuditAttempt, AuditRow};
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;
pub use delivery::Delivery;

/// Rows that may wait to be written. When the database stands still, this many accesses later everything stops.
const WAITING: usize = 8192;
/// Rows of one transaction at most.
const BATCH: usize = 1000;
/// How long somebody waits for a seat before being told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long rows are gathered: a transaction, and its way to the disk, cost as much for one row as for hundreds.
const GATHER: Duration = Duration::from_millis(50);
/// How long the writer waits after a failure.
const RETRY: Duration = Duration::from_millis(500);

/// Who did what, from where.
#[derive(Clone, Debug)]
pub struct Access {
    /// The account, or `-`. Of a login that is refused: whose name was used.
    pub principal: String,
    /// The channel, or `-`.
    pub channel: &'static str,
    /// `https`, `ftp`, `ftps` or `cli`.
    pub protocol: &'static str,
    /// Where they came from.
    pub address: IpAddr,
    /// What they did: `login`, `logout`, `list`, `download`, `upload`, `follow-uploads` …
    pub act: &'static str,
    /// Path, digest or login name; where accounts and people are looked after, first whose.
    pub object: String,
    /// First byte asked for.
    pub start_at: u64,
}

/// No row can be written, so nothing may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit record cannot be written")]
pub struct AuditUnavailable;

/// The record. Clones share it.
#[derive(Clone, Debug)]
pub struct Audit {
    rows: mpsc::Sender<AuditRow>,
    /// Whether rows cannot be written just now.
    stuck: Arc<AtomicBool>,
    clock: Clock,
}

/// The other end: runs until every [`Audit`] and every seat is gone.
#[derive(Debug)]
pub struct AuditWriter {
    ledger: Ledger,
    rows: mpsc::Receiver<AuditRow>,
    stuck: Arc<AtomicBool>,
}

/// Makes the pair.
pub fn audit(ledger: Ledger, clock: Clock) -> (Audit, AuditWriter) {
    let (send, rows) = mpsc::channel(WAITING);
    let stuck = Arc::<AtomicBool>::default();
    (Audit { rows: send, stuck: Arc::clone(&stuck), clock }, AuditWriter { ledger, rows, stuck })
}

impl Audit {
    /// Reserves the place of one row for this access. To hold a seat is to be allowed to go on, and a seat always becomes
    /// a row: dropped on the way by an error or by a client that left, it says so.
    ///
    /// # Errors
    /// Rows cannot be written: nobody may be served.
    pub async fn seat(&self, access: Access) -> Result<Seat, AuditUnavailable> {
        if self.stuck.load(Ordering::Acquire) {
            return Err(AuditUnavailable);
        }
        let permit = tokio::time::timeout(PATIENCE, self.rows.clone().reserve_owned()).await;
        let place = permit.map_err(|_| AuditUnavailable)?.map_err(|_| AuditUnavailable)?;
        watched::note();
        Ok(Seat { place: Some(place), access, audit: self.clone() })
    }

    /// The same without waiting: for what has begun already and is written down a second time.
    pub fn seat_now(&self, access: Access) -> Result<Seat, AuditUnavailable> {
        let place = self.rows.clone().try_reserve_owned().map_err(|_| AuditUnavailable)?;
        Ok(Seat { place: Some(place), access, audit: self.clone() })
    }

    /// Whether a row could be written now.
    pub fn has_room(&self) -> bool {
        self.rows.capacity() > 0 && !self.stuck.load(Ordering::Acquire)
    }
}

/// The reserved place of one row.
#[derive(Debug)]
pub struct Seat {
    place: Option<mpsc::OwnedPermit<AuditRow>>,
    access: Access,
    audit: Audit,
}

impl Seat {
    /// From which byte on the file was asked for.
    pub fn starts_at(&mut self, byte: u64) {
        self.access.start_at = byte;
    }

    /// Whose account it turned out to be.
    pub fn is(&mut self, account: &str) {
        account.clone_into(&mut self.access.principal);
    }

    /// What it turned out to be about.
    pub fn about(&mut self, object: String) {
        self.access.object = object;
    }

    /// What it was done to, put before what was asked.
    pub fn begin_with(&mut self, subject: &str) {
        self.access.object = format!("{subject} {}", self.access.object);
    }

    /// The same done to others: a row for each.
    pub async fn also_about(&self, others: &[String]) -> Result<Vec<Self>, AuditUnavailable> {
        let mut seats = Vec::with_capacity(others.len());
        for other in others {
            let mut seat = self.audit.seat(self.access.clone()).await?;
            seat.begin_with(other);
            seats.push(seat);
        }
        Ok(seats)
    }

    /// It was done, with so many bytes.
    pub fn done(mut self, bytes: u64) {
        self.write(bytes, true, "ok", "");
    }

    /// It has begun and is not over.
    pub fn begun(mut self) {
        self.write(0, false, "begun", "");
    }

    /// It is over, for this reason.
    pub fn over(mut self, reason: &str) {
        self.write(0, true, "ok", reason);
    }

    /// It was refused.
    pub fn refused(mut self, reason: &str) {
        self.write(0, false, "refused", reason);
    }

    /// It failed on our side.
    pub fn failed(mut self, reason: &str) {
        self.write(0, false, "failed", reason);
    }

    /// It is under way: the row is written when the delivery ends, however it ends.
    pub fn delivery(self, expected: u64) -> Delivery {
        Delivery::new(self, Some(expected))
    }

    /// The same of something whose length only its end tells.
    pub fn delivery_to_the_end(self) -> Delivery {
        Delivery::new(self, None)
    }

    fn write(&mut self, bytes: u64, complete: bool, outcome: &str, reason: &str) {
        let Some(place) = self.place.take() else { return };
        let access = &mut self.access;
        place.send(AuditRow {
            at_ms: self.audit.clock.now().as_millisecond(),
            principal: std::mem::take(&mut access.principal),
            channel: access.channel.to_owned(),
            protocol: access.protocol.to_owned(),
            address: access.address.to_canonical().to_string(),
            act: access.act.to_owned(),
            object: clipped(std::mem::take(&mut access.object)),
            start_at: access.start_at as i64,
            bytes: bytes as i64,
            complete,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
        });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.write(0, false, "failed", "ended before an answer");
    }
}

/// Names come from outside; a row must not grow with them. NUL is refused by PostgreSQL's text.
fn clipped(object: String) -> String {
    const LONGEST: usize = 512;
    if object.len() <= LONGEST && !object.contains('\0') {
        return object;
    }
    object.chars().filter(|letter| *letter != '\0').take(LONGEST / 4).collect()
}

impl AuditWriter {
    /// Writes group after group; what cannot be written is tried again until it can.
    pub async fn run(mut self) {
        let mut waiting = Vec::with_capacity(BATCH);
        while self.rows.recv_many(&mut waiting, BATCH).await > 0 {
            if waiting.len() < BATCH && !self.rows.is_closed() {
                tokio::time::sleep(GATHER).await;
                while waiting.len() < BATCH
                    && let Ok(row) = self.rows.try_recv()
                {
                    waiting.push(row);
                }
            }
            let mut attempt = AuditAttempt::default();
            while let Err(error) = self.write(&waiting, &mut attempt).await {
                self.stuck.store(true, Ordering::Release);
                tracing::error!(rows = waiting.len(), error = %Chain(&error), "Could not write audit rows; nothing is served until it works again");
                tokio::time::sleep(RETRY).await;
            }
            self.stuck.store(false, Ordering::Release);
            waiting.clear();
        }
    }

    /// Writes a group. While the database does not answer, nobody else is served.
    async fn write(&self, rows: &[AuditRow], attempt: &mut AuditAttempt) -> Result<(), LedgerError> {
        let writing = self.ledger.audit_add_again(rows, attempt);
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
