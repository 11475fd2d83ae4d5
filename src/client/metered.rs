//! A transport that is held to a pace and counts what it costs: requests, and bytes that came.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::StreamExt;

use super::pace::Pace;
use super::progress::Progress;
use super::transport::{ByteStream, Transport, TransportError};

/// Any transport, measured.
pub struct Metered<T> {
    inner: T,
    pace: Arc<Pace>,
    progress: Progress,
    requests: AtomicU64,
    bytes: Arc<AtomicU64>,
}

impl<T: Transport> Metered<T> {
    /// `inner`, not faster than `pace`.
    pub fn new(inner: T, pace: Pace, progress: Progress) -> Self {
        let (requests, bytes) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
        Self { inner, pace: Arc::new(pace), progress, requests, bytes }
    }

    fn measured(&self, stream: ByteStream) -> ByteStream {
        let (pace, progress, bytes) = (Arc::clone(&self.pace), self.progress.clone(), Arc::clone(&self.bytes));
        let measured = stream.then(move |chunk| {
            let (pace, progress, bytes) = (Arc::clone(&pace), progress.clone(), Arc::clone(&bytes));
            async move {
                if let Ok(chunk) = &chunk {
                    bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    progress.came(chunk.len() as u64);
                    pace.take(chunk.len()).await;
                }
                chunk
            }
        });
        measured.boxed()
    }
}

/// What was asked and what came.
pub trait Cost {
    /// Requests, and bytes of their answers, so far.
    fn cost(&self) -> (u64, u64);
}

impl<T> Cost for Metered<T> {
    fn cost(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl<T: Transport> Transport for Metered<T> {
    async fn checkpoint(&self, after: Option<u64>) -> Result<Bytes, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let note = self.inner.checkpoint(after).await?;
        self.bytes.fetch_add(note.len() as u64, Ordering::Relaxed);
        Ok(note)
    }

    async fn range(&self, path: &str, range: Range<u64>) -> Result<ByteStream, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(self.measured(self.inner.range(path, range).await?))
    }

    async fn open(&self, path: &str) -> Result<ByteStream, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(self.measured(self.inner.open(path).await?))
    }
}
