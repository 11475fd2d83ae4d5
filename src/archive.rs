//! The archive room: virtual files whose every byte follows from ledger rows: packs, lists, sums, Metalink; and what people
//! select of it.
//!
//! Here is what the large files of `/arsiv/` hold; where they lie and how they are listed is said in `tree`.
//!
//! It must never buffer a whole file of scans, nor store anything twice: lengths, tags and byte ranges are computed.

pub mod lists;
pub mod packer;
pub mod packs;
pub mod selections;
pub mod spool;
pub mod workbook;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::vault::Vault;
use lists::Lists;
use packs::Packs;
use selections::Selections;

/// The archive of a node. Clones share it.
#[derive(Clone, Debug)]
pub struct Archive {
    /// Packs of scans.
    pub packs: Packs,
    /// Lists of them.
    pub lists: Lists,
    /// What people select.
    pub selections: Selections,
}

impl Archive {
    /// An archive of what is entered and kept.
    /// `address` is the service's public one, without a path.
    pub fn new(ledger: &Ledger, vault: &Vault, clock: &Clock, address: &str) -> Self {
        let packs = Packs::new(ledger.clone(), vault.clone());
        Self {
            selections: Selections::new(ledger.clone(), packs.clone()),
            packs,
            lists: Lists::new(ledger.clone(), clock.clone(), address),
        }
    }
}
