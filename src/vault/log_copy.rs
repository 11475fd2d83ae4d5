//! The log's copy: bundles and tiles that never change, and the head, which only its own log may move on.
//!
//! It must never write over what it has not read. A store that ignores create-only writes would take other bytes for the
//! same name without a word, so every object is looked at first.

use bytes::Bytes;
use object_store::{Error as StoreError, ObjectStoreExt, PutMode, UpdateVersion};

use super::files::failure;
use super::{Store, Vault, VaultError, VaultKey, patience};

/// Bytes of one object of the log at most: 256 entries of 64 KiB, and some.
const LOG_OBJECT: u64 = 32 << 20;

/// The log's head as it was read, so that it is replaced only while it still is what was read.
#[derive(Clone, Debug)]
pub struct SeenHead {
    bytes: Option<Bytes>,
    version: Option<UpdateVersion>,
}

impl SeenHead {
    /// Its bytes, where there is one.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }
}

impl Vault {
    /// Stores a bundle or a tile in every store, durably. What is there already with the same bytes stays.
    ///
    /// # Errors
    /// [`VaultError::Contradicts`] when other bytes lie there: then two logs claim to be this one.
    pub async fn keep_log(&self, key: VaultKey, bytes: Bytes) -> Result<(), VaultError> {
        for store in &self.stores {
            let (of, bytes) = (store.clone(), bytes.clone());
            store.in_time(key, async move { of.keep_log(key, &bytes).await }).await?;
        }
        Ok(())
    }

    /// Reads an object of the log.
    pub async fn log_object(&self, key: VaultKey) -> Result<Bytes, VaultError> {
        let store = self.stores[0].clone();
        self.stores[0].in_time(key, async move { store.log_object(key).await }).await
    }

    /// Reads the log's head, to replace it.
    pub async fn log_head(&self) -> Result<SeenHead, VaultError> {
        let store = self.stores[0].clone();
        self.stores[0].in_time(VaultKey::LogHead, async move { store.log_head().await }).await
    }

    /// Replaces the log's head in every store, durably, if it is still the one that was `seen`.
    ///
    /// # Errors
    /// [`VaultError::Overtaken`] when another node has written it meanwhile: it is to be read and compared again.
    pub async fn replace_log_head(&self, seen: &SeenHead, bytes: Bytes) -> Result<(), VaultError> {
        let key = VaultKey::LogHead;
        for (number, store) in self.stores.iter().enumerate() {
            let (of, seen, bytes) = (store.clone(), seen.clone(), bytes.clone());
            let replaced = async move {
                match number {
                    0 => of.replace_log_head(&seen, bytes).await?,
                    // The first store's condition has decided.
                    _ => {
                        let put = of.control.put(&key.path(), bytes.into()).await;
                        put.map(drop).map_err(|source| VaultError::of(key, source))?;
                    }
                }
                of.has_log_head().await
            };
            store.in_time(key, replaced).await?;
        }
        Ok(())
    }
}

impl Store {
    /// A disk that does not answer is not waited for: what was asked of it goes on in a task of its own, and is counted.
    async fn in_time<T: Send + 'static>(
        &self,
        key: VaultKey,
        work: impl Future<Output = Result<T, VaultError>> + Send + 'static,
    ) -> Result<T, VaultError> {
        match self.root {
            Some(_) => patience::write(work).await.map_err(|error| failure(key, error))?,
            None => work.await,
        }
    }

    async fn keep_log(&self, key: VaultKey, bytes: &Bytes) -> Result<(), VaultError> {
        let same = async |found: Bytes| match found == *bytes {
            true => self.sync_directory_of(key).await,
            false => Err(VaultError::Contradicts(key)),
        };
        match self.log_object(key).await {
            Ok(found) => return same(found).await,
            Err(VaultError::Missing(_)) => {}
            Err(error) => return Err(error),
        }
        match self.control.put_opts(&key.path(), bytes.clone().into(), PutMode::Create.into()).await {
            // What is not there is missed by nobody until it is needed, so the next round writes it.
            Ok(_) if self.has_kept(key, bytes, 1).await? => Ok(()),
            Ok(_) => Err(VaultError::NotKept(key)),
            Err(StoreError::AlreadyExists { .. }) => same(self.log_object(key).await?).await,
            Err(source) => Err(VaultError::of(key, source)),
        }
    }

    async fn log_object(&self, key: VaultKey) -> Result<Bytes, VaultError> {
        let found = self.control.get(&key.path()).await.map_err(|source| VaultError::of(key, source))?;
        if found.meta.size > LOG_OBJECT {
            return Err(VaultError::Unfit(format!("{key} has {} bytes", found.meta.size)));
        }
        found.bytes().await.map_err(|source| VaultError::of(key, source))
    }

    async fn log_head(&self) -> Result<SeenHead, VaultError> {
        let key = VaultKey::LogHead;
        let found = match self.control.get(&key.path()).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => return Ok(SeenHead { bytes: None, version: None }),
            Err(source) => return Err(VaultError::of(key, source)),
        };
        if found.meta.size > LOG_OBJECT {
            return Err(VaultError::Unfit(format!("{key} has {} bytes", found.meta.size)));
        }
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let bytes = found.bytes().await.map_err(|source| VaultError::of(key, source))?;
        Ok(SeenHead { bytes: Some(bytes), version: Some(version) })
    }

    /// Looks again after writing the head. Another node may have written its own meanwhile, so only that there is one can
    /// be asked.
    async fn has_log_head(&self) -> Result<(), VaultError> {
        match self.control.head(&VaultKey::LogHead.path()).await {
            Ok(_) => Ok(()),
            Err(StoreError::NotFound { .. }) => Err(VaultError::NotKept(VaultKey::LogHead)),
            Err(source) => Err(VaultError::of(VaultKey::LogHead, source)),
        }
    }

    async fn replace_log_head(&self, seen: &SeenHead, bytes: Bytes) -> Result<(), VaultError> {
        let key = VaultKey::LogHead;
        // A disk knows no conditional writes, so a lock keeps the services of this machine apart. In a bucket the condition
        // does; a store that ignores it leaves only the comparison, and the moment between it and the write.
        let _held = self.lock_log_head().await?;
        let mode = match &seen.version {
            _ if self.root.is_some() => PutMode::Overwrite,
            Some(version) => PutMode::Update(version.clone()),
            None => PutMode::Create,
        };
        let put = async |mode: PutMode| self.control.put_opts(&key.path(), bytes.clone().into(), mode.into()).await;
        let compared = async || match self.log_head().await?.bytes == seen.bytes {
            true => Ok(()),
            false => Err(VaultError::Overtaken(key)),
        };
        if mode == PutMode::Overwrite {
            compared().await?;
        }
        match put(mode).await {
            Ok(_) => Ok(()),
            // Another node was first, or the store does not know the condition: some refuse every one. What lies
            // there tells which.
            Err(
                StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } | StoreError::NotImplemented { .. },
            ) => {
                compared().await?;
                put(PutMode::Overwrite).await.map(drop).map_err(|source| VaultError::of(key, source))
            }
            Err(source) => Err(VaultError::of(key, source)),
        }
    }

    async fn lock_log_head(&self) -> Result<Option<std::fs::File>, VaultError> {
        let Some(root) = self.root.clone() else { return Ok(None) };
        let locked = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
            let file = std::fs::File::create(root.join("head.lock"))?;
            file.lock()?;
            Ok(file)
        });
        let locked = locked.await.map_err(std::io::Error::other).flatten();
        locked.map(Some).map_err(|error| VaultError::Store {
            key: VaultKey::LogHead,
            source: StoreError::Generic { store: "local", source: Box::new(error) },
        })
    }
}
