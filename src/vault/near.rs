//! Copies of a bucket's scans near at hand: in memory and, where told to, on this machine's disk. Of many who ask for the
//! same scan at once one fetches it.
//!
//! It must never be the only place of anything, hand out bytes that it has not hashed, hold more than its limits, or fail
//! a reader whom the bucket could serve.

mod disk;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::VaultError;
use crate::cache::Cache;
use crate::domain::Digest;
use disk::Disk;

/// How much is kept near at hand. Right for ever, because names are digests; lost at any time without harm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearConfig {
    /// Bytes of scans in memory. As much again may be in the hands of readers. 0 keeps none, nor any on the disk.
    pub memory_bytes: u64,
    /// A directory for more of them, which is this node's alone. None: memory only.
    #[serde(default)]
    pub disk: Option<PathBuf>,
    /// Bytes on that disk at most.
    #[serde(default)]
    pub disk_bytes: u64,
}

impl Default for NearConfig {
    fn default() -> Self {
        Self { memory_bytes: 256 << 20, disk: None, disk_bytes: 0 }
    }
}

/// The copies.
#[derive(Debug)]
pub(super) struct Near {
    memory: Cache<Digest, Bytes>,
    disk: Option<Disk>,
    /// KiB that may be in readers' hands. A scan that a slow reader holds takes memory though it is forgotten here.
    lendable: Arc<Semaphore>,
    /// Larger scans are read from the bucket piece by piece: a few of them would push out all others.
    largest: u64,
}

/// Scans in memory at most, whatever their size: each costs a little beside its bytes.
const SCANS: usize = 1 << 16;

impl Near {
    /// The copies of an earlier run that lie on the disk are counted in.
    pub(super) async fn open(config: &NearConfig) -> Result<Option<Arc<Self>>, VaultError> {
        if config.memory_bytes == 0 {
            return Ok(None);
        }
        let disk = match &config.disk {
            Some(root) => Some(Disk::open(root.clone(), config.disk_bytes).await?),
            None => None,
        };
        let lendable = usize::try_from(config.memory_bytes >> 10).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Ok(Some(Arc::new(Self {
            memory: Cache::new(config.memory_bytes, SCANS),
            disk,
            lendable: Arc::new(Semaphore::new(lendable)),
            largest: config.memory_bytes / 64,
        })))
    }

    /// The right to hold a scan of `size` bytes while it is handed out; none for large ones, and when too much is out.
    pub(super) fn lend(&self, size: u64) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(size.div_ceil(1024)).ok()?;
        if size > self.largest {
            return None;
        }
        Arc::clone(&self.lendable).try_acquire_many_owned(kib).ok()
    }

    /// A whole scan: the copy, or what `fetch` gives, which must have been hashed.
    pub(super) async fn whole<F>(&self, digest: Digest, size: u64, fetch: F) -> Result<Bytes, VaultError>
    where
        F: AsyncFnOnce() -> Result<Bytes, VaultError>,
    {
        if size > self.largest {
            return fetch().await;
        }
        let make = || async move {
            if let Some(disk) = &self.disk
                && let Some(copy) = disk.read(digest).await
            {
                return Ok(copy);
            }
            let bytes = fetch().await?;
            if let Some(disk) = &self.disk {
                disk.keep(digest, bytes.clone());
            }
            Ok(bytes)
        };
        self.memory.get(&digest, |_| true, make).await
    }

    /// A scan that was just stored is asked for next. Nobody waits here, whoever may be fetching the same bytes.
    pub(super) fn keep(&self, digest: Digest, bytes: &Bytes) {
        if bytes.len() as u64 > self.largest {
            return;
        }
        drop(self.memory.put(digest, bytes.clone()));
        if let Some(disk) = &self.disk {
            disk.keep(digest, bytes.clone());
        }
    }
}
