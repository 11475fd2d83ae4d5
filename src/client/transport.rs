//! How files come from the server: one small trait for HTTPS and FTP, and the errors that a caller can act on.
//!
//! A transport moves bytes and never judges them. It bounds what it reads: a caller says how much it will take.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, TryStreamExt};

/// Bytes as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, TransportError>>;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// There is no such file.
    #[error("{0} is not there")]
    Missing(String),
    /// The server does not let us: wrong password, wrong address, not open yet. Asking again soon is no use.
    #[error("the server refuses: {0}")]
    Refused(String),
    /// The line or the server failed for now.
    #[error("{what}")]
    Transient {
        /// What failed.
        what: String,
        /// When the server asks us to come again.
        after: Option<Duration>,
    },
    /// The server answers what no sound server would: too much, too little, another range.
    #[error("{path}: {what}")]
    Unsound {
        /// The file.
        path: String,
        /// What is wrong with the answer.
        what: String,
    },
}

impl TransportError {
    /// A failure for now, from any error.
    pub fn transient(what: impl std::fmt::Display) -> Self {
        Self::Transient { what: what.to_string(), after: None }
    }

    /// An answer that no sound server gives.
    pub fn unsound(path: &str, what: impl std::fmt::Display) -> Self {
        Self::Unsound { path: path.to_owned(), what: what.to_string() }
    }
}

/// How long a small file may take, besides what its length allows at [`TRICKLE`] bytes a second.
const PATIENCE: Duration = Duration::from_secs(60);
const TRICKLE: u64 = 10_000;

/// A way to the server's tree. Paths are those of the tree, without a slash before them.
#[async_trait]
pub trait Transport: Send + Sync {
    /// The log's checkpoint; when `after` is given, as soon as there may be more entries than that, or after a while.
    async fn checkpoint(&self, after: Option<u64>) -> Result<Bytes, TransportError>;

    /// Bytes `range` of a file. The stream gives that many, or fails.
    async fn range(&self, path: &str, range: Range<u64>) -> Result<ByteStream, TransportError>;

    /// A file of unknown size, as far as it goes.
    async fn open(&self, path: &str) -> Result<ByteStream, TransportError>;
}

/// A whole file of at most `limit` bytes.
///
/// # Errors
/// What the transport says, and [`TransportError::Unsound`] for a longer file: it is not read to its end.
pub async fn small(transport: &dyn Transport, path: &str, limit: usize) -> Result<Bytes, TransportError> {
    whole(path, transport.open(path).await?, limit).await
}

/// All of a stream, if it is at most `limit` bytes and comes at more than a trickle.
///
/// # Errors
/// What the stream says, and [`TransportError::Unsound`] for more.
pub async fn whole(path: &str, mut stream: ByteStream, limit: usize) -> Result<Bytes, TransportError> {
    let read = async {
        let mut read = BytesMut::new();
        while let Some(chunk) = stream.try_next().await? {
            if chunk.len() > limit - read.len() {
                return Err(TransportError::unsound(path, format!("longer than the {limit} bytes it can have")));
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read.freeze())
    };
    // A server that sends a byte now and then must not hold us for ever.
    let patience = PATIENCE + Duration::from_secs(limit as u64 / TRICKLE);
    match tokio::time::timeout(patience, read).await {
        Ok(read) => read,
        Err(_) => Err(TransportError::transient(format!("{path} comes too slowly"))),
    }
}
