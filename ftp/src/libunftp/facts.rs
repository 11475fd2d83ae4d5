//! What listings and `SIZE`, `MDTM`, `MLST` say about an entry, in libunftp's terms.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use unftp_core::storage::{Fileinfo, Metadata, Permissions, Result};

use crate::entry::{Entry, EntryKind};

#[derive(Debug)]
pub(super) struct Facts {
    kind: EntryKind,
    modified: SystemTime,
}

impl From<&Entry> for Facts {
    fn from(entry: &Entry) -> Self {
        Self { kind: entry.kind, modified: entry.modified.unwrap_or_else(SystemTime::now) }
    }
}

impl Facts {
    /// A line of a listing. libunftp prints the last part of the path, which is all there is.
    pub(super) fn line(entry: &Entry) -> Fileinfo<PathBuf, Self> {
        Fileinfo { path: Path::new(&entry.name).to_owned(), metadata: Self::from(entry) }
    }
}

impl Metadata for Facts {
    fn len(&self) -> u64 {
        match self.kind {
            EntryKind::Directory => 0,
            EntryKind::File { size } => size,
        }
    }

    fn is_dir(&self) -> bool {
        self.kind == EntryKind::Directory
    }

    fn is_file(&self) -> bool {
        !self.is_dir()
    }

    fn is_symlink(&self) -> bool {
        false
    }

    fn modified(&self) -> Result<SystemTime> {
        Ok(self.modified)
    }

    fn gid(&self) -> u32 {
        0
    }

    fn uid(&self) -> u32 {
        0
    }

    /// Nobody can write here, but mirroring clients copy these bits to their own disk: a copied
    /// directory without `w` could not take the files of the next run.
    fn permissions(&self) -> Permissions {
        Permissions(if self.is_dir() { 0o755 } else { 0o644 })
    }
}
