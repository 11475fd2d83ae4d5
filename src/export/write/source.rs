//! Everything that lies on a medium, in its order: lists and log, then by path each scan with its proof, preview and pages.

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc::Sender;

use super::bagger::Message;
use super::{ExportError, Workshop};
use crate::domain::naming;
use crate::export::item::BagFile;
use crate::export::pages::{Facts, Pages, preview_path};
use crate::export::plan::Part;
use crate::export::proofs::{self, Proofs};
use crate::export::walk::{Item, Walk};
use crate::export::{preview, texts};
use crate::formats::bag::{HOW, PAYLOAD, SIGNER, manifest_line};
use crate::formats::{portable, sign};
use crate::ledger::exports::Start;
use crate::ledger::registry::Inside;

/// Scans that are read and drawn small ahead of the one that is written.
const AHEAD: usize = 4;

/// Where a medium's files come from.
pub(super) struct Source<'a> {
    pub workshop: &'a Workshop,
    pub inside: &'a Inside,
    pub facts: &'a Facts,
    pub start: &'a Start,
    pub previews: bool,
}

impl Source<'_> {
    /// Gives every file to whoever writes them, and says when there is none left.
    pub async fn give(&self, lists: Vec<BagFile>, part: &Part, to: &Sender<Message>) -> Result<(), ExportError> {
        let Start { size, checkpoint, .. } = self.start;
        let ledger = &self.workshop.ledger;
        for list in lists {
            give(to, list).await?;
        }
        for (name, text) in self.small_files(checkpoint).await? {
            give(to, BagFile::made(name, text)).await?;
        }
        for tile in proofs::tiles(*size) {
            give(to, proofs::tile_file(ledger, tile).await?).await?;
        }
        let (mut walk, mut number) = (Walk::new(ledger, self.inside, *size), 0);
        let mut proofs = Proofs::new(ledger, *size, checkpoint);
        let mut pages = Pages::new(self.inside, self.facts);
        let mut sums = Sums::default();
        while let Some(items) = walk.next().await? {
            let from = number;
            number += items.len() as u64;
            let mine = |n: u64| (part.first..part.end).contains(&n);
            let items = (from..).zip(items).filter(|(n, _)| mine(*n)).map(|(_, item)| item);
            let mut ready = stream::iter(items.map(|item| self.prepare(item))).buffered(AHEAD);
            while let Some(scan) = ready.next().await {
                let Ready { item, bytes, preview } = scan?;
                let path = format!("{PAYLOAD}/{}", portable::path(&item.path()));
                let proof = proofs.of(&item).await?;
                give_all(to, sums.add(&item)).await?;
                give_all(to, pages.add(&item, preview.is_some())?).await?;
                give(to, BagFile::made(format!("{path}{}", naming::PROOF), proof)).await?;
                if let Some(preview) = preview {
                    give(to, BagFile::made(preview_path(&item), preview)).await?;
                }
                give(to, BagFile::known(path, item.digest, bytes)).await?;
            }
            if number >= part.end {
                break;
            }
        }
        give_all(to, sums.finish()).await?;
        give_all(to, pages.finish()?).await?;
        to.send(Message::Done).await.map_err(|_| closed())
    }

    async fn small_files(&self, checkpoint: &str) -> Result<Vec<(String, String)>, ExportError> {
        let Self { facts, start, workshop, .. } = self;
        let election = facts.origin.split_once('/').map_or("", |(_, election)| election);
        let log = |name: &str| format!("{PAYLOAD}/{}/{name}", naming::LOG);
        let status = serde_json::json!({
            "position": start.size, "at": start.at.to_string(), "checkpoint": checkpoint, "request": facts.request,
        });
        Ok(vec![
            (format!("{PAYLOAD}/{}", naming::README), texts::notice(facts)),
            (format!("{PAYLOAD}/{}", naming::STATUS), format!("{status:#}\n")),
            (log(naming::CHECKPOINT), checkpoint.to_owned()),
            (log(naming::KEYS), workshop.signer.verifier_keys(election).join("\n") + "\n"),
            (HOW.to_owned(), texts::how_to_check(facts)),
            (SIGNER.to_owned(), sign::allowed_signer(&facts.origin, &workshop.key.verifying_key())),
        ])
    }

    /// Reads a scan, which is hashed on the way, and draws it small.
    async fn prepare(&self, item: Item) -> Result<Ready, ExportError> {
        let bytes = self.workshop.vault.verified(item.digest, item.size).await?;
        let preview = if self.previews {
            let scan = bytes.clone();
            self.workshop.cpu.run(move || preview::preview(&scan)).await?
        } else {
            None
        };
        Ok(Ready { item, bytes, preview })
    }
}

/// A scan with all that is written of it.
struct Ready {
    item: Item,
    bytes: Bytes,
    preview: Option<Vec<u8>>,
}

/// The sums of each directory.
#[derive(Default)]
struct Sums {
    directory: String,
    lines: String,
}

impl Sums {
    /// A scan. Gives the file of the directory before, when this is the first of another.
    fn add(&mut self, item: &Item) -> Option<BagFile> {
        let before = if self.directory == item.directory { None } else { self.take() };
        self.directory.clone_from(&item.directory);
        self.lines.push_str(&manifest_line(&item.digest, &item.name));
        before
    }

    fn finish(mut self) -> Option<BagFile> {
        self.take()
    }

    fn take(&mut self) -> Option<BagFile> {
        let lines = std::mem::take(&mut self.lines);
        let path = format!("{PAYLOAD}/{}/{}", portable::path(&self.directory), naming::SUMS);
        (!lines.is_empty()).then(|| BagFile::made(path, lines))
    }
}

async fn give(to: &Sender<Message>, file: BagFile) -> Result<(), ExportError> {
    to.send(Message::File(file)).await.map_err(|_| closed())
}

async fn give_all(to: &Sender<Message>, files: impl IntoIterator<Item = BagFile>) -> Result<(), ExportError> {
    for file in files {
        give(to, file).await?;
    }
    Ok(())
}

/// The writing thread ended, and says itself why.
fn closed() -> ExportError {
    ExportError::Spool(std::io::Error::other("the medium takes no more"))
}
