//! Every object's path in a store, spelt here and nowhere else.

use std::fmt;

use object_store::path::Path;

use crate::domain::Digest;

/// What may lie in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VaultKey {
    /// The original bytes of a scan.
    Scan(Digest),
    /// 256 entries of the log, as C2SP tlog-tiles bundles them. Never changes.
    Bundle(u64),
    /// 256 hashes of the log. Never changes.
    Tile {
        /// 0 for leaves, 1 for roots of 256 entries, …
        level: u32,
        /// Which one of its level.
        index: u64,
    },
    /// The newest checkpoint and the entries after the last full bundle. The only object that is ever overwritten.
    LogHead,
    /// A full pack, where packs are kept. Never changes.
    Pack(u64),
}

impl VaultKey {
    /// The object's path. Scans lie in `b/<first two digits>/<sha256>`: 256 directories hold two million objects with 8,000
    /// each.
    pub fn path(self) -> Path {
        Path::from(match self {
            Self::Scan(digest) => format!("{}/{digest}", self.shard()),
            Self::Bundle(index) | Self::Tile { index, .. } => format!("{}/{:03}", self.shard(), index % 1000),
            Self::LogHead => format!("{}/head", self.shard()),
            Self::Pack(number) => format!("{}/{:03}.zip", self.shard(), number % 1000),
        })
    }

    /// The directory the object lies in.
    pub fn shard(self) -> String {
        let groups = |index: u64| format!("{:03}/{:03}", index / 1_000_000, index / 1000 % 1000);
        match self {
            Self::Scan(digest) => Self::shard_name(digest.as_bytes()[0]),
            Self::Bundle(index) => format!("log/entries/{}", groups(index)),
            Self::Tile { level, index } => format!("log/tile/{level}/{}", groups(index)),
            Self::LogHead => "log".to_owned(),
            Self::Pack(number) => format!("packs/{}", groups(number)),
        }
    }

    /// The directory of digests that begin with `first`.
    pub fn shard_name(first: u8) -> String {
        format!("b/{first:02x}")
    }
}

impl fmt::Display for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(digest) => write!(f, "scan {digest}"),
            Self::Bundle(index) => write!(f, "entry bundle {index}"),
            Self::Tile { level, index } => write!(f, "tile {index} of level {level}"),
            Self::LogHead => f.write_str("the log's head"),
            Self::Pack(number) => write!(f, "pack {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directory_of_the_log_holds_more_than_a_thousand_objects() {
        assert_eq!(VaultKey::Bundle(41).path().as_ref(), "log/entries/000/000/041");
        assert_eq!(VaultKey::Bundle(12_345_678).path().as_ref(), "log/entries/012/345/678");
        assert_eq!(VaultKey::Tile { level: 1, index: 1000 }.path().as_ref(), "log/tile/1/000/001/000");
        assert_eq!(VaultKey::LogHead.path().as_ref(), "log/head");
        assert_eq!(VaultKey::Pack(1_002_041).path().as_ref(), "packs/001/002/041.zip");
    }
}
