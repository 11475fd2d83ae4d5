//! What is given to the ledger to be entered, and where it ended up.
//!
//! It must never be made of a scan that is not durable: only the vault gives the proof.

use crate::domain::routing::Claim;
use crate::domain::{BoardId, Entry, ScanFacts};
use crate::vault::Kept;

/// One scan to be entered.
#[derive(Debug)]
pub struct Submission {
    /// Who sends what, and what the page says.
    pub claim: Claim,
    /// What the scan measures.
    pub facts: ScanFacts,
    /// What the sender said about it, such as why it replaces an earlier scan.
    pub note: Option<String>,
    /// Why it is linked by hand, and by whom.
    pub(super) hand: Option<Hand>,
}

/// Two people say which form a scan shows: other rules hold for it than for what a page says of itself.
#[derive(Clone, Debug)]
pub(super) struct Hand {
    /// Why they say so.
    pub reason: String,
    /// Who they are.
    pub by: Vec<String>,
}

impl Submission {
    /// A submission of a scan that is durably kept: the proof is the argument, so no row can point at nothing.
    pub fn new(kept: &Kept, claim: Claim, note: Option<String>) -> Self {
        Self { claim, facts: kept.facts(), note, hand: None }
    }

    /// People say which form it shows, and why they say so.
    pub(super) fn by_hand(&mut self, reason: String, by: Vec<String>) {
        self.hand = Some(Hand { reason, by });
    }

    /// Who sends.
    pub fn board(&self) -> &BoardId {
        &self.claim.board
    }
}

/// Where a submission ended up.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Position of the entry.
    pub position: u64,
    /// The entry.
    pub entry: Entry,
    /// Its leaf hash.
    pub leaf: [u8; 32],
    /// Whether the entry is new; otherwise it is the receipt of an earlier upload.
    pub fresh: bool,
}
