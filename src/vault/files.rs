//! An object's file on this machine, opened: what the kernel knows at once, the rest on a thread of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use object_store::Error as StoreError;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use super::{VaultError, VaultKey};

/// The object's file, which holds `length` bytes at least.
pub(super) async fn open(key: VaultKey, path: PathBuf, length: u64) -> Result<File, VaultError> {
    let file = match open_known(&path) {
        Some(file) => file,
        None => {
            let opened = spawn_blocking(move || open_any(&path)).await;
            opened.map_err(io::Error::other).flatten().map_err(|error| failure(key, error))?
        }
    };
    let found = file.metadata().map_err(|error| failure(key, error))?.len();
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

/// Opens what the kernel can find without the disk. Where that fails, the ordinary way of opening says why.
fn open_known(path: &Path) -> Option<File> {
    let how = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat2(CWD, path, how, Mode::empty(), ResolveFlags::CACHED).ok().map(File::from)
}

/// An object is a file that the vault wrote. A link in its place was put there by somebody else, and its target must not be
/// handed out.
fn open_any(path: &Path) -> io::Result<File> {
    let nofollow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(nofollow).open(path).map_err(|error| {
        match Errno::from_io_error(&error) {
            Some(Errno::LOOP) => io::Error::other("a link lies where an object should"),
            _ => error,
        }
    })
}
