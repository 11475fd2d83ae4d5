//! The copy's directory: every file appears whole under its name or not at all.
//!
//! Nothing is written but below the directory, and under no name that was not checked. A file is written as `.part`
//! beside its place, synced, and renamed. What this program keeps for itself lies in [`PRIVATE`].

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::domain::naming;
use crate::domain::naming::packs::PackPath;
use crate::log::tile::Tile;

/// Where the mirror's own notes lie: state, trusted keys, evidence. Not part of the tree.
pub const PRIVATE: &str = ".tutanak";
/// What a name ends with until its file is whole.
pub const PART: &str = "part";

/// Why the disk did not do as it should.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Full. Everything that is under its final name is whole.
    #[error(
        "disk dolu: {0} yazılamadı; tamamlanan dosyalar duruyor, yer açıp komutu yineleyin / the disk is full: {0} was not written; what is complete stays, make room and run the command again"
    )]
    Full(String),
    /// Not allowed, or mounted read-only.
    #[error("izin yok: {0} yazılamıyor ya da okunamıyor / no permission to read or write {0}")]
    Denied(String),
    /// Another client works in the same directory.
    #[error("bu dizinde başka bir tutanak çalışıyor / another tutanak is running in this directory: {0}")]
    Busy(String),
    /// Not a path that a file of the tree can have.
    #[error("the path {0:?} is none that a copy can hold")]
    Path(String),
    /// A file of this program's own is not as it was written.
    #[error("{path} bozuk / is damaged: {line}")]
    Damaged {
        /// The file.
        path: String,
        /// The line that makes no sense.
        line: String,
    },
    /// Anything else.
    #[error("{path}")]
    Io {
        /// The file.
        path: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

impl DiskError {
    /// What an error of the system at `path` means for a copy.
    pub fn at(path: &Path, source: io::Error) -> Self {
        let path = path.display().to_string();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full(path),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Denied(path),
            _ => Self::Io { path, source },
        }
    }

    /// Whether every other file would fail as well.
    pub fn concerns_all(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Denied(_) | Self::Busy(_) | Self::Damaged { .. })
    }
}

/// The directory of a copy.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

/// Nobody else mirrors into the directory while this is held.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Disk {
    /// A directory that is there.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The directory, made if need be, for this process alone.
    ///
    /// # Errors
    /// When it cannot be made, or another process holds it.
    pub fn lock(root: &Path) -> Result<(Self, Lock), DiskError> {
        let private = root.join(PRIVATE);
        fs::create_dir_all(&private).map_err(|error| DiskError::at(&private, error))?;
        let path = private.join("lock");
        let file = File::create(&path).map_err(|error| DiskError::at(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok((Self::at(root), Lock(file))),
            Err(fs::TryLockError::WouldBlock) => Err(DiskError::Busy(root.display().to_string())),
            Err(fs::TryLockError::Error(error)) => Err(DiskError::at(&path, error)),
        }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of the tree lies, if it is one that a copy can hold.
    ///
    /// # Errors
    /// [`DiskError::Path`] for any other path, so that no server can name a file outside the copy.
    pub fn place(&self, path: &str) -> Result<PathBuf, DiskError> {
        let in_log = |rest: &str| rest == naming::CHECKPOINT || rest == naming::KEYS || Tile::parse(rest).is_some();
        let known = path == naming::STATUS
            || path == naming::README
            || naming::is_scan_path(path)
            || matches!(PackPath::parse(path), Some(PackPath::Pack { .. }))
            || path.strip_prefix(naming::LOG).and_then(|rest| rest.strip_prefix('/')).is_some_and(in_log);
        if known { Ok(self.root.join(path)) } else { Err(DiskError::Path(path.to_owned())) }
    }

    /// A file of this program's own.
    pub fn private(&self, name: &str) -> PathBuf {
        self.root.join(PRIVATE).join(name)
    }

    /// Writes a file of the tree.
    ///
    /// # Errors
    /// When the path is none or the disk fails; the file then is as it was.
    pub fn write(&self, path: &str, content: &[u8]) -> Result<(), DiskError> {
        write(&self.place(path)?, content)
    }

    /// A file of the tree, at most `limit` bytes of it; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, or is longer.
    pub fn read(&self, path: &str, limit: usize) -> Result<Option<Bytes>, DiskError> {
        read(&self.place(path)?, limit)
    }

    /// Bytes of a file of the tree; `None` when it is not there.
    ///
    /// # Errors
    /// When the path is none, or the disk fails.
    pub fn size(&self, path: &str) -> Result<Option<u64>, DiskError> {
        let place = self.place(path)?;
        match fs::symlink_metadata(&place) {
            Ok(found) if found.is_file() => Ok(Some(found.len())),
            Ok(_) => Err(DiskError::Io { path: path.to_owned(), source: ErrorKind::AlreadyExists.into() }),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(DiskError::at(&place, error)),
        }
    }

    /// Removes a file of the tree, and its directory if that is empty then. Whether it was there does not matter.
    pub fn remove(&self, path: &str) {
        if let Ok(place) = self.place(path) {
            let _ = fs::remove_file(&place);
            let _ = place.parent().map(fs::remove_dir);
        }
    }
}

/// The name until the file is whole.
pub fn part_of(place: &Path) -> PathBuf {
    place.with_added_extension(PART)
}

/// Writes a file whole or not at all.
///
/// # Errors
/// When the disk fails; the file then is as it was.
pub fn write(place: &Path, content: &[u8]) -> Result<(), DiskError> {
    let part = part_of(place);
    let written = (|| {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create(&part)?;
        file.write_all(content)?;
        file.sync_data()
    })();
    if let Err(error) = written {
        let _ = fs::remove_file(&part); // On a full disk the part would be in the way of what is left to do.
        return Err(DiskError::at(place, error));
    }
    publish(&part, place)
}

/// Gives a synced part its name, durably.
///
/// # Errors
/// When the disk fails.
pub fn publish(part: &Path, place: &Path) -> Result<(), DiskError> {
    fs::rename(part, place).map_err(|error| DiskError::at(place, error))?;
    sync_dir(place.parent().unwrap_or(Path::new(".")))
}

/// Makes the names in a directory durable. File systems of a network have no such call, and say so.
///
/// # Errors
/// When the disk fails.
pub fn sync_dir(dir: &Path) -> Result<(), DiskError> {
    match File::open(dir).and_then(|opened| opened.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done.map_err(|error| DiskError::at(dir, error)),
    }
}

/// A whole file of at most `limit` bytes; `None` when it is not there.
///
/// # Errors
/// When it cannot be read, or is longer.
pub fn read(place: &Path, limit: usize) -> Result<Option<Bytes>, DiskError> {
    let found = match fs::metadata(place) {
        Ok(found) => found,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(DiskError::at(place, error)),
    };
    if found.len() > limit as u64 {
        return Err(DiskError::at(place, io::Error::new(ErrorKind::FileTooLarge, "longer than it can be")));
    }
    fs::read(place).map(|bytes| Some(bytes.into())).map_err(|error| DiskError::at(place, error))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_copy() {
        let disk = Disk::at(Path::new("/kopya"));
        for path in [
            "durum.json",
            "defter/checkpoint",
            "defter/tile/0/x001/000.p/7",
            "paketler/000/000/041.p/37.zip",
            "tutanaklar/34-istanbul/kadikoy-1/1-cb-sonuc-1.v1.png",
        ] {
            assert!(disk.place(path).unwrap().starts_with("/kopya"), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "tutanaklar/../../x.png",
            "tutanaklar/.part.png",
            "defter/../durum.json",
            "defter/tile/0/../000",
            ".tutanak/state.json",
            "tutanaklar/a\0.png",
            "paketler/000/000",
        ] {
            assert!(matches!(disk.place(path), Err(DiskError::Path(_))), "{path}");
        }
    }

    #[test]
    fn a_directory_has_one_mirror_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let held = Disk::lock(dir.path()).unwrap();
        assert!(matches!(Disk::lock(dir.path()), Err(DiskError::Busy(_))));
        drop(held);
        Disk::lock(dir.path()).unwrap();
    }
}
