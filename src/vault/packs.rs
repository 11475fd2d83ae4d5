//! Full packs as objects of their own: one request to a bucket where their scans are 256.
//!
//! They save requests and are nothing to rely on: whoever reads one hashes every scan in it, and reads scan by scan where
//! it is missing. It must never be waited for: a pack is handed out whether or not it lies here.

use bytes::Bytes;
use object_store::{ObjectStoreExt, WriteMultipart};

use super::{Chunks, Vault, VaultError, VaultKey};

/// Bytes of one part of an upload, and how many parts are on their way at a time beside the one that fills.
const PART: usize = 8 << 20;
const PARTS: usize = 2;

/// A pack that is being written. It appears whole under its name, or not at all.
#[derive(Debug)]
pub struct PackWriting {
    key: VaultKey,
    uploads: Vec<WriteMultipart>,
}

impl Vault {
    /// The same vault, which keeps full packs as objects, for tests with a store of their own.
    pub fn keeping_packs(self) -> Self {
        Self { packs: true, ..self }
    }

    /// Whether full packs are kept as objects.
    pub fn keeps_packs(&self) -> bool {
        self.packs
    }

    /// Begins to keep a full pack in every store.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn begin_pack(&self, number: u64) -> Result<PackWriting, VaultError> {
        let key = VaultKey::Pack(number);
        let mut uploads = Vec::new();
        for store in &self.stores {
            let upload =
                store.control.put_multipart(&key.path()).await.map_err(|source| VaultError::of(key, source))?;
            uploads.push(WriteMultipart::new_with_chunk_size(upload, PART));
        }
        Ok(PackWriting { key, uploads })
    }

    /// Bytes `from..to` of a full pack's object, unverified.
    ///
    /// # Errors
    /// [`VaultError::Missing`] where none is kept.
    pub async fn pack(&self, number: u64, from: u64, to: u64) -> Result<Chunks, VaultError> {
        self.stores[0].read(VaultKey::Pack(number), from, to).await
    }
}

impl PackWriting {
    /// The next bytes.
    ///
    /// # Errors
    /// When a store does not take them.
    pub async fn write(&mut self, bytes: &Bytes) -> Result<(), VaultError> {
        let key = self.key;
        for upload in &mut self.uploads {
            upload.wait_for_capacity(PARTS).await.map_err(|source| VaultError::of(key, source))?;
            upload.put(bytes.clone());
        }
        Ok(())
    }

    /// Gives the pack its name, durably.
    ///
    /// # Errors
    /// When a store does not.
    pub async fn finish(self) -> Result<(), VaultError> {
        for upload in self.uploads {
            upload.finish().await.map_err(|source| VaultError::of(self.key, source))?;
        }
        Ok(())
    }

    /// Takes back what was written. A store that cannot do so now forgets it later, by its own rule for such uploads.
    pub async fn abandon(self) {
        for upload in self.uploads {
            if let Err(error) = upload.abort().await {
                tracing::debug!(%error, "Could not take back an upload of {}", self.key);
            }
        }
    }
}
