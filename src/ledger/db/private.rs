//! The database's files belong to one account of this machine: they hold the record of accesses, names, addresses and hashes.

use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes the file of a new database, and takes away from everybody but its owner what an older version let them do. SQLite
/// gives the files that it makes beside it the same mode.
pub(super) fn keep_private(database: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(database)?;
    let beside = ["-wal", "-shm", "-journal"].map(|suffix| {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        path.into()
    });
    for path in std::iter::once(database.to_owned()).chain(beside) {
        let mode = match path.metadata() {
            Ok(found) => found.mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if mode & 0o077 == 0 {
            continue;
        }
        let shown = path.display();
        match std::fs::set_permissions(&path, Permissions::from_mode(0o600)) {
            Ok(()) => tracing::warn!(
                "{shown} could be read by others on this machine (mode {:o}); it is 600 now",
                mode & 0o777
            ),
            Err(error) => {
                tracing::error!(%error, "{shown} can be read by others on this machine, and its mode cannot be changed")
            }
        }
    }
    Ok(())
}
