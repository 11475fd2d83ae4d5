//! Writing entries again that were decided long ago, into a database that has lost them.
//!
//! It must never decide anything, and never skip a position: the lines come in order and say all there is.

use super::rows::{Edge, NewEntry, add_rows, locked_head};
use crate::ledger::db::in_tx;
use crate::ledger::{Ledger, LedgerError};

impl Ledger {
    /// Writes `lines` as the entries from `position` on, in one transaction. Gives the new number of entries.
    ///
    /// # Errors
    /// The ledger does not end at `position`, a line is no entry, or the database did not answer; nothing was written.
    pub async fn replay(&self, position: u64, lines: Vec<String>) -> Result<u64, LedgerError> {
        let mut lines = Some(lines);
        let size = in_tx!(&*self.db, Patient, |tx, Engine| {
            let mut edge = Edge::at(locked_head!(tx))?;
            if edge.size() != position {
                let what = format!("the ledger has {} entries where entry {position} is to be written", edge.size());
                return Err(LedgerError::Corrupt(what));
            }
            let (mut rows, mut roots) = (Vec::new(), Vec::new());
            for line in lines.take().unwrap_or_default() {
                let new = NewEntry::read(edge.size(), line)?;
                edge.add(&new, &mut roots);
                rows.push(new);
            }
            add_rows!(tx, Engine, rows, roots, edge.head());
            edge.size()
        });
        Ok(size)
    }
}
