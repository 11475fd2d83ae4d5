//! A bag while it is written: its manifests grow with it, and its signature comes last.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;

use super::ExportError;
use crate::archive::spool::Spool;
use crate::beneath::{Folder, Kind};
use crate::domain::Digest;
use crate::domain::words::shown;
use crate::export::copy::Copy;
use crate::export::fault::MediumError;
use crate::export::item::BagFile;
use crate::export::pages::Facts;
use crate::export::seal::Seal;
use crate::export::texts;
use crate::formats::bag::{
    DECLARATION, DECLARED, HOW, INDEX, INFO, Info, MANIFEST, PAGES, PAYLOAD, PREVIEWS, SIGNATURE, SIGNER, TAGS,
    manifest_line, name_of,
};
use crate::formats::sign;

/// What the writing thread is given.
#[derive(Debug)]
pub(super) enum Message {
    /// A file of the bag.
    File(BagFile),
    /// That was all.
    Done,
}

/// Where the bag goes.
pub(super) enum Sink {
    Plain(Copy),
    Sealed(Box<Seal>),
}

impl Sink {
    fn put(&mut self, file: &BagFile) -> Result<(), MediumError> {
        match self {
            Self::Plain(copy) => copy.put(file),
            Self::Sealed(seal) => seal.put(file),
        }
    }
}

/// A bag that is whole.
pub(super) struct Bagged {
    pub files: u64,
    pub bytes: u64,
    /// Bytes that lay there already.
    pub kept: u64,
    /// SHA-256 of the tag manifest.
    pub digest: Digest,
}

/// A bag while it is written.
pub(super) struct Bagger {
    sink: Sink,
    payload: BufWriter<File>,
    tags: BufWriter<File>,
    names: Vec<[u8; 16]>,
    oxum: (u64, u64),
    files: u64,
    bytes: u64,
}

/// Bytes of what a bag says of itself at most.
const INFO_BYTES: u64 = 1 << 20;

const OWN: [&str; 11] = [DECLARATION, INFO, MANIFEST, TAGS, SIGNATURE, SIGNER, INDEX, HOW, PAYLOAD, PAGES, PREVIEWS];

/// Whether a name at the medium's root is one of a bag.
pub(super) fn is_ours(name: &str) -> bool {
    OWN.contains(&name)
}

/// Bytes of a bag, whole or half, that lie below `root`: they count as room for the same bag.
pub(super) fn ours_on(root: &Path) -> u64 {
    fn below(root: &Folder, path: &Path) -> u64 {
        let size = |(name, kind): (std::ffi::OsString, Kind)| match (kind, path.join(name)) {
            (Kind::Directory, path) => below(root, &path),
            (Kind::File, path) => root.look(&path).ok().flatten().map_or(0, |found| found.size),
            (Kind::Other, _) => 0,
        };
        root.list(path).into_iter().flatten().flatten().map(size).sum()
    }
    let Ok(root) = Folder::open(root) else { return 0 };
    let ours = root.list(Path::new("")).into_iter().flatten().flatten().filter(|(name, _)| {
        let name = name.to_string_lossy();
        is_ours(name.strip_suffix(".part").unwrap_or(&name))
    });
    let size = |(name, kind)| match kind {
        Kind::Directory => below(&root, Path::new(&name)),
        _ => root.look(Path::new(&name)).ok().flatten().map_or(0, |found| found.size),
    };
    ours.map(size).sum()
}

impl Bagger {
    /// A bag of `info` in `sink`. The signature of one that lies there already is taken away first: until the last byte was
    /// read back, nothing on the medium may say that it is whole.
    pub fn new(sink: Sink, info: &Info, root: &Path) -> Result<Self, ExportError> {
        let at = |name: &'static str| move |error: std::io::Error| MediumError::at(name, &error);
        let root = Folder::open(root).map_err(at("."))?;
        if let Some(text) = root.read(Path::new(INFO), INFO_BYTES).map_err(at(INFO))? {
            let found = Info::parse(&String::from_utf8_lossy(&text));
            let same = found.as_ref().is_some_and(|found| {
                (&found.origin, found.request, found.number) == (&info.origin, info.request, info.number)
            });
            if !same {
                let found = found.map_or_else(
                    || INFO.to_owned(),
                    |found| format!("{}#{}, {} / {}", found.origin, found.request, found.number, found.of),
                );
                return Err(MediumError::OtherBag { found: shown(&found).into_owned() }.into());
            }
        }
        root.remove(Path::new(SIGNATURE)).map_err(at(SIGNATURE))?;
        let spool = || tempfile::tempfile().map(BufWriter::new).map_err(ExportError::Spool);
        Ok(Self { sink, payload: spool()?, tags: spool()?, names: vec![], oxum: (0, 0), files: 0, bytes: 0 })
    }

    /// Writes a file and adds it to its manifest.
    pub fn put(&mut self, file: &BagFile) -> Result<(), ExportError> {
        self.sink.put(file)?;
        let payload = file.path.strip_prefix(PAYLOAD).is_some_and(|rest| rest.starts_with('/'));
        let manifest = if payload { &mut self.payload } else { &mut self.tags };
        manifest.write_all(manifest_line(&file.digest, &file.path).as_bytes()).map_err(ExportError::Spool)?;
        if payload {
            self.oxum = (self.oxum.0 + file.size(), self.oxum.1 + 1);
        }
        self.count(file);
        Ok(())
    }

    fn count(&mut self, file: &BagFile) {
        self.names.push(name_of(&file.path));
        self.files += 1;
        self.bytes += file.size();
    }

    /// Writes the manifests, reads everything back, and signs.
    pub fn finish(mut self, info: Info, facts: &Facts, key: &SigningKey) -> Result<Bagged, ExportError> {
        let payload = spooled(std::mem::replace(&mut self.payload, unused()?))?;
        for file in [
            BagFile::spooled(MANIFEST.to_owned(), payload),
            BagFile::made(DECLARATION, DECLARED),
            BagFile::made(INFO, Info { oxum: self.oxum, ..info }.text()),
        ] {
            self.put(&file)?;
        }
        let tags = spooled(std::mem::replace(&mut self.tags, unused()?))?;
        let digest = tags.digest();
        let hash = tags.reader().and_then(sign::hash).map_err(ExportError::Spool)?;
        let manifest = BagFile::spooled(TAGS.to_owned(), tags);
        self.sink.put(&manifest)?;
        self.count(&manifest);
        let signature = BagFile::made(SIGNATURE, sign::sign(key, &hash));
        self.count(&signature);
        let kept = match &mut self.sink {
            Sink::Plain(copy) => {
                copy.settle()?;
                self.names.sort_unstable();
                let strays = copy.strays(&self.names)?;
                if !strays.is_empty() {
                    return Err(MediumError::NotEmpty { names: strays }.into());
                }
                copy.put(&signature)?;
                copy.settle()?;
                copy.kept()
            }
            Sink::Sealed(seal) => {
                seal.put(&signature)?;
                seal.finish(|files| texts::how_to_open(facts, files))?;
                0
            }
        };
        Ok(Bagged { files: self.files, bytes: self.bytes, kept, digest })
    }
}

fn spooled(writing: BufWriter<File>) -> Result<Arc<Spool>, ExportError> {
    let file = writing.into_inner().map_err(|error| ExportError::Spool(error.into_error()))?;
    Spool::of(file).map(Arc::new).map_err(ExportError::Spool)
}

/// Stands in the place of a manifest that is taken to be written.
fn unused() -> Result<BufWriter<File>, ExportError> {
    tempfile::tempfile().map(BufWriter::new).map_err(ExportError::Spool)
}
