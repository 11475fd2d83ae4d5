//! Keeps the vault's copy of the log up with the ledger: full bundles and tiles as they fill, the head once a second.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::agreement::{AgreementError, Disagreement, agreement};
use super::stored_head::StoredHead;
use crate::formats::result_bundle;
use crate::ledger::bind::Stranger;
use crate::ledger::{Ledger, LedgerError};
use crate::log::signer::LogSigner;
use crate::log::tile::{self, TILE_WIDTH as WIDTH};
use crate::meters;
use crate::telemetry::Chain;
use crate::vault::{Vault, VaultError, VaultKey};

/// The head is written at most so often.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a node looks at the stored head when it adds nothing itself: others may have, and two nodes that write the
/// head at the same moment may leave the older one there.
const ROUND: Duration = Duration::from_secs(10);
/// How often in a row a node lets others write the head before it; it comes again in a moment anyway.
const OVERTAKEN: usize = 5;

/// Writes the copy. Every node runs one; what several write is the same.
#[derive(Debug)]
pub struct Publisher {
    ledger: Ledger,
    vault: Vault,
    signer: LogSigner,
    /// Entries whose full bundles and tiles are known to lie in the vault.
    kept: u64,
}

/// Why the copy could not be brought up to date. The next attempt goes on where this one ended.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The ledger did not answer.
    #[error("the ledger could not be read")]
    Ledger(#[from] LedgerError),
    /// The vault did not answer, or contradicts.
    #[error("the log could not be kept")]
    Vault(#[from] VaultError),
    /// The copy is another log's. Nothing was written.
    #[error("the vault's copy of the log is another one")]
    Differs(#[source] Disagreement),
    /// The node must not speak for this log. Nothing was written.
    #[error("the node may not write the log's copy")]
    Stranger(#[source] Stranger),
    /// An entry does not fit a bundle.
    #[error("the entries from {from} on cannot be bundled")]
    Bundle {
        /// The first of them.
        from: u64,
    },
}

impl From<AgreementError> for PublishError {
    fn from(error: AgreementError) -> Self {
        match error {
            AgreementError::Ledger(error) => Self::Ledger(error),
            AgreementError::Vault(error) => Self::Vault(error),
            AgreementError::Differs(how) => Self::Differs(how),
        }
    }
}

impl Publisher {
    /// A publisher of what `ledger` holds, with checkpoints by `signer`.
    pub fn new(ledger: Ledger, vault: Vault, signer: LogSigner) -> Self {
        Self { ledger, vault, signer, kept: 0 }
    }

    /// Runs until `stop`, then once more. `size` wakes it when this node adds entries.
    pub async fn run(mut self, mut size: watch::Receiver<u64>, stop: CancellationToken) {
        loop {
            // Asked before the work: what was entered while it ran is still to be kept.
            let last = stop.is_cancelled();
            self.round().await;
            if last {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => continue,
                () = tokio::time::sleep(PAUSE) => {}
            }
            // When nobody adds entries any more there is nothing to wait for but the stop, and it must be heard at once.
            let grown = async {
                if size.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = grown => {}
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    }

    /// One attempt. Where the copy is another log's nothing is entered any more: each receipt would be contradicted.
    async fn round(&mut self) {
        let done = self.publish().await;
        let contradicts = matches!(
            done,
            Err(PublishError::Vault(VaultError::Contradicts(_)) | PublishError::Differs(_) | PublishError::Stranger(_))
        );
        if let Ok(size) = done {
            meters::PUBLISHED.set(&[], size as f64);
        }
        match &done {
            Ok(_) if self.ledger.hold(None) => tracing::info!("The vault's copy of the log is this one again"),
            Ok(_) => {}
            Err(error) if contradicts => {
                self.ledger.hold(Some(Chain(error).to_string()));
                tracing::error!(error = %Chain(error), "ALARM: Two logs claim to be this one. Nothing is entered any more");
            }
            Err(error) => {
                tracing::error!(error = %Chain(error), "Could not bring the vault's copy of the log up to date");
            }
        }
    }

    /// Brings the copy up to what the ledger holds now. Gives the size that the stored head has then.
    ///
    /// # Errors
    /// See [`PublishError`].
    pub async fn publish(&mut self) -> Result<u64, PublishError> {
        for _ in 0..OVERTAKEN {
            match self.publish_once().await {
                // Several nodes write the same: the one that comes second compares again with what the first wrote.
                Err(PublishError::Vault(VaultError::Overtaken(_))) => {}
                done => return done,
            }
        }
        tracing::debug!("Other nodes write the log's head; it is looked at again in a moment");
        Ok(self.kept)
    }

    async fn publish_once(&mut self) -> Result<u64, PublishError> {
        let Some(stored) = self.ledger.election().await? else { return Ok(0) };
        let agreed = agreement(&self.ledger, &self.vault, &self.signer).await?;
        let keys = self.signer.verifier_keys(stored.election.id());
        match self.ledger.stranger(&keys).await? {
            // While keys are changed, a node that was not restarted yet goes on with the old one.
            None | Some(Stranger::OldKey { .. }) => {}
            Some(stranger) => return Err(PublishError::Stranger(stranger)),
        }
        let head = self.ledger.head().await?;
        let known = agreed.size;
        if known >= head.size {
            return Ok(known);
        }
        self.kept = self.kept.max(known / WIDTH * WIDTH);
        while head.size - self.kept >= WIDTH {
            self.keep_bundle(self.kept / WIDTH).await?;
            self.kept += WIDTH;
        }
        let tail = self.lines(self.kept, head.size).await?;
        let checkpoint = self.signer.checkpoint(stored.election.id(), head.size, &head.root);
        let results = self.results(self.kept, head.size).await?;
        let stored = StoredHead { size: head.size, checkpoint, tail, results };
        self.vault.replace_log_head(&agreed.seen, stored.bytes().into()).await?;
        Ok(head.size)
    }

    /// Bundle `index` with the result lines of its entries, its tile of leaves, and the tiles above that it fills.
    async fn keep_bundle(&self, index: u64) -> Result<(), PublishError> {
        let from = index * WIDTH;
        // First: whoever finds an entry finds its result line.
        let results = self.results(from, from + WIDTH).await?;
        if !results.is_empty() {
            self.vault.keep_log(VaultKey::Results(index), result_bundle::encode(&results).into()).await?;
        }
        let lines = self.lines(from, from + WIDTH).await?;
        let bundle = tile::encode_bundle(&lines).map_err(|_| PublishError::Bundle { from })?;
        self.vault.keep_log(VaultKey::Bundle(index), bundle.into()).await?;
        let (mut level, mut index) = (0, index);
        loop {
            let hashes = self.ledger.hashes(level, index * WIDTH, (index + 1) * WIDTH).await?;
            self.vault.keep_log(VaultKey::Tile { level, index }, Bytes::from(hashes.concat())).await?;
            if !(index + 1).is_multiple_of(WIDTH) {
                return Ok(());
            }
            (level, index) = (level + 1, index / WIDTH);
        }
    }

    /// The result lines that the entries `from..to` brought.
    async fn results(&self, from: u64, to: u64) -> Result<Vec<String>, PublishError> {
        let results = self.ledger.results_from(from, to, (to - from) as u32).await?;
        Ok(results.into_iter().map(|result| result.line).collect())
    }

    async fn lines(&self, from: u64, to: u64) -> Result<Vec<String>, PublishError> {
        let lines = self.ledger.lines_from(from, (to - from) as u32).await?;
        if lines.len() as u64 != to - from || lines.first().is_some_and(|line| line.position != from) {
            return Err(LedgerError::Corrupt(format!("entries {from}..{to} are not all there")).into());
        }
        Ok(lines.into_iter().map(|line| line.line).collect())
    }
}
