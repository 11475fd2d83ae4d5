//! Every object's path in a store, spelt here and nowhere else.

use std::fmt;

use object_store::path::Path;

use crate::domain::Digest;

/// What may lie in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VaultKey {
    /// The original bytes of a scan.
    Scan(Digest),
}

impl VaultKey {
    /// The object's path: `b/<first two digits>/<sha256>`. 256 directories hold two million objects with 8,000 each.
    pub fn path(self) -> Path {
        let Self::Scan(digest) = self;
        Path::from(format!("{}/{digest}", self.shard()))
    }

    /// The directory the object lies in.
    pub fn shard(self) -> String {
        let Self::Scan(digest) = self;
        Self::shard_name(digest.as_bytes()[0])
    }

    /// The directory of digests that begin with `first`.
    pub fn shard_name(first: u8) -> String {
        format!("b/{first:02x}")
    }
}

impl fmt::Display for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Scan(digest) = self;
        write!(f, "scan {digest}")
    }
}
