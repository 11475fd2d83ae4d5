//! `tutanak verify`: whether a copy, a scan or a checkpoint is what was signed. Offline, and on all cores.
//!
//! It changes nothing and asks nobody. It believes nothing that it has not hashed: not the mirror's notes, not a tile.

mod copy;
mod files;
mod medium;
mod proof;
mod views;

use serde::Serialize;

use super::disk::DiskError;
use super::problem::Problem;
use crate::domain::words::shown;

pub use copy::{CopyCheck, verify_copy};
pub use medium::{MediumVerdict, is_medium, is_sealed, verify_medium, verify_sealed};
pub use proof::{verify_scan, verify_scan_of_copy};
pub use views::{View, compare, compare_with_copy};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    /// The log: host and election.
    pub origin: String,
    /// Entries under the checkpoint.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// Scans whose bytes were hashed.
    pub scans: u64,
    /// Packs whose bytes were hashed.
    pub packs: u64,
    /// Bytes that were hashed, of scans, packs and entries.
    pub bytes: u64,
    /// Scans that the copy never meant to hold.
    pub not_held: u64,
    /// Parts of files that a download left behind. They harm nothing.
    pub parts: u64,
    /// Whether the keys came from the copy itself, so that they prove nothing about who signed.
    pub own_keys: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Why something could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CannotVerify {
    /// There is no such file, or not the one that is needed beside it.
    #[error("{0} yok ya da okunamıyor / {0} is not there or cannot be read: {why}", shown(path))]
    Unreadable {
        /// The file.
        path: String,
        /// What went wrong.
        why: String,
    },
    /// Nothing to check signatures with.
    #[error("imza anahtarı bulunamadı: --key ile verin / no key to check signatures with: give one with --key")]
    NoKey,
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
