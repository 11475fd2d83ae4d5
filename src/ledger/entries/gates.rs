//! The gates' history: an entry for each time one was opened or closed, by whom and why.
//!
//! It must never say who may open one: that was decided before.

use jiff::Timestamp;

use super::brake::in_time;
use super::line::parse;
use super::rows::{Edge, NewEntry, add_rows, locked_head};
use crate::domain::{Entry, EntryKind, Gate};
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};

/// A handful among millions: the index is of exactly these kinds.
const GATES: &str = "SELECT position, line FROM entry WHERE kind = 'gate' ORDER BY position";

/// One time that a gate was opened or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateChange {
    /// The gate.
    pub gate: Gate,
    /// Whether it is open from here on.
    pub open: bool,
    /// The operators who did it.
    pub by: Vec<String>,
    /// Why, in their words.
    pub reason: String,
}

/// A change with its place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedChange {
    /// Position of its entry.
    pub position: u64,
    /// When it was entered.
    pub at: Timestamp,
    /// What changed.
    pub change: GateChange,
}

impl Ledger {
    /// Every change of a gate, in order.
    ///
    /// # Errors
    /// The database did not answer, or an entry does not say which gate it is about.
    pub async fn gate_changes(&self) -> Result<Vec<RecordedChange>, LedgerError> {
        let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| sqlx::query_as(GATES).fetch_all(pool).await?);
        let change = |(position, line): (i64, String)| {
            let position = position as u64;
            let entry = parse(position, &line)?;
            let (Some(gate), Some(open)) = (entry.gate, entry.open) else {
                return Err(LedgerError::Corrupt(format!("entry {position} names no gate")));
            };
            let change = GateChange { gate, open, by: entry.by, reason: entry.reason.unwrap_or_default() };
            Ok(RecordedChange { position, at: entry.at, change })
        };
        rows.into_iter().map(change).collect()
    }

    /// Enters a change. Gives its position, or none when the gate's last entry says the same already.
    ///
    /// # Errors
    /// The database did not answer; nothing was entered.
    pub async fn change_gate(&self, change: &GateChange, now: Timestamp) -> Result<Option<u64>, LedgerError> {
        self.may_enter()?;
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let mut edge = Edge::at(locked_head!(tx))?;
            let mut last = None;
            for (position, line) in sqlx::query_as::<_, (i64, String)>(GATES).fetch_all(&mut *tx).await? {
                let entry = parse(position as u64, &line)?;
                if entry.gate == Some(change.gate) {
                    last = entry.open;
                }
            }
            if last == Some(change.open) {
                None
            } else {
                let at_ms = now.as_millisecond().max(edge.at_ms());
                let at = Timestamp::from_millisecond(at_ms).unwrap_or(now);
                let mut entry = Entry::bare(at, EntryKind::Gate);
                (entry.gate, entry.open) = (Some(change.gate), Some(change.open));
                (entry.by, entry.reason) = (change.by.clone(), Some(change.reason.clone()));
                let (position, mut roots) = (edge.size(), Vec::new());
                let rows = [NewEntry::new(position, entry, None, None)];
                edge.add(&rows[0], &mut roots);
                in_time!(self, tx, rows, now);
                add_rows!(tx, Engine, rows, roots, edge.head());
                Some(position)
            }
        }))
    }
}
