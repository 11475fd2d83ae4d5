//! The record of every access. Who wants to serve takes a seat here first, and a seat always becomes a row.
//!
//! It must never be skipped: when rows cannot be written the seats run out, and nothing is served any more.

use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::ledger::audit::AuditRow;
use crate::telemetry::Chain;

/// Rows that may wait to be written. When the database stands still, this many accesses later everything stops.
const WAITING: usize = 8192;
/// Rows of one transaction at most.
const BATCH: usize = 1000;
/// How long somebody waits for a seat before being told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the writer waits after a failure.
const RETRY: Duration = Duration::from_millis(500);

/// Who did what, from where.
#[derive(Clone, Debug)]
pub struct Access {
    /// The account, or `-`.
    pub principal: String,
    /// The channel, or `-`.
    pub channel: &'static str,
    /// `https`, `ftp`, `ftps` or `cli`.
    pub protocol: &'static str,
    /// Where they came from.
    pub address: IpAddr,
    /// What they did: `login`, `logout`, `list`, `download`, `upload`.
    pub act: &'static str,
    /// Path, digest or login name.
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
    clock: Clock,
}

/// The other end: runs until every [`Audit`] and every seat is gone.
#[derive(Debug)]
pub struct AuditWriter {
    ledger: Ledger,
    rows: mpsc::Receiver<AuditRow>,
}

/// Makes the pair.
pub fn audit(ledger: Ledger, clock: Clock) -> (Audit, AuditWriter) {
    let (send, rows) = mpsc::channel(WAITING);
    (Audit { rows: send, clock }, AuditWriter { ledger, rows })
}

impl Audit {
    /// Reserves the place of one row. To hold a seat is to be allowed to serve.
    pub async fn seat(&self) -> Result<Seat, AuditUnavailable> {
        let permit = tokio::time::timeout(PATIENCE, self.rows.clone().reserve_owned()).await;
        let place = permit.map_err(|_| AuditUnavailable)?.map_err(|_| AuditUnavailable)?;
        Ok(Seat { place, clock: self.clock.clone() })
    }
}

/// The reserved place of one row.
#[derive(Debug)]
pub struct Seat {
    place: mpsc::OwnedPermit<AuditRow>,
    clock: Clock,
}

impl Seat {
    /// It was done, with so many bytes.
    pub fn done(self, access: Access, bytes: u64) {
        self.write(access, bytes, true, "ok", "");
    }

    /// It was refused.
    pub fn refused(self, access: Access, reason: &str) {
        self.write(access, 0, false, "refused", reason);
    }

    /// It failed on our side.
    pub fn failed(self, access: Access, reason: &str) {
        self.write(access, 0, false, "failed", reason);
    }

    /// It is under way: the row is written when the delivery ends, however it ends.
    pub fn delivery(self, access: Access, expected: u64) -> Delivery {
        Delivery { seat: Some(self), access, expected, sent: 0, failure: None }
    }

    fn write(self, access: Access, bytes: u64, complete: bool, outcome: &str, reason: &str) {
        let row = AuditRow {
            at_ms: self.clock.now().as_millisecond(),
            principal: access.principal,
            channel: access.channel.to_owned(),
            protocol: access.protocol.to_owned(),
            address: access.address.to_canonical().to_string(),
            act: access.act.to_owned(),
            object: clipped(access.object),
            start_at: access.start_at as i64,
            bytes: bytes as i64,
            complete,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
        };
        self.place.send(row);
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

/// A transfer under way. When it is dropped before everything was sent, the row says that it was cut.
#[derive(Debug)]
pub struct Delivery {
    seat: Option<Seat>,
    access: Access,
    expected: u64,
    sent: u64,
    failure: Option<String>,
}

impl Delivery {
    /// So many more bytes went out.
    pub fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// It ended on our side.
    pub fn fail(&mut self, reason: &str) {
        self.failure = Some(reason.to_owned());
    }

    /// Who ended it is not known yet; what was sent is what counts.
    pub fn cut(&mut self, reason: &str) {
        self.expected = u64::MAX;
        self.failure.get_or_insert_with(|| reason.to_owned());
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let Some(seat) = self.seat.take() else { return };
        let complete = self.sent >= self.expected && self.failure.is_none();
        let outcome = if complete { "ok" } else { "cut" };
        let reason = self.failure.take().unwrap_or_default();
        seat.write(self.access.clone(), self.sent, complete, outcome, &reason);
    }
}

impl AuditWriter {
    /// Writes group after group; what cannot be written is tried again until it can.
    pub async fn run(mut self) {
        let mut waiting = Vec::with_capacity(BATCH);
        while self.rows.recv_many(&mut waiting, BATCH).await > 0 {
            while let Err(error) = self.ledger.audit_add(&waiting).await {
                tracing::error!(rows = waiting.len(), error = %Chain(&error), "Could not write audit rows; nothing is served until it works again");
                tokio::time::sleep(RETRY).await;
            }
            waiting.clear();
        }
    }
}
