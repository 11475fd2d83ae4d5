//! The record of every access. Who wants to serve takes a slot here first, and a slot always becomes a row.
//!
//! It must never be skipped: when rows cannot be written the slots run out, and nothing is served any more.

pub mod access;
mod delivery;
mod pending;
mod room;
pub mod syslog;
pub mod table;
mod tally;
mod views;
pub mod watched;
mod writer;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::ledger::audit::AuditRow;
use crate::ledger::{Ledger, LedgerError};
use crate::meters;
pub use access::{Access, Deed, NOBODY, Outcome, Protocol, Room};
pub use delivery::Delivery;
pub use pending::Pending;
use room::{Permit, Rooms};
use tally::Tally;
pub use tally::TallyLimits;
pub use views::View;
use views::Views;
pub use writer::AuditWriter;

/// A row has no room, so nothing may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// Rows cannot be written now, or too many wait.
    #[error("the audit record cannot be written")]
    Record,
    /// The account, or its address, has as much under way as it may.
    #[error("too much of this account or address is under way")]
    Own,
}

/// The record. Clones share it.
#[derive(Clone, Debug)]
pub struct Audit {
    rows: mpsc::UnboundedSender<Queued>,
    rooms: Arc<Rooms>,
    tally: Arc<Mutex<Tally>>,
    views: Views,
    /// Whether rows cannot be written just now.
    stuck: Arc<AtomicBool>,
    clock: Clock,
}

/// A row on its way to the database. It keeps its room until it is written, which bounds how many there are.
#[derive(Debug)]
struct Queued {
    row: AuditRow,
    permit: Option<Permit>,
}

/// Makes the pair.
pub fn audit(ledger: Ledger, clock: Clock, limits: TallyLimits) -> (Audit, AuditWriter) {
    let (send, rows) = mpsc::unbounded_channel();
    let stuck = Arc::<AtomicBool>::default();
    let window = limits.window();
    let tally = Arc::new(Mutex::new(Tally::new(limits)));
    let writer = AuditWriter::new(ledger, clock.clone(), (rows, Arc::clone(&tally), window), Arc::clone(&stuck));
    let rooms = Arc::new(Rooms::new());
    (Audit { rows: send, rooms, tally, views: Views::default(), stuck, clock }, writer)
}

impl Audit {
    /// Reserves room for one row for this access. To hold a slot is to be allowed to go on, and a slot always becomes
    /// a row: dropped on the way by an error or by a client that left, it says so.
    ///
    /// It must not be held while a client's bytes are awaited: [`Audit::pending`] is for that.
    ///
    /// # Errors
    /// There is no room for the row: nobody may be served.
    pub async fn slot(&self, access: Access) -> Result<RecordSlot, NoRoom> {
        if !self.works() {
            return Err(NoRoom::Record);
        }
        match self.rooms.wait(&access).await {
            Ok(permit) => {
                watched::note();
                Ok(RecordSlot { permit: Some(permit), access, audit: self.clone() })
            }
            Err(why) => {
                // A client that is told to come again is counted in the tally, which always has room.
                const REASON: &str = "no-room-in-the-record";
                meters::access(access.protocol.name(), Outcome::Refused.name(), 0, REASON);
                self.tally().count(&access, Outcome::Refused, REASON);
                Err(why)
            }
        }
    }

    /// The same without waiting: for what has begun already and is written down a second time.
    pub fn slot_now(&self, access: Access) -> Result<RecordSlot, NoRoom> {
        let permit = self.rooms.take(&access)?;
        Ok(RecordSlot { permit: Some(permit), access, audit: self.clone() })
    }

    /// An access whose client still has something to send. It has no slot yet.
    pub fn pending(&self, access: Access) -> Pending {
        Pending::new(self.clone(), access)
    }

    /// Puts something on record that anybody can bring about without end: a stranger's request, a wrong credential, a
    /// request beyond a ceiling. The first few of an address have rows of their own; the rest is counted together. It
    /// never waits.
    ///
    /// # Errors
    /// Rows cannot be written now. It is counted, and nothing may be served.
    pub fn brief(&self, access: Access, outcome: Outcome, reason: &str) -> Result<(), NoRoom> {
        let works = self.works();
        let mut tally = self.tally();
        let permit = if works && tally.in_full(&access) { self.rooms.take_as_a_stranger() } else { None };
        match permit {
            Some(permit) => {
                drop(tally);
                RecordSlot { permit: Some(permit), access, audit: self.clone() }.write(0, outcome, reason);
            }
            None => {
                meters::access(access.protocol.name(), outcome.name(), 0, reason);
                tally.count(&access, outcome, reason);
            }
        }
        if !works {
            return Err(NoRoom::Record);
        }
        watched::note();
        Ok(())
    }

    /// A row was just written that says that this was seen.
    pub fn seen(&self, view: View) {
        self.views.note(view, Instant::now());
    }

    /// Whether a row stands for what is seen now, so that none more is needed.
    ///
    /// # Errors
    /// Rows cannot be written now: nothing may be served.
    fn stands_for(&self, view: View) -> Result<bool, NoRoom> {
        if !self.works() {
            return Err(NoRoom::Record);
        }
        let stands = self.views.has(view, Instant::now());
        if stands {
            watched::note();
        }
        Ok(stands)
    }

    /// Whether rows are being written, as far as is known.
    pub fn works(&self) -> bool {
        !self.stuck.load(Ordering::Acquire)
    }

    /// Rows that are open or wait to be written.
    pub fn backlog(&self) -> usize {
        self.rooms.taken()
    }

    /// Whether a row could be written now.
    pub fn has_room(&self) -> bool {
        self.works() && self.rooms.is_open()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        // Each statement leaves the counts consistent, so poisoning is ignored.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that has ended, for the record.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Who did what.
    pub access: Access,
    /// How it ended.
    pub outcome: Outcome,
    /// Bytes that were moved.
    pub bytes: u64,
    /// Why, where it was not done.
    pub reason: String,
}

impl Ended {
    fn row(self, now: Timestamp) -> AuditRow {
        let Self { access, outcome, bytes, reason } = self;
        let address = access.address.map_or_else(|| "-".to_owned(), |address| address.to_canonical().to_string());
        AuditRow {
            at_ms: now.as_millisecond(),
            principal: clipped(access.principal),
            channel: access.channel.map_or("-", crate::domain::Channel::name).to_owned(),
            protocol: access.protocol.name().to_owned(),
            address,
            act: access.deed.name().to_owned(),
            object: clipped(access.object),
            start_at: access.start_at as i64,
            bytes: bytes as i64,
            complete: outcome == Outcome::Done,
            outcome: outcome.name().to_owned(),
            reason: clipped(reason),
        }
    }
}

/// Writes rows at once, all or none, and returns when they are durable: for commands at the machine and for what two
/// people do together. Who serves takes a slot.
///
/// # Errors
/// They could not be written.
pub async fn write_down(ledger: &Ledger, now: Timestamp, ended: Vec<Ended>) -> Result<(), LedgerError> {
    let rows: Vec<AuditRow> = ended.into_iter().map(|ended| ended.row(now)).collect();
    ledger.audit_add(&rows).await
}

/// Room for one row, reserved.
#[derive(Debug)]
pub struct RecordSlot {
    permit: Option<Permit>,
    access: Access,
    audit: Audit,
}

impl RecordSlot {
    /// From which byte on the file was asked for.
    pub fn starts_at(&mut self, byte: u64) {
        self.access.start_at = byte;
    }

    /// What it turned out to be about.
    pub fn about(&mut self, object: String) {
        self.access.object = object;
    }

    /// What it was done to, put before what was asked.
    pub fn begin_with(&mut self, subject: &str) {
        self.access.object = format!("{subject} {}", self.access.object);
    }

    /// Another slot for the same access, which was done to several.
    ///
    /// # Errors
    /// There is no room for another row.
    pub async fn another(&self) -> Result<Self, NoRoom> {
        self.audit.slot(self.access.clone()).await
    }

    /// It was done, with so many bytes.
    pub fn done(mut self, bytes: u64) {
        self.write(bytes, Outcome::Done, "");
    }

    /// It has begun and is not over.
    pub fn begun(mut self) {
        self.write(0, Outcome::Begun, "");
    }

    /// It is over, for this reason.
    pub fn over(mut self, reason: &str) {
        self.write(0, Outcome::Done, reason);
    }

    /// It was refused.
    pub fn refused(mut self, reason: &str) {
        self.write(0, Outcome::Refused, reason);
    }

    /// It failed on our side.
    pub fn failed(mut self, reason: &str) {
        self.write(0, Outcome::Failed, reason);
    }

    /// It is under way: the row is written when the delivery ends, however it ends.
    pub fn delivery(self, expected: u64) -> Delivery {
        Delivery::new(self, Some(expected))
    }

    /// The same of something whose length only its end tells.
    pub fn delivery_to_the_end(self) -> Delivery {
        Delivery::new(self, None)
    }

    fn write(&mut self, bytes: u64, outcome: Outcome, reason: &str) {
        let Some(permit) = self.permit.take() else { return };
        let ended = Ended { access: self.access.clone(), outcome, bytes, reason: reason.to_owned() };
        meters::access(self.access.protocol.name(), outcome.name(), bytes, reason);
        let row = ended.row(self.audit.clock.now());
        // The writer outlives every slot.
        let _ = self.audit.rows.send(Queued { row, permit: Some(permit) });
    }
}

impl Drop for RecordSlot {
    fn drop(&mut self) {
        self.write(0, Outcome::Failed, UNANSWERED);
    }
}

/// Why a row says that something did not come to its end.
const UNANSWERED: &str = "ended before an answer";

/// Names come from outside; a row must not grow with them. NUL is refused by PostgreSQL's text.
fn clipped(text: String) -> String {
    const LONGEST: usize = 512;
    if text.len() <= LONGEST && !text.contains('\0') {
        return text;
    }
    let mut kept = String::new();
    for letter in text.chars().filter(|letter| *letter != '\0') {
        if kept.len() + letter.len_utf8() > LONGEST {
            break;
        }
        kept.push(letter);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::clipped;

    #[test]
    fn what_comes_from_outside_is_clipped_at_a_letter_and_has_no_nul() {
        assert_eq!(clipped("a\0b".to_owned()), "ab");
        assert_eq!(clipped("ş".repeat(300)), "ş".repeat(256));
        assert_eq!(clipped("x".repeat(512)).len(), 512);
    }
}
