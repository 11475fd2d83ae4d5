//! The public paths of packs, both ways: from a number to its path, and from a path to what it names.

use super::split;

/// The directory of all packs.
pub const PACKS: &str = "paketler";
/// The entries' lines inside every pack, before its scans.
pub const LINES: &str = "girdiler.jsonl";
/// Entries of one pack, which is also one tile of the log.
pub const PACK_ENTRIES: u64 = 256;
/// Packs have nine digits: enough for 256 thousand million entries.
pub const PACK_NUMBERS: u64 = 1_000_000_000;

/// What lies at a path at or below [`PACKS`], if such a thing can lie there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackPath {
    /// The directory of all packs, by millions.
    Top,
    /// The directory of the packs of one million, by thousands.
    Million(u64),
    /// The directory of a thousand packs; the number is its first pack's, in thousands.
    Thousand(u64),
    /// The directory of a pack that is not full yet.
    Partials(u64),
    /// A pack with its first `entries` entries, 1 to [`PACK_ENTRIES`].
    Pack {
        /// Its number: it begins with entry 256 times that.
        number: u64,
        /// Its entries.
        entries: u64,
    },
    /// The checksum of a full pack.
    Sum(u64),
}

impl PackPath {
    /// The path. Three levels of a thousand names each, as parts of the log are named too.
    pub fn path(self) -> String {
        let thousand = |thousand: u64| format!("{PACKS}/{:03}/{:03}", thousand / 1000, thousand % 1000);
        let pack = |number: u64| format!("{}/{:03}", thousand(number / 1000), number % 1000);
        match self {
            Self::Top => PACKS.to_owned(),
            Self::Million(million) => format!("{PACKS}/{million:03}"),
            Self::Thousand(number) => thousand(number),
            Self::Partials(number) => format!("{}.p", pack(number)),
            Self::Pack { number, entries: PACK_ENTRIES } => format!("{}.zip", pack(number)),
            Self::Pack { number, entries } => format!("{}.p/{entries}.zip", pack(number)),
            Self::Sum(number) => format!("{}.zip.sha256", pack(number)),
        }
    }

    /// The name inside the directory.
    pub fn name(self) -> String {
        split(&self.path()).1.to_owned()
    }

    /// What a path names. There is one spelling only: `paketler/0/0/41.zip` names nothing.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix(PACKS)?.split('/').skip(1);
        let found = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (None, ..) => Self::Top,
            (Some(million), None, ..) => Self::Million(number(million)?),
            (Some(million), Some(thousand), None, _) => Self::Thousand(number(million)? * 1000 + number(thousand)?),
            (Some(million), Some(thousand), Some(name), below) => {
                let (pack, kind) = name.split_once('.')?;
                let number = (self::number(million)? * 1000 + self::number(thousand)?) * 1000 + self::number(pack)?;
                match (kind, below) {
                    ("zip", None) => Self::Pack { number, entries: PACK_ENTRIES },
                    ("zip.sha256", None) => Self::Sum(number),
                    ("p", None) => Self::Partials(number),
                    ("p", Some(name)) => {
                        let entries = self::number(name.strip_suffix(".zip")?)?;
                        let partial = (1..PACK_ENTRIES).contains(&entries);
                        partial.then_some(Self::Pack { number, entries })?
                    }
                    _ => return None,
                }
            }
        };
        (found.path() == path).then_some(found)
    }
}

fn number(digits: &str) -> Option<u64> {
    let sound = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if sound { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_has_one_path_and_the_path_one_pack() {
        let rows = [
            (PackPath::Top, "paketler"),
            (PackPath::Million(0), "paketler/000"),
            (PackPath::Thousand(1_002), "paketler/001/002"),
            (PackPath::Partials(41), "paketler/000/000/041.p"),
            (PackPath::Pack { number: 41, entries: 256 }, "paketler/000/000/041.zip"),
            (PackPath::Pack { number: 1_234_567, entries: 37 }, "paketler/001/234/567.p/37.zip"),
            (PackPath::Sum(999_999_999), "paketler/999/999/999.zip.sha256"),
        ];
        for (place, path) in rows {
            assert_eq!(place.path(), path);
            assert_eq!(PackPath::parse(path), Some(place));
            assert!(path.ends_with(&place.name()));
        }
        for other in [
            "paketlerim",
            "paketler/",
            "paketler/0",
            "paketler/0000",
            "paketler/000/000/41.zip",
            "paketler/000/000/041.p/0.zip",
            "paketler/000/000/041.p/037.zip",
            "paketler/000/000/041.p/256.zip",
            "paketler/000/000/041.p/37.zip/x",
            "paketler/000/000/041.p/37.zip.sha256",
            "paketler/000/000/041.tar",
            "paketler/+01/000/041.zip",
        ] {
            assert_eq!(PackPath::parse(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_pack_is_found_under_its_path(number in 0..PACK_NUMBERS, entries in 1..=PACK_ENTRIES) {
            let pack = PackPath::Pack { number, entries };
            proptest::prop_assert_eq!(PackPath::parse(&pack.path()), Some(pack));
        }

        #[test]
        fn no_path_makes_the_parser_panic(path in "paketler[/0-9a-z.]{0,30}") {
            let _ = PackPath::parse(&path);
        }
    }
}
