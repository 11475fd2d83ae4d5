//! The vault: objects named by their content. Put once, get a range, heal.
//!
//! The only room that spells object keys. It must never know who asks, never say "kept" before the bytes are durable, and
//! never hand out bytes of a scan that were not compared with its digest.

mod alive;
mod chunks;
mod files;
mod heal;
mod key;
mod local;
mod log_copy;
mod look;
mod near;
mod open;
mod packs;
mod passing;
mod patience;
mod read;
mod sound;
mod sweep;
mod written;

use std::path::PathBuf;
use std::sync::Arc;

use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use tokio::sync::{Mutex, Semaphore};

use crate::domain::{Digest, Scan, ScanFacts};
use crate::meters;
use crate::space::Disk;
pub use chunks::Chunks;
pub use key::VaultKey;
pub use log_copy::SeenHead;
pub use look::{Looked, Stored};
pub use near::NearConfig;
pub use open::VaultConfig;
pub use packs::PackWriting;
pub use sound::SoundFile;
pub use written::VerifyWrites;

/// A scan that is durably stored. Its field is private: the only way to hold one is to have called [`Vault::keep`], or
/// to have found with [`Vault::kept_already`] what an earlier call kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    facts: ScanFacts,
}

impl Kept {
    /// What the scan measures.
    pub fn facts(&self) -> ScanFacts {
        self.facts
    }
}

/// Why the vault could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no such object.
    #[error("the vault has no {0}")]
    Missing(VaultKey),
    /// What lies under the name is something else.
    #[error("what the vault has as {0} is something else")]
    Damaged(VaultKey),
    /// The store failed, is full or does not answer.
    #[error("the vault did not answer for {key}")]
    Store {
        /// What it was asked for.
        key: VaultKey,
        /// What it said.
        #[source]
        source: StoreError,
    },
    /// What lies in the store could not be listed.
    #[error("the vault did not say what lies in it")]
    Listing(#[source] StoreError),
    /// The store's directory or bucket cannot be used as it is.
    #[error("the vault cannot be opened: {0}")]
    Open(String),
    /// The store cannot do what we rely on.
    #[error("the vault's store does not keep its promises: {0}")]
    Unfit(String),
    /// The store acknowledged what it does not have.
    #[error("the store acknowledged {0} and does not have it")]
    NotKept(VaultKey),
    /// What never changes is to be written with other bytes than lie there.
    #[error("the vault holds other bytes as {0}")]
    Contradicts(VaultKey),
    /// Another node has written it since it was read.
    #[error("another node has just written {0}")]
    Overtaken(VaultKey),
}

/// An open vault. Clones share it.
#[derive(Clone, Debug)]
pub struct Vault {
    /// Every store that must hold an object before it counts as kept. The first one is read.
    stores: Vec<Store>,
    /// Whether full packs are kept as objects of their own.
    packs: bool,
    /// Copies of scans in front of a bucket. A disk has the system's cache.
    near: Option<Arc<near::Near>>,
    /// Files on this machine that were hashed since they last changed.
    sound: Arc<sound::Sound>,
    /// KiB of a bucket's scans that may be held whole for readers where no copies are kept near at hand.
    held: Arc<Semaphore>,
    /// Held by whoever heals.
    mending: Arc<Mutex<()>>,
}

/// KiB of scans in the hands of readers at most, without copies near at hand. Beyond it scans are hashed on their way.
const HELD_KIB: usize = 64 << 10;

#[derive(Clone, Debug)]
struct Store {
    /// For writing and for small questions: fails soon.
    control: Arc<dyn ObjectStore>,
    /// For handing out: no limit on the whole transfer, only on silence.
    streaming: Arc<dyn ObjectStore>,
    /// Where a local store's objects lie; none for a bucket.
    root: Option<PathBuf>,
    /// How it is looked at after writing.
    looks: Arc<written::Looks>,
    /// When it last took and gave something.
    alive: Arc<alive::Alive>,
}

impl Vault {
    /// The disks of this machine that it writes to.
    pub fn disks(&self) -> Vec<Disk> {
        let names = ["vault.root", "vault.second"].into_iter();
        let roots = self.stores.iter().filter_map(|store| store.root.clone());
        names.zip(roots).map(|(name, path)| Disk { name, path }).collect()
    }

    fn of(stores: Vec<Store>, packs: bool, near: Option<Arc<near::Near>>) -> Self {
        Self {
            stores,
            packs,
            near,
            sound: Arc::new(sound::Sound::new()),
            held: Arc::new(Semaphore::new(HELD_KIB)),
            mending: Arc::default(),
        }
    }

    /// Stores a scan under its digest in every store. Returns when it is durable in all of them.
    pub async fn keep(&self, scan: &Scan) -> Result<Kept, VaultError> {
        let key = VaultKey::Scan(scan.facts.digest);
        let puts = self.stores.iter().map(|store| store.put_in_time(key, scan));
        meters::timed(&meters::STORE, &["keep"], futures::future::try_join_all(puts)).await?;
        if let Some(near) = &self.near {
            near.keep(scan.facts.digest, &scan.bytes);
        }
        Ok(Kept { facts: scan.facts })
    }

    /// Whether any store has an object of this name.
    ///
    /// # Errors
    /// A store did not answer.
    pub async fn lies_somewhere(&self, digest: Digest) -> Result<bool, VaultError> {
        let key = VaultKey::Scan(digest);
        for store in &self.stores {
            match store.control.head(&key.path()).await {
                Ok(_) => return Ok(true),
                Err(StoreError::NotFound { .. }) => {}
                Err(source) => return Err(VaultError::of(key, source)),
            }
        }
        Ok(false)
    }

    /// Whether the object is there and how many bytes it has.
    pub async fn size(&self, digest: Digest) -> Result<u64, VaultError> {
        let key = VaultKey::Scan(digest);
        let meta = self.stores[0].control.head(&key.path()).await.map_err(|source| VaultError::of(key, source))?;
        Ok(meta.size)
    }
}

impl VaultError {
    /// Whether there is no room left for what was to be stored.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if error.downcast_ref().is_some_and(|io: &std::io::Error| matches!(io.kind(), StorageFull | QuotaExceeded))
            {
                return true;
            }
            cause = error.source();
        }
        false
    }

    fn of(key: VaultKey, source: StoreError) -> Self {
        match source {
            StoreError::NotFound { .. } => Self::Missing(key),
            source => Self::Store { key, source },
        }
    }
}

impl Store {
    fn new(
        control: Arc<dyn ObjectStore>,
        streaming: Arc<dyn ObjectStore>,
        root: Option<PathBuf>,
        verify: VerifyWrites,
    ) -> Self {
        Self { control, streaming, root, looks: Arc::new(written::Looks::new(verify)), alive: Arc::default() }
    }

    /// A disk that hangs is given up after a while; what it then stores all the same is found when the scan is sent again.
    async fn put_in_time(&self, key: VaultKey, scan: &Scan) -> Result<(), VaultError> {
        if self.root.is_none() {
            return self.put(key, scan).await;
        }
        let (store, scan) = (self.clone(), scan.clone());
        let written = patience::write(async move { store.put(key, &scan).await }).await;
        written.map_err(|error| files::failure(key, error))?
    }

    async fn put(&self, key: VaultKey, scan: &Scan) -> Result<(), VaultError> {
        let payload = || PutPayload::from_bytes(scan.bytes.clone());
        match self.control.put_opts(&key.path(), payload(), PutMode::Create.into()).await {
            Ok(_) if self.has_kept(key, &scan.bytes, 1).await? => Ok(()),
            Ok(_) => self.overwrite(scan.facts.digest, &scan.bytes).await,
            // Storing the same bytes again is success, because the key is the content. But what lies there may be the
            // remains of a crash on a disk that lied, so this once it is read and compared.
            Err(StoreError::AlreadyExists { .. }) if self.holds(key, scan).await? => self.sync_directory_of(key).await,
            Err(StoreError::AlreadyExists { .. }) => {
                tracing::error!(scan = %scan.facts.digest, "Found no sound bytes under the name of scan {}; writing it anew", scan.facts.digest);
                self.overwrite(scan.facts.digest, &scan.bytes).await
            }
            Err(source) => Err(VaultError::of(key, source)),
        }
    }

    async fn holds(&self, key: VaultKey, scan: &Scan) -> Result<bool, VaultError> {
        let found = match self.control.get(&key.path()).await {
            Ok(found) => found,
            // Somebody was just storing it, and failed: it is ours to store.
            Err(StoreError::NotFound { .. }) => return Ok(false),
            Err(source) => return Err(VaultError::of(key, source)),
        };
        if found.meta.size != scan.facts.size {
            return Ok(false);
        }
        Ok(found.bytes().await.map_err(|source| VaultError::of(key, source))? == scan.bytes)
    }

    /// Who finds an object already there may be ahead of the one who is just storing it: the name may not be durable yet.
    async fn sync_directory_of(&self, key: VaultKey) -> Result<(), VaultError> {
        let Some(root) = &self.root else { return Ok(()) };
        let directory = root.join(key.shard());
        let synced = tokio::task::spawn_blocking(move || std::fs::File::open(directory)?.sync_all()).await;
        let failed = |error: std::io::Error| VaultError::Store {
            key,
            source: StoreError::Generic { store: "local", source: Box::new(error) },
        };
        synced.map_err(|panicked| failed(std::io::Error::other(panicked)))?.map_err(failed)
    }
}
