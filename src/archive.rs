//! The archive room: virtual files whose every byte follows from ledger rows: packs, lists, sums, Metalink.
//!
//! It must never buffer a whole file of scans, nor store anything twice: lengths, tags and byte ranges are computed.

pub mod cache;
pub mod pack;
pub mod packer;
pub mod packs;
pub mod zip;

use crate::ledger::Ledger;
use crate::vault::Vault;
use packs::Packs;

/// The archive of a node. Clones share it.
#[derive(Clone, Debug)]
pub struct Archive {
    /// Packs of scans.
    pub packs: Packs,
}

impl Archive {
    /// An archive of what is entered and kept.
    pub fn new(ledger: &Ledger, vault: &Vault) -> Self {
        Self { packs: Packs::new(ledger.clone(), vault.clone()) }
    }
}
