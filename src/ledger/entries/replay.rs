//! Writing entries again that were decided long ago, into a database that has lost them.
//!
//! It must never decide anything, and never skip a position: the lines come in order and say all there is.

use super::rows::{Edge, NewEntry, add_rows, locked_head};
use crate::domain::{BoxResult, EntryKind};
use crate::ledger::db::in_tx;
use crate::ledger::results::{Decisions, Filing, HeldFor, add_results, read_precedents_of_figures};
use crate::ledger::{Ledger, LedgerError, corrupt};

impl Ledger {
    /// Writes `lines` as the entries from `position` on, in one transaction. Gives the new number of entries.
    ///
    /// # Errors
    /// The ledger does not end at `position`, a line is no entry, or the database did not answer; nothing was written.
    pub async fn replay(&self, position: u64, lines: Vec<String>) -> Result<u64, LedgerError> {
        self.replay_with(position, lines, Vec::new()).await
    }

    /// The same with the result lines of those that are about figures, in their order. Where the boxes count is not asked:
    /// [`Ledger::results_settle`] says it afterwards.
    ///
    /// # Errors
    /// As above, and when the result lines are not those of the entries.
    pub async fn replay_with(
        &self,
        position: u64,
        lines: Vec<String>,
        results: Vec<String>,
    ) -> Result<u64, LedgerError> {
        let (first, mut rows, mut filings) = (position, Vec::with_capacity(lines.len()), Vec::new());
        let mut results = results.into_iter();
        for (position, line) in (first..).zip(lines) {
            let new = NewEntry::read(position, line)?;
            if new.entry.kind.is_of_figures() {
                filings.push((rows.len(), filing(&new, results.next())?));
            }
            rows.push(new);
        }
        let size = in_tx!(&*self.db, Patient, |tx, Engine| {
            let mut edge = Edge::at(locked_head!(tx))?;
            if edge.size() != position {
                let what = format!("the ledger has {} entries where entry {position} is to be written", edge.size());
                return Err(LedgerError::Corrupt(what));
            }
            let mut roots = Vec::new();
            for new in &rows {
                edge.add(new, &mut roots);
            }
            add_rows!(tx, Engine, rows, roots, edge.head());
            if !filings.is_empty() {
                let named: Vec<&Filing> = filings.iter().map(|(_, filing)| filing).collect();
                let mut decisions = Decisions::default();
                read_precedents_of_figures!(tx, Engine, &mut decisions, &named);
                for (at, filing) in &filings {
                    let new = &rows[*at];
                    let held = (new.entry.kind == EntryKind::Held).then(|| held_for(new)).transpose()?;
                    decisions.enter(filing, held, (new.position, new.leaf, new.entry.at))?;
                }
                add_results!(tx, Engine, &mut decisions);
            }
            edge.size()
        });
        Ok(size)
    }
}

fn held_for(new: &NewEntry) -> Result<HeldFor, LedgerError> {
    let reason = new.entry.reason.as_deref().and_then(HeldFor::from_name);
    reason.ok_or_else(|| corrupt(format_args!("the reason of entry {}", new.position)))
}

/// The result that an entry is about, from its line.
fn filing(new: &NewEntry, line: Option<String>) -> Result<Filing, LedgerError> {
    let other = || corrupt(format_args!("the result line of entry {}", new.position));
    let result = BoxResult::parse(&line.ok_or_else(other)?).map_err(corrupt)?;
    let filing = Filing::new(result, new.entry.form.clone(), None);
    if new.entry.sha256 == Some(filing.digest) { Ok(filing) } else { Err(other()) }
}
