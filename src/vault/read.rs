//! Getting bytes out of a store: from a disk in large pieces, from a bucket as they come.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::{Error as StoreError, GetOptions, GetRange, GetResultPayload};

use super::{Store, Vault, VaultError, VaultKey};
use crate::domain::Digest;

/// A scan's bytes, piece by piece. An error in the middle is an error, never an end.
pub type Chunks = BoxStream<'static, io::Result<Bytes>>;

/// One read of a local file. The store's own stream reads 8 KiB at a time, each on a thread of its own, which is ten
/// times slower.
const PIECE: usize = 256 * 1024;

impl Vault {
    /// A whole scan of `size` bytes, which are its bytes and no others: they were hashed after they were read. It takes as
    /// much memory as the scan; who calls bounds how many are held at a time.
    pub async fn verified(&self, digest: Digest, size: u64) -> Result<Bytes, VaultError> {
        let key = VaultKey::Scan(digest);
        let store = &self.stores[0];
        let found = store.streaming.get_opts(&key.path(), GetOptions::default()).await;
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
}

impl Store {
    pub(super) async fn read(&self, key: VaultKey, from: u64, to: u64) -> Result<Chunks, VaultError> {
        if from >= to {
            return Ok(stream::empty().boxed());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(from..to)), ..GetOptions::default() };
        let found = self.streaming.get_opts(&key.path(), options).await.map_err(|e| VaultError::of(key, e))?;
        let range = found.range.clone();
        if range != (from..to) {
            let what = format!("{key} has bytes {range:?} where {from}..{to} were asked for");
            return Err(VaultError::Unfit(what)); // the object is shorter than the ledger says
        }
        match found.payload {
            GetResultPayload::File(file, path) => {
                is_no_link(&path).map_err(|error| VaultError::Unfit(format!("{key}: {error}")))?;
                Ok(pieces(file, from, to))
            }
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

fn pieces(file: File, from: u64, to: u64) -> Chunks {
    let steps = stream::try_unfold((file, from), move |(mut file, at)| async move {
        if at >= to {
            return Ok(None);
        }
        let length = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; length];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut piece)?; // a file that ends early is an error
            Ok::<_, io::Error>((Bytes::from(piece), file))
        });
        let (piece, file) = read.await.map_err(io::Error::other)??;
        let next = at + piece.len() as u64;
        Ok(Some((piece, (file, next))))
    });
    steps.boxed()
}
