//! Getting bytes out of a store: from a disk in large pieces, from a bucket as they come.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::{Error as StoreError, GetOptions, GetRange, GetResultPayload};

use super::local::{self, PIECE};
use super::{Store, Vault, VaultError, VaultKey};
use crate::domain::Digest;

/// A scan's bytes, piece by piece. An error in the middle is an error, never an end.
pub type Chunks = BoxStream<'static, io::Result<Bytes>>;

impl Vault {
    /// The file in which a scan of `size` bytes lies; none when it lies in a bucket.
    pub async fn file(&self, digest: Digest, size: u64) -> Result<Option<File>, VaultError> {
        let (store, key) = (&self.stores[0], VaultKey::Scan(digest));
        match &store.root {
            None => Ok(None),
            Some(root) => local::open(key, root.join(key.path().as_ref()), size).await.map(Some),
        }
    }

    /// Bytes `from..to` of a scan of `size` bytes, in pieces of 256 KiB at most from a disk.
    pub async fn read(&self, digest: Digest, size: u64, from: u64, to: u64) -> Result<Chunks, VaultError> {
        let key = VaultKey::Scan(digest);
        if to > size {
            return Err(VaultError::Unfit(format!("{key} has {size} bytes where {from}..{to} were asked for")));
        }
        match self.near.as_ref().filter(|_| from < to).and_then(|near| near.lend(size)) {
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
            None => self.stores[0].read(key, from, to).await,
        }
    }

    /// A whole scan of `size` bytes, which are its bytes and no others: they were hashed after they were read. It takes as
    /// much memory as the scan; who calls bounds how many are held at a time.
    pub async fn verified(&self, digest: Digest, size: u64) -> Result<Bytes, VaultError> {
        let fetch = async || self.stores[0].verified(digest, size).await;
        let whole = match &self.near {
            Some(near) => near.whole(digest, size, fetch).await?,
            None => fetch().await?,
        };
        match whole.len() as u64 == size {
            true => Ok(whole),
            false => Err(VaultError::Damaged(VaultKey::Scan(digest))),
        }
    }
}

impl Store {
    async fn verified(&self, digest: Digest, size: u64) -> Result<Bytes, VaultError> {
        let key = VaultKey::Scan(digest);
        let found = self.streaming.get_opts(&key.path(), GetOptions::default()).await;
        let found = found.map_err(|source| VaultError::of(key, source))?;
        if found.meta.size != size {
            return Err(VaultError::Damaged(key)); // before any memory is taken
        }
        let failed = |source: StoreError| VaultError::of(key, source);
        let local = |error: io::Error| failed(StoreError::Generic { store: "local", source: Box::new(error) });
        // One hop to another thread for reading and hashing.
        let checked = match found.payload {
            GetResultPayload::File(mut file, path) => tokio::task::spawn_blocking(move || {
                is_no_link(&path)?;
                let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
                file.read_exact(&mut bytes)?;
                Ok((Digest::of(&bytes) == digest).then(|| Bytes::from(bytes)))
            }),
            GetResultPayload::Stream(stream) => {
                let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
                let mut stream = stream;
                while let Some(piece) = stream.try_next().await.map_err(failed)? {
                    bytes.extend_from_slice(&piece);
                }
                tokio::task::spawn_blocking(move || Ok((Digest::of(&bytes) == digest).then(|| Bytes::from(bytes))))
            }
        };
        let checked = checked.await.map_err(|panicked| local(io::Error::other(panicked)))?.map_err(local)?;
        checked.ok_or(VaultError::Damaged(key))
    }

    pub(super) async fn read(&self, key: VaultKey, from: u64, to: u64) -> Result<Chunks, VaultError> {
        if from >= to {
            return Ok(stream::empty().boxed());
        }
        if let Some(root) = &self.root {
            return local::pieces(key, root.join(key.path().as_ref()), from, to).await;
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
}

/// An object is a file that the vault wrote. A link in its place was put there by somebody else, and what it points to is
/// nobody's to hand out.
fn is_no_link(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path)?.is_symlink() {
        true => Err(io::Error::other("a link lies where an object should")),
        false => Ok(()),
    }
}
