//! From a body to bytes: under a limit, hashed on the way, and never shorter than what was sent.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use sha2::{Digest as _, Sha256};

use super::{IntakeError, IntakeLimits};
use crate::domain::Digest;

/// Reads the whole body. A body that breaks off is an error, never a shorter scan.
pub(super) async fn whole(body: Body, announced: Digest, limits: &IntakeLimits) -> Result<Bytes, IntakeError> {
    let silence = Duration::from_secs(limits.silence_seconds);
    let limit = limits.scan_bytes;
    let mut chunks = body.into_data_stream();
    let mut hasher = Sha256::new();
    let mut bytes = BytesMut::new();
    loop {
        let next = tokio::time::timeout(silence, chunks.try_next()).await.map_err(|_| IntakeError::Silent(silence))?;
        let Some(chunk) = next.map_err(IntakeError::BrokenOff)? else { break };
        if chunk.len() > limit - bytes.len() {
            return Err(IntakeError::TooLarge { limit });
        }
        // A piece is some tens of kilobytes: microseconds of hashing, not worth a trip to the CPU lane.
        hasher.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    let found = Digest::finish(hasher);
    if found == announced { Ok(bytes.freeze()) } else { Err(IntakeError::OtherBytes { found }) }
}
