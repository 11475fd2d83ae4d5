//! What an HTTP/2 client opens, counted from its frames' heads alone.
//!
//! Some requests never reach a handler: the library below answers them itself (headers beyond all measure) or ends the
//! connection. They are still somebody's tries, so they are counted here and go on record when the connection ends. It must
//! never change, hold back or keep a byte of what passes.

use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// `PRI * HTTP/2.0…`, before the first frame (RFC 9113 §3.4).
const PREFACE: usize = 24;
/// The head of a frame: length, kind, flags, stream (§4.1).
const HEAD: usize = 9;
/// The kind of frame that opens a stream (§6.2).
const HEADERS: u8 = 1;

/// Follows the frames of one direction.
#[derive(Debug)]
struct Frames {
    /// Bytes to go past: the preface, or the rest of a frame.
    past: usize,
    head: [u8; HEAD],
    have: usize,
    /// The newest stream.
    newest: u32,
}

impl Frames {
    fn new() -> Self {
        Self { past: PREFACE, head: [0; HEAD], have: 0, newest: 0 }
    }

    /// Goes over some bytes; gives how many streams they open.
    fn over(&mut self, mut bytes: &[u8]) -> u32 {
        let mut opened = 0;
        while !bytes.is_empty() {
            if self.past > 0 {
                let step = self.past.min(bytes.len());
                self.past -= step;
                bytes = &bytes[step..];
                continue;
            }
            let step = (HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + step].copy_from_slice(&bytes[..step]);
            self.have += step;
            bytes = &bytes[step..];
            if self.have == HEAD {
                let [a, b, c, kind, _, stream @ ..] = self.head;
                let stream = u32::from_be_bytes(stream) & 0x7fff_ffff;
                // The same stream again brings trailers.
                if kind == HEADERS && stream > self.newest {
                    self.newest = stream;
                    opened += 1;
                }
                (self.past, self.have) = (u32::from_be_bytes([0, a, b, c]) as usize, 0);
            }
        }
        opened
    }
}

/// A connection whose streams are counted.
#[derive(Debug)]
pub(super) struct Counting<S> {
    inner: S,
    /// None where it is not HTTP/2.
    frames: Option<Frames>,
    opened: Arc<AtomicU32>,
}

impl<S> Counting<S> {
    /// Around a connection, before its first byte; and the count.
    pub fn around(inner: S, is_http2: bool) -> (Self, Arc<AtomicU32>) {
        let opened = Arc::<AtomicU32>::default();
        (Self { inner, frames: is_http2.then(Frames::new), opened: Arc::clone(&opened) }, opened)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Some(frames) = &mut self.frames {
            let opened = frames.over(&buffer.filled()[before..]);
            self.opened.fetch_add(opened, Ordering::Relaxed);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counting<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, 0], &stream.to_be_bytes(), payload].concat()
    }

    proptest! {
        /// However the bytes are cut on their way, the same streams are counted; the content of frames is not counted.
        #[test]
        fn streams_are_counted_however_their_frames_come(
            sent in proptest::collection::vec((0_u8..10, 0_u32..6, proptest::collection::vec(any::<u8>(), 0..40)), 0..20),
            cut in 1_usize..50,
        ) {
            let mut bytes = vec![1; PREFACE];
            let (mut newest, mut expected) = (0, 0);
            for (kind, stream, payload) in &sent {
                bytes.extend(frame(*kind, *stream, payload));
                if *kind == HEADERS && *stream > newest {
                    (newest, expected) = (*stream, expected + 1);
                }
            }
            let mut frames = Frames::new();
            let counted: u32 = bytes.chunks(cut).map(|some| frames.over(some)).sum();
            prop_assert_eq!(counted, expected);
        }
    }
}
