//! Making good what a store lost or let rot: from another copy, or from a sender who brings the same scan again.
//!
//! It must never write bytes that were not compared with their digest, nor say that a scan is there without having seen it.

use std::io::{self, ErrorKind};

use bytes::Bytes;
use object_store::{PutMode, PutPayload};

use super::files::failure;
use super::patience;
use super::read::read_whole;
use super::written::WRITES;
use super::{Kept, SoundFile, Store, Vault, VaultError, VaultKey};
use crate::domain::{Digest, Scan, ScanFacts};
use crate::meters;
use crate::telemetry::Chain;

/// Where a store's directory keeps what lay in the place of an object and was none.
const ASIDE: &str = "aside";

impl Vault {
    /// Stores a scan that was entered before wherever it is not there as it was entered. Returns when every store was seen to
    /// hold it. Cheap where it does: a file that was hashed since it last changed is only looked at.
    ///
    /// # Errors
    /// A store neither had it nor took it.
    pub async fn keep_again(&self, scan: &Scan) -> Result<Kept, VaultError> {
        let ScanFacts { digest, size, .. } = scan.facts;
        for (number, store) in self.stores.iter().enumerate() {
            match self.has(store, digest, size).await {
                Ok(()) => {}
                Err(error) => {
                    self.alarm(number, digest, &error);
                    store.overwrite_in_time(digest, &scan.bytes).await?;
                    meters::HEALED.add(&["board"]);
                    tracing::warn!(scan = %digest, "Healed {} in {}: its board sent it again", VaultKey::Scan(digest), store.name(number));
                }
            }
        }
        Ok(Kept { facts: scan.facts })
    }

    /// The proof for a scan that an earlier entry brought: it was seen just now, byte for byte.
    ///
    /// # Errors
    /// [`VaultError::Missing`] and [`VaultError::Damaged`] when no store has it as it was entered.
    pub async fn kept_already(&self, facts: ScanFacts) -> Result<Kept, VaultError> {
        if self.file(facts.digest, facts.size).await?.is_none() {
            self.fetch(facts.digest, facts.size).await?;
        }
        Ok(Kept { facts })
    }

    /// Whether a scan is there, for a receipt that is given once more: on a disk byte for byte, in a bucket with as many bytes.
    ///
    /// # Errors
    /// The store did not answer. That something is missing or damaged is no error but `false`, and an alarm.
    pub async fn is_there(&self, digest: Digest, size: u64) -> Result<bool, VaultError> {
        let found = match self.file(digest, size).await {
            Ok(None) => match self.size(digest).await {
                Ok(found) if found == size => Ok(()),
                Ok(_) => Err(VaultError::Damaged(VaultKey::Scan(digest))),
                Err(error) => Err(error),
            }
            .inspect_err(|error| self.alarm(0, digest, error)),
            found => found.map(drop),
        };
        match found {
            Ok(()) => Ok(true),
            Err(VaultError::Missing(_) | VaultError::Damaged(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a store has a scan as it was entered.
    async fn has(&self, store: &Store, digest: Digest, size: u64) -> Result<(), VaultError> {
        match store.path(VaultKey::Scan(digest)) {
            Some(path) => self.sound.open(path, digest, size).await.map(drop),
            None => store.verified(digest, size).await.map(drop),
        }
    }

    /// Writes a sound copy wherever there is none. A store that does not take it is told in the log and stops nobody: the
    /// reader has the copy.
    pub(super) async fn mend(&self, digest: Digest, bytes: &Bytes) {
        // One at a time: many readers find the same fault at once, and the first of them mends it.
        let _mending = self.mending.lock().await;
        for (number, store) in self.stores.iter().enumerate() {
            if self.has(store, digest, bytes.len() as u64).await.is_ok() {
                continue;
            }
            let name = store.name(number);
            match store.overwrite_in_time(digest, bytes).await {
                Ok(()) => {
                    meters::HEALED.add(&["copy"]);
                    tracing::warn!(scan = %digest, "Healed {} in {name} from another copy", VaultKey::Scan(digest))
                }
                Err(error) => {
                    meters::NOT_HEALED.add(&[]);
                    tracing::error!(scan = %digest, error = %Chain(&error), "ALARM: could not heal {} in {name}", VaultKey::Scan(digest));
                }
            }
        }
    }

    /// The same from the file of another store.
    pub(super) async fn mend_from(&self, sound: &SoundFile, digest: Digest) {
        let size = sound.size();
        let Ok(file) = sound.file.try_clone() else { return };
        match patience::ask(move || read_whole(&file, digest, size)).await {
            Ok(bytes) => self.mend(digest, &bytes).await,
            Err(error) => {
                tracing::error!(scan = %digest, %error, "Could not read {} to heal it", VaultKey::Scan(digest))
            }
        }
    }
}

impl Store {
    /// The same; a disk that hangs is given up after a while.
    async fn overwrite_in_time(&self, digest: Digest, bytes: &Bytes) -> Result<(), VaultError> {
        if self.root.is_none() {
            return self.overwrite(digest, bytes).await;
        }
        let (store, bytes) = (self.clone(), bytes.clone());
        let written = patience::write(async move { store.overwrite(digest, &bytes).await }).await;
        written.map_err(|error| failure(VaultKey::Scan(digest), error))?
    }

    /// Writes a scan whatever lies there, durably, until it is seen.
    pub(super) async fn overwrite(&self, digest: Digest, bytes: &Bytes) -> Result<(), VaultError> {
        let key = VaultKey::Scan(digest);
        self.move_directory_aside(digest).await.map_err(|error| failure(key, error))?;
        for attempt in 1..=WRITES {
            let payload = PutPayload::from_bytes(bytes.clone());
            let put = self.control.put_opts(&key.path(), payload, PutMode::Overwrite.into()).await;
            put.map_err(|source| VaultError::of(key, source))?;
            if self.has_kept(key, bytes, attempt).await? {
                return Ok(());
            }
        }
        Err(VaultError::NotKept(key))
    }

    /// A file takes the place of whatever lies there but of a directory. That is moved away with all it holds: somebody may
    /// want to know how it came there.
    async fn move_directory_aside(&self, digest: Digest) -> io::Result<()> {
        let key = VaultKey::Scan(digest);
        let Some((root, path)) = self.root.as_ref().zip(self.path(key)) else { return Ok(()) };
        match tokio::fs::symlink_metadata(&path).await {
            Ok(found) if found.is_dir() => {}
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => return Ok(()),
        }
        let aside = root.join(ASIDE);
        tokio::fs::create_dir_all(&aside).await?;
        let to = aside.join(format!("{digest}-{}", jiff::Timestamp::now().as_millisecond()));
        tokio::fs::rename(&path, &to).await?;
        tracing::error!(scan = %digest, "ALARM: a directory lay in the place of {key}; it is now {}", to.display());
        Ok(())
    }
}
