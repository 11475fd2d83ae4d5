//! Looking again at what is stored, whatever is remembered of it: every copy is read and hashed, and made good from another
//! where it is not sound.

use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::ObjectMeta;
use object_store::path::Path;

use super::{Store, Vault, VaultError, VaultKey};
use crate::domain::Digest;

/// What a look at one scan came to.
#[derive(Debug)]
pub struct Looked {
    /// Copies that were made good.
    pub healed: u64,
    /// What is still wrong: the first store's trouble.
    pub fault: Option<VaultError>,
}

/// A scan that lies in a store.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// Its name.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// When it was stored.
    pub at: SystemTime,
}

impl Vault {
    /// Reads every copy of a scan of `size` bytes and makes good what is not sound.
    pub async fn look(&self, digest: Digest, size: u64) -> Looked {
        let mut bad = Vec::new();
        for (number, store) in self.stores.iter().enumerate() {
            if let Err(error) = self.look_in(store, digest, size).await {
                self.alarm(number, digest, &error);
                bad.push((number, error));
            }
        }
        if bad.is_empty() {
            return Looked { healed: 0, fault: None };
        }
        let Some(bytes) = self.other_copy(digest, size, &bad).await else {
            return Looked { healed: 0, fault: bad.into_iter().next().map(|(_, error)| error) };
        };
        self.mend(digest, &bytes).await;
        let (mut healed, mut fault) = (0, None);
        for (number, _) in bad {
            match self.look_in(&self.stores[number], digest, size).await {
                Ok(()) => healed += 1,
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        Looked { healed, fault }
    }

    async fn look_in(&self, store: &Store, digest: Digest, size: u64) -> Result<(), VaultError> {
        match store.path(VaultKey::Scan(digest)) {
            Some(path) => self.sound.look(path, digest, size).await,
            // A bucket may have spoilt the answer and not the object.
            None => match store.verified(digest, size).await {
                Err(VaultError::Damaged(_)) => store.verified(digest, size).await.map(drop),
                looked => looked.map(drop),
            },
        }
    }

    /// A sound copy from a store that is not bad, or from near at hand.
    async fn other_copy(&self, digest: Digest, size: u64, bad: &[(usize, VaultError)]) -> Option<Bytes> {
        for (number, store) in self.stores.iter().enumerate() {
            if !bad.iter().any(|(bad, _)| *bad == number)
                && let Ok(bytes) = store.verified(digest, size).await
            {
                return Some(bytes);
            }
        }
        let none = async || Err(VaultError::Missing(VaultKey::Scan(digest)));
        let copy = self.near.as_ref()?.whole(digest, size, none).await.ok()?;
        // What lies in memory was hashed when it came; a store is given nothing that was not hashed just now.
        let hashing = self.sound.lane().run(move || (Digest::of(&copy) == digest).then_some(copy)).await;
        hashing.ok().flatten()
    }

    /// Every scan that lies in the first store, in no order. What has another name is passed over.
    pub fn stored(&self) -> BoxStream<'_, Result<Stored, VaultError>> {
        let listed = self.stores[0].control.list(Some(&Path::from(VaultKey::SCANS)));
        let found = |meta: ObjectMeta| {
            let digest = meta.location.filename()?.parse().ok()?;
            (VaultKey::Scan(digest).path() == meta.location).then(|| Stored {
                digest,
                size: meta.size,
                at: meta.last_modified.into(),
            })
        };
        let stored = listed.filter_map(move |meta| {
            std::future::ready(match meta {
                Ok(meta) => found(meta).map(Ok),
                Err(source) => Some(Err(VaultError::Listing(source))),
            })
        });
        stored.boxed()
    }

    /// The bytes of a scan that no entry names, if they are its bytes.
    ///
    /// # Errors
    /// It is missing or damaged. That is no alarm: nobody was promised anything.
    pub async fn unentered(&self, stored: &Stored) -> Result<Bytes, VaultError> {
        self.stores[0].verified(stored.digest, stored.size).await
    }
}
