//! The end of a scan's way: its receipt durable on disk, its files in their place, a line in the journal. In this order.

use std::path::{Path, PathBuf};

use super::journal::{Journal, Record};
use super::receipt::{self, Receipt, Status};
use super::report::Event;
use super::settle::{Destination, Mover};
use super::texts;
use crate::beneath::Folder;
use crate::client::disk::DiskError;
use crate::domain::Digest;
use crate::telemetry::Chain;

/// A scan whose fate is known.
#[derive(Debug)]
pub struct Closing {
    /// The scan.
    pub digest: Digest,
    /// The files that hold it.
    pub files: Vec<PathBuf>,
    /// Its fate.
    pub fate: Fate,
}

/// What became of a scan.
#[derive(Debug)]
pub enum Fate {
    /// The service has it: the receipt as it came, and what it says.
    Received(String, Receipt),
    /// It is no scan, in words for people.
    Damaged(String),
}

/// How far closing came.
#[derive(Debug, Default)]
pub struct Closed {
    /// What to tell.
    pub events: Vec<Event>,
    /// Scans that are through.
    pub done: Vec<Digest>,
    /// Files that hold something else by now.
    pub changed: Vec<PathBuf>,
    /// Files that could not go to their place, and why. All others did.
    pub failed: Vec<NotClosed>,
}

/// A file that stays where it is for now.
#[derive(Debug)]
pub struct NotClosed {
    /// The scan.
    pub digest: Digest,
    /// The file.
    pub file: PathBuf,
    /// What went wrong.
    pub why: String,
}

/// Closes scans. Blocks on the disk. What was done before an error stands, and the rest can be closed again. An error that
/// concerns one file holds no other up.
pub fn close(root: &Folder, journal: &mut Journal, closings: Vec<Closing>) -> (Closed, Result<(), DiskError>) {
    let mut closed = Closed::default();
    let mut records = Vec::new();
    let mut mover = Mover::new(root);
    let result = (|| {
        let ready = keep_receipts(root, closings, &mut closed)?;
        for closing in &ready {
            let failed = closed.failed.len();
            for file in &closing.files {
                let settled = match mover.settle(file, closing.digest, &destination(file, closing)) {
                    Err(error) if !error.concerns_all() => {
                        closed.failed.push(NotClosed::new(closing.digest, file, &error));
                        continue;
                    }
                    settled => settled?,
                };
                match settled {
                    Some(to) => {
                        let (file, to) = (file.display().to_string(), to.display().to_string());
                        let position = match &closing.fate {
                            Fate::Received(_, receipt) => Some(receipt.position),
                            Fate::Damaged(_) => None,
                        };
                        let sha256 = closing.digest;
                        records.push(Record::Settled { file: file.clone(), to: to.clone(), sha256, position });
                        closed.events.push(event(file, to, closing));
                    }
                    None => closed.changed.push(file.clone()),
                }
            }
            if closed.failed.len() == failed {
                closed.done.push(closing.digest);
            }
        }
        Ok(())
    })();
    // Whatever moved is made durable and written down, even where the next one could not be moved.
    let result = result.and(mover.sync()).and(journal.add(&records));
    closed.changed.iter().for_each(|file| journal.doubt(file));
    (closed, result)
}

/// Writes the receipts down, durably. Gives what can go to its place then.
fn keep_receipts(root: &Folder, closings: Vec<Closing>, closed: &mut Closed) -> Result<Vec<Closing>, DiskError> {
    let (mut ready, mut kept) = (Vec::with_capacity(closings.len()), false);
    for closing in closings {
        if let Fate::Received(text, _) = &closing.fate {
            match receipt::keep(root, closing.digest, text) {
                Err(error) if !error.concerns_all() => {
                    let failed = closing.files.iter().map(|file| NotClosed::new(closing.digest, file, &error));
                    closed.failed.extend(failed);
                    continue;
                }
                done => done?,
            }
            kept = true;
        }
        ready.push(closing);
    }
    if kept {
        receipt::sync(root)?;
    }
    Ok(ready)
}

impl NotClosed {
    fn new(digest: Digest, file: &Path, error: &DiskError) -> Self {
        Self { digest, file: file.to_owned(), why: Chain(error).to_string() }
    }
}

fn destination(file: &Path, closing: &Closing) -> Destination {
    let file = file.display().to_string();
    match &closing.fate {
        Fate::Received(_, receipt) => match receipt.status {
            Status::Linked => Destination::Received,
            Status::Parked => {
                let reason = receipt.reason.as_deref().unwrap_or_default();
                let digest = closing.digest.to_string();
                Destination::ByHand(texts::beside_parked(&file, &digest, receipt.position, reason))
            }
        },
        Fate::Damaged(why) => Destination::Damaged(texts::beside_damaged(&file, why)),
    }
}

fn event(file: String, to: String, closing: &Closing) -> Event {
    let sha256 = closing.digest;
    match &closing.fate {
        Fate::Received(_, receipt) => {
            let Receipt { position, path, reason, advice, leaf_checked, .. } = receipt.clone();
            match receipt.status {
                Status::Linked => {
                    let advice = advice.into_iter().map(|advice| advice.tr).collect();
                    Event::Received { file, to, sha256, position, path, leaf_checked, advice }
                }
                Status::Parked => {
                    let reason = reason.unwrap_or_default();
                    let tr = texts::parked(&reason).0.to_owned();
                    Event::Parked { file, to, sha256, position, reason, tr }
                }
            }
        }
        Fate::Damaged(tr) => Event::Damaged { file, to, tr: tr.clone() },
    }
}
