//! The one spelling of every public path: what parties see over HTTPS, FTP and on a medium. No other room may build one.
//!
//! All names are lower-case ASCII, so that no client's idea of an encoding can damage them.

pub mod boxes;
pub mod lists;
pub mod packs;
pub mod scans;

use super::FormKey;
pub use super::stem::{is_slug, slug};

/// The directory of all scans.
pub const SCANS: &str = "tutanaklar";
/// The notice that every party must read first.
pub const README: &str = "OKU-BENI.txt";
/// The small file to poll.
pub const STATUS: &str = "durum.json";
/// The digests of a directory's scans, in the format of GNU `sha256sum`.
pub const SUMS: &str = "SHA256SUMS";
/// The transparency log (C2SP tlog-tiles).
pub const LOG: &str = "defter";
/// The log's newest checkpoint, inside [`LOG`].
pub const CHECKPOINT: &str = "checkpoint";
/// The keys that sign checkpoints, inside [`LOG`].
pub const KEYS: &str = "anahtar.txt";
/// The newest checkpoint of the audit record, inside [`LOG`]: its rows are private, its root is not.
pub const AUDIT: &str = "denetim";
/// The log's tiles, inside [`LOG`].
pub const TILES: &str = "tile";
/// The log's entries, inside [`TILES`].
pub const ENTRIES: &str = "entries";
/// What the name of a scan's proof ends with.
pub const PROOF: &str = ".tlog-proof";
/// Where boxes hang below their district without a mahalle, they are grouped by this many numbers.
pub const BOXES_PER_RANGE: u32 = 100;

/// Path of one scan from the root of the tree, without a leading slash. It never changes its content: a later scan of the
/// same page gets the next revision and with it another path.
pub fn scan_path(form: &FormKey, page: u32, revision: u32) -> String {
    format!("{SCANS}/{form}-{page}.v{revision}.png")
}

/// Whether a scan can lie at `path`: below [`SCANS`], of names as [`slug`] and [`scan_path`] give them. Who unpacks what
/// came over a network asks this before writing anywhere.
pub fn is_scan_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let name = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
    let below = path.strip_prefix(SCANS).and_then(|rest| rest.strip_prefix('/'));
    path.len() <= 1024 && below.is_some_and(|below| below.ends_with(".png") && below.split('/').all(name))
}

/// The form's key in the path of one of its scans: [`scan_path`] backwards. None for what is no such path.
pub fn form_of(path: &str) -> Option<&str> {
    let stem = path.strip_prefix(SCANS)?.strip_prefix('/')?.strip_suffix(".png")?;
    let (page, _revision) = stem.rsplit_once(".v")?;
    let (form, _page) = page.rsplit_once('-')?;
    Some(form)
}

/// Directory of the boxes `number` belongs to where a district has no mahalle level: `1000-1099`.
pub fn box_range(number: u32) -> String {
    let first = number - number % BOXES_PER_RANGE;
    format!("{first}-{}", first + BOXES_PER_RANGE - 1)
}

/// Splits `a/b/c.png` into its directory `a/b` and its name `c.png`. The root is the empty text.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Each directory above `path`, from the top: `a`, `a/b` for `a/b/c.png`.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FormKind, Race};

    #[test]
    fn turkish_letters_fold_into_one_ascii_spelling() {
        for (name, expected) in [
            ("KADIKÖY", "kadikoy"),
            ("İSTANBUL", "istanbul"),
            ("IĞDIR", "igdir"),
            ("ığdır", "igdir"),
            ("AKALAN MAH.", "akalan-mah"),
            ("  Şırnak / Merkez -- ", "sirnak-merkez"),
            ("Hakkâri", "hakkari"),
            ("19 MAYIS MAH.", "19-mayis-mah"),
            ("...", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn a_path_names_place_box_race_kind_page_and_revision() {
        let key =
            FormKey::of("34-istanbul/kadikoy-1/caferaga-mah", Some(3069), Some(Race::President), &FormKind::Sonuc);
        let path = scan_path(&key, 1, 2);
        assert_eq!(path, "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/3069-cb-sonuc-1.v2.png");
        assert_eq!(form_of(&path), Some(key.as_str()));
        assert_eq!(form_of("durum.json"), None);
        let merged = FormKey::of("06-ankara", None, Some(Race::President), &"birlestirme-il".parse().unwrap());
        assert_eq!(scan_path(&merged, 1, 1), "tutanaklar/06-ankara/cb-birlestirme-il-1.v1.png");
    }

    #[test]
    fn a_scan_lies_below_its_directory_and_nowhere_else() {
        assert!(is_scan_path("tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/3069-cb-sonuc-1.v2.png"));
        assert!(is_scan_path("tutanaklar/cb-sonuc-1.v1.png"));
        for path in [
            "3069-cb-sonuc-1.v2.png",
            "/tutanaklar/x.png",
            "tutanaklar/../x.png",
            "tutanaklar/a/../../x.png",
            "tutanaklar//x.png",
            "tutanaklar/.x.png",
            "tutanaklar/a\\..\\x.png",
            "tutanaklar/C:/x.png",
            "tutanaklar/x.png\0",
            "tutanaklar/x.exe",
            "tutanaklarim/x.png",
        ] {
            assert!(!is_scan_path(path), "{path}");
        }
    }

    #[test]
    fn ancestors_come_from_the_top() {
        assert_eq!(ancestors("a/b/c.png").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(ancestors("c.png").count(), 0);
        assert_eq!(box_range(1099), "1000-1099");
    }

    proptest::proptest! {
        #[test]
        fn a_slug_is_its_own_slug_and_safe_in_any_path(text in ".{0,60}") {
            let once = slug(&text);
            proptest::prop_assert_eq!(&slug(&once), &once);
            proptest::prop_assert!(once.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }
    }
}
