//! From a body to bytes: under a limit, hashed on the way, and never shorter than what was sent.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt};
use sha2::{Digest as _, Sha256};

use super::{Cause, IntakeError, IntakeLimits};
use crate::domain::Digest;

/// The slowest line that an upload is waited for, in bytes a second.
const SLOWEST: u64 = 8 << 10;

/// Reads the whole body, and says which bytes they are. A body that breaks off is an error, never a shorter scan; so are
/// other bytes than the ones announced.
pub(super) async fn whole(
    chunks: impl Stream<Item = Result<Bytes, impl Into<Cause>>> + Unpin,
    announced: Option<Digest>,
    length: Option<u64>,
    limits: &IntakeLimits,
) -> Result<(Bytes, Digest), IntakeError> {
    let expected = length.map_or(limits.scan_bytes, |length| length as usize).min(limits.scan_bytes);
    // A byte now and then must not hold a permit for ever.
    let patience = Duration::from_secs(limits.silence_seconds + expected as u64 / SLOWEST);
    let whole = read(chunks, announced, expected, limits);
    tokio::time::timeout(patience, whole).await.map_err(|_| IntakeError::Silent(patience))?
}

async fn read(
    mut chunks: impl Stream<Item = Result<Bytes, impl Into<Cause>>> + Unpin,
    announced: Option<Digest>,
    expected: usize,
    limits: &IntakeLimits,
) -> Result<(Bytes, Digest), IntakeError> {
    let silence = Duration::from_secs(limits.silence_seconds);
    let limit = limits.scan_bytes;
    let mut hasher = Sha256::new();
    // All of it at once, as the permit was counted: growing would need the memory of two. What is not written is not used.
    let mut bytes = BytesMut::with_capacity(expected);
    loop {
        let next = tokio::time::timeout(silence, chunks.try_next()).await.map_err(|_| IntakeError::Silent(silence))?;
        let Some(chunk) = next.map_err(|cause| IntakeError::BrokenOff(cause.into()))? else { break };
        if chunk.len() > limit - bytes.len() {
            return Err(IntakeError::TooLarge { limit });
        }
        // A piece is some tens of kilobytes: microseconds of hashing, not worth a trip to the CPU lane.
        hasher.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    let found = Digest::finish(hasher);
    match announced {
        Some(announced) if found != announced => Err(IntakeError::OtherBytes { found }),
        _ => Ok((bytes.freeze(), found)),
    }
}
