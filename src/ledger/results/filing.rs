//! What is given to the ledger to be entered as a result, and what became of it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{BoxKind, BoxResult, Digest, Karekod, PlaceId};

/// Where a box's figures count. It follows from the registry, whose rows never change, so it stays true once it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Where the box stands.
    pub place: PlaceId,
    /// Sandık türü.
    pub kind: BoxKind,
    /// Its place in the order of lists.
    pub sort_key: Vec<u8>,
    /// Every place whose sums it belongs to, the nearest first.
    pub units: Vec<PlaceId>,
    /// The ids of the choices on its ballot, by their numbers.
    pub choices: Arc<HashMap<u16, String>>,
}

/// One result line to be entered.
#[derive(Clone, Debug)]
pub struct Filing {
    pub(in crate::ledger) result: BoxResult,
    pub(in crate::ledger) line: String,
    pub(in crate::ledger) digest: Digest,
    pub(in crate::ledger) form: Option<Karekod>,
    pub(in crate::ledger) counting: Option<Arc<Counting>>,
}

impl Filing {
    /// A result whose box is named as the registry names it, with the code of its result sheet and where it counts. Without
    /// the latter the registry does not know the box.
    pub fn new(result: BoxResult, form: Option<Karekod>, counting: Option<Arc<Counting>>) -> Self {
        let line = result.line();
        let digest = Digest::of(line.as_bytes());
        Self { result, line, digest, form, counting }
    }

    /// The result.
    pub fn result(&self) -> &BoxResult {
        &self.result
    }

    /// Why there is another version, as the log says it: the code, the text, or `3: İlçe seçim kurulu 2023/41`.
    pub(in crate::ledger) fn why(&self) -> Option<String> {
        let reason = self.result.reason.as_ref()?;
        match (reason.code, &reason.text) {
            (None, None) => None,
            (Some(code), None) => Some(code.to_string()),
            (None, Some(text)) => Some(text.clone()),
            (Some(code), Some(text)) => Some(format!("{code}: {text}")),
        }
    }
}

/// Why a result line is kept without being in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldFor {
    /// The registry does not know the box yet.
    UnknownBox,
    /// Another line of the same version came before.
    OtherFigures,
}

impl HeldFor {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::UnknownBox, Self::OtherFigures];

    /// Its name in the log and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownBox => "unknown-box",
            Self::OtherFigures => "other-figures",
        }
    }

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What became of a result line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It was entered and counts.
    Created,
    /// It was entered; a higher version counts already.
    Late,
    /// The same line was entered before.
    Known,
    /// Another line of this version was entered before; this one is kept and does not count.
    Conflict,
    /// The registry does not know the box; the line is kept until it does.
    Parked,
    /// It was said to be of an unknown box, and the registry knows it by now. Nothing was entered.
    LookAgain,
}

/// Where a result line ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What became of it.
    pub filed: Filed,
    /// Position of its entry; of the one that was there before, where nothing was entered.
    pub position: u64,
    /// The leaf hash of that entry.
    pub leaf: [u8; 32],
    /// When that was entered.
    pub at: Timestamp,
    /// Whether it was entered now.
    pub fresh: bool,
}
