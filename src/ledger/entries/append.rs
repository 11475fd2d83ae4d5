//! Adding entries: one task a node gathers what waits and writes it in one short transaction (group commit).
//!
//! It must never answer before the commit, and never hold the head row across anything but the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::batch::{self, Group};
use super::bind::Binding;
pub use super::submission::{Recorded, Submission};
use crate::clock::Clock;
use crate::domain::EntryKind;
use crate::domain::routing::ParkReason;
use crate::ledger::results::{Filed, Filing, Receipt};
use crate::ledger::{Ledger, LedgerError};
use crate::meters;

/// Entries of one transaction at most. Beyond this a commit takes longer than the next one waits.
const BATCH: usize = 512;
/// The same where there are figures among them: theirs are small, and come a thousand at a time.
const WITH_FIGURES: usize = 2048;
/// Uploads that may wait for the writer. It is far above the permits of intake, which is the real limit.
const WAITING: usize = 4096;

/// How long a group whose fate is unknown is tried again before its senders are told to come again.
const IN_DOUBT: Duration = Duration::from_secs(25);
/// The pause before that.
const PAUSE: Duration = Duration::from_millis(200);

type Answer<T> = oneshot::Sender<Result<T, Arc<LedgerError>>>;

/// What waits for the writer.
#[derive(Debug)]
enum Waiting {
    Scan(Box<Submission>, Answer<Recorded>),
    Figures(Vec<Filing>, Answer<Vec<Receipt>>),
}

impl Waiting {
    /// Entries that it may become.
    fn entries(&self) -> usize {
        match self {
            Self::Scan(..) => 1,
            Self::Figures(filings, _) => filings.len(),
        }
    }
}

/// The way to the writer of entries. Clones share it.
#[derive(Clone, Debug)]
pub struct Appender {
    queue: mpsc::Sender<Waiting>,
    size: watch::Receiver<u64>,
}

/// Why an entry was not written. Nothing was: the sender may simply try again.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The transaction of the whole group failed.
    #[error("the entry could not be written")]
    Failed(#[source] Arc<LedgerError>),
    /// The service is stopping.
    #[error("the ledger's writer has stopped")]
    Stopped,
}

impl AppendError {
    /// Whether the database's disk is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Failed(error) if matches!(**error, LedgerError::Full(_)))
    }
}

impl Appender {
    /// Enters one scan. Returns when the entry is durable.
    pub async fn append(&self, submission: Submission) -> Result<Recorded, AppendError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting::Scan(Box::new(submission), answer)).await.map_err(|_| AppendError::Stopped)?;
        answered.await.map_err(|_| AppendError::Stopped)?.map_err(AppendError::Failed)
    }

    /// Enters result lines, all of them in one transaction. Returns when they are durable: a receipt for each, in their order.
    pub async fn file(&self, filings: Vec<Filing>) -> Result<Vec<Receipt>, AppendError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting::Figures(filings, answer)).await.map_err(|_| AppendError::Stopped)?;
        answered.await.map_err(|_| AppendError::Stopped)?.map_err(AppendError::Failed)
    }

    /// The number of entries, waking its holder each time this node adds some.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.size.clone()
    }
}

/// The other end: runs until every [`Appender`] is gone.
#[derive(Debug)]
pub struct Writer {
    ledger: Ledger,
    clock: Clock,
    binding: Option<Binding>,
    queue: mpsc::Receiver<Waiting>,
    size: watch::Sender<u64>,
}

/// Makes the pair for one node.
pub fn writer(ledger: Ledger, clock: Clock, size: u64) -> (Appender, Writer) {
    let (send, queue) = mpsc::channel(WAITING);
    let (size, watching) = watch::channel(size);
    (Appender { queue: send, size: watching }, Writer { ledger, clock, binding: None, queue, size })
}

impl Writer {
    /// A writer that binds the election before the first scan, should nobody have done so.
    pub fn binding(self, binding: Binding) -> Self {
        Self { binding: Some(binding), ..self }
    }

    /// Writes group after group. While one commits the next gathers, so no timer is needed: the busier it is, the
    /// larger the groups. Gives the number of groups.
    pub async fn run(mut self) -> u64 {
        let mut groups = 0;
        let mut waiting = Vec::with_capacity(BATCH);
        while self.queue.recv_many(&mut waiting, BATCH).await > 0 {
            for group in groups_of(std::mem::take(&mut waiting)) {
                self.write_group(group).await;
                groups += 1;
            }
        }
        groups
    }

    async fn write_group(&self, group: Vec<Waiting>) {
        let (mut scans, mut scan_answers) = (Vec::new(), Vec::new());
        let (mut figures, mut figures_answers) = (Vec::new(), Vec::new());
        for waiting in group {
            match waiting {
                Waiting::Scan(submission, answer) => {
                    scans.push(*submission);
                    scan_answers.push(answer);
                }
                Waiting::Figures(filings, answer) => {
                    figures_answers.push((filings.len(), answer));
                    figures.push(filings);
                }
            }
        }
        let figures: Vec<&Filing> = figures.iter().flatten().collect();
        let writing = self.write(Group { scans: &scans, figures: &figures });
        match meters::timed(&meters::COMMIT, &[], writing).await {
            Ok(written) => {
                if let Some(size) = written.size {
                    self.size.send_replace(size);
                }
                for (answer, recorded) in scan_answers.into_iter().zip(written.recorded) {
                    if let Ok(recorded) = &recorded {
                        alarm(recorded);
                    }
                    // A sender that went away finds its entry when it asks again.
                    let _ = answer.send(recorded.map_err(Arc::new));
                }
                figures.iter().zip(&written.receipts).for_each(|(filing, receipt)| alarm_of_figures(filing, receipt));
                let mut receipts = written.receipts.into_iter();
                for (lines, answer) in figures_answers {
                    let _ = answer.send(Ok(receipts.by_ref().take(lines).collect()));
                }
            }
            Err(error) => {
                let (error, entries) = (Arc::new(error), scans.len() + figures.len());
                tracing::error!(entries, error = %crate::telemetry::Chain(&*error), "Could not write a group of entries");
                for answer in scan_answers {
                    let _ = answer.send(Err(Arc::clone(&error)));
                }
                for (_, answer) in figures_answers {
                    let _ = answer.send(Err(Arc::clone(&error)));
                }
            }
        }
    }

    /// Writes a group, again where nobody knows whether it was written: what was is found under the lock and answered as
    /// known, so nothing is entered twice.
    async fn write(&self, group: Group<'_>) -> Result<batch::Written, LedgerError> {
        let (begun, mut doubted) = (Instant::now(), false);
        loop {
            match batch::write(&self.ledger, group, self.binding.as_ref(), self.now()).await {
                Err(error) if error.leaves_doubt() && begun.elapsed() < IN_DOUBT => {
                    let entries = group.scans.len() + group.figures.len();
                    tracing::warn!(entries, error = %crate::telemetry::Chain(&error), "The database fell silent over a group of entries; looking whether they are there");
                    doubted = true;
                    tokio::time::sleep(PAUSE).await;
                }
                // What the silent attempt added is known by now; whoever waits for it is still to be woken.
                Ok(written) if doubted && written.size.is_none() => {
                    return Ok(batch::Written { size: Some(self.ledger.head().await?.size), ..written });
                }
                done => return done,
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// What waits, cut where a transaction would be too long for those behind it.
fn groups_of(waiting: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    let mut groups: Vec<Vec<Waiting>> = Vec::new();
    let mut entries = WITH_FIGURES;
    for one in waiting {
        match groups.last_mut() {
            Some(group) if entries + one.entries() <= WITH_FIGURES => {
                entries += one.entries();
                group.push(one);
            }
            _ => {
                entries = one.entries();
                groups.push(vec![one]);
            }
        }
    }
    groups
}

/// Two lines of one version cannot both be right. Nobody but people can tell which one is.
fn alarm_of_figures(filing: &Filing, receipt: &Receipt) {
    if receipt.fresh && receipt.filed == Filed::Conflict {
        let (result, position) = (filing.result(), receipt.position);
        tracing::error!(
            position, "box" = %result.box_id,
            "ALARM: entry {position} brings other figures for version {} of box {} that was entered before",
            result.version, result.box_id
        );
    }
}

/// One paper cannot be two forms. Said here, where it is known to have become an entry, even if the sender has gone.
fn alarm(recorded: &Recorded) {
    let other_form = recorded.entry.reason.as_deref() == Some(ParkReason::SameBytesOtherForm.name());
    if recorded.fresh && recorded.entry.kind == EntryKind::Parked && other_form {
        let position = recorded.position;
        tracing::error!(position, "ALARM: entry {position} brings bytes that are already another form's scan");
    }
}
