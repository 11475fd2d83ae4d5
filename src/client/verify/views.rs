//! Two checkpoints of one log: do those who hold them see the same log?

use serde::Serialize;

use super::CannotVerify;
use crate::client::disk::Disk;
use crate::client::problem::Problem;
use crate::client::round::Copy;
use crate::log::checkpoint::Checkpoint;
use crate::log::proof;

/// How two checkpoints stand to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "view", rename_all = "kebab-case")]
pub enum View {
    /// The same entries, all of them.
    Same,
    /// The shorter log is the beginning of the longer one.
    Consistent {
        /// Entries of the shorter.
        shorter: u64,
        /// Entries of the longer.
        longer: u64,
    },
    /// They contradict each other, or are of two logs.
    Split {
        /// In words.
        problem: Problem,
    },
    /// Both may be right: their sizes differ, and the entries between are not here.
    Unknown {
        /// Entries of the shorter.
        shorter: u64,
        /// Entries of the longer.
        longer: u64,
    },
}

impl View {
    /// Turkish and English.
    pub fn words(&self) -> (String, String) {
        match self {
            Self::Same => (
                "AYNI: İki imza da aynı defteri gösteriyor; ikisi de bire bir aynı kayıtları içeriyor.".to_owned(),
                "SAME: both checkpoints show the same log, entry for entry.".to_owned(),
            ),
            Self::Consistent { shorter, longer } => (
                format!(
                    "TUTARLI: {shorter} kayıtlık defter, {longer} kayıtlık defterin başlangıcı. Arada yalnızca yeni kayıt eklenmiş; hiçbir eski kayıt değişmemiş."
                ),
                format!(
                    "CONSISTENT: the log of {shorter} entries is the beginning of the log of {longer}. Entries were only added; no old one was changed."
                ),
            ),
            Self::Split { problem } => problem.words(),
            Self::Unknown { shorter, longer } => (
                format!(
                    "BELİRSİZ: {shorter} ve {longer} kayıtlık iki defter yalnızca imzalarından karşılaştırılamaz. En az {longer} kayıtlık bir kopya verin: tutanak verify KOPYA --checkpoint DOSYA"
                ),
                format!(
                    "UNDECIDED: logs of {shorter} and {longer} entries cannot be compared by their checkpoints alone. Give a copy of at least {longer} entries: tutanak verify COPY --checkpoint FILE"
                ),
            ),
        }
    }
}

/// Compares two checkpoints, both of which were verified, by what they say alone.
pub fn compare(one: &Checkpoint, other: &Checkpoint) -> View {
    if one.origin != other.origin {
        let problem = Problem::OtherLog { ours: one.origin.clone(), theirs: other.origin.clone() };
        return View::Split { problem };
    }
    let (shorter, longer) = (one.size.min(other.size), one.size.max(other.size));
    match shorter == longer {
        true if one.root == other.root => View::Same,
        true => View::Split { problem: Problem::SplitView { ours: one.size, theirs: other.size, evidence: None } },
        false => View::Unknown { shorter, longer },
    }
}

/// Compares a copy's checkpoint with another, by the copy's tiles where sizes differ. The copy must itself be verified.
///
/// # Errors
/// When the copy's tiles cannot be read.
pub fn compare_with_copy(disk: &Disk, ours: &Checkpoint, theirs: &Checkpoint) -> Result<View, CannotVerify> {
    let view = compare(ours, theirs);
    let View::Unknown { shorter, longer } = view else { return Ok(view) };
    if theirs.size > ours.size {
        return Ok(View::Unknown { shorter, longer });
    }
    let copy = Copy { disk, size: ours.size };
    let root = proof::root(theirs.size, &copy).map_err(|error| CannotVerify::Unreadable {
        path: disk.root().display().to_string(),
        why: error.to_string(),
    })?;
    Ok(if root == theirs.root {
        View::Consistent { shorter, longer }
    } else {
        View::Split { problem: Problem::SplitView { ours: ours.size, theirs: theirs.size, evidence: None } }
    })
}
