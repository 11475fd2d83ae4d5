//! Removing what interrupted writes left beside their places on a disk: `<name>#<n>`.
//!
//! It must never remove anything else: only regular files whose names are those of an object of ours and a number, in the
//! directory that the object lies in, and old enough that nobody can still be writing them.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Vault, VaultError, VaultKey};

/// No write takes that long: the largest object is written in one go.
const OLD: Duration = Duration::from_secs(15 * 60);

impl Vault {
    /// Removes what interrupted runs left, in every directory of every disk. Gives how many files that were.
    ///
    /// # Errors
    /// A directory could not be read, or a file not be removed.
    pub async fn sweep(&self) -> Result<u64, VaultError> {
        let mut swept = 0;
        for root in self.stores.iter().filter_map(|store| store.root.clone()) {
            let shown = root.display().to_string();
            let done = tokio::task::spawn_blocking(move || sweep(&root, SystemTime::now())).await;
            let done = done.map_err(io::Error::other).flatten();
            swept += done.map_err(|error| VaultError::Open(format!("cannot sweep {shown}: {error}")))?;
        }
        if swept > 0 {
            tracing::info!(swept, "Removed {swept} unfinished objects of an interrupted run");
        }
        Ok(swept)
    }
}

/// One disk. Directories of objects are the only ones that are looked into.
fn sweep(root: &Path, now: SystemTime) -> io::Result<u64> {
    let mut swept = 0;
    let mut directories: Vec<String> = (0..=u8::MAX).map(VaultKey::shard_name).collect();
    directories.extend(VaultKey::OTHER_TOPS.map(str::to_owned));
    while let Some(directory) = directories.pop() {
        let entries = match fs::read_dir(root.join(&directory)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{directory}/{name}");
            if entry.file_type()?.is_dir() {
                if VaultKey::is_directory(&path) {
                    directories.push(path);
                }
            } else if is_unfinished(&path) && is_old(&entry, now) {
                match fs::remove_file(entry.path()) {
                    Ok(()) => swept += 1,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {} // another node's sweep
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(swept)
}

/// `<path of an object>#<digits>`, as the store names what it is writing.
fn is_unfinished(path: &str) -> bool {
    path.rsplit_once('#').is_some_and(|(object, number)| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) && VaultKey::is_object(object)
    })
}

/// A file whose age nobody can tell is not old.
fn is_old(entry: &DirEntry, now: SystemTime) -> bool {
    let regular = entry.metadata().ok().filter(fs::Metadata::is_file);
    let age = regular.and_then(|found| found.modified().ok()).and_then(|written| now.duration_since(written).ok());
    age.is_some_and(|age| age > OLD)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use super::*;

    #[test]
    fn only_old_leftovers_of_our_own_objects_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let digest = "ab".repeat(32);
        let unfinished = [
            format!("b/ab/{digest}#1"),
            "log/head#12".to_owned(),
            "log/entries/000/000/041#1".to_owned(),
            "log/tile/0/000/000/007#2".to_owned(),
            "packs/000/000/041.zip#1".to_owned(),
            "probe/start#1".to_owned(),
        ];
        let other = [
            format!("b/ab/{digest}"),
            format!("b/ac/{digest}#1"),
            format!("b/ab/{digest}#1a"),
            format!("b/ab/{digest}#"),
            "b/ab/notes#1".to_owned(),
            "log/head".to_owned(),
            "log/entries/000/000/041".to_owned(),
            "log/entries/000/notes/041#1".to_owned(),
            "log/old#1".to_owned(),
            "elsewhere/000#1".to_owned(),
        ];
        for path in unfinished.iter().chain(&other) {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"half").unwrap();
        }
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("b/cd")).unwrap();
        let left = |paths: &[String]| paths.iter().filter(|path| dir.path().join(path).exists()).count();
        assert_eq!(sweep(dir.path(), SystemTime::now()).unwrap(), 0, "somebody may be writing them");
        assert_eq!(sweep(dir.path(), SystemTime::now() - OLD).unwrap(), 0, "nor when a clock stands wrong");
        assert_eq!(sweep(dir.path(), SystemTime::now() + OLD + Duration::from_secs(5)).unwrap(), 6);
        assert_eq!((left(&unfinished), left(&other)), (0, other.len()));
    }
}
