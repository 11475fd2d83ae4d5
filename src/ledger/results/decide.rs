//! Which entries result lines become, given what was entered before. Pure: it must never ask the database.
//!
//! The highest version counts, whenever it comes. The same line again is no entry. Another line of a version that is there is
//! kept and does not count, because nobody can tell which of the two is right.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::filing::{Filed, Filing, HeldFor, Receipt};
use super::rows::{NewResult, Precedent};
use super::sums::Changes;
use crate::domain::{BoxId, BoxResult, EntryKind, Race};
use crate::ledger::{LedgerError, corrupt};

/// What is to be done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) enum Ruling {
    /// Nothing: it was entered before, or must be looked at again.
    Before(Receipt),
    /// It becomes an entry of this kind.
    Enter { kind: EntryKind, filed: Filed, held: Option<HeldFor> },
}

/// A group of result lines being decided.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Decisions {
    before: HashMap<(BoxId, Race), Vec<Precedent>>,
    /// Boxes that were said to be unknown and are known by now.
    known_by_now: HashSet<BoxId>,
    /// What is to be added.
    pub rows: Vec<NewResult>,
    /// Positions of stored rows that no longer count.
    pub superseded: Vec<u64>,
    /// Positions of stored rows that were held and are in force now.
    pub entered: Vec<u64>,
    /// What changes in the sums.
    pub changes: Changes,
}

impl Decisions {
    /// Told of a row of a box and race that the group names.
    pub fn saw(&mut self, box_id: BoxId, race: Race, precedent: Precedent) {
        self.before.entry((box_id, race)).or_default().push(precedent);
    }

    /// Told that the registry knows a box.
    pub fn knows(&mut self, box_id: BoxId) {
        self.known_by_now.insert(box_id);
    }

    /// What is to be done with a line, after everything before it.
    pub fn rule(&self, filing: &Filing) -> Ruling {
        let BoxResult { box_id, race, version, void, .. } = &filing.result;
        let before = self.before.get(&(box_id.clone(), *race)).map_or(&[][..], Vec::as_slice);
        let same = |held: Option<HeldFor>| {
            let found = before.iter().find(|one| one.is_held_for(held) && one.digest == filing.digest)?;
            (found.version == *version).then_some(found)
        };
        if let Some(known) = same(None) {
            return Ruling::Before(known.receipt(Filed::Known));
        }
        let kind = if *void { EntryKind::Voided } else { EntryKind::Result };
        let held = |reason: HeldFor, filed| match same(Some(reason)) {
            Some(known) => Ruling::Before(known.receipt(filed)),
            None => Ruling::Enter { kind: EntryKind::Held, filed, held: Some(reason) },
        };
        if before.iter().any(|one| one.in_force() && one.version == *version) {
            return held(HeldFor::OtherFigures, Filed::Conflict);
        }
        if filing.counting.is_none() {
            if self.known_by_now.contains(box_id) {
                let (position, leaf, at) = (0, [0; 32], Timestamp::UNIX_EPOCH);
                return Ruling::Before(Receipt { filed: Filed::LookAgain, position, leaf, at, fresh: false });
            }
            return held(HeldFor::UnknownBox, Filed::Parked);
        }
        let late = before.iter().any(|one| one.in_force() && one.version > *version);
        Ruling::Enter { kind, filed: if late { Filed::Late } else { Filed::Created }, held: None }
    }

    /// Enters a line at `position`, as [`Decisions::rule`] said.
    ///
    /// # Errors
    /// The line that counted so far cannot be read.
    pub fn enter(
        &mut self,
        filing: &Filing,
        held: Option<HeldFor>,
        (position, leaf, at): (u64, [u8; 32], Timestamp),
    ) -> Result<(), LedgerError> {
        let BoxResult { box_id, race, version, void, figures, .. } = &filing.result;
        let before = self.before.entry((box_id.clone(), *race)).or_default();
        // What is not in force counts nowhere.
        let counting = filing.counting.as_ref().filter(|_| held.is_none());
        let newest = held.is_none() && !before.iter().any(|one| one.in_force() && one.version > *version);
        if held.is_none() {
            for one in before.iter_mut().filter(|one| one.held.as_deref() == Some(HeldFor::UnknownBox.name())) {
                if one.digest == filing.digest {
                    one.held = Some(ENTERED.to_owned());
                    self.entered.push(one.position);
                }
            }
        }
        if newest {
            if let Some(old) = before.iter_mut().find(|one| one.newest) {
                old.newest = false;
                match self.rows.iter_mut().find(|row| row.position == old.position) {
                    Some(row) => row.newest = false,
                    None => self.superseded.push(old.position),
                }
                if let (true, Some(counting)) = (old.counted, counting) {
                    let old = BoxResult::parse(&old.line).map_err(corrupt)?;
                    if !old.void {
                        self.changes.count(counting, *race, &old.figures, -1);
                    }
                }
            }
            if let (false, Some(counting)) = (*void, counting) {
                self.changes.count(counting, *race, figures, 1);
            }
        }
        before.push(Precedent {
            position,
            version: *version,
            held: held.map(|held| held.name().to_owned()),
            newest,
            counted: counting.is_some(),
            digest: filing.digest,
            leaf,
            at,
            line: filing.line.clone(),
        });
        self.rows.push(NewResult {
            position,
            at_ms: at.as_millisecond(),
            box_id: box_id.clone(),
            race: *race,
            version: *version,
            void: *void,
            newest,
            held,
            digest: filing.digest,
            line: filing.line.clone(),
            counting: counting.map(Arc::clone),
        });
        Ok(())
    }
}

/// A held line that a later entry put in force.
pub(in crate::ledger) const ENTERED: &str = "entered";

impl Precedent {
    fn in_force(&self) -> bool {
        self.held.is_none()
    }

    fn is_held_for(&self, reason: Option<HeldFor>) -> bool {
        self.held.as_deref() == reason.map(HeldFor::name)
    }

    fn receipt(&self, filed: Filed) -> Receipt {
        Receipt { filed, position: self.position, leaf: self.leaf, at: self.at, fresh: false }
    }
}
