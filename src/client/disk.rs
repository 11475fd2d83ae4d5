//! The copy's directory: every file appears whole under its name or not at all.
//!
//! Nothing is written but below the directory, and under no name that was not checked. A file is written as `.part`
//! beside its place, synced, and renamed. What this program keeps for itself lies in [`PRIVATE`].

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::beneath::{self, Folder, Found, Kind, Unsafe};
use crate::domain::naming;
use crate::domain::naming::packs::PackPath;
use crate::domain::words::shown;
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
    /// A link, a FIFO or a device where a file should be, or a file that is far too long.
    #[error("{path}: {why}")]
    Unsafe {
        /// The file.
        path: String,
        /// What lies there.
        why: Unsafe,
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
        let path = shown(&path.display().to_string()).into_owned();
        if let Some(why) = beneath::why(&source) {
            return Self::Unsafe { path, why };
        }
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

/// The directory of a copy. Somebody else may have prepared it: no link in it is followed.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: Folder,
}

/// Nobody else mirrors into the directory while this is held.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Disk {
    /// A directory that is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn at(root: &Path) -> Result<Self, DiskError> {
        Folder::open(root).map(|folder| Self { folder }).map_err(|error| DiskError::at(root, error))
    }

    /// A directory that is held open.
    pub fn of(folder: Folder) -> Self {
        Self { folder }
    }

    /// The directory, made if need be, for this process alone.
    ///
    /// # Errors
    /// When it cannot be made, or another process holds it.
    pub fn lock(root: &Path) -> Result<(Self, Lock), DiskError> {
        std::fs::create_dir_all(root).map_err(|error| DiskError::at(root, error))?;
        let disk = Self::at(root)?;
        let path = disk.private("lock");
        let made = disk.folder.make_dirs(Path::new(PRIVATE)).and_then(|()| disk.folder.own(&path));
        let file = made.map_err(|error| DiskError::at(&root.join(&path), error))?;
        match file.try_lock() {
            Ok(()) => Ok((disk, Lock(file))),
            Err(TryLockError::WouldBlock) => Err(DiskError::Busy(shown(&root.display().to_string()).into_owned())),
            Err(TryLockError::Error(error)) => Err(DiskError::at(&path, error)),
        }
    }

    /// The directory, to open files in.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The directory's path.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file of the tree below the directory, if it is one that a copy can hold.
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
        if known { Ok(PathBuf::from(path)) } else { Err(DiskError::Path(path.to_owned())) }
    }

    /// The path of a file of this program's own, below the directory.
    pub fn private(&self, name: &str) -> PathBuf {
        Path::new(PRIVATE).join(name)
    }

    /// Writes a file of the tree.
    ///
    /// # Errors
    /// When the path is none or the disk fails; the file then is as it was.
    pub fn write(&self, path: &str, content: &[u8]) -> Result<(), DiskError> {
        write(&self.folder, &self.place(path)?, content)
    }

    /// A file of the tree, at most `limit` bytes of it; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, or is longer.
    pub fn read(&self, path: &str, limit: usize) -> Result<Option<Bytes>, DiskError> {
        read(&self.folder, &self.place(path)?, limit)
    }

    /// Bytes of a file of the tree; `None` when it is not there.
    ///
    /// # Errors
    /// When the path is none, or the disk fails.
    pub fn size(&self, path: &str) -> Result<Option<u64>, DiskError> {
        let place = self.place(path)?;
        match self.folder.look(&place) {
            Ok(Some(Found { kind: Kind::File, size, .. })) => Ok(Some(size)),
            Ok(Some(_)) => Err(DiskError::at(&place, Unsafe::NotAFile.into())),
            Ok(None) => Ok(None),
            Err(error) => Err(DiskError::at(&place, error)),
        }
    }

    /// Removes a file of the tree, and its directory if that is empty then. Whether it was there does not matter.
    pub fn remove(&self, path: &str) {
        if let Ok(place) = self.place(path) {
            let _ = self.folder.remove(&place);
            let _ = place.parent().map(|above| self.folder.remove_dir(above));
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
pub fn write(folder: &Folder, place: &Path, content: &[u8]) -> Result<(), DiskError> {
    let part = part_of(place);
    let written = (|| {
        if let Some(parent) = place.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            folder.make_dirs(parent)?;
        }
        let mut file = folder.create(&part)?;
        file.write_all(content)?;
        file.sync_data()
    })();
    if let Err(error) = written {
        let _ = folder.remove(&part); // On a full disk the part would be in the way of what is left to do.
        return Err(DiskError::at(place, error));
    }
    publish(folder, &part, place)
}

/// Gives a synced part its name, durably.
///
/// # Errors
/// When the disk fails.
pub fn publish(folder: &Folder, part: &Path, place: &Path) -> Result<(), DiskError> {
    folder.rename(part, place).map_err(|error| DiskError::at(place, error))?;
    sync_dir(folder, place.parent().unwrap_or(Path::new("")))
}

/// Makes the names in a directory below the folder durable.
///
/// # Errors
/// When the disk fails.
pub fn sync_dir(folder: &Folder, dir: &Path) -> Result<(), DiskError> {
    folder.sync_dir(dir).map_err(|error| DiskError::at(&folder.path().join(dir), error))
}

/// A whole file of at most `limit` bytes; `None` when it is not there.
///
/// # Errors
/// When it cannot be read, is longer, or no regular file.
pub fn read(folder: &Folder, place: &Path, limit: usize) -> Result<Option<Bytes>, DiskError> {
    let read = folder.read(place, limit as u64).map_err(|error| DiskError::at(place, error))?;
    Ok(read.map(Bytes::from))
}

/// A file that the user named, if it is a regular one of at most `limit` bytes; `None` when it is not there.
///
/// # Errors
/// When it cannot be read.
pub fn read_named(path: &Path, limit: usize) -> Result<Option<Bytes>, DiskError> {
    match beneath::read_named(path, limit as u64) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) if beneath::is_absent(&error) => Ok(None),
        Err(error) => Err(DiskError::at(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_copy() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::at(dir.path()).unwrap();
        for path in [
            "durum.json",
            "defter/checkpoint",
            "defter/tile/0/x001/000.p/7",
            "paketler/000/000/041.p/37.zip",
            "tutanaklar/34-istanbul/kadikoy-1/1-cb-sonuc-1.v1.png",
        ] {
            assert_eq!(disk.place(path).unwrap(), Path::new(path));
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
