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
    /// The result lines of 256 entries, one a line in the order of the entries; nothing where none of them is about figures.
    /// Never changes.
    Results(u64),
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
            Self::Results(index) => format!("{}/{:03}.jsonl", self.shard(), index % 1000),
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
            Self::Results(index) => format!("log/results/{}", groups(index)),
            Self::LogHead => "log".to_owned(),
            Self::Pack(number) => format!("packs/{}", groups(number)),
        }
    }

    /// The directory of all scans.
    pub(super) const SCANS: &'static str = "b";
    /// Directories at the top beside it.
    pub(super) const OTHER_TOPS: [&'static str; 3] = ["log", "packs", "probe"];

    /// Whether `path` is a directory that objects of ours lie in, or that such directories lie in.
    pub(super) fn is_directory(path: &str) -> bool {
        let groups = |rest: &[&str]| rest.len() <= 2 && rest.iter().all(|group| is_number(group, 3));
        match path.split('/').collect::<Vec<_>>()[..] {
            ["log" | "packs" | "probe"] | ["log", "entries" | "results" | "tile"] => true,
            ["log", "entries" | "results", ref rest @ ..] | ["packs", ref rest @ ..] => groups(rest),
            ["log", "tile", level, ref rest @ ..] => (1..=2).any(|digits| is_number(level, digits)) && groups(rest),
            _ => false,
        }
    }

    /// Whether `path` is that of an object that may lie in the vault.
    pub(super) fn is_object(path: &str) -> bool {
        let Some((directory, name)) = path.rsplit_once('/') else { return false };
        let depth = directory.split('/').count();
        let numbered =
            |name: &str, depth_of: usize| is_number(name, 3) && depth == depth_of && Self::is_directory(directory);
        match directory.split('/').next() {
            Some("b") => name.parse::<Digest>().is_ok_and(|digest| Self::Scan(digest).path().as_ref() == path),
            Some("probe") => path == "probe/start",
            Some("log") if path == "log/head" => true,
            Some("log") if directory.starts_with("log/entries/") => numbered(name, 4),
            Some("log") if directory.starts_with("log/results/") => {
                name.strip_suffix(".jsonl").is_some_and(|name| numbered(name, 4))
            }
            Some("log") => numbered(name, 5),
            Some("packs") => name.strip_suffix(".zip").is_some_and(|name| numbered(name, 3)),
            _ => false,
        }
    }

    /// The directory of digests that begin with `first`.
    pub fn shard_name(first: u8) -> String {
        format!("{}/{first:02x}", Self::SCANS)
    }
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|digit| digit.is_ascii_digit())
}

impl fmt::Display for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(digest) => write!(f, "scan {digest}"),
            Self::Bundle(index) => write!(f, "entry bundle {index}"),
            Self::Tile { level, index } => write!(f, "tile {index} of level {level}"),
            Self::Results(index) => write!(f, "result bundle {index}"),
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
        for key in [
            VaultKey::Bundle(12_345_678),
            VaultKey::Results(12_345_678),
            VaultKey::Tile { level: 12, index: 3 },
            VaultKey::LogHead,
            VaultKey::Pack(7),
        ] {
            assert!(VaultKey::is_object(key.path().as_ref()) && VaultKey::is_directory(&key.shard()), "{key}");
        }
        let digest = Digest::of(b"x");
        assert!(VaultKey::is_object(VaultKey::Scan(digest).path().as_ref()));
        for path in [
            format!("b/00/{digest}").as_str(),
            "log/entries/041",
            "log/tile/000/000/041",
            "log/results/000/000/041",
            "log/notes",
            "x/head",
            "head",
        ] {
            assert!(!VaultKey::is_object(path), "{path}");
        }
        assert_eq!(VaultKey::Pack(1_002_041).path().as_ref(), "packs/001/002/041.zip");
    }
}
