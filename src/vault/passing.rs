//! A scan out of a bucket that is hashed on its way to a reader, for what is too large to be held whole.
//!
//! It must never give the last bytes before the digest of all of them is known: what a reader has then is not all of it,
//! and is told so by an error.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::Error as StoreError;
use sha2::{Digest as _, Sha256};

use super::VaultKey;
use super::chunks::{Chunks, PIECE};
use super::sound::Sound;
use crate::domain::Digest;

/// An object on its way.
pub(super) struct Passing {
    pub object: BoxStream<'static, Result<Bytes, StoreError>>,
    pub sound: Arc<Sound>,
    pub digest: Digest,
    /// What it must have.
    pub size: u64,
    /// What is asked for of it.
    pub from: u64,
    pub to: u64,
}

struct State {
    passing: Passing,
    hasher: Sha256,
    at: u64,
    /// Wanted bytes that were hashed and may be the last.
    held: Bytes,
}

impl Passing {
    /// The bytes that are asked for. The whole object is read whatever they are.
    pub(super) fn chunks(self) -> Chunks {
        let state = State { passing: self, hasher: Sha256::new(), at: 0, held: Bytes::new() };
        stream::try_unfold(Some(state), |state| async move {
            let Some(mut state) = state else { return Ok::<_, io::Error>(None) };
            loop {
                let piece = state.gather().await?;
                if piece.is_empty() {
                    let last = state.end()?;
                    return Ok((!last.is_empty()).then_some((last, None)));
                }
                let wanted = state.hash(piece).await?;
                if !wanted.is_empty() {
                    let before = std::mem::replace(&mut state.held, wanted);
                    if !before.is_empty() {
                        return Ok(Some((before, Some(state))));
                    }
                }
            }
        })
        .boxed()
    }
}

impl State {
    /// The next bytes of the object, as many as are worth a hop to another thread; none at its end.
    async fn gather(&mut self) -> io::Result<Bytes> {
        let mut piece = BytesMut::new();
        while piece.len() < PIECE
            && let Some(chunk) = self.passing.object.try_next().await.map_err(io::Error::other)?
        {
            piece.extend_from_slice(&chunk);
        }
        Ok(piece.freeze())
    }

    /// Hashes a piece and gives what is wanted of it.
    async fn hash(&mut self, piece: Bytes) -> io::Result<Bytes> {
        let Passing { size, from, to, .. } = self.passing;
        let (start, end) = (self.at, self.at + piece.len() as u64);
        if end > size {
            return Err(self.wrong("it is longer"));
        }
        let (hasher, bytes) = (self.hasher.clone(), piece.clone());
        let hashing = self.passing.sound.lane().run(move || hasher.chain_update(&bytes));
        self.hasher = hashing.await.map_err(io::Error::other)?;
        self.at = end;
        let within = |at: u64| usize::try_from(at.clamp(start, end) - start).unwrap_or(piece.len());
        Ok(piece.slice(within(from)..within(to).max(within(from))))
    }

    fn end(&mut self) -> io::Result<Bytes> {
        let found = Digest::finish(std::mem::take(&mut self.hasher));
        match (self.at == self.passing.size, found == self.passing.digest) {
            (true, true) => Ok(std::mem::take(&mut self.held)),
            (false, _) => Err(self.wrong("it is shorter")),
            (_, false) => Err(self.wrong("it has other bytes")),
        }
    }

    fn wrong(&self, how: &str) -> io::Error {
        let key = VaultKey::Scan(self.passing.digest);
        tracing::error!(scan = %self.passing.digest, "ALARM: {key} is not in the bucket as it was entered: {how}; the transfer ends before its end");
        io::Error::other(format!("{key} is not as it was entered: {how}"))
    }
}
