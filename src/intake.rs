//! Taking in: the life of an upload, top to bottom. It must never guess, and never answer before everything is durable.
//!
//! | stopped during | left behind | what a retry costs |
//! |---|---|---|
//! | permit, receive, inspect, read | nothing | the whole upload |
//! | keep | a staging file on a local disk, swept at the next start | the whole upload |
//! | between keep and record | an object without an entry | the retry links it without writing |
//! | after record | a complete upload without an answer | the retry gets the same receipt |
//!
//! A receipt is signed only when the scan was just seen in the vault, or just stored there: sending again heals.

mod admission;
pub mod by_hand;
mod inspect;
mod known;
mod pace;
pub mod quota;
pub mod receipt;
mod receive;
mod remark;
mod resolve;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::Stream;
use serde::Deserialize;

use self::admission::{Admission, NoPermit, Permit};
use self::pace::Pace;
use self::quota::{OverQuota, QuotaLimits, Quotas};
use crate::clock::Clock;
use crate::cpu::{CpuLane, WorkPanicked};
use crate::domain::routing::{Claim, Finding};
use crate::domain::{BoardId, Digest, Entry, EntryKind, Karekod, Scan, ScanFacts, Sender, Words};
use crate::ledger::append::{AppendError, Appender, Recorded, Submission};
use crate::ledger::{Ledger, LedgerError};
use crate::meters;
use crate::reading;
use crate::registry;
use crate::space::{Shortage, Space};
use crate::vault::{Chunks, Vault, VaultError};

pub use crate::reading::PngError;
pub use admission::QueuePosition;
pub use inspect::{InspectError, Inspected, inspect};
pub use receipt::{Receipt, ReceiptSigner};
pub use remark::Remark;
pub use resolve::resolve_parked;

/// What intake may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntakeLimits {
    /// Largest scan, in bytes. A colour page at 300 dpi has 4.4 MB.
    pub scan_bytes: usize,
    /// Memory of all uploads under way, in bytes. Who finds none waits, and is then asked to come again.
    pub memory_bytes: usize,
    /// The part of it that one board may have under way, in bytes. The other boards' uploads do not wait for its own.
    pub memory_bytes_per_board: usize,
    /// Uploads that one board may have under way. What more it sends waits, so that the scans of another board find few
    /// of its own before them wherever there is a queue: at the threads, at the disk, at the ledger's writer.
    pub uploads_per_board: usize,
    /// How long an upload may wait for memory, in seconds.
    pub wait_seconds: u64,
    /// Longest silence of a sender in the middle of a body, in seconds.
    pub silence_seconds: u64,
    /// Pixels of one side.
    pub side: u32,
    /// Pixels in all.
    pub pixels: u64,
    /// What one board may bring.
    pub quota: QuotaLimits,
}

impl Default for IntakeLimits {
    fn default() -> Self {
        let page = reading::Limits::default();
        Self {
            scan_bytes: 32 << 20,
            memory_bytes: 512 << 20,
            memory_bytes_per_board: 64 << 20,
            uploads_per_board: 4,
            wait_seconds: 20,
            silence_seconds: 30,
            side: page.side,
            pixels: page.pixels,
            quota: QuotaLimits::default(),
        }
    }
}

/// What a sender says beside the bytes.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Bytes of the body at most, where the sender said so.
    pub length: Option<u64>,
    /// The earlier scan that this one replaces.
    pub replaces: Option<Digest>,
    /// The reason that was given.
    pub reason: Option<Words>,
}

/// A scan whose bytes have all come, and the memory that they take.
#[derive(Debug)]
pub struct Received {
    bytes: Bytes,
    digest: Digest,
    announced: Announced,
    _permit: Permit,
    _under_way: meters::Held,
}

impl Received {
    /// Which bytes they are.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// Why a body broke off, as its reader reports it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a scan was not taken in. Nothing of it stays, and the sender may try again.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// No memory came free in time. A board that comes again soon keeps its queue position.
    #[error("no memory is free for another upload")]
    Full(QueuePosition),
    /// The board has as many uploads under way and waiting as it may.
    #[error("the board has as many uploads under way as it may")]
    BoardIsFull,
    /// A disk is as full as scans may make it.
    #[error("there is no room for scans")]
    NoRoom(#[from] Shortage),
    /// The body is longer than a scan may be.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// Most bytes that are taken.
        limit: usize,
    },
    /// The body broke off.
    #[error("the body broke off")]
    BrokenOff(#[source] Cause),
    /// The sender fell silent in the middle.
    #[error("the sender was silent for {0:?}")]
    Silent(Duration),
    /// The bytes are not the ones the address names.
    #[error("the bytes have the digest {found}")]
    OtherBytes {
        /// What they are.
        found: Digest,
    },
    /// The bytes are no sound PNG within the limits.
    #[error("the bytes are no sound PNG")]
    Unsound(#[from] InspectError),
    /// The board has brought as much as it may.
    #[error("over the board's quota")]
    OverQuota(#[from] OverQuota),
    /// Inspecting panicked.
    #[error("inspecting failed")]
    Inspection(#[from] WorkPanicked),
    /// The registry or the ledger did not answer.
    #[error("the registry did not answer")]
    Registry(#[from] LedgerError),
    /// The scan could not be stored.
    #[error("the scan could not be stored")]
    Vault(#[from] VaultError),
    /// The entry could not be written.
    #[error("the entry could not be written")]
    Append(#[from] AppendError),
}

/// The room. Clones share it.
#[derive(Clone, Debug)]
pub struct Intake {
    limits: IntakeLimits,
    memory: Admission,
    /// Whose scan is read next.
    turns: Admission,
    cpu: CpuLane,
    vault: Vault,
    ledger: Ledger,
    appender: Appender,
    signer: Arc<ReceiptSigner>,
    clock: Clock,
    space: Space,
    quotas: Quotas,
    pace: Pace,
}

/// One unit of the memory budget stands for this many bytes.
const PERMIT: usize = 64 << 10;

impl Intake {
    /// Opens the room.
    pub fn new(
        limits: IntakeLimits,
        cpu: CpuLane,
        vault: Vault,
        ledger: Ledger,
        appender: Appender,
        signer: Arc<ReceiptSigner>,
        clock: Clock,
    ) -> Self {
        let units = |bytes: usize| bytes.max(limits.scan_bytes).div_ceil(PERMIT);
        let share = units(limits.memory_bytes_per_board);
        let memory = Admission::new(units(limits.memory_bytes), share, limits.uploads_per_board);
        let turns = Admission::of_cores(cpu.cores());
        let quotas = Quotas::new(limits.quota.clone(), ledger.clone(), clock.clone());
        let (space, pace) = (Space::default(), Pace::default());
        Self { limits, memory, turns, cpu, vault, ledger, appender, signer, clock, space, quotas, pace }
    }

    /// The same that takes no scans while there is no room on these disks.
    pub fn with(self, space: Space) -> Self {
        Self { space, ..self }
    }

    /// Waits for the bytes of one scan. Nothing is done with them before [`Intake::take_in`].
    #[tracing::instrument(skip_all, fields(scan = %digest, board = %sender.board))]
    pub async fn receive(
        &self,
        sender: &Sender,
        digest: Digest,
        announced: Announced,
        chunks: impl Stream<Item = Result<Bytes, impl Into<Cause>>> + Send + Unpin,
    ) -> Result<Received, IntakeError> {
        self.received(sender, Some(digest), announced, chunks).await
    }

    /// The same of a scan whose sender cannot say its digest beforehand: a file of a form that a browser sends by itself.
    /// Nothing compares the bytes with what was sent but the connection, and the receipt says which they are.
    #[tracing::instrument(skip_all, fields(board = %sender.board))]
    pub async fn receive_unnamed(
        &self,
        sender: &Sender,
        announced: Announced,
        chunks: impl Stream<Item = Result<Bytes, impl Into<Cause>>> + Send + Unpin,
    ) -> Result<Received, IntakeError> {
        self.received(sender, None, announced, chunks).await
    }

    async fn received(
        &self,
        sender: &Sender,
        digest: Option<Digest>,
        announced: Announced,
        chunks: impl Stream<Item = Result<Bytes, impl Into<Cause>>> + Send + Unpin,
    ) -> Result<Received, IntakeError> {
        let begun = async {
            if let Some(shortage) = self.space.shortage().await {
                return Err(shortage.into());
            }
            let waiting = meters::UPLOADS.hold(&["waiting"]);
            let permit = meters::timed(&meters::UPLOAD_WAIT, &[], self.permit(&sender.board, announced.length)).await?;
            drop(waiting);
            let under_way = meters::UPLOADS.hold(&["under-way"]);
            let (bytes, digest) = receive::whole(chunks, digest, announced.length, &self.limits).await?;
            Ok(Received { bytes, digest, announced, _permit: permit, _under_way: under_way })
        };
        begun.await.inspect_err(IntakeError::count)
    }

    /// Takes in one scan whose bytes are there: the receipt is given only after object *and* entry are durable.
    #[tracing::instrument(skip_all, fields(scan = %received.digest, board = %sender.board))]
    pub async fn take_in(&self, sender: &Sender, received: Received) -> Result<Accepted, IntakeError> {
        let Received { bytes, digest, announced, _permit, _under_way } = received;
        let taken = async {
            if let Some(known) = self.ledger.linked_before(digest, &sender.board).await? {
                // Sent before and linked: there is nothing new to find out. But what the vault has lost it gets back.
                self.vault.keep_again(&Scan { bytes, facts: facts(&known)? }).await?;
                return Ok(self.accepted(known, vec![]));
            }
            self.pace.keep(&sender.board).await;
            let outcome = self.read_and_record(sender, bytes, digest, announced).await;
            self.pace.count(&sender.board, &outcome, Instant::now());
            outcome
        };
        taken.await.inspect_err(IntakeError::count)
    }

    async fn read_and_record(
        &self,
        sender: &Sender,
        bytes: Bytes,
        digest: Digest,
        announced: Announced,
    ) -> Result<Accepted, IntakeError> {
        let limits = reading::Limits { side: self.limits.side, pixels: self.limits.pixels };
        // Wait for the board's turn: a hundred scans of one board must not delay the single scan of another.
        let turn = self.turns.queue(&sender.board, 1).map_err(|_| IntakeError::BoardIsFull)?.permit().await;
        let inspected = self.cpu.run(move || {
            let _turn = turn; // given back when the work ends, even if the sender went away
            let begun = Instant::now();
            let inspected = inspect(bytes, digest, limits);
            meters::READING.took(&[], begun.elapsed());
            inspected
        });
        let Inspected { scan, codes, module, mut remarks } = inspected.await??;
        let codes: Vec<Karekod> = codes.iter().filter_map(|code| code.parse().ok()).collect();
        let finding = registry::resolve(&self.ledger, &codes, &sender.place).await?;
        if let Finding::Form { own: true, strange, .. } = &finding {
            remarks.extend(strange.iter().cloned().map(Remark::StrangeCode));
        }
        let size = scan.facts.size;
        self.quotas.allow(sender, digest, size, &finding).await??;
        let kept = self.vault.keep(&scan).await?;
        let claim = Claim { digest, board: sender.board.clone(), finding, replaces: announced.replaces, module };
        let submission = Submission::new(&kept, claim, announced.reason.map(String::from));
        // The writer wakes the waiting readers when its commit is through.
        let recorded = self.appender.append(submission).await?;
        if recorded.fresh {
            self.quotas.took(&sender.board, size, recorded.entry.kind == EntryKind::Parked);
        }
        Ok(self.accepted(recorded, remarks))
    }

    fn accepted(&self, recorded: Recorded, remarks: Vec<Remark>) -> Accepted {
        let receipt = self.signer.sign(&recorded);
        count(&recorded);
        if recorded.fresh {
            let position = recorded.position;
            tracing::info!(
                position,
                status = receipt.status(),
                reason = recorded.entry.reason,
                "Took in entry {position}"
            );
        }
        Accepted { receipt, remarks, size: recorded.entry.size.unwrap_or(0), fresh: recorded.fresh }
    }

    /// The bytes of a scan that was taken in.
    ///
    /// # Errors
    /// The vault did not answer.
    pub async fn picture(&self, digest: Digest, size: u64) -> Result<Chunks, VaultError> {
        self.vault.read(digest, size, 0, size).await
    }

    /// Does something on the lane of the scans.
    ///
    /// # Errors
    /// It panicked.
    pub async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, IntakeError> {
        Ok(self.cpu.run(work).await?)
    }

    /// The queue position of a board's uploads at this node; none while they do not wait for other boards'.
    pub fn waits(&self, board: &BoardId) -> Option<QueuePosition> {
        // For memory first; an upload that has memory may still wait for a core.
        self.memory.waits(board).or_else(|| self.turns.waits(board))
    }

    /// What it may use.
    pub fn limits(&self) -> &IntakeLimits {
        &self.limits
    }

    async fn permit(&self, board: &BoardId, length: Option<u64>) -> Result<Permit, IntakeError> {
        let limit = self.limits.scan_bytes;
        if length.is_some_and(|length| length > limit as u64) {
            return Err(IntakeError::TooLarge { limit });
        }
        // Without an announced length, the body may be as long as the longest scan.
        let bytes = length.map_or(limit, |length| length as usize);
        let full = |why| match why {
            NoPermit::BoardIsFull => IntakeError::BoardIsFull,
            NoPermit::HouseIsFull(position) => IntakeError::Full(position),
        };
        let mut queued = self.memory.queue(board, bytes.div_ceil(PERMIT).max(1)).map_err(full)?;
        let wait = Duration::from_secs(self.limits.wait_seconds);
        tokio::time::timeout(wait, queued.permit()).await.map_err(|_| full(queued.why()))
    }
}

impl IntakeError {
    /// The name under which it is counted.
    fn counted_as(&self) -> &'static str {
        match self {
            Self::Full(_) => "over-capacity",
            Self::BoardIsFull => "board-is-full",
            Self::NoRoom(_) => "no-room",
            Self::TooLarge { .. } => "too-large",
            Self::BrokenOff(_) => "broken-off",
            Self::Silent(_) => "silent",
            Self::OtherBytes { .. } => "other-bytes",
            Self::Unsound(_) => "unsound",
            Self::OverQuota(_) => "over-quota",
            Self::Inspection(_) => "inspection",
            Self::Registry(_) | Self::Append(_) => "ledger",
            Self::Vault(_) => "vault",
        }
    }

    fn count(&self) {
        meters::SCANS.add(&["refused"]);
        meters::SCANS_REFUSED.add(&[self.counted_as()]);
    }
}

/// Counts a scan that was taken in.
fn count(recorded: &Recorded) {
    let parked = recorded.entry.kind == EntryKind::Parked;
    meters::SCANS.add(&[match (recorded.fresh, parked) {
        (false, _) => "known",
        (true, true) => "parked",
        (true, false) => "linked",
    }]);
    if recorded.fresh && parked {
        let reason = recorded.entry.reason.as_deref().unwrap_or_default();
        meters::PARKED.add(&[meters::PARKED.labels()[0].known(reason)]);
    }
}

/// What the scan of an entry measures.
fn facts(recorded: &Recorded) -> Result<ScanFacts, LedgerError> {
    let Entry { sha256, size, crc32, width, height, .. } = &recorded.entry;
    match (sha256, size, crc32) {
        (Some(digest), Some(size), Some(crc32)) => Ok(ScanFacts {
            digest: *digest,
            size: *size,
            crc32: *crc32,
            width: width.unwrap_or(0),
            height: height.unwrap_or(0),
        }),
        _ => Err(LedgerError::Corrupt(format!("scan of entry {}", recorded.position))),
    }
}

/// What the sender gets.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The signed receipt.
    pub receipt: Receipt,
    /// What to do better next time. Empty for a scan that was linked before: its pixels are not looked at again.
    pub remarks: Vec<Remark>,
    /// Bytes of the scan.
    pub size: u64,
    /// Whether the entry is new.
    pub fresh: bool,
}
