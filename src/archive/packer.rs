//! Keeps the table of full packs up to date: their sizes soon, their checksums as they are read, one pack at a time, and
//! with them their objects where packs are kept. And lets go of lists that nobody would be given any more.
//!
//! Every node runs it; a pack is claimed before it is read, so that many nodes do not read the same. It must never hurry:
//! who downloads comes first, and a pack without a checksum or an object is served all the same. So nothing waits for it:
//! a pack's bytes are there when its last entry is, before any checkpoint that covers it.

use std::sync::Arc;
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
use crate::formats::pack::PackPlan;
use crate::ledger::LedgerError;
use crate::telemetry::Chain;
use crate::vault::PackWriting;

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
        let mut object = self.packs.begin_object(number).await?;
        let sum = match self.read_through(plan, object.as_mut()).await {
            Ok(Some(sum)) => sum,
            broken => {
                if let Some(object) = object {
                    object.abandon().await;
                }
                // The alarm was raised where a scan was not as it was. The other packs get their sums.
                return broken.map(|_| true);
            }
        };
        if let Some(object) = object {
            object.finish().await?;
        }
        ledger.pack_sum(number, sum).await?;
        Ok(true)
    }

    /// Reads a whole pack, and keeps what it reads where packs are kept. Its digest; none when it cannot be read.
    async fn read_through(
        &self,
        plan: Arc<PackPlan>,
        mut object: Option<&mut PackWriting>,
    ) -> Result<Option<Digest>, PackError> {
        let mut chunks = self.packs.by_scans(Arc::clone(&plan), 0, plan.len());
        let mut hasher = Sha256::new();
        loop {
            let chunk = match chunks.try_next().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(Some(Digest::finish(hasher))),
                Err(_) => return Ok(None),
            };
            if let Some(object) = object.as_deref_mut() {
                object.write(&chunk).await?;
            }
            // 256 KiB at most, but hundreds of them: off the threads that move bytes.
            let hashed = tokio::task::spawn_blocking(move || hasher.chain_update(&chunk));
            hasher = hashed.await.map_err(|_| PackError::Panicked)?;
        }
    }
}
