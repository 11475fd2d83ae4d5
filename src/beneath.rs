//! Files in a folder that somebody else may have prepared: a medium, a copy, a scanner's folder, an election's directory.
//!
//! Nothing is opened but regular files, and no link is followed beneath the folder: a link in it could lead anywhere, a FIFO
//! never answers, a device never ends. The folder's own path is the user's word, and links in that are followed. Files are
//! written only over names that were free, so that neither a link nor a second name of a file reaches outside.

mod lines;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, ResolveFlags, Stat};
use rustix::io::Errno;

pub use lines::ShortLines;

/// Why something in a folder is not opened. It is the inner error of an [`io::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// A link, or one lies on the way.
    #[error("bağlantı (symlink) izlenmez / a symbolic link is not followed")]
    Link,
    /// A FIFO, a socket, a device or a directory where a file should be.
    #[error("sıradan bir dosya değil / it is not a regular file")]
    NotAFile,
    /// A path that does not stay in the folder.
    #[error("klasörün dışına çıkan yol / the path leads out of the folder")]
    Outside,
    /// A file that has a second name, which may lie outside.
    #[error("dosyanın ikinci bir adı var / the file has a second name")]
    TwoNames,
    /// More bytes than such a file has.
    #[error("en çok {0} bayt olabilir / it may have {0} bytes at most")]
    TooLong(u64),
}

impl From<Unsafe> for io::Error {
    fn from(why: Unsafe) -> Self {
        let kind = if matches!(why, Unsafe::TooLong(_)) { ErrorKind::FileTooLarge } else { ErrorKind::InvalidInput };
        Self::new(kind, why)
    }
}

/// What an error says of the folder, if it is one of ours.
pub fn why(error: &io::Error) -> Option<Unsafe> {
    error.get_ref()?.downcast_ref().copied()
}

/// What a name in a folder stands for. Links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, a FIFO, a socket, a device.
    Other,
}

impl Kind {
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            _ => Self::Other,
        }
    }
}

/// What lies under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Size in bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970, as the file system says.
    pub modified_ns: i64,
}

/// Who may read a new file, where the process's umask lets them: everybody.
const EVERYBODY: Mode = Mode::from_raw_mode(0o666);
/// Or its owner alone.
const OWNER: Mode = Mode::from_raw_mode(0o600);

/// A folder, held open.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: Arc<OwnedFd>,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    /// When it is not there or no directory.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { dir: Arc::new(dir), path: path.to_owned() })
    }

    /// The folder's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder itself, to be locked or synced.
    ///
    /// # Errors
    /// When the process has no room for another open file.
    pub fn handle(&self) -> io::Result<File> {
        self.dir.try_clone().map(File::from)
    }

    /// A folder below this one, or itself for an empty path.
    ///
    /// # Errors
    /// When it is not there, or a link.
    pub fn inside(&self, path: &Path) -> io::Result<Self> {
        if path.as_os_str().is_empty() {
            return Ok(self.clone());
        }
        let dir = self.raw(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        Ok(Self { dir: Arc::new(dir), path: self.path.join(path) })
    }

    /// A regular file, to be read.
    ///
    /// # Errors
    /// When it is not there, or is anything else.
    pub fn file(&self, path: &Path) -> io::Result<File> {
        // Not blocking: opening a FIFO would wait for somebody who writes to it.
        let file = self.raw(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        regular(&rustix::fs::fstat(&file)?)?;
        Ok(file.into())
    }

    /// A whole file of at most `limit` bytes; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, is longer, or no regular file.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        match self.file(path) {
            Ok(file) => read_all(&file, limit).map(Some),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A new file, to be written. What lies under the name is removed first, and a link with it, not what it leads to.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        self.remove(path)?;
        self.create_new(path)
    }

    /// A new file, where nothing lies.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] when something does, a link that leads nowhere too.
    pub fn create_new(&self, path: &Path) -> io::Result<File> {
        self.create_new_for(path, EVERYBODY)
    }

    /// The same, for these readers.
    fn create_new_for(&self, path: &Path, mode: Mode) -> io::Result<File> {
        self.raw_for(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, mode).map(File::from)
    }

    /// A file of our own that is gone on with, made where nothing lies. It has one name only.
    ///
    /// # Errors
    /// When it cannot be opened, or is anything else.
    pub fn own(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.raw(path, flags)?;
        let found = rustix::fs::fstat(&file)?;
        regular(&found)?;
        if found.st_nlink > 1 { Err(Unsafe::TwoNames.into()) } else { Ok(file.into()) }
    }

    /// Removes a file or a link. Whether it was there does not matter.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        match self.unlink(path, AtFlags::empty()) {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes a directory that is empty.
    ///
    /// # Errors
    /// When it is not, or cannot be removed.
    pub fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.unlink(path, AtFlags::REMOVEDIR)
    }

    fn unlink(&self, path: &Path, flags: AtFlags) -> io::Result<()> {
        let (dir, name) = self.parent(path)?;
        Ok(rustix::fs::unlinkat(dir, name, flags)?)
    }

    /// Gives a file another name, in place of what lies there.
    ///
    /// # Errors
    /// When it cannot.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let ((old, from), (new, to)) = (self.parent(from)?, self.parent(to)?);
        Ok(rustix::fs::renameat(old, from, new, to)?)
    }

    /// Gives a file another name, unless something lies there.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] when something does.
    pub fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        let ((old, from), (new, name)) = (self.parent(from)?, self.parent(to)?);
        match rustix::fs::renameat_with(&old, from, &new, name, RenameFlags::NOREPLACE) {
            // NFS and some others know no such rename: the name is taken by an empty file first, and then by this one.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                self.create_new(to)?;
                Ok(rustix::fs::renameat(old, from, new, name)?)
            }
            done => Ok(done?),
        }
    }

    /// What lies under a name; `None` for nothing.
    ///
    /// # Errors
    /// When that cannot be looked at, as where a link lies on the way.
    pub fn look(&self, path: &Path) -> io::Result<Option<Found>> {
        let looked = self.parent(path).and_then(|(dir, name)| {
            let found = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(Found {
                kind: Kind::of(FileType::from_raw_mode(found.st_mode)),
                size: u64::try_from(found.st_size).unwrap_or(0),
                modified_ns: found
                    .st_mtime
                    .saturating_mul(1_000_000_000)
                    .saturating_add(i64::try_from(found.st_mtime_nsec).unwrap_or(0)),
            })
        });
        match looked {
            Err(error) if is_absent(&error) => Ok(None),
            done => done.map(Some),
        }
    }

    /// Whether something of a kind lies under a name.
    pub fn has(&self, kind: Kind, path: &Path) -> bool {
        self.look(path).is_ok_and(|found| found.is_some_and(|found| found.kind == kind))
    }

    /// Makes a directory with those above it. An empty path is the folder itself, which is there.
    ///
    /// # Errors
    /// When a name on the way is taken by anything else, a link to a directory too.
    pub fn make_dirs(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        let mut made = PathBuf::new();
        for name in names(path)? {
            made.push(name);
            let (dir, name) = self.parent(&made)?;
            match rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(0o777)) {
                Ok(()) => {}
                Err(Errno::EXIST) if self.has(Kind::Directory, &made) => {}
                Err(Errno::EXIST) => return Err(Unsafe::Link.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Makes the names in a directory durable. File systems of a network have no such call, and say so.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let dir = self.inside(path)?;
        match rustix::fs::fsync(&*dir.dir) {
            Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            done => Ok(done?),
        }
    }

    /// The names in a directory below this folder (or in itself, for an empty path), in no order.
    ///
    /// # Errors
    /// When it cannot be read, or is a link.
    pub fn list(&self, path: &Path) -> io::Result<impl Iterator<Item = io::Result<(OsString, Kind)>> + use<>> {
        let dir = self.inside(path)?;
        let entries = Dir::read_from(&*dir.dir)?;
        let named = move |entry: rustix::io::Result<rustix::fs::DirEntry>| -> io::Result<Option<(OsString, Kind)>> {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            if name == "." || name == ".." {
                return Ok(None);
            }
            // Some file systems do not say with the name what it is.
            let kind = match entry.file_type() {
                FileType::Unknown => dir.look(Path::new(&name))?.map_or(Kind::Other, |found| found.kind),
                known => Kind::of(known),
            };
            Ok(Some((name, kind)))
        };
        Ok(entries.filter_map(move |entry| named(entry).transpose()))
    }

    /// The directory that holds a path, and the name in it.
    fn parent<'p>(&self, path: &'p Path) -> io::Result<(Arc<OwnedFd>, &'p OsStr)> {
        names(path)?;
        let name = path.file_name().ok_or(Unsafe::Outside)?;
        match path.parent().filter(|above| !above.as_os_str().is_empty()) {
            None => Ok((Arc::clone(&self.dir), name)),
            Some(above) => Ok((Arc::new(self.raw(above, OFlags::PATH | OFlags::DIRECTORY)?), name)),
        }
    }

    fn raw(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        self.raw_for(path, flags, EVERYBODY)
    }

    fn raw_for(&self, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        names(path)?;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let opened = match rustix::fs::openat2(&*self.dir, path, flags, mode, resolve) {
            // An older kernel, or a container that does not let it through.
            Err(Errno::NOSYS | Errno::PERM) => step_by_step(&self.dir, path, flags, mode),
            done => done,
        };
        opened.map_err(|error| self.named(path, error))
    }

    /// A link is told from a directory that is not there.
    fn named(&self, path: &Path, error: Errno) -> io::Error {
        let link_on_the_way = || {
            let mut above = path.ancestors().filter(|above| !above.as_os_str().is_empty());
            above.any(|above| is_link(&self.dir, above))
        };
        match error {
            Errno::LOOP => Unsafe::Link.into(),
            Errno::XDEV => Unsafe::Outside.into(),
            Errno::NOTDIR if link_on_the_way() => Unsafe::Link.into(),
            // A socket, or a device that is not there.
            Errno::NXIO | Errno::NODEV | Errno::ISDIR => Unsafe::NotAFile.into(),
            error => error.into(),
        }
    }
}

/// Opens a file that the user named: links are followed, but what it leads to is a regular file.
///
/// # Errors
/// When it is not there, or is anything else.
pub fn named_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    regular(&rustix::fs::fstat(&file)?)?;
    Ok(file.into())
}

/// All of a file that the user named.
///
/// # Errors
/// When it cannot be read, is longer than `limit`, or no regular file.
pub fn read_named(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_all(&named_file(path)?, limit)
}

/// Writes a file that the user named, whole or not at all. A regular file that lies there gives way; a link is not followed, and
/// nothing else is written to.
///
/// # Errors
/// When something else lies there, or it cannot be written.
pub fn write_named(path: &Path, content: &[u8]) -> io::Result<()> {
    write_for(path, content, EVERYBODY)
}

/// The same of a file that only its owner may read.
///
/// # Errors
/// As [`write_named`].
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    write_for(path, content, OWNER)
}

fn write_for(path: &Path, content: &[u8], mode: Mode) -> io::Result<()> {
    let name = Path::new(path.file_name().ok_or(Unsafe::Outside)?);
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let folder = Folder::open(above.unwrap_or(Path::new(".")))?;
    match folder.look(name)?.map(|found| found.kind) {
        None | Some(Kind::File) => {}
        Some(Kind::Other) if is_link(&folder.dir, name) => return Err(Unsafe::Link.into()),
        Some(Kind::Directory | Kind::Other) => return Err(Unsafe::NotAFile.into()),
    }
    let part = name.with_added_extension("part");
    folder.remove(&part)?;
    let written = || {
        let mut file = folder.create_new_for(&part, mode)?;
        file.write_all(content)?;
        file.sync_all()?;
        // A link that was laid there meanwhile gives way too.
        folder.rename(&part, name)
    };
    written().inspect_err(|_| {
        let _ = folder.remove(&part); // it may not be there
    })
}

/// Whether an error says that there is nothing.
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn read_all(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len();
    if size > limit {
        return Err(Unsafe::TooLong(limit).into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // It may grow meanwhile.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(Unsafe::TooLong(limit).into()) } else { Ok(bytes) }
}

fn regular(found: &Stat) -> Result<(), Unsafe> {
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok(()),
        FileType::Symlink => Err(Unsafe::Link),
        _ => Err(Unsafe::NotAFile),
    }
}

/// The names of a path that stays where it begins.
fn names(path: &Path) -> Result<Vec<&OsStr>, Unsafe> {
    let name = |part| if let Component::Normal(name) = part { Ok(name) } else { Err(Unsafe::Outside) };
    let names: Vec<_> = path.components().map(name).collect::<Result<_, _>>()?;
    if names.is_empty() { Err(Unsafe::Outside) } else { Ok(names) }
}

fn is_link(dir: &OwnedFd, path: &Path) -> bool {
    rustix::fs::statat(dir, path, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink)
}

/// What `openat2` does, one name after the other.
fn step_by_step(dir: &OwnedFd, path: &Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let names = names(path).map_err(|_| Errno::XDEV)?;
    let (last, above) = names.split_last().ok_or(Errno::XDEV)?;
    let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at: Option<OwnedFd> = None;
    for name in above {
        let next = rustix::fs::openat(at.as_ref().unwrap_or(dir).as_fd(), *name, step, Mode::empty());
        at = Some(next.map_err(|error| {
            if error == Errno::NOTDIR && is_link(at.as_ref().unwrap_or(dir), Path::new(name)) {
                Errno::LOOP
            } else {
                error
            }
        })?);
    }
    rustix::fs::openat(at.as_ref().unwrap_or(dir).as_fd(), *last, flags, mode)
}

#[cfg(test)]
mod tests;
