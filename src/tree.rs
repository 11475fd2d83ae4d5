//! The tree: one name space for HTTPS, FTP and media. From a path to what lies there, and to its bytes.
//!
//! Paths come in as people type them and are looked up, never interpreted; every name is spelt by `domain::naming`.
//!
//! | path below `/arsiv/` | found and listed by | its bytes come from |
//! |---|---|---|
//! | `OKU-BENI.txt`, `durum.json` | `notice`, `status` | there |
//! | `tutanaklar/…` | `directories`, and the ledger's rows | the vault |
//! | `tutanaklar/…/SHA256SUMS` | `sums` | there |
//! | a district's sums and Metalink | `lists` | `archive::lists` |
//! | `….png.tlog-proof` | `proofs` | the ledger, by `log` |
//! | `listeler/…` | `lists` | `archive::lists` |
//! | `paketler/…` | `packs` | `archive::packs` |
//! | `defter/…` | `defter` | the ledger, by `log` |
//!
//! Nothing is told off the record: whoever asks shows the [`RecordSlot`] that becomes the row of it.

mod defter;
pub mod directories;
mod lists;
mod notice;
mod packs;
mod proofs;
mod status;
mod sums;

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;

use crate::archive::Archive;
use crate::archive::lists::ListError;
use crate::archive::packs::PackError;
use crate::archive::spool::Spool;
use crate::audit::RecordSlot;
use crate::clock::Clock;
use crate::domain::naming::lists::{DISTRICT_SUMS, LISTS, METALINK, is_district};
use crate::domain::naming::packs::PACKS;
use crate::domain::{Digest, Election, naming};
use crate::formats::pack::PackPlan;
use crate::ledger::nodes::{NodeRow, ScanNode};
use crate::ledger::{Ledger, LedgerError, entries};
use crate::log::signer::LogSigner;
use crate::vault::{Chunks, SoundFile, Vault, VaultError};
use directories::Directories;

/// What lies at a path.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name inside its directory; empty for the root.
    pub name: String,
    /// When it came, or when its content last changed. None where there is no such time, as of directories that are always
    /// there.
    pub modified: Option<Timestamp>,
    /// What it is.
    pub content: Content,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Other nodes.
    Directory,
    /// A scan. It never changes.
    Scan(ScanNode),
    /// A small file that is written when it is asked for.
    Text(Bytes),
    /// A small file whose content never changes: a tile of the log.
    Fixed(Bytes),
    /// A pack. It never changes either; its bytes come out of the vault when they are asked for.
    Pack(Arc<PackPlan>),
    /// A list as it was written a little while ago.
    List(Arc<Spool>),
    /// A file of which only the size is known: in a listing.
    TextOf(u64),
}

impl Node {
    /// Bytes; none for a directory.
    pub fn size(&self) -> Option<u64> {
        match &self.content {
            Content::Directory => None,
            Content::Scan(scan) => Some(scan.size),
            Content::Pack(plan) => Some(plan.len()),
            Content::List(spool) => Some(spool.size()),
            Content::Text(text) | Content::Fixed(text) => Some(text.len() as u64),
            Content::TextOf(size) => Some(*size),
        }
    }

    /// A file's strong ETag: the digest of its content, or of that from which every byte of it follows.
    pub fn etag(&self) -> Option<Digest> {
        match &self.content {
            Content::Pack(plan) => Some(plan.etag()),
            _ => self.digest(),
        }
    }

    /// The digest of a file's content, where it is known without reading all of it.
    pub fn digest(&self) -> Option<Digest> {
        match &self.content {
            Content::Scan(scan) => Some(scan.digest),
            Content::Text(text) | Content::Fixed(text) => Some(Digest::of(text)),
            Content::List(spool) => Some(spool.digest()),
            Content::Directory | Content::Pack(_) | Content::TextOf(_) => None,
        }
    }

    fn directory(name: &str) -> Self {
        Self { name: name.to_owned(), modified: None, content: Content::Directory }
    }

    fn text(name: &str, modified: Option<Timestamp>, text: String) -> Self {
        Self { name: name.to_owned(), modified, content: Content::Text(text.into()) }
    }
}

/// Why a node could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The ledger did not answer.
    #[error("the tree could not be read")]
    Ledger(#[from] LedgerError),
    /// The vault did not answer.
    #[error("the scan could not be read")]
    Vault(#[from] VaultError),
    /// An entry does not fit the log's bundles.
    #[error("the entries from {from} on cannot be bundled")]
    Unbundled {
        /// The first of them.
        from: u64,
    },
    /// A pack could not be laid out.
    #[error("the pack could not be laid out")]
    Pack(#[from] PackError),
    /// A list could not be written.
    #[error("the list could not be written")]
    List(#[from] ListError),
}

impl TreeError {
    /// Whether the scan itself is missing or damaged, so that asking again is of no use until it is healed.
    pub fn is_of_the_object(&self) -> bool {
        matches!(self, Self::Vault(VaultError::Missing(_) | VaultError::Damaged(_)))
    }

    /// Why nothing was handed out, for the record.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Vault(VaultError::Missing(_)) => "the stored scan is missing",
            Self::Vault(VaultError::Damaged(_)) => "the stored scan is damaged",
            Self::Vault(_) => "the vault did not answer",
            _ => "ended before an answer",
        }
    }
}

/// The tree. Clones share what is behind it.
#[derive(Clone, Debug)]
pub struct Tree {
    ledger: Ledger,
    vault: Vault,
    clock: Clock,
    signer: LogSigner,
    archive: Archive,
    directories: Directories,
}

impl Tree {
    /// A tree over what is entered and kept. `signer` signs the log's checkpoints, `archive` holds packs and
    /// lists.
    pub fn new(ledger: Ledger, vault: Vault, clock: Clock, signer: LogSigner, archive: Archive) -> Self {
        Self { ledger, vault, clock, signer, archive, directories: Directories::new() }
    }

    /// What `path` is, if anything. Slashes at its ends do not matter; `.`, `..` and empty parts name nothing.
    pub async fn find(&self, on_record: &RecordSlot, path: &str) -> Result<Option<Node>, TreeError> {
        let path = path.trim_matches('/');
        if path.contains('\0') {
            return Ok(None); // PostgreSQL's text cannot even be asked for it
        }
        if !path.is_empty() && path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
            return Ok(None);
        }
        match path {
            "" => Ok(Some(Node::directory(""))),
            naming::README => Ok(Some(self.notice().await?)),
            naming::STATUS => Ok(Some(self.status().await?)),
            _ => self.find_below(on_record, path).await,
        }
    }

    async fn find_below(&self, on_record: &RecordSlot, path: &str) -> Result<Option<Node>, TreeError> {
        if let Some(path) = below(path, naming::LOG) {
            return match path {
                "" => Ok(Some(Node::directory(naming::LOG))),
                path => self.find_in_log(path).await,
            };
        }
        if is_below(path, PACKS) {
            return self.find_pack(path).await;
        }
        if is_below(path, LISTS) {
            return self.find_list(path).await;
        }
        let (parent, name) = naming::split(path);
        if name == naming::SUMS {
            return self.sums(on_record, parent).await;
        }
        if let Some(scan) = path.strip_suffix(naming::PROOF) {
            return self.proof(scan).await;
        }
        if (name == DISTRICT_SUMS || name == METALINK) && is_district(parent) {
            let files = self.district(parent).await?;
            return Ok(files.into_iter().find(|file| file.name == name));
        }
        if let Some(node) = self.seen_before(path) {
            return Ok(Some(node));
        }
        match self.ledger.find(path).await? {
            Some(row) => Ok(Some(node(row))),
            // The directory of all scans is there before the first scan is.
            None if path == naming::SCANS => Ok(Some(Node::directory(path))),
            None => Ok(None),
        }
    }

    /// What lies in the directory `path`, by name. `None` when there is no such directory.
    pub async fn list(&self, on_record: &RecordSlot, path: &str) -> Result<Option<Vec<Node>>, TreeError> {
        let path = path.trim_matches('/');
        if path.is_empty() {
            let log = Node::directory(naming::LOG);
            let directories = [LISTS, PACKS, naming::SCANS].map(Node::directory);
            let files = [self.notice().await?, log, self.status().await?];
            return Ok(Some(files.into_iter().chain(directories).collect()));
        }
        if let Some(path) = below(path, naming::LOG) {
            return self.list_log(path).await;
        }
        if is_below(path, PACKS) {
            return self.list_packs(path).await;
        }
        if is_below(path, LISTS) {
            return self.list_lists(path).await;
        }
        match self.find(on_record, path).await? {
            Some(Node { content: Content::Directory, .. }) => {}
            _ => return Ok(None),
        }
        let nodes: Vec<Node> = self.ledger.list(path).await?.into_iter().map(node).collect();
        let sums = sums::in_listing(&nodes);
        let district = if is_district(path) { self.district(path).await? } else { Vec::new() };
        Ok(Some(sums.into_iter().chain(district).chain(nodes).collect()))
    }

    /// The CRC-32 of a scan, which its entry holds; none for other files.
    pub async fn crc32(&self, _on_record: &RecordSlot, path: &str) -> Result<Option<u32>, TreeError> {
        let Some(position) = self.ledger.position_of(path.trim_matches('/')).await? else { return Ok(None) };
        let line = self.ledger.lines_from(position, 1).await?.into_iter().next();
        let entry = line.map(|line| entries::parse(line.position, &line.line)).transpose()?;
        Ok(entry.and_then(|entry| entry.crc32))
    }

    /// Bytes `from..to` of a file.
    pub async fn read(&self, _on_record: &RecordSlot, node: &Node, from: u64, to: u64) -> Result<Chunks, TreeError> {
        match &node.content {
            Content::Scan(scan) => Ok(self.vault.read(scan.digest, scan.size, from, to).await?),
            Content::Text(text) | Content::Fixed(text) => {
                let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
                let part = text.slice(within(from).min(within(to))..within(to));
                Ok(stream::iter([Ok(part)]).boxed())
            }
            Content::Pack(plan) => Ok(self.archive.packs.read(Arc::clone(plan), from, to)),
            Content::List(spool) => Ok(spool.read(from, to)),
            Content::Directory | Content::TextOf(_) => Ok(stream::empty().boxed()),
        }
    }

    /// The file of this machine in which the bytes of a scan lie, if they do.
    pub async fn file(&self, _on_record: &RecordSlot, node: &Node) -> Result<Option<SoundFile>, TreeError> {
        match &node.content {
            Content::Scan(scan) => Ok(self.vault.file(scan.digest, scan.size).await?),
            _ => Ok(None),
        }
    }

    async fn election(&self) -> Result<Option<Election>, TreeError> {
        Ok(self.ledger.election().await?.map(|stored| stored.election))
    }

    async fn notice(&self) -> Result<Node, TreeError> {
        let election = self.election().await?;
        let modified = election.as_ref().map(Election::parties_open);
        Ok(Node::text(naming::README, modified, notice::text(election.as_ref())))
    }

    async fn status(&self) -> Result<Node, TreeError> {
        let head = self.ledger.head().await?;
        let election = self.election().await?;
        let checkpoint = election.map(|election| self.signer.checkpoint(election.id(), head.size, &head.root));
        Ok(Node::text(naming::STATUS, time(head.at_ms), status::text(&head, checkpoint)))
    }
}

/// The rest of `path` below the directory `top`, which is empty for `top` itself.
fn below<'a>(path: &'a str, top: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(top)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Whether `path` is `directory` or lies in it.
fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn node(row: NodeRow) -> Node {
    let content = row.scan.map_or(Content::Directory, Content::Scan);
    Node { name: row.name, modified: time(row.at_ms), content }
}

/// When that was; none where nothing was yet.
fn time(millis: i64) -> Option<Timestamp> {
    Some(millis).filter(|millis| *millis > 0).and_then(|millis| Timestamp::from_millisecond(millis).ok())
}
