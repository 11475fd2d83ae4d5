//! Pictures that were made before, on this machine's disk, in files named by what they show.
//!
//! Nothing here is synced. A file begins with the digest of what follows, which is hashed when it is read: a torn or garbled
//! one is only a picture less. A disk that fails or is full must never hold up a reader.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::cache::{Cache, Weighed};
use crate::domain::Digest;

/// Bytes that a file takes.
#[derive(Clone, Copy, Debug)]
struct Held(u64);

impl Weighed for Held {
    fn weight(&self) -> u64 {
        self.0.max(BLOCK)
    }
}

/// What a file takes at least.
const BLOCK: u64 = 4096;
/// Larger pictures are made again: a few of them would push out all others.
const LARGEST: usize = 1 << 20;
/// Files at most.
const FILES: usize = 4 << 20;
/// Pictures that wait for the disk at most. More are not kept.
const WAITING: usize = 64;
/// Bytes of the digest before a picture.
const HEAD: usize = 32;

/// The directory. Clones share what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    held: Cache<Digest, Held>,
    waiting: Arc<Semaphore>,
    /// Makes unfinished names differ.
    writes: AtomicU64,
    /// So that a full disk is told once, not for every picture.
    failing: AtomicBool,
}

impl Disk {
    /// Counts what lies there, the latest written last; what is too much goes.
    pub async fn open(root: PathBuf, bytes: u64) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            root,
            held: Cache::new(bytes, FILES),
            waiting: Arc::new(Semaphore::new(WAITING)),
            writes: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        });
        let counting = Arc::clone(&inner);
        tokio::task::spawn_blocking(move || counting.count()).await.map_err(io::Error::other).flatten()?;
        Ok(Self(inner))
    }

    /// The picture of this name, if a sound one is there.
    pub async fn read(&self, key: Digest) -> Option<Bytes> {
        self.0.held.kept(&key)?;
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || inner.read(key)).await.ok().flatten()
    }

    /// Begins to keep a picture, and does not wait for it.
    pub fn keep(&self, key: Digest, picture: Bytes) {
        let Ok(turn) = Arc::clone(&self.0.waiting).try_acquire_owned() else { return };
        if picture.len() > LARGEST {
            return;
        }
        let inner = Arc::clone(&self.0);
        drop(tokio::task::spawn_blocking(move || {
            inner.tell(&inner.write(key, &picture));
            drop(turn);
        }));
    }
}

impl Inner {
    fn path(&self, key: Digest) -> PathBuf {
        let name = key.to_string();
        self.root.join(&name[..2]).join(name)
    }

    fn read(&self, key: Digest) -> Option<Bytes> {
        let path = self.path(key);
        let picture = fs::read(&path).ok().map(Bytes::from).and_then(|file| {
            let sound = file.len() > HEAD && Digest::of(&file[HEAD..]).as_bytes()[..] == file[..HEAD];
            sound.then(|| file.slice(HEAD..))
        });
        if picture.is_none() {
            self.held.forget(&key);
            let _ = fs::remove_file(path); // it may be gone already
        }
        picture
    }

    fn write(&self, key: Digest, picture: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let unfinished = path.with_extension(self.writes.fetch_add(1, Ordering::Relaxed).to_string());
        let file = [Digest::of(picture).as_bytes(), picture].concat();
        let named = fs::write(&unfinished, &file).and_then(|()| fs::rename(&unfinished, &path));
        if named.is_err() {
            let _ = fs::remove_file(&unfinished); // so that a full disk is not kept full by halves
        }
        named?;
        self.count_in(key, file.len() as u64);
        Ok(())
    }

    /// Removes what is too much now.
    fn count_in(&self, key: Digest, size: u64) {
        for gone in self.held.put(key, Held(size)) {
            let _ = fs::remove_file(self.path(gone)); // a reader who just opened it reads on
        }
    }

    fn count(&self) -> io::Result<()> {
        let mut found: Vec<(SystemTime, Digest, u64)> = Vec::new();
        for first in 0..=u8::MAX {
            let shard = self.root.join(hex::encode([first]));
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&shard)?;
            for file in fs::read_dir(shard)? {
                let file = file?;
                match digest_of(&file.path()) {
                    Some(key) => {
                        let meta = file.metadata()?;
                        found.push((meta.modified()?, key, meta.len()));
                    }
                    None => fs::remove_file(file.path())?, // unfinished
                }
            }
        }
        found.sort_unstable_by_key(|(written, ..)| *written);
        found.into_iter().for_each(|(_, key, size)| self.count_in(key, size));
        Ok(())
    }

    fn tell(&self, written: &io::Result<()>) {
        let failing = written.is_err();
        if failing != self.failing.swap(failing, Ordering::Relaxed) {
            match written {
                Err(error) => {
                    tracing::warn!(%error, "Cannot keep pictures in {}: they are made again", self.root.display())
                }
                Ok(()) => tracing::info!("Keeps pictures in {} again", self.root.display()),
            }
        }
    }
}

fn digest_of(path: &Path) -> Option<Digest> {
    path.file_name()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_again_and_what_is_garbled_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let inner = || Inner {
            root: dir.path().to_owned(),
            held: Cache::new(3 * BLOCK, FILES),
            waiting: Arc::new(Semaphore::new(1)),
            writes: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        };
        let key = |n: u8| Digest::of(&[n]);
        let disk = inner();
        disk.count().unwrap();
        for n in 0..4 {
            disk.write(key(n), &[n; 10]).unwrap();
        }
        assert!(!disk.path(key(0)).exists(), "the oldest made room");
        assert_eq!(disk.read(key(3)).as_deref(), Some(&[3; 10][..]));
        fs::write(disk.path(key(2)), b"garbled").unwrap();
        assert_eq!(disk.read(key(2)), None);
        assert!(!disk.path(key(2)).exists());
        fs::write(disk.path(key(1)).with_extension("7"), b"half").unwrap();
        let again = inner();
        again.count().unwrap();
        assert!(again.held.kept(&key(1)).is_some() && again.held.kept(&key(2)).is_none());
        assert_eq!(fs::read_dir(disk.path(key(1)).parent().unwrap()).unwrap().count(), 1, "no halves");
    }
}
