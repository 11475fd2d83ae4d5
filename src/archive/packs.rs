//! Packs on a node: their plans out of the ledger, their bytes out of the vault.
//!
//! It must never send a byte of a scan that was not hashed just before. What is damaged ends the transfer with an error,
//! and an alarm.

mod whole;

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cache::{Cache, Weighed};
use crate::domain::Digest;
use crate::domain::naming::packs::{PACK_ENTRIES, PACK_NUMBERS};
use crate::formats::pack::{BadPack, PackPlan, PackSegment};
use crate::ledger::packs::PackRow;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;
use crate::vault::{Chunks, Vault, VaultError};

/// Memory for plans. One has about 150 kB.
const PLANS: u64 = 32 << 20;
/// Plans at most, whatever their weight.
const PLAN_COUNT: usize = 4096;
/// Memory for scans that were hashed and are being sent, of all transfers together, in KiB. A transfer holds two scans.
/// When it is used up transfers wait for one another.
const HELD_KIB: u32 = 384 << 10;
/// Pieces that a scan is sent in, as from a disk.
const PIECE: usize = 256 << 10;

/// Why a pack could not be planned.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PackError {
    /// The ledger did not answer.
    #[error("the entries of a pack could not be read")]
    Ledger(#[source] Arc<LedgerError>),
    /// The entries make no pack.
    #[error("the entries make no pack")]
    Bad(#[source] Arc<BadPack>),
    /// A pack could not be kept as an object.
    #[error("a pack could not be kept")]
    Vault(#[source] Arc<VaultError>),
    /// The work on another thread panicked.
    #[error("planning a pack panicked")]
    Panicked,
}

impl From<LedgerError> for PackError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(Arc::new(error))
    }
}

impl From<VaultError> for PackError {
    fn from(error: VaultError) -> Self {
        Self::Vault(Arc::new(error))
    }
}

impl From<BadPack> for PackError {
    fn from(error: BadPack) -> Self {
        Self::Bad(Arc::new(error))
    }
}

impl Weighed for Arc<PackPlan> {
    fn weight(&self) -> u64 {
        PackPlan::weight(self) as u64
    }
}

/// Plans by number and entries of their pack.
type Plans = Cache<(u64, u64), Arc<PackPlan>>;

/// The packs of a node. Clones share their cache and their budget of memory.
#[derive(Clone, Debug)]
pub struct Packs {
    ledger: Ledger,
    vault: Vault,
    plans: Arc<Plans>,
    held: Arc<Semaphore>,
}

impl Packs {
    /// Packs over what is entered and kept.
    pub fn new(ledger: Ledger, vault: Vault) -> Self {
        let plans = Arc::new(Cache::new(PLANS, PLAN_COUNT));
        Self { ledger, vault, plans, held: Arc::new(Semaphore::new(HELD_KIB as usize)) }
    }

    /// The ledger behind the packs.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The pack of the first `entries` entries from 256·`number` on. None where the ledger has not as many yet.
    pub async fn plan(&self, number: u64, entries: u64) -> Result<Option<Arc<PackPlan>>, PackError> {
        if number >= PACK_NUMBERS || !(1..=PACK_ENTRIES).contains(&entries) {
            return Ok(None);
        }
        // A plan that was made stays true for ever; that there is none yet is not kept.
        match self.plans.get(&(number, entries), |_| true, || self.make(number, entries)).await {
            Ok(plan) => Ok(Some(plan)),
            Err(NoPlan::Yet) => Ok(None),
            Err(NoPlan::Because(error)) => Err(error),
        }
    }

    async fn make(&self, number: u64, entries: u64) -> Result<Arc<PackPlan>, NoPlan> {
        let first = number * PACK_ENTRIES;
        let lines = self.ledger.lines_from(first, entries as u32).await.map_err(PackError::from)?;
        if (lines.len() as u64) < entries {
            return Err(NoPlan::Yet);
        }
        if let Some((_, line)) = (first..).zip(&lines).find(|(position, line)| line.position != *position) {
            let gap = LedgerError::Corrupt(format!("a gap before entry {}", line.position));
            return Err(PackError::from(gap).into());
        }
        let planned = tokio::task::spawn_blocking(move || {
            let lines: Vec<String> = lines.into_iter().map(|line| line.line).collect();
            PackPlan::from_lines(number, &lines)
        });
        let plan = planned.await.map_err(|_| PackError::Panicked)?.map_err(PackError::from)?;
        Ok(Arc::new(plan))
    }

    /// Bytes `from..to` of a pack: out of its object, where one is kept, else scan by scan. Either way each scan is read whole
    /// and compared with its digest before any of its bytes is sent.
    pub fn read(&self, plan: Arc<PackPlan>, from: u64, to: u64) -> Chunks {
        if self.has_object(&plan, from, to) { self.by_object(plan, from, to) } else { self.by_scans(plan, from, to) }
    }

    /// The same scan by scan; the next one is read while one is sent.
    pub(super) fn by_scans(&self, plan: Arc<PackPlan>, from: u64, to: u64) -> Chunks {
        let number = plan.number();
        let steps = stream::unfold(from, move |at| {
            let step = plan.segment(at, to).map(|segment| (Step::of(&segment), at + segment.len()));
            std::future::ready(step)
        });
        let packs = self.clone();
        let loaded = steps.map(move |step| {
            let packs = packs.clone();
            async move { packs.load(number, step).await }
        });
        loaded.buffered(2).map_ok(|loaded| loaded.pieces().map(Ok)).try_flatten().boxed()
    }

    async fn load(&self, number: u64, step: Step) -> std::io::Result<Loaded> {
        let (position, digest, size, range) = match step {
            Step::Literal(bytes) => return Ok(Loaded { bytes, _held: None }),
            Step::Image { position, digest, size, range, .. } => (position, digest, size, range),
        };
        let held = self.memory(size).await?;
        match self.vault.verified(digest, size).await {
            Ok(bytes) => Ok(Loaded { bytes: bytes.slice(range.start as usize..range.end as usize), _held: Some(held) }),
            Err(error) => {
                match &error {
                    VaultError::Missing(_) | VaultError::Damaged(_) => tracing::error!(
                        position, scan = %digest, error = %Chain(&error),
                        "ALARM: scan {digest} of entry {position} is not in the vault as it was entered; pack {number} ends before it"
                    ),
                    _ => {
                        tracing::error!(position, scan = %digest, error = %Chain(&error), "Could not read a scan of pack {number}")
                    }
                }
                Err(std::io::Error::other(error))
            }
        }
    }

    /// Bytes of a scan that was hashed just before, with the memory that they take.
    pub(super) async fn scan(&self, digest: Digest, size: u64, range: std::ops::Range<u64>) -> std::io::Result<Loaded> {
        let held = self.memory(size).await?;
        match self.vault.verified(digest, size).await {
            Ok(bytes) => Ok(Loaded { bytes: bytes.slice(range.start as usize..range.end as usize), _held: Some(held) }),
            Err(error) => {
                tracing::error!(scan = %digest, error = %Chain(&error), "ALARM: a scan of a selection cannot be read");
                Err(std::io::Error::other(error))
            }
        }
    }

    /// Memory for a scan, when there is some.
    async fn memory(&self, size: u64) -> std::io::Result<OwnedSemaphorePermit> {
        let kib = u32::try_from(size.div_ceil(1024)).unwrap_or(HELD_KIB).clamp(1, HELD_KIB);
        Arc::clone(&self.held).acquire_many_owned(kib).await.map_err(std::io::Error::other)
    }

    /// What is known of the full packs `from..to` (numbers) when the ledger has `size` entries, without a hole. What is not
    /// in the table yet is added.
    pub async fn full(&self, from: u64, to: u64, size: u64) -> Result<Vec<PackRow>, PackError> {
        let to = to.min(size / PACK_ENTRIES);
        if from >= to {
            return Ok(Vec::new());
        }
        let mut known = self.ledger.packs(from, to).await?.into_iter().peekable();
        let mut all = Vec::with_capacity((to - from) as usize);
        for number in from..to {
            if let Some(row) = known.next_if(|row| row.number == number) {
                all.push(row);
                continue;
            }
            let missing = || LedgerError::Corrupt(format!("entries of pack {number} are missing"));
            let plan = self.plan(number, PACK_ENTRIES).await?.ok_or_else(missing)?;
            let at_ms = plan.modified().as_millisecond();
            self.ledger.pack_add(number, plan.len(), at_ms).await?;
            all.push(PackRow { number, size: plan.len(), at_ms, sum: None });
        }
        Ok(all)
    }
}

/// Why there is no plan.
enum NoPlan {
    /// The ledger has not as many entries yet.
    Yet,
    /// It could not be made.
    Because(PackError),
}

impl From<PackError> for NoPlan {
    fn from(error: PackError) -> Self {
        Self::Because(error)
    }
}

/// A segment that borrows nothing. `data` is where the scan begins in the archive, `range` what is wanted of it.
enum Step {
    Literal(Bytes),
    Image { position: u64, digest: Digest, size: u64, data: u64, range: std::ops::Range<u64> },
}

impl Step {
    fn of(segment: &PackSegment<'_>) -> Self {
        match segment {
            PackSegment::Literal(bytes) => Self::Literal(bytes.clone()),
            PackSegment::Image(image, range) => Self::Image {
                position: image.position,
                digest: image.digest,
                size: image.size,
                data: image.data.start,
                range: range.clone(),
            },
        }
    }
}

/// Bytes that may be sent, with the memory that was promised for them.
pub(super) struct Loaded {
    bytes: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

impl Loaded {
    /// Bytes that take no memory of anybody's.
    pub(super) fn of(bytes: Bytes) -> Self {
        Self { bytes, _held: None }
    }

    pub(super) fn pieces(self) -> impl futures::Stream<Item = Bytes> + Send {
        stream::unfold(self, |mut rest| async move {
            if rest.bytes.is_empty() {
                return None;
            }
            let piece = rest.bytes.split_to(rest.bytes.len().min(PIECE));
            Some((piece, rest))
        })
    }
}
