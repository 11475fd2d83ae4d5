//! Keeps the table of full packs up to date: their sizes soon, their checksums as they are read, one pack at a time. And
//! lets go of lists that nobody would be given any more.
//!
//! Every node runs it; a pack is claimed before it is read, so that many nodes do not read the same. It must never hurry:
//! who downloads comes first, and a pack without a checksum is served all the same.

use std::time::Duration;

use futures::TryStreamExt;
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::Archive;
use super::packs::{PackError, Packs};
use crate::clock::Clock;
use crate::domain::Digest;
use crate::domain::naming::packs::PACK_ENTRIES;
use crate::ledger::LedgerError;
use crate::telemetry::Chain;

/// How long it rests when there is nothing to do.
const REST: Duration = Duration::from_secs(2);
/// How long a claim holds. A pack that cannot be read is tried again after it, and raises its alarm again.
const CLAIM: SignedDuration = SignedDuration::from_mins(10);
/// Packs whose rows are looked at in one go.
const STEP: u64 = 1000;

/// The task. It ends when it is told to stop.
#[derive(Debug)]
pub struct Packer {
    packs: Packs,
    archive: Archive,
    clock: Clock,
    /// Every full pack below this number has its row.
    next: u64,
}

impl Packer {
    /// A packer over these packs and lists.
    pub fn new(archive: Archive, clock: Clock) -> Self {
        Self { packs: archive.packs.clone(), archive, clock, next: 0 }
    }

    /// Works until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let worked = tokio::select! {
                () = stop.cancelled() => return,
                worked = self.step() => worked,
            };
            let rest = match worked {
                Ok(true) => Duration::ZERO,
                Ok(false) => REST,
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "Could not keep up the table of packs; trying again");
                    REST
                }
            };
            if let Err(error) = self.archive.lists.tidy().await {
                tracing::debug!(error = %Chain(&error), "Could not tidy the lists; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Adds the rows of packs that have become full, and reads one pack. Whether there may be more to do.
    async fn step(&mut self) -> Result<bool, PackError> {
        let size = self.packs.ledger().head().await?.size;
        let full = size / PACK_ENTRIES;
        let to = full.min(self.next + STEP);
        self.packs.full(self.next, to, size).await?;
        self.next = to;
        Ok(self.sum_one().await? || to < full)
    }

    async fn sum_one(&self) -> Result<bool, PackError> {
        let now = self.clock.now();
        let ledger = self.packs.ledger();
        let claimed = ledger.pack_claim(now.as_millisecond(), (now - CLAIM).as_millisecond()).await?;
        let Some(number) = claimed else { return Ok(false) };
        let missing = || LedgerError::Corrupt(format!("entries of pack {number} are missing"));
        let plan = self.packs.plan(number, PACK_ENTRIES).await?.ok_or_else(missing)?;
        let mut chunks = self.packs.read(plan.clone(), 0, plan.len());
        let mut hasher = Sha256::new();
        loop {
            match chunks.try_next().await {
                Ok(Some(chunk)) => {
                    // 256 KiB at most, but hundreds of them: off the threads that move bytes.
                    let hashed = tokio::task::spawn_blocking(move || hasher.chain_update(&chunk));
                    hasher = hashed.await.map_err(|_| PackError::Panicked)?;
                }
                Ok(None) => break,
                // The alarm was raised where it was found. The other packs get their sums.
                Err(_) => return Ok(true),
            }
        }
        ledger.pack_sum(number, Digest::finish(hasher)).await?;
        Ok(true)
    }
}
