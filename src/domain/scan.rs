//! A scan on its way in: bytes that were inspected, and what is known of them.

use bytes::Bytes;

use super::Digest;

/// What a scan measures. Known since intake, so that archives and lists never read the scan again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanFacts {
    /// Its name.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// CRC-32 (IEEE) of the bytes.
    pub crc32: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A sound PNG: walked chunk by chunk, inflated whole, within the limits. Never re-encoded.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The bytes as the board sent them.
    pub bytes: Bytes,
    /// What they measure.
    pub facts: ScanFacts,
}
