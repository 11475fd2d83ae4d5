//! A file that was written once, without a name, and is read in parts until nobody holds it any more.
//!
//! It must never be seen before it is whole, nor outlive the process.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use sha2::{Digest as _, Sha256};

use crate::domain::Digest;
use crate::vault::Chunks;

/// Text that is gathered before it is written and hashed on another thread.
const GATHERED: usize = 512 << 10;
/// Pieces of one read.
const PIECE: u64 = 256 << 10;

/// A finished file.
#[derive(Debug)]
pub struct Spool {
    file: File,
    size: u64,
    digest: Digest,
}

/// A file that is being written.
#[derive(Debug)]
pub struct Writing {
    /// What comes next; [`Writing::turn`] takes it away when there is enough.
    pub text: Vec<u8>,
    /// None only while another thread has it.
    inner: Option<(File, Sha256)>,
    size: u64,
}

impl Writing {
    /// A new file in the system's directory for such files, without a name: it goes when it is closed, however that is.
    pub async fn new() -> io::Result<Self> {
        let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
        Ok(Self { text: Vec::new(), inner: Some((file, Sha256::new())), size: 0 })
    }

    /// Writes what was gathered, if it is worth a turn.
    pub async fn turn(&mut self) -> io::Result<()> {
        if self.text.len() < GATHERED {
            return Ok(());
        }
        self.write().await
    }

    async fn write(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        self.size += text.len() as u64;
        let (mut file, mut hasher) = self.inner.take().ok_or_else(|| io::Error::other("an earlier write failed"))?;
        let written = tokio::task::spawn_blocking(move || {
            file.write_all(&text)?;
            hasher.update(&text);
            Ok::<_, io::Error>((file, hasher))
        });
        self.inner = Some(written.await.map_err(io::Error::other)??);
        Ok(())
    }

    /// The file, whole.
    pub async fn finish(mut self) -> io::Result<Spool> {
        self.write().await?;
        let (file, hasher) = self.inner.take().ok_or_else(|| io::Error::other("an earlier write failed"))?;
        Ok(Spool { file, size: self.size, digest: Digest::finish(hasher) })
    }
}

impl Spool {
    /// A file that somebody else wrote. Blocks: all of it is hashed.
    pub fn of(file: File) -> io::Result<Self> {
        let (mut hasher, mut size) = (Sha256::new(), 0);
        let mut piece = vec![0; PIECE as usize];
        loop {
            match file.read_at(&mut piece, size)? {
                0 => break,
                read => {
                    hasher.update(&piece[..read]);
                    size += read as u64;
                }
            }
        }
        Ok(Self { file, size, digest: Digest::finish(hasher) })
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The digest of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// All of it from the beginning, for a thread of its own.
    pub fn reader(&self) -> io::Result<impl io::Read + use<>> {
        struct Reader(File, u64);
        impl io::Read for Reader {
            fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
                let read = self.0.read_at(piece, self.1)?;
                self.1 += read as u64;
                Ok(read)
            }
        }
        Ok(Reader(self.file.try_clone()?, 0))
    }

    /// Bytes `from..to`. Whoever reads holds the file open, even when it is written anew meanwhile.
    pub fn read(self: &Arc<Self>, from: u64, to: u64) -> Chunks {
        let (spool, to) = (Arc::clone(self), to.min(self.size));
        let steps = stream::try_unfold(from, move |at| {
            let spool = Arc::clone(&spool);
            async move {
                if at >= to {
                    return Ok(None);
                }
                let length = (to - at).min(PIECE);
                let read = tokio::task::spawn_blocking(move || {
                    let mut piece = vec![0; length as usize];
                    spool.file.read_exact_at(&mut piece, at)?;
                    Ok::<_, io::Error>(Bytes::from(piece))
                });
                Ok(Some((read.await.map_err(io::Error::other)??, at + length)))
            }
        });
        steps.boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_read_in_any_part() {
        let mut writing = Writing::new().await.unwrap();
        let mut whole = Vec::new();
        for n in 0..200_000_u32 {
            let line = format!("{n}\n");
            writing.text.extend_from_slice(line.as_bytes());
            whole.extend_from_slice(line.as_bytes());
            writing.turn().await.unwrap();
        }
        let spool = Arc::new(writing.finish().await.unwrap());
        assert_eq!((spool.size(), spool.digest()), (whole.len() as u64, Digest::of(&whole)));
        for (from, to) in [(0, u64::MAX), (0, 0), (5, 9), (100_000, 900_000), (spool.size() - 1, spool.size())] {
            let read: Vec<Bytes> = spool.read(from, to).try_collect().await.unwrap();
            let end = whole.len().min(usize::try_from(to).unwrap());
            assert!(read.concat() == whole[from as usize..end], "{from}..{to}");
        }
    }
}
