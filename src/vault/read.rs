//! Getting bytes out of a store. Every byte that leaves here was compared with its digest: as a file that has not changed
//! since it was hashed, as a whole scan in memory, or on the way.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::{Error as StoreError, GetOptions, GetRange, GetResultPayload};
use tokio::sync::OwnedSemaphorePermit;

use super::chunks::{Chunks, PIECE};
use super::files::failure;
use super::local;
use super::passing::Passing;
use super::patience::ask;
use super::{SoundFile, Store, Vault, VaultError, VaultKey};
use crate::domain::Digest;
use crate::meters;

/// How often a bucket is asked for a scan that it gives with other bytes: some of them spoil answers and not objects.
const ASKED: usize = 3;

impl Vault {
    /// The file in which a scan of `size` bytes lies, whose bytes are the scan's; none when it lies in a bucket. A copy on
    /// the second disk is taken, and mends the first, where that one fails.
    ///
    /// # Errors
    /// [`VaultError::Missing`] and [`VaultError::Damaged`] when no disk has it as it was entered.
    pub async fn file(&self, digest: Digest, size: u64) -> Result<Option<SoundFile>, VaultError> {
        let mut first_error = None;
        for number in 0..self.stores.len() {
            let Some(path) = self.stores[number].path(VaultKey::Scan(digest)) else { return Ok(None) };
            match self.sound.open(path, digest, size).await {
                Ok(file) => {
                    if number > 0 {
                        self.mend_from(&file, digest).await;
                    }
                    return Ok(Some(file));
                }
                Err(error) => {
                    self.alarm(number, digest, &error);
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(first_error.unwrap_or(VaultError::Missing(VaultKey::Scan(digest))))
    }

    /// Bytes `from..to` of a scan of `size` bytes, in pieces of 256 KiB at most from a disk.
    ///
    /// # Errors
    /// The same as of [`file`](Self::file), here or as the stream's last item.
    pub async fn read(&self, digest: Digest, size: u64, from: u64, to: u64) -> Result<Chunks, VaultError> {
        let key = VaultKey::Scan(digest);
        if to > size {
            return Err(VaultError::Unfit(format!("{key} has {size} bytes where {from}..{to} were asked for")));
        }
        if from >= to {
            return Ok(stream::empty().boxed());
        }
        meters::timed(&meters::STORE, &["read"], self.begin_to_read(key, digest, size, from..to)).await
    }

    async fn begin_to_read(
        &self,
        key: VaultKey,
        digest: Digest,
        size: u64,
        Range { start: from, end: to }: Range<u64>,
    ) -> Result<Chunks, VaultError> {
        if let Some(file) = self.file(digest, size).await? {
            return local::sound_pieces(key, file, from, to).await;
        }
        match self.lend(size) {
            Some(lent) => {
                let whole = self.verified(digest, size).await?;
                let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                let part = whole.slice(within(from)..within(to));
                // What is lent comes back when the last piece was taken, or the reader went away.
                let pieces = stream::unfold((part, lent), async |(mut rest, lent)| {
                    let piece = rest.split_to(rest.len().min(PIECE));
                    (!piece.is_empty()).then_some((Ok(piece), (rest, lent)))
                });
                Ok(pieces.boxed())
            }
            None => {
                let object = self.stores[0].whole(key, size).await.inspect_err(|e| self.alarm(0, digest, e))?;
                Ok(Passing { object, sound: Arc::clone(&self.sound), digest, size, from, to }.chunks())
            }
        }
    }

    /// The right to hold a scan of `size` bytes while it is handed out; none when too much is out.
    fn lend(&self, size: u64) -> Option<OwnedSemaphorePermit> {
        match &self.near {
            Some(near) => near.lend(size),
            None => Arc::clone(&self.held).try_acquire_many_owned(u32::try_from(size.div_ceil(1024)).ok()?).ok(),
        }
    }

    /// A whole scan of `size` bytes, which are its bytes and no others: they were hashed after they were read. It takes as
    /// much memory as the scan; who calls bounds how many are held at a time.
    ///
    /// # Errors
    /// [`VaultError::Missing`] and [`VaultError::Damaged`] when no store has it as it was entered.
    pub async fn verified(&self, digest: Digest, size: u64) -> Result<Bytes, VaultError> {
        let fetch = async || self.fetch(digest, size).await;
        let whole = match &self.near {
            Some(near) => near.whole(digest, size, fetch).await?,
            None => fetch().await?,
        };
        match whole.len() as u64 == size {
            true => Ok(whole),
            false => Err(VaultError::Damaged(VaultKey::Scan(digest))),
        }
    }

    /// The first sound copy of all stores. It mends the ones before it.
    pub(super) async fn fetch(&self, digest: Digest, size: u64) -> Result<Bytes, VaultError> {
        let mut first_error = None;
        for (number, store) in self.stores.iter().enumerate() {
            let times = if store.root.is_some() { 1 } else { ASKED };
            for _ in 0..times {
                match store.verified(digest, size).await {
                    Ok(bytes) => {
                        if number > 0 {
                            self.mend(digest, &bytes).await;
                        }
                        return Ok(bytes);
                    }
                    Err(error) => {
                        self.alarm(number, digest, &error);
                        let spoilt = matches!(error, VaultError::Damaged(_));
                        first_error.get_or_insert(error);
                        if !spoilt {
                            break;
                        }
                    }
                }
            }
        }
        Err(first_error.unwrap_or(VaultError::Missing(VaultKey::Scan(digest))))
    }

    /// Says in the log that a store does not have a scan as it was entered.
    pub(super) fn alarm(&self, number: usize, digest: Digest, error: &VaultError) {
        let store = self.stores[number].name(number);
        meters::VAULT_ERRORS.add(&[match error {
            VaultError::Missing(_) => "missing",
            VaultError::Damaged(_) => "damaged",
            _ => "unreadable",
        }]);
        match error {
            VaultError::Missing(key) => {
                tracing::error!(scan = %digest, store, "ALARM: {key} was entered and is missing in {store}");
            }
            VaultError::Damaged(key) => {
                tracing::error!(scan = %digest, store, "ALARM: {key} is not as it was entered in {store}");
            }
            error => {
                let error = crate::telemetry::Chain(error).to_string();
                tracing::error!(scan = %digest, store, error, "Could not read a scan in {store}");
            }
        }
    }
}

impl Store {
    /// What people call it.
    pub(super) fn name(&self, number: usize) -> &'static str {
        match (&self.root, number) {
            (None, _) => "the bucket",
            (Some(_), 0) => "the vault",
            (Some(_), _) => "the second copy",
        }
    }

    /// The whole object as it comes.
    async fn whole(
        &self,
        key: VaultKey,
        size: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, VaultError> {
        let found = self.streaming.get_opts(&key.path(), GetOptions::default()).await;
        let found = found.map_err(|source| VaultError::of(key, source))?;
        if found.meta.size != size {
            return Err(VaultError::Damaged(key));
        }
        Ok(found.into_stream())
    }

    pub(super) async fn verified(&self, digest: Digest, size: u64) -> Result<Bytes, VaultError> {
        let key = VaultKey::Scan(digest);
        let found = self.streaming.get_opts(&key.path(), GetOptions::default()).await;
        let found = found.map_err(|source| VaultError::of(key, source))?;
        if found.meta.size != size {
            return Err(VaultError::Damaged(key)); // before any memory is taken
        }
        let failed = |source: StoreError| VaultError::of(key, source);
        let local = |error: io::Error| failure(key, error);
        // One hop to another thread for reading and hashing.
        let checked = match found.payload {
            GetResultPayload::File(mut file, path) => {
                let checked = ask(move || {
                    is_no_link(&path)?;
                    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
                    file.read_exact(&mut bytes)?;
                    Ok((Digest::of(&bytes) == digest).then(|| Bytes::from(bytes)))
                });
                return checked.await.map_err(local)?.ok_or(VaultError::Damaged(key));
            }
            GetResultPayload::Stream(stream) => {
                let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
                let mut stream = stream;
                while let Some(piece) = stream.try_next().await.map_err(failed)? {
                    if (bytes.len() + piece.len()) as u64 > size {
                        return Err(VaultError::Damaged(key));
                    }
                    bytes.extend_from_slice(&piece);
                }
                tokio::task::spawn_blocking(move || (Digest::of(&bytes) == digest).then(|| Bytes::from(bytes)))
            }
        };
        let checked = checked.await.map_err(|panicked| local(io::Error::other(panicked)))?;
        checked.ok_or(VaultError::Damaged(key))
    }

    /// Bytes `from..to` of an object, unverified: of a pack, whose scans are hashed one by one.
    pub(super) async fn read(&self, key: VaultKey, from: u64, to: u64) -> Result<Chunks, VaultError> {
        if from >= to {
            return Ok(stream::empty().boxed());
        }
        if let Some(path) = self.path(key) {
            return local::pieces(key, path, from, to).await;
        }
        let options = GetOptions { range: Some(GetRange::Bounded(from..to)), ..GetOptions::default() };
        let found = self.streaming.get_opts(&key.path(), options).await.map_err(|e| VaultError::of(key, e))?;
        let range = found.range.clone();
        if range != (from..to) {
            let what = format!("{key} has bytes {range:?} where {from}..{to} were asked for");
            return Err(VaultError::Unfit(what)); // the object is shorter than the ledger says
        }
        match found.payload {
            GetResultPayload::File(..) => Err(VaultError::Unfit(format!("{key} came as a file out of a bucket"))),
            GetResultPayload::Stream(stream) => Ok(stream.map_err(io::Error::other).boxed()),
        }
    }

    /// Where an object lies on this machine.
    pub(super) fn path(&self, key: VaultKey) -> Option<std::path::PathBuf> {
        self.root.as_ref().map(|root| root.join(key.path().as_ref()))
    }
}

/// All bytes of a file that was hashed before, hashed again.
pub(super) fn read_whole(file: &File, digest: Digest, size: u64) -> io::Result<Bytes> {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, 0)?;
    match Digest::of(&bytes) == digest {
        true => Ok(bytes.into()),
        false => Err(io::Error::other("the object changed while it was read")),
    }
}

/// An object is a file that the vault wrote. A link in its place was put there by somebody else, and its target must not be
/// handed out.
fn is_no_link(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path)?.is_symlink() {
        true => Err(io::Error::other("a link lies where an object should")),
        false => Ok(()),
    }
}
