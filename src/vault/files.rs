//! An object's file on this machine, opened: what the kernel knows at once, the rest on a thread of its own.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use object_store::Error as StoreError;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

use super::patience::ask;
use super::{VaultError, VaultKey};

/// The object's file, which holds `length` bytes at least.
pub(super) async fn open(key: VaultKey, path: PathBuf, length: u64) -> Result<File, VaultError> {
    let file = match open_known(&path) {
        Some(file) => file,
        None => ask(move || open_any(&path)).await.map_err(|error| failure(key, error))?,
    };
    let found = file.metadata().map_err(|error| failure(key, error))?;
    if !found.is_file() {
        return Err(VaultError::Damaged(key)); // a pipe, a directory, a device: nothing that the vault wrote
    }
    let found = found.len();
    if found < length {
        let what = format!("{key} has {found} bytes where {length} were asked for");
        return Err(VaultError::Unfit(what)); // the object is shorter than the ledger says
    }
    Ok(file)
}

pub(super) fn failure(key: VaultKey, error: io::Error) -> VaultError {
    match error.kind() {
        ErrorKind::NotFound => VaultError::Missing(key),
        _ => VaultError::Store { key, source: StoreError::Generic { store: "local", source: Box::new(error) } },
    }
}

/// How an object is opened: no link is followed, and a pipe is not waited for.
const HOW: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Opens what the kernel can find without the disk. Where that fails, the ordinary way of opening says why.
fn open_known(path: &Path) -> Option<File> {
    openat2(CWD, path, HOW, Mode::empty(), ResolveFlags::CACHED).ok().map(File::from)
}

/// An object is a file that the vault wrote. A link in its place was put there by somebody else, and its target must not be
/// handed out.
fn open_any(path: &Path) -> io::Result<File> {
    openat(CWD, path, HOW, Mode::empty()).map(File::from).map_err(|error| match error {
        Errno::LOOP => io::Error::other("a link lies where an object should"),
        error => error.into(),
    })
}
