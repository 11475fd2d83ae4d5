//! Getting bytes out of a store: from a disk in large pieces, from a bucket as they come.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

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
            return pieces(key, root.join(key.path().as_ref()), from, to).await;
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

/// A local file's bytes. Opening it and reading its first piece is one hop to another thread: most scans are one piece.
async fn pieces(key: VaultKey, path: PathBuf, from: u64, to: u64) -> Result<Chunks, VaultError> {
    let local = move |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => VaultError::Missing(key),
        _ => VaultError::Store { key, source: StoreError::Generic { store: "local", source: Box::new(error) } },
    };
    let opened = tokio::task::spawn_blocking(move || {
        is_no_link(&path).map_err(local)?;
        let file = File::open(path).map_err(local)?;
        let length = file.metadata().map_err(local)?.len();
        if length < to {
            let what = format!("{key} has {length} bytes where {from}..{to} were asked for");
            return Err(VaultError::Unfit(what)); // the object is shorter than the ledger says
        }
        let first = piece(&file, from, to).map_err(local)?;
        Ok((file, first))
    });
    let (file, first) = opened.await.map_err(|panicked| local(io::Error::other(panicked)))??;
    let next = from + first.len() as u64;
    let rest = stream::try_unfold((file, next), move |(file, at)| async move {
        if at >= to {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || piece(&file, at, to).map(|piece| (piece, file)));
        let (piece, file) = read.await.map_err(io::Error::other)??;
        let next = at + piece.len() as u64;
        Ok(Some((piece, (file, next))))
    });
    Ok(stream::once(async { Ok(first) }).chain(rest).boxed())
}

/// A file that ends early is an error.
fn piece(file: &File, at: u64, to: u64) -> io::Result<Bytes> {
    let length = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
    let mut piece = vec![0; length];
    file.read_exact_at(&mut piece, at)?;
    Ok(Bytes::from(piece))
}
