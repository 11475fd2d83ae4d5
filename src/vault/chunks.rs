//! Bytes on their way, piece by piece.

use std::io;

use bytes::Bytes;
use futures::stream::BoxStream;

/// A scan's bytes, piece by piece. An error in the middle is an error, never an end.
pub type Chunks = BoxStream<'static, io::Result<Bytes>>;

/// One read. The store's own stream reads 8 KiB at a time, each on a thread of its own, which is ten times slower.
pub(super) const PIECE: usize = 256 * 1024;
