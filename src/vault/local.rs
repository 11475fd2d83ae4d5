//! Objects that lie on this machine's disk.
//!
//! What the kernel has in its memory is read by whoever asks, in a few microseconds; only what has to come from the disk
//! goes to another thread, so that nobody else waits for it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use rustix::io::{IoSliceMut, ReadWriteFlags, preadv2};

use super::chunks::{Chunks, PIECE};
use super::files::{failure, open};
use super::patience::ask;
use super::{SoundFile, VaultError, VaultKey};

/// Smaller reads get memory of their own.
const SMALL: usize = 64 * 1024;
/// Pieces of memory that are kept for the next reads.
const KEPT: usize = 32;

/// The bytes `from..to` of an object, whatever they are.
pub(super) async fn pieces(key: VaultKey, path: PathBuf, from: u64, to: u64) -> Result<Chunks, VaultError> {
    let file = open(key, path, to).await?;
    pieces_of(key, file, |_| true, from, to).await
}

/// The bytes `from..to` of an object that was hashed. The last of them are given only if it has not changed until then.
pub(super) async fn sound_pieces(key: VaultKey, sound: SoundFile, from: u64, to: u64) -> Result<Chunks, VaultError> {
    let unchanged = sound.unchanged();
    pieces_of(key, sound.file, unchanged, from, to).await
}

async fn pieces_of(
    key: VaultKey,
    file: File,
    unchanged: impl Fn(&File) -> bool + Send + Sync + 'static,
    from: u64,
    to: u64,
) -> Result<Chunks, VaultError> {
    let open = Open { file: Arc::new(file), unchanged, at: from, to };
    let (first, open) = open.next().await.map_err(|error| failure(key, error))?;
    let rest = stream::try_unfold(open, |open| async move {
        if open.at >= open.to { Ok(None) } else { open.next().await.map(Some) }
    });
    Ok(stream::once(async { Ok(first) }).chain(rest).boxed())
}

/// A file that is being read.
struct Open<U> {
    file: Arc<File>,
    unchanged: U,
    at: u64,
    to: u64,
}

impl<U: Fn(&File) -> bool> Open<U> {
    async fn next(mut self) -> io::Result<(Bytes, Self)> {
        let piece = read(&self.file, self.at, self.to).await?;
        self.at += piece.len() as u64;
        if self.at >= self.to && !(self.unchanged)(&self.file) {
            return Err(io::Error::other("the object changed while it was read"));
        }
        Ok((piece, self))
    }
}

/// The next piece. A file that ends early is an error.
async fn read(file: &Arc<File>, at: u64, to: u64) -> io::Result<Bytes> {
    let length = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
    let mut piece = Piece::new(length);
    let there = preadv2(file, &mut [IoSliceMut::new(piece.bytes_mut())], at, ReadWriteFlags::NOWAIT).unwrap_or(0);
    if there < length {
        let file = Arc::clone(file);
        let reading = ask(move || {
            file.read_exact_at(&mut piece.bytes_mut()[there..], at + there as u64)?;
            Ok(piece)
        });
        piece = reading.await?;
    }
    Ok(Bytes::from_owner(piece))
}

/// Memory for one read, which is used again: to ask the kernel for it each time, and to have it cleared, costs as much as
/// the reading.
struct Piece {
    memory: Vec<u8>,
    length: usize,
}

static FREE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

impl Piece {
    fn new(length: usize) -> Self {
        let used = if length > SMALL { free().pop() } else { None };
        let memory = used.unwrap_or_else(|| vec![0; if length > SMALL { PIECE } else { length }]);
        Self { memory, length }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..self.length]
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut free = free();
        if self.memory.len() == PIECE && free.len() < KEPT {
            free.push(std::mem::take(&mut self.memory));
        }
    }
}

fn free() -> std::sync::MutexGuard<'static, Vec<Vec<u8>>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use futures::TryStreamExt;

    use super::*;
    use crate::domain::Digest;

    #[tokio::test]
    async fn every_part_comes_as_it_lies_there_and_memory_that_was_used_before_shows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("object");
        let whole: Vec<u8> = (0..3 * PIECE + 1000).map(|at| (at * 7 + at / 251) as u8).collect();
        std::fs::write(&path, &whole).unwrap();
        let key = VaultKey::Scan(Digest::of(&whole));
        let at = |at: usize| at as u64;
        for (from, to) in
            [(0, whole.len()), (0, 1), (5, SMALL + 6), (PIECE - 1, PIECE + 1), (PIECE, whole.len()), (7, 150_007)]
        {
            let read: Vec<Bytes> =
                pieces(key, path.clone(), at(from), at(to)).await.unwrap().try_collect().await.unwrap();
            assert!(read.iter().all(|piece| piece.len() <= PIECE));
            assert!(read.concat() == whole[from..to], "{from}..{to}");
        }
        assert!(free().len() <= KEPT);
        let short = pieces(key, path.clone(), 0, at(whole.len() + 1)).await;
        assert!(matches!(short.err(), Some(VaultError::Unfit(_))));
        let missing = pieces(key, dir.path().join("nothing"), 0, 1).await;
        assert!(matches!(missing.err(), Some(VaultError::Missing(_))));
    }

    #[tokio::test]
    async fn an_object_that_becomes_shorter_while_it_is_read_is_an_error_and_no_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("object");
        std::fs::write(&path, vec![7; 2 * PIECE]).unwrap();
        let key = VaultKey::Scan(Digest::of(b""));
        let mut pieces = pieces(key, path.clone(), 0, 2 * PIECE as u64).await.unwrap();
        File::options().write(true).open(&path).unwrap().set_len(PIECE as u64 + 1).unwrap();
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), PIECE);
        assert!(pieces.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_link_is_no_object() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("object"), dir.path().join("link"));
        std::fs::write(&path, b"secret").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let found = pieces(VaultKey::Scan(Digest::of(b"")), link, 0, 6).await;
        assert!(matches!(found.err(), Some(VaultError::Store { .. })));
    }
}
