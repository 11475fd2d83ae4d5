//! A bag encrypted to one recipient: one or several tar archives, each an age file (C2SP age) below 4 GiB.
//!
//! Nothing of the bag is written in the clear. Encryption is never twice the same, so an encrypted medium that was pulled is
//! written anew.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use age::Encryptor;
use age::stream::StreamWriter;
use age::x25519::Recipient;
use sha2::{Digest as _, Sha256};

use super::copy::Copy;
use super::fault::MediumError;
use super::item::BagFile;
use super::progress::Progress;
use crate::beneath::Folder;
use crate::domain::Digest;
use crate::formats::bag;
use crate::formats::portable::FILE_BYTES;
use crate::formats::sealed::{ENDING, HOW_TO_OPEN, SUMS};

/// Bytes of one archive, its files' headers included. The rest up to 4 GiB is age's: 16 in 64 Ki, and a header.
pub const ARCHIVE_BYTES: u64 = FILE_BYTES - (16 << 20);

/// Whom a bag is encrypted to.
#[derive(Clone)]
pub struct SealTo {
    recipient: Recipient,
    text: String,
}

impl FromStr for SealTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let recipient = text.parse().map_err(|why| format!("this is no age recipient (age1…): {why}"))?;
        Ok(Self { recipient, text: text.to_owned() })
    }
}

impl std::fmt::Display for SealTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Debug for SealTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealTo({self})")
    }
}

type Archive = tar::Builder<BufWriter<StreamWriter<Hashing>>>;

/// The archive that files are added to.
struct OpenArchive {
    tar: Archive,
    /// Bytes of its files, with their headers.
    bytes: u64,
}

/// An archive that is whole.
struct WrittenArchive {
    name: String,
    digest: Digest,
}

/// A medium whose bag is encrypted.
pub struct Seal {
    copy: Copy,
    to: SealTo,
    stem: String,
    /// Bytes of one archive at most.
    limit: u64,
    open: Option<OpenArchive>,
    written: Vec<WrittenArchive>,
    /// The time that files in the archives bear, seconds since 1970.
    at: u64,
}

impl Seal {
    /// An encrypted bag on the medium below `root`. `stem` begins the names of its files.
    ///
    /// # Errors
    /// When the medium is not there or not empty.
    pub fn open(
        root: &Path,
        progress: Progress,
        to: SealTo,
        stem: &str,
        limit: u64,
        at: u64,
    ) -> Result<Self, MediumError> {
        let ours = |name: &str| name == HOW_TO_OPEN || name == SUMS || name.ends_with(ENDING);
        let copy = Copy::open(root, progress, ours)?;
        // What an earlier run left cannot be gone on with.
        let folder = Folder::open(root).map_err(|error| MediumError::at(".", &error))?;
        for (name, _) in folder.list(Path::new("")).into_iter().flatten().flatten() {
            let shown = name.to_string_lossy();
            if shown.starts_with(stem) && shown.contains(ENDING) {
                folder.remove(Path::new(&name)).map_err(|error| MediumError::at(&shown, &error))?;
            }
        }
        Ok(Self { copy, to, stem: stem.to_owned(), limit, open: None, written: Vec::new(), at })
    }

    /// The medium.
    pub fn copy(&self) -> &Copy {
        &self.copy
    }

    /// Adds a file to the archive that is being written, or to the next.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn put(&mut self, file: &BagFile) -> Result<(), MediumError> {
        if !file.is_portable() {
            return Err(MediumError::NotPortable { path: file.path.clone() });
        }
        // A header, another for a long name with the name itself, and the padding.
        let cost = file.size().div_ceil(512) * 512 + 4 * 512;
        if self.open.as_ref().is_some_and(|open| open.bytes + cost > self.limit) {
            self.close()?;
        }
        let name = self.name();
        let at = |error: io::Error| MediumError::at(&name, &error);
        if self.open.is_none() {
            self.open = Some(OpenArchive { tar: self.begin(&name).map_err(at)?, bytes: 0 });
        }
        let Some(OpenArchive { tar: archive, bytes }) = &mut self.open else { return Ok(()) };
        let mut header = tar::Header::new_gnu();
        header.set_size(file.size());
        header.set_mode(0o644);
        header.set_mtime(self.at);
        header.set_entry_type(tar::EntryType::Regular);
        match &file.content {
            super::item::Content::Bytes(content) => archive.append_data(&mut header, &file.path, content.as_ref()),
            super::item::Content::Spool(spool) => {
                spool.reader().and_then(|mut reader| archive.append_data(&mut header, &file.path, &mut reader))
            }
        }
        .map_err(at)?;
        *bytes += cost;
        self.copy.progress().add(file.size());
        Ok(())
    }

    /// Ends the last archive, says how to open them, and reads all of it back. Gives the names of the archives.
    ///
    /// # Errors
    /// When the medium fails, or does not give back what was written.
    pub fn finish(&mut self, how_to_open: impl FnOnce(&[String]) -> String) -> Result<(), MediumError> {
        self.close()?;
        let names: Vec<String> = self.written.iter().map(|archive| archive.name.clone()).collect();
        self.copy.put(&BagFile::made(HOW_TO_OPEN, how_to_open(&names)))?;
        let sums: String =
            self.written.iter().map(|archive| bag::manifest_line(&archive.digest, &archive.name)).collect();
        self.copy.put(&BagFile::made(SUMS, sums))?;
        self.copy.settle()
    }

    fn name(&self) -> String {
        format!("{}-{}{ENDING}", self.stem, self.written.len() + 1)
    }

    fn begin(&mut self, name: &str) -> io::Result<Archive> {
        let file = Hashing { file: self.copy.create(name)?, hasher: Sha256::new(), bytes: 0 };
        let recipients = std::iter::once(&self.to.recipient as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let mut archive = tar::Builder::new(BufWriter::with_capacity(1 << 20, encryptor.wrap_output(file)?));
        archive.mode(tar::HeaderMode::Deterministic);
        Ok(archive)
    }

    fn close(&mut self) -> Result<(), MediumError> {
        let name = self.name();
        let Some(OpenArchive { tar: archive, .. }) = self.open.take() else { return Ok(()) };
        let finish = || -> io::Result<Hashing> {
            let stream = archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
            stream.finish()
        };
        let Hashing { hasher, bytes, .. } = finish().map_err(|error| MediumError::at(&name, &error))?;
        let digest = Digest::finish(hasher);
        self.copy.wrote(&name, digest, bytes, true)?;
        self.written.push(WrittenArchive { name, digest });
        Ok(())
    }
}

/// A file that is hashed on the way.
struct Hashing {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
