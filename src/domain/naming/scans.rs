//! The path of a scan, read back into what it says. [`scan_path`] writes it.

use super::{SCANS, scan_path, split};
use crate::domain::{FormKey, FormKind, Race};

/// What the path of a scan says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanPath {
    /// The directory below [`SCANS`].
    pub directory: String,
    /// Number of the box; none for a sheet of a place.
    pub sandik: Option<u32>,
    /// The race; none for a sheet over all races.
    pub race: Option<Race>,
    /// Which sheet.
    pub kind: FormKind,
    /// Which page of it, from 1.
    pub page: u32,
    /// Which scan of that page, from 1.
    pub revision: u32,
}

impl ScanPath {
    /// Reads a path as [`scan_path`] writes it. None for what it never writes.
    pub fn parse(path: &str) -> Option<Self> {
        let (parent, name) = split(path);
        let directory = match parent.strip_prefix(SCANS)? {
            "" => "",
            below => below.strip_prefix('/')?,
        };
        let (stem, revision) = name.strip_suffix(".png")?.rsplit_once(".v")?;
        let (stem, page) = stem.rsplit_once('-')?;
        let (sandik, rest) = match stem.split_once('-') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                (Some(number.parse().ok()?), rest)
            }
            _ => (None, stem),
        };
        let (first, behind) = rest.split_once('-').unwrap_or((rest, ""));
        let (race, kind) = match Race::ALL.into_iter().find(|race| race.slug() == first) {
            Some(race) => (Some(race), behind),
            None => (None, rest),
        };
        let found = Self {
            directory: directory.to_owned(),
            sandik,
            race,
            kind: kind.parse().ok()?,
            page: page.parse().ok()?,
            revision: revision.parse().ok()?,
        };
        (found.path() == path).then_some(found)
    }

    /// The path.
    pub fn path(&self) -> String {
        scan_path(&self.form(), self.page, self.revision)
    }

    /// The form's key.
    pub fn form(&self) -> FormKey {
        FormKey::of(&self.directory, self.sandik, self.race, &self.kind)
    }

    /// What scans of one directory are ordered by: the box, the race, the sheet, its page, the newest scan first. Sheets of
    /// the place come before those of its boxes.
    pub fn order(&self) -> (Option<u32>, Option<Race>, FormKind, u32, std::cmp::Reverse<u32>) {
        (self.sandik, self.race, self.kind.clone(), self.page, std::cmp::Reverse(self.revision))
    }

    /// As people say it: `Sandık 1001, Cumhurbaşkanı, Sandık Sonuç Tutanağı`.
    pub fn turkish(&self) -> String {
        let sandik = self.sandik.map(|number| format!("Sandık {number}"));
        let race = self.race.map(|race| race.turkish().to_owned());
        let words = sandik.into_iter().chain(race).chain([self.kind.turkish_in_full()]);
        words.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_was_written() {
        for (path, sandik, race, kind, page, revision) in [
            (
                "tutanaklar/34-istanbul/kadikoy-1/moda-mah/3069-cb-sonuc-1.v2.png",
                Some(3069),
                Some(Race::President),
                "sonuc",
                1,
                2,
            ),
            ("tutanaklar/06-ankara/cb-birlestirme-il-1.v1.png", None, Some(Race::President), "birlestirme-il", 1, 1),
            ("tutanaklar/34-istanbul/kadikoy-1/denetim-3.v1.png", None, None, "denetim", 3, 1),
            ("tutanaklar/turkiye/birlestirme-tumdunya-1.v1.png", None, None, "birlestirme-tumdunya", 1, 1),
            (
                "tutanaklar/gumruk/edr-kpk/7-bbb-cetvel-2.v10.png",
                Some(7),
                Some(Race::MetropolitanMayor),
                "cetvel",
                2,
                10,
            ),
        ] {
            let found = ScanPath::parse(path).unwrap();
            assert_eq!((found.sandik, found.race, found.kind.slug().as_str()), (sandik, race, kind), "{path}");
            assert_eq!((found.page, found.revision, found.path().as_str()), (page, revision, path));
        }
        for other in [
            "tutanaklar/a/3069-cb-sonuc-1.png",
            "tutanaklar/a/03069-cb-sonuc-1.v1.png",
            "tutanaklar/a/3069-cb-sonuc-01.v1.png",
            "tutanaklar/a/3069-xx-sonuc-1.v1.png",
            "tutanaklarim/3069-cb-sonuc-1.v1.png",
            "durum.json",
        ] {
            assert_eq!(ScanPath::parse(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_path_makes_the_parser_panic(path in "(tutanaklar)?[/0-9a-z.-]{0,40}") {
            if let Some(found) = ScanPath::parse(&path) {
                proptest::prop_assert_eq!(found.path(), path);
            }
        }
    }
}
