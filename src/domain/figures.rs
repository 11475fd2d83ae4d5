//! The figures of one box for one race, as they stand on its result sheet. A figure that was not typed is absent, which is
//! not zero.

use std::collections::BTreeMap;

pub mod checks;

pub use checks::{Check, checks};

/// The figures of a result sheet. The numbers in the comments are those of its printed boxes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Figures {
    /// Voters on the box's list (sandık seçmen listesinde yazılı).
    pub registered: Option<u32>,
    /// (3) All who voted. May lawfully be more than are registered: officials vote where they serve.
    pub voted: Option<u32>,
    /// (7) Counted as valid without an objection.
    pub valid_unobjected: Option<u32>,
    /// (8) Counted as valid after an objection.
    pub valid_objected: Option<u32>,
    /// (9) All valid votes.
    pub valid: Option<u32>,
    /// (14) Invalid, or not taken into account.
    pub invalid: Option<u32>,
    /// The other numbered boxes of the sheet: 1, 2, 4, 5, 6, 10, 11, 12, 13.
    pub sheet: BTreeMap<u8, u32>,
    /// Votes by the number of the choice.
    pub votes: BTreeMap<u16, u32>,
}

impl Figures {
    /// The numbered boxes of the sheet that have no field of their own.
    pub const SHEET: [u8; 9] = [1, 2, 4, 5, 6, 10, 11, 12, 13];

    /// The six figures that have a field of their own, each with its name in a result line, in the order of the line.
    pub fn named(&self) -> [(&'static str, Option<u32>); 6] {
        [
            ("registered", self.registered),
            ("voted", self.voted),
            ("valid_unobjected", self.valid_unobjected),
            ("valid_objected", self.valid_objected),
            ("valid", self.valid),
            ("invalid", self.invalid),
        ]
    }

    /// Whether nothing at all was typed.
    pub fn is_empty(&self) -> bool {
        self.named().iter().all(|(_, figure)| figure.is_none()) && self.sheet.is_empty() && self.votes.is_empty()
    }

    /// All votes for choices. None where none was typed.
    pub fn votes_together(&self) -> Option<u64> {
        (!self.votes.is_empty()).then(|| self.votes.values().map(|votes| u64::from(*votes)).sum())
    }
}
