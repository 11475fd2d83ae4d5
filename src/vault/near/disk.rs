//! Copies on this machine's disk, in files named by their digests.
//!
//! Nothing here is synced, and everything is hashed when it is read: a torn or garbled copy is only a copy less. A disk
//! that fails or is full must never hold up a reader.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::cache::{Cache, Weighed};
use crate::domain::Digest;
use crate::vault::{VaultError, VaultKey};

/// What lies under a name: so many bytes.
#[derive(Clone, Copy, Debug)]
struct Copied(u64);

impl Weighed for Copied {
    fn weight(&self) -> u64 {
        self.0.max(BLOCK)
    }
}

/// What a file takes at least.
const BLOCK: u64 = 4096;
/// Copies that wait for the disk at most. More are not made: the bucket has them.
const WAITING: usize = 64;
/// Files at most.
const FILES: usize = 4 << 20;

#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    copies: Cache<Digest, Copied>,
    waiting: Arc<Semaphore>,
    /// Makes unfinished names differ.
    writes: AtomicU64,
    /// So that a full disk is told once, not for every scan.
    failing: AtomicBool,
}

impl Disk {
    /// Counts what lies there, the latest written last; what is too much goes.
    pub(super) async fn open(root: PathBuf, bytes: u64) -> Result<Self, VaultError> {
        let shown = root.display().to_string();
        let disk = Self(Arc::new(Inner {
            root,
            copies: Cache::new(bytes, FILES),
            waiting: Arc::new(Semaphore::new(WAITING)),
            writes: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        }));
        let inner = Arc::clone(&disk.0);
        let found = tokio::task::spawn_blocking(move || inner.count()).await;
        found
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| VaultError::Open(format!("cannot use {shown} for copies near at hand: {error}")))?;
        Ok(disk)
    }

    /// The copy, if there is a sound one.
    pub(super) async fn read(&self, digest: Digest) -> Option<Bytes> {
        self.0.copies.kept(&digest)?;
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || inner.read(digest)).await.ok().flatten()
    }

    /// Begins to make a copy, and does not wait for it.
    pub(super) fn keep(&self, digest: Digest, bytes: Bytes) {
        let Ok(place) = Arc::clone(&self.0.waiting).try_acquire_owned() else { return };
        let inner = Arc::clone(&self.0);
        drop(tokio::task::spawn_blocking(move || {
            let written = inner.write(digest, &bytes);
            inner.tell(&written);
            drop(place);
        }));
    }
}

impl Inner {
    fn path(&self, digest: Digest) -> PathBuf {
        self.root.join(VaultKey::Scan(digest).path().as_ref())
    }

    fn read(&self, digest: Digest) -> Option<Bytes> {
        let path = self.path(digest);
        let bytes = fs::read(&path).ok().filter(|bytes| Digest::of(bytes) == digest);
        if bytes.is_none() {
            tracing::warn!(scan = %digest, "The copy of scan {digest} near at hand is gone or garbled; the store is asked");
            self.copies.forget(&digest);
            let _ = fs::remove_file(path); // it may be gone already
        }
        bytes.map(Bytes::from)
    }

    fn write(&self, digest: Digest, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        let unfinished = path.with_extension(self.writes.fetch_add(1, Ordering::Relaxed).to_string());
        let named = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path));
        if named.is_err() {
            let _ = fs::remove_file(&unfinished); // so that a full disk is not kept full by halves
        }
        named?;
        self.count_in(digest, bytes.len() as u64);
        Ok(())
    }

    /// Removes what is too much now.
    fn count_in(&self, digest: Digest, size: u64) {
        for gone in self.copies.put(digest, Copied(size)) {
            let _ = fs::remove_file(self.path(gone)); // a reader who just opened it reads on
        }
    }

    fn count(&self) -> io::Result<()> {
        let mut found: Vec<(SystemTime, Digest, u64)> = Vec::new();
        for first in 0..=u8::MAX {
            let shard = self.root.join(VaultKey::shard_name(first));
            fs::create_dir_all(&shard)?;
            for file in fs::read_dir(shard)? {
                let file = file?;
                match digest_of(&file.path()) {
                    Some(digest) => {
                        let meta = file.metadata()?;
                        found.push((meta.modified()?, digest, meta.len()));
                    }
                    None => fs::remove_file(file.path())?, // unfinished
                }
            }
        }
        found.sort_unstable_by_key(|(written, ..)| *written);
        found.into_iter().for_each(|(_, digest, size)| self.count_in(digest, size));
        Ok(())
    }

    fn tell(&self, written: &io::Result<()>) {
        let failing = written.is_err();
        if failing != self.failing.swap(failing, Ordering::Relaxed) {
            match written {
                Err(error) => {
                    tracing::warn!(%error, "Cannot copy scans to {}: the store is asked instead", self.root.display())
                }
                Ok(()) => tracing::info!("Copies scans to {} again", self.root.display()),
            }
        }
    }
}

fn digest_of(path: &Path) -> Option<Digest> {
    path.file_name()?.to_str()?.parse().ok()
}
