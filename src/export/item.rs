//! A file of a bag on its way to a medium.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;

use crate::archive::spool::Spool;
use crate::domain::Digest;
use crate::formats::portable;

/// One file of a bag: its path, and all that is written under it.
#[derive(Clone, Debug)]
pub struct BagFile {
    /// The path inside the bag.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub content: Content,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory: scans, pages, proofs.
    Bytes(Bytes),
    /// In a file without a name: lists.
    Spool(Arc<Spool>),
}

impl BagFile {
    /// A file of bytes whose digest is known: a scan that was hashed when it was read.
    pub fn known(path: String, digest: Digest, bytes: Bytes) -> Self {
        Self { path, digest, content: Content::Bytes(bytes) }
    }

    /// A small file that was just made.
    pub fn made(path: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { path: path.into(), digest: Digest::of(&bytes), content: Content::Bytes(bytes) }
    }

    /// A file that was spooled.
    pub fn spooled(path: String, spool: Arc<Spool>) -> Self {
        Self { path, digest: spool.digest(), content: Content::Spool(spool) }
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Spool(spool) => spool.size(),
        }
    }

    /// Writes the bytes. Blocks: for the thread that writes to the medium.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.content {
            Content::Bytes(bytes) => out.write_all(bytes),
            Content::Spool(spool) => io::copy(&mut spool.reader()?, out).map(drop),
        }
    }

    /// Whether every file system takes it.
    pub fn is_portable(&self) -> bool {
        portable::is_sound(&self.path) && self.size() <= portable::FILE_BYTES
    }
}
