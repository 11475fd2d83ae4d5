//! Looking again after writing: a store may acknowledge what it did not keep. What is not seen is written again, and what
//! is never seen was not stored: no receipt is given for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use object_store::{Error as StoreError, ObjectStoreExt};
use serde::Deserialize;

use super::{Store, VaultError, VaultKey};

/// How a store is looked at after each write.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyWrites {
    /// Whether the object is there with as many bytes: one small question a write.
    Size,
    /// The same, and one write in 32 is read back.
    #[default]
    Sample,
    /// Every write is read back: twice the traffic to the store.
    All,
}

/// One write in so many is read back.
const SAMPLE: u64 = 32;
/// How often something is written that is not there afterwards.
pub(super) const WRITES: u32 = 3;

/// How writes are looked at, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub verify: VerifyWrites,
    writes: AtomicU64,
}

impl Looks {
    pub(super) fn new(verify: VerifyWrites) -> Self {
        Self { verify, writes: AtomicU64::new(0) }
    }

    fn reads_back(&self) -> bool {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        match self.verify {
            VerifyWrites::Size => false,
            VerifyWrites::Sample => (number + 1).is_multiple_of(SAMPLE),
            VerifyWrites::All => true,
        }
    }
}

impl Store {
    /// Whether the store has what it just acknowledged. If not, that is told, and a moment passes: some stores show late what
    /// they have.
    pub(super) async fn has_kept(&self, key: VaultKey, bytes: &Bytes, attempt: u32) -> Result<bool, VaultError> {
        let size = match self.control.head(&key.path()).await {
            Ok(meta) => Some(meta.size),
            Err(StoreError::NotFound { .. }) => None,
            Err(source) => return Err(VaultError::of(key, source)),
        };
        let there = size == Some(bytes.len() as u64);
        if there && (!self.looks.reads_back() || self.reads_back(key, bytes).await?) {
            return Ok(true);
        }
        let found = size.map_or("nothing".to_owned(), |size| format!("{size} bytes"));
        tracing::error!(%key, attempt, "ALARM: a store acknowledged {key} with {} bytes and has {found} or other bytes", bytes.len());
        tokio::time::sleep(Duration::from_millis(100) * attempt).await;
        Ok(false)
    }

    async fn reads_back(&self, key: VaultKey, bytes: &Bytes) -> Result<bool, VaultError> {
        let found = match self.control.get(&key.path()).await {
            Ok(found) if found.meta.size == bytes.len() as u64 => found,
            Ok(_) | Err(StoreError::NotFound { .. }) => return Ok(false),
            Err(source) => return Err(VaultError::of(key, source)),
        };
        Ok(found.bytes().await.map_err(|source| VaultError::of(key, source))? == bytes)
    }
}
