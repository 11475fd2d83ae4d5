//! The receipts of what a board had taken in before. Nothing is looked at again and nothing is written.

use super::{Intake, IntakeError, Receipt};
use crate::domain::{Digest, Sender};

impl Intake {
    /// The receipts of those of `digests` that this board has sent, in their order, each as it would be given for sending
    /// the scan again. A parked one is looked at once more only when it is really sent: by then its code may be known.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn known(&self, sender: &Sender, digests: &[Digest]) -> Result<Vec<Receipt>, IntakeError> {
        let recorded = self.ledger.sent_before(&sender.board, digests).await?;
        let signer = self.signer.clone();
        // A thousand signatures are some twenty milliseconds of a core.
        Ok(self.cpu.run(move || recorded.iter().map(|one| signer.sign(one)).collect()).await?)
    }
}
