//! What a client's certificate says of itself. Whose it is was bound beforehand; this is whether it still holds.

use jiff::Timestamp;

use crate::domain::Digest;

/// A certificate whose key a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownCertificate {
    /// SHA-256 of it.
    pub digest: Digest,
    /// From when and until when it is valid, as it says itself; both instants with it (RFC 5280 §4.1.2.5).
    pub valid: (Timestamp, Timestamp),
}

impl ShownCertificate {
    /// Whether it is valid at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        let (from, until) = self.valid;
        from <= now && now <= until
    }
}
