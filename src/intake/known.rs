//! The receipts of what a board had taken in before. No pixel is looked at again and nothing is written.
//!
//! A scan that the vault does not have as it was entered is not known: its board sends it again, which heals it.

use std::future::ready;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Intake, IntakeError, Receipt, facts};
use crate::domain::{Digest, Sender};

/// Scans that are looked at in the vault at a time.
const LOOKS: usize = 8;

impl Intake {
    /// The receipts of those of `digests` that this board has sent, in their order, each as it would be given for sending
    /// the scan again. A parked one is looked at once more only when it is really sent: by then its code may be known.
    ///
    /// # Errors
    /// When the ledger or the vault does not answer.
    pub async fn known(&self, sender: &Sender, digests: &[Digest]) -> Result<Vec<Receipt>, IntakeError> {
        let recorded = self.ledger.sent_before(&sender.board, digests).await?;
        let seen = stream::iter(recorded).map(|one| async move {
            let facts = facts(&one)?;
            let there = self.vault.is_there(facts.digest, facts.size).await?;
            Ok::<_, IntakeError>(there.then_some(one))
        });
        let recorded: Vec<_> = seen.buffered(LOOKS).try_filter_map(|one| ready(Ok(one))).try_collect().await?;
        let signer = self.signer.clone();
        // A thousand signatures are some twenty milliseconds of a core.
        Ok(self.cpu.run(move || recorded.iter().map(|one| signer.sign(one)).collect()).await?)
    }
}
