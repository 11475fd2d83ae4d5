//! Media for independent candidates: a bag on a USB stick that proves itself (2019 circular, art. 3/3).
//!
//! Only for a recorded request that two operators agreed to, only of the candidate's seçim çevresi, only after the
//! broadcast ban was lifted, by two operators who are present. It must never write before all of that was asked and
//! recorded, nor say that a medium is done before every byte was read back from it.
//!
//! ```text
//!  requests: enter ─▶ approve ─▶ may it be written? ─▶ start: one position of the ledger, for all media of the request
//!                                                      │
//!  walk: the çevre's scans by path ─▶ plan: how many media, which scans on which
//!            │                                         │
//!            └─▶ write: scans, proofs, previews, pages, lists ─▶ copy: part, sync, read back, rename (or seal: age)
//!                                                      │
//!                          bag: manifests, signature ◀─┘ ─▶ receipt, recorded
//! ```

pub mod copy;
pub mod device;
pub mod fault;
pub mod item;
pub mod json;
pub mod lists;
pub mod pages;
pub mod plan;
pub mod preview;
pub mod progress;
pub mod proofs;
pub mod receipt;
pub mod requests;
pub mod seal;
pub mod texts;
pub mod walk;
pub mod write;

use crate::archive::lists::ListError;
use crate::cpu::WorkPanicked;
use crate::ledger::LedgerError;
use crate::vault::VaultError;

/// Why a medium was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It may not be written.
    #[error(transparent)]
    Refused(#[from] requests::Refusal),
    /// The medium failed.
    #[error(transparent)]
    Medium(#[from] fault::MediumError),
    /// The ledger did not answer.
    #[error("the ledger could not be read")]
    Ledger(#[from] LedgerError),
    /// A scan could not be read, or is not what was entered. The medium is not finished.
    #[error("a scan could not be read from the vault")]
    Vault(#[from] VaultError),
    /// A list could not be written.
    #[error("a list could not be written")]
    List(#[from] ListError),
    /// A page could not be made.
    #[error("a page could not be made")]
    Page(#[from] askama::Error),
    /// A bug of ours.
    #[error(transparent)]
    Panicked(#[from] WorkPanicked),
    /// The disk of this machine failed.
    #[error("the directory for temporary files cannot be used")]
    Spool(#[source] std::io::Error),
}
