//! The scrub: reads every stored scan again at a set pace, heals what rots from another copy, and tells what cannot be
//! healed and what has no entry.
//!
//! It must never guess whose a scan without an entry is. What its codes name is told; its board sends it again, and then it
//! is linked by the rules of every scan.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::cpu::CpuLane;
use crate::domain::{Digest, Entry, EntryKind, Karekod};
use crate::intake::inspect;
use crate::ledger::scrub::{Finding, FindingKind, ScrubProgress};
use crate::ledger::{Ledger, LedgerError, entries};
use crate::reading::Limits;
use crate::telemetry::Chain;
use crate::vault::{Stored, Vault, VaultError};

/// Entries after which it is written down how far the look has come.
const STEP: u32 = 64;
/// Names of stored scans that the ledger is asked about in one go.
const NAMES: usize = 500;
/// How long it stays the holder's without a word. Longer than the slowest step: 64 scans of 32 MiB over a poor line.
const HELD: SignedDuration = SignedDuration::from_mins(15);
/// A scan is stored before its entry is written. One without an entry is told only when no upload can still be under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);
/// Scans without an entry whose codes are read in one pass.
const READ: u64 = 1000;
/// Between two passes of a running service.
const REST: SignedDuration = SignedDuration::from_hours(6);
/// Before the first step of a service that has just started, and between two tries.
const PAUSE: Duration = Duration::from_secs(60);

/// Why it could not go on. What was looked at is written down: the next one begins there.
#[derive(Debug, thiserror::Error)]
pub enum ScrubError {
    /// The ledger did not answer.
    #[error("the ledger could not be read")]
    Ledger(#[from] LedgerError),
    /// The vault could not be listed.
    #[error("the vault could not be read")]
    Vault(#[from] VaultError),
    /// Somebody else looks.
    #[error("another scrub is running")]
    Elsewhere,
}

/// How a pass stands, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// What was looked at.
    pub progress: ScrubProgress,
    /// Entries there are.
    pub of: u64,
}

/// One who looks.
#[derive(Debug)]
pub struct Scrub {
    ledger: Ledger,
    vault: Vault,
    clock: Clock,
    /// One core at most, for reading codes; hashing has the vault's own lane.
    cpu: CpuLane,
    /// Bytes a second; 0 for as fast as it goes.
    pace: u64,
    holder: String,
}

impl Scrub {
    /// Looks at `pace` bytes a second; 0 is as fast as it goes.
    pub fn new(ledger: Ledger, vault: Vault, clock: Clock, pace: u64) -> Self {
        let mut salt = [0; 8]; // two machines may have processes of one number
        let _ = getrandom::fill(&mut salt);
        let holder = format!("{}-{:016x}", std::process::id(), u64::from_le_bytes(salt));
        Self { ledger, vault, clock, cpu: CpuLane::with_permits(1), pace, holder }
    }

    /// Looks again and again until `stop`, as a part of a running service. Nodes that share a vault take turns.
    pub async fn follow(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(PAUSE) => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                done = self.when_due() => match done {
                    Ok(()) | Err(ScrubError::Elsewhere) => {}
                    Err(error) => tracing::warn!(error = %Chain(&error), "Could not look at the stored scans; trying again"),
                },
            }
        }
        if let Err(error) = self.ledger.scrub_let_go(&self.holder).await {
            tracing::debug!(error = %Chain(&error), "Could not give up the scrub; it is free in a while");
        }
    }

    async fn when_due(&self) -> Result<(), ScrubError> {
        if let Err(error) = self.vault.sweep().await {
            tracing::warn!(error = %Chain(&error), "Could not sweep");
        }
        let progress = self.ledger.scrub_progress().await?;
        let due = progress.ended_ms + REST.as_millis() as i64;
        if self.pace == 0 || (!progress.is_under_way() && self.now_ms() < due) {
            return Ok(());
        }
        let ended = self.pass(&mut |_| {}).await?;
        let (_, wrong) = self.ledger.scrub_findings(1).await?;
        let ScrubProgress { scans, bytes, healed, .. } = ended;
        if wrong > 0 {
            tracing::error!(
                scans,
                bytes,
                healed,
                wrong,
                "ALARM: {wrong} stored scans are not as they should be: see tutanak scrub --report"
            );
        } else {
            tracing::info!(scans, bytes, healed, "Looked at {scans} stored scans; all are as they were entered");
        }
        Ok(())
    }

    /// One whole pass, or the rest of one that was begun. Tells `watch` how it goes on.
    ///
    /// # Errors
    /// See [`ScrubError`].
    pub async fn pass(&self, watch: &mut (impl FnMut(Watched) + Send)) -> Result<ScrubProgress, ScrubError> {
        let now = self.now_ms();
        self.held(self.ledger.scrub_take(&self.holder, now, self.until()).await?)?;
        let mut progress = self.ledger.scrub_progress().await?;
        if !progress.is_under_way() {
            self.held(self.ledger.scrub_begin(&self.holder, now).await?)?;
            progress = self.ledger.scrub_progress().await?;
        }
        let mut pace = Pace::of(self.pace);
        loop {
            let lines = self.ledger.lines_from(progress.position, STEP).await?;
            let Some(last) = lines.last() else { break };
            let next = last.position + 1;
            let mut found = Vec::new();
            for line in &lines {
                let entry = entries::parse(line.position, &line.line)?;
                found.extend(self.entry(line.position, &entry, &mut progress, &mut pace).await);
            }
            progress.position = next;
            self.advance(&progress, &found).await?;
            watch(Watched { progress, of: self.ledger.head().await?.size.max(next) });
        }
        self.without_entry(&progress, &mut pace).await?;
        self.held(self.ledger.scrub_end(&self.holder, progress.pass, self.now_ms()).await?)?;
        Ok(self.ledger.scrub_progress().await?)
    }

    /// Gives up what was begun, so that the next one need not wait.
    ///
    /// # Errors
    /// The ledger did not answer.
    pub async fn let_go(&self) -> Result<(), LedgerError> {
        self.ledger.scrub_let_go(&self.holder).await
    }

    /// Looks at what an entry brought. Those that only say something of an earlier one bring nothing.
    async fn entry(
        &self,
        position: u64,
        entry: &Entry,
        progress: &mut ScrubProgress,
        pace: &mut Pace,
    ) -> Option<Finding> {
        let brought = matches!(entry.kind, EntryKind::Linked | EntryKind::Parked);
        let (Some(digest), Some(size), true) = (entry.sha256, entry.size, brought) else { return None };
        let looked = self.vault.look(digest, size).await;
        progress.scans += 1;
        progress.bytes += size;
        progress.healed += looked.healed;
        pace.spent(size).await;
        let kind = match looked.fault? {
            VaultError::Missing(_) => FindingKind::Missing,
            VaultError::Damaged(_) => FindingKind::Damaged,
            _ => FindingKind::Unreadable,
        };
        let (at_ms, about) = (entry.at.as_millisecond(), entry.path.clone().unwrap_or_default());
        Some(Finding { digest, kind, position: Some(position), size, at_ms, about })
    }

    /// Finds stored scans that no entry names.
    async fn without_entry(&self, progress: &ScrubProgress, pace: &mut Pace) -> Result<(), ScrubError> {
        let mut stored = self.vault.stored().try_chunks(NAMES);
        let (mut read, before) = (0, self.clock.now() - UNDER_WAY);
        while let Some(chunk) = stored.next().await {
            let chunk = chunk.map_err(|error| error.1)?;
            let old = |stored: &Stored| Timestamp::try_from(stored.at).is_ok_and(|at| at < before);
            let digests: Vec<Digest> = chunk.iter().filter(|stored| old(stored)).map(|stored| stored.digest).collect();
            let without = self.ledger.without_entry(&digests).await?;
            let mut found = Vec::new();
            for stored in chunk.iter().filter(|stored| without.contains(&stored.digest)) {
                read += 1;
                let about = if read <= READ { self.about(stored).await? } else { String::new() };
                pace.spent(stored.size).await;
                tracing::warn!(scan = %stored.digest, about, "Scan {} is stored and no entry names it", stored.digest);
                let (digest, size) = (stored.digest, stored.size);
                let at_ms = Timestamp::try_from(stored.at).map_or(0, Timestamp::as_millisecond);
                found.push(Finding { digest, kind: FindingKind::NoEntry, position: None, size, at_ms, about });
            }
            self.advance(progress, &found).await?;
        }
        Ok(())
    }

    /// What the codes on a scan name: the code, and the directory of the form, in which its board's name stands,
    /// and the number of its box.
    async fn about(&self, stored: &Stored) -> Result<String, ScrubError> {
        let bytes = match self.vault.unentered(stored).await {
            Ok(bytes) => bytes,
            Err(error) => return Ok(error.to_string()),
        };
        let digest = stored.digest;
        let inspected = self.cpu.run(move || inspect(bytes, digest, Limits::default())).await;
        let Ok(Ok(inspected)) = inspected else { return Ok("no sound PNG".to_owned()) };
        let codes: Vec<Karekod> = inspected.codes.iter().filter_map(|code| code.parse().ok()).collect();
        if codes.is_empty() {
            return Ok("no code on it".to_owned());
        }
        let mut named = Vec::with_capacity(codes.len());
        for code in codes {
            let form = self.ledger.form_by_code(&code).await?;
            named.push(match form {
                Some(form) => {
                    let number = form.sandik.map(|number| format!(" {number}")).unwrap_or_default();
                    format!("{code} {}{number}", form.directory)
                }
                None => format!("{code} (unknown)"),
            });
        }
        Ok(named.join("; "))
    }

    async fn advance(&self, progress: &ScrubProgress, found: &[Finding]) -> Result<(), ScrubError> {
        self.held(self.ledger.scrub_advance(&self.holder, self.until(), progress, found).await?)
    }

    fn held(&self, held: bool) -> Result<(), ScrubError> {
        if held { Ok(()) } else { Err(ScrubError::Elsewhere) }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    fn until(&self) -> i64 {
        (self.clock.now() + HELD).as_millisecond()
    }
}

/// So many bytes a second, over the whole pass.
struct Pace {
    bytes_per_second: u64,
    began: Instant,
    spent: u64,
}

impl Pace {
    fn of(bytes_per_second: u64) -> Self {
        Self { bytes_per_second, began: Instant::now(), spent: 0 }
    }

    /// Waits until so many more bytes are due.
    async fn spent(&mut self, bytes: u64) {
        if self.bytes_per_second == 0 {
            return;
        }
        self.spent += bytes;
        let due = Duration::from_secs_f64(self.spent as f64 / self.bytes_per_second as f64);
        let elapsed = self.began.elapsed();
        if due > elapsed {
            tokio::time::sleep(due - elapsed).await;
        } else if elapsed > due + Duration::from_secs(10) {
            // A disk that was slow for a while is not made up for by a rush.
            *self = Self::of(self.bytes_per_second);
        }
    }
}
