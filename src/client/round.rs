//! One round: ask for the checkpoint, believe it or not, and bring the copy's log up to it.
//!
//! A checkpoint is believed when a trusted key signed it and the log it speaks of begins with the one the copy has. What
//! contradicts an older signature is kept as evidence and changes nothing.

mod advance;
mod blame;
mod bundle;

use std::sync::Arc;

use super::disk::{self, Disk, DiskError};
use super::problem::Problem;
use super::retry::Retry;
use super::state;
use super::transport::{Transport, TransportError, small};
use super::trust;
use crate::cpu::{CpuLane, WorkPanicked};
use crate::domain::naming;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::frontier::Hash;
use crate::log::note::{NoteError, VerifierKey};
use crate::log::proof::{self, HashReader, Node, perfect_root};
use crate::log::tile::holding;

pub use bundle::Bundle;

/// Evidence of contradictions, among the mirror's own files.
pub const EVIDENCE: &str = "evidence";

/// What a round needs.
#[derive(Clone)]
pub struct Context {
    /// The way to the server.
    pub transport: Arc<dyn Transport>,
    /// The copy.
    pub disk: Disk,
    /// How patient we are.
    pub retry: Retry,
    /// Where hashing goes.
    pub cpu: CpuLane,
    /// Downloads at a time.
    pub parallel: usize,
}

/// What came of a round.
#[derive(Debug)]
pub enum Outcome {
    /// The copy has all that is signed.
    Nothing,
    /// The copy's log grew.
    Advanced {
        /// Entries before.
        from: u64,
        /// Entries now.
        to: u64,
    },
    /// Something is wrong with what the server gives. The copy's checkpoint is as it was.
    Wrong(Vec<Problem>),
}

/// Why a round could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The server did not give what was asked for.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A bug of ours.
    #[error(transparent)]
    Panicked(#[from] WorkPanicked),
}

impl Context {
    /// One round. `keys` are trusted; those that the log brings are added. `after` waits for more entries than that.
    ///
    /// # Errors
    /// When the server or the disk fails. What is wrong with the data is an [`Outcome`].
    pub async fn round(&self, keys: &mut Vec<VerifierKey>, after: Option<u64>) -> Result<Outcome, RoundError> {
        let note = self.retry.run(async || self.transport.checkpoint(after).await).await;
        let note = match note {
            Ok(note) => String::from_utf8_lossy(&note).into_owned(),
            Err(TransportError::Unsound { what, .. }) => return Ok(Outcome::Wrong(vec![Problem::Checkpoint { what }])),
            Err(error) => return Err(error.into()),
        };
        if keys.is_empty() {
            *keys = self.first_use(&note).await?;
        }
        let theirs = match Checkpoint::verified(&note, keys) {
            Ok(theirs) => theirs,
            Err(error) => return Ok(Outcome::Wrong(vec![refused(&error)])),
        };
        let Some(our_note) = state::checkpoint_note(&self.disk)? else {
            return self.advance(None, &theirs, &note, keys).await;
        };
        // It was verified when it was written, perhaps under a key that is not in force any more.
        let ours = match state::believed(&our_note) {
            Ok(ours) => ours,
            Err(error) => return Ok(Outcome::Wrong(vec![refused(&error)])),
        };
        if ours.origin != theirs.origin {
            return Ok(Outcome::Wrong(vec![Problem::OtherLog { ours: ours.origin, theirs: theirs.origin }]));
        }
        match theirs.size.cmp(&ours.size) {
            std::cmp::Ordering::Equal if theirs.root == ours.root => Ok(Outcome::Nothing),
            std::cmp::Ordering::Greater => self.advance(Some((&ours, &our_note)), &theirs, &note, keys).await,
            _ => Ok(Outcome::Wrong(vec![self.older(&ours, &our_note, &theirs, &note)?])),
        }
    }

    /// Keys at first use: those that the server itself names, if they have signed what it shows. From then on they are
    /// pinned, so a server can lie once at most, and to everybody the same or be found out.
    async fn first_use(&self, note: &str) -> Result<Vec<VerifierKey>, RoundError> {
        let path = state::log_path(naming::KEYS);
        let text = self.retry.run(async || small(&*self.transport, &path, trust::KEYS_BYTES).await).await?;
        let named = trust::parse_keys(&String::from_utf8_lossy(&text)).unwrap_or_default();
        let origin = Checkpoint::unverified(note).map(|checkpoint| checkpoint.origin).unwrap_or_default();
        Ok(named.into_iter().filter(|key| key.name() == origin).collect())
    }

    /// A checkpoint of fewer entries, or of as many with another root: rolled back if our log begins so, or a split view.
    fn older(&self, ours: &Checkpoint, our_note: &str, theirs: &Checkpoint, note: &str) -> Result<Problem, RoundError> {
        let evidence = self.keep_evidence(ours, our_note, theirs, note)?;
        let copy = Copy { disk: &self.disk, size: ours.size };
        let agrees = theirs.size < ours.size && proof::root(theirs.size, &copy).is_ok_and(|root| root == theirs.root);
        Ok(if agrees {
            Problem::RolledBack { had: ours.size, shown: theirs.size, evidence }
        } else {
            Problem::SplitView { ours: ours.size, theirs: theirs.size, evidence: Some(evidence) }
        })
    }

    /// Keeps two signed checkpoints; says where.
    fn keep_evidence(
        &self,
        ours: &Checkpoint,
        our_note: &str,
        theirs: &Checkpoint,
        note: &str,
    ) -> Result<String, DiskError> {
        for (checkpoint, note) in [(ours, our_note), (theirs, note)] {
            let name = format!("{}-{}.checkpoint", checkpoint.size, &hex::encode(checkpoint.root)[..16]);
            disk::write(self.disk.folder(), &self.disk.private(EVIDENCE).join(name), note.as_bytes())?;
        }
        Ok(self.disk.root().join(self.disk.private(EVIDENCE)).display().to_string())
    }
}

/// Hashes of a copy's tiles on disk. One that is missing is `None`.
pub struct Copy<'a> {
    /// The copy.
    pub disk: &'a Disk,
    /// The entries of its checkpoint, which say how wide its last tiles are.
    pub size: u64,
}

/// A tile of the copy is missing or damaged.
#[derive(Debug, thiserror::Error)]
pub enum NoHash {
    /// It is not there.
    #[error("the copy lacks a tile of its log")]
    Missing,
    /// It cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl HashReader for Copy<'_> {
    type Error = NoHash;
    fn hash(&self, node: Node) -> Result<Hash, NoHash> {
        let (tile, part) = holding(node.height, node.index, self.size).ok_or(NoHash::Missing)?;
        let hashes = state::hashes(self.disk, tile)?.ok_or(NoHash::Missing)?;
        Ok(perfect_root(hashes.get(part).ok_or(NoHash::Missing)?))
    }
}

fn refused(error: &CheckpointError) -> Problem {
    let hint = match error {
        CheckpointError::Note(NoteError::NoKnownKey) => {
            " (anahtar, bu kopya güncellenmediği sırada değiştiyse yeni anahtarı --key ile verin / if the key changed \
             while this copy was not kept up, give the new one with --key)"
        }
        _ => "",
    };
    Problem::Checkpoint { what: format!("{error}{hint}") }
}
