//! The public paths of lists, both ways, and of what is written for a whole district.

use super::{SCANS, is_slug, split};

/// The directory of all lists.
pub const LISTS: &str = "listeler";
/// The digests of all scans below a district's directory.
pub const DISTRICT_SUMS: &str = "SHA256SUMS-ILCE";
/// The same scans for programs that download by Metalink.
pub const METALINK: &str = "indir.meta4";

/// What a list tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Every scan.
    Scans,
    /// The newest revision of each page of each form.
    Current,
    /// What changed after it was first there: revisions, late links, withdrawals.
    Changes,
    /// Expected forms without a scan.
    Missing,
}

impl ListKind {
    /// Every kind, in the order of their names.
    pub const ALL: [Self; 4] = [Self::Changes, Self::Missing, Self::Current, Self::Scans];

    fn stem(self) -> &'static str {
        match self {
            Self::Scans => "tutanaklar",
            Self::Current => "guncel",
            Self::Changes => "degisiklikler",
            Self::Missing => "eksikler",
        }
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListFormat {
    /// For Excel in Turkish: semicolons, and a byte order mark.
    Excel,
    /// For programs (RFC 4180): commas, no mark.
    Comma,
}

impl ListFormat {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Excel, Self::Comma];

    fn ending(self) -> &'static str {
        match self {
            Self::Excel => ".csv",
            Self::Comma => "-virgul.csv",
        }
    }
}

/// What lies at a path at or below [`LISTS`], if such a thing can lie there at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListPath {
    /// The lists of the whole country, and the directories of its parts.
    Top,
    /// The lists of one directory at the top of the scans, such as a province's.
    Part(String),
    /// A list.
    List {
        /// Of which part; none for the whole country.
        part: Option<String>,
        /// What it tells.
        kind: ListKind,
        /// How it is written.
        format: ListFormat,
    },
}

impl ListPath {
    /// The path.
    pub fn path(&self) -> String {
        match self {
            Self::Top => LISTS.to_owned(),
            Self::Part(part) => format!("{LISTS}/{part}"),
            Self::List { part: None, kind, format } => format!("{LISTS}/{}{}", kind.stem(), format.ending()),
            Self::List { part: Some(part), kind, format } => {
                format!("{LISTS}/{part}/{}{}", kind.stem(), format.ending())
            }
        }
    }

    /// The name inside the directory.
    pub fn name(&self) -> String {
        split(&self.path()).1.to_owned()
    }

    /// What a path names.
    pub fn parse(path: &str) -> Option<Self> {
        let Some(below) = path.strip_prefix(LISTS)?.strip_prefix('/') else {
            return (path == LISTS).then_some(Self::Top);
        };
        let (part, name) = match below.split_once('/') {
            Some((part, name)) => (Some(part).filter(|part| is_slug(part)).map(str::to_owned)?.into(), name),
            None => (None, below),
        };
        let lists = ListKind::ALL.into_iter().flat_map(|kind| ListFormat::ALL.map(|format| (kind, format)));
        let found = lists
            .into_iter()
            .find(|(kind, format)| name.strip_prefix(kind.stem()).is_some_and(|ending| ending == format.ending()));
        match found {
            Some((kind, format)) => Some(Self::List { part, kind, format }),
            None => (part.is_none() && is_slug(name)).then(|| Self::Part(name.to_owned())),
        }
    }
}

/// Whether `path` is the directory of a district: a kurul or ilçe below its province, a country or representation abroad, a
/// customs gate. That is where people come for "all of ours".
pub fn is_district(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some(SCANS)
        && parts.by_ref().take(2).filter(|part| is_slug(part)).count() == 2
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_path_and_the_path_one_list() {
        let list = |part: Option<&str>, kind, format| ListPath::List { part: part.map(str::to_owned), kind, format };
        let rows = [
            (ListPath::Top, "listeler"),
            (ListPath::Part("34-istanbul".into()), "listeler/34-istanbul"),
            (list(None, ListKind::Missing, ListFormat::Excel), "listeler/eksikler.csv"),
            (list(None, ListKind::Scans, ListFormat::Comma), "listeler/tutanaklar-virgul.csv"),
            (list(Some("06-ankara"), ListKind::Changes, ListFormat::Excel), "listeler/06-ankara/degisiklikler.csv"),
            (list(Some("yurtdisi"), ListKind::Current, ListFormat::Comma), "listeler/yurtdisi/guncel-virgul.csv"),
        ];
        for (place, path) in rows {
            assert_eq!(place.path(), path);
            assert_eq!(ListPath::parse(path), Some(place));
        }
        for other in [
            "liste",
            "listeler/",
            "listeler/x.csv",
            "listeler/A/guncel.csv",
            "listeler/a/b/guncel.csv",
            "listeler//guncel.csv",
            "listeler/%/guncel.csv",
        ] {
            assert_eq!(ListPath::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_district_lies_two_levels_below_the_scans() {
        assert!(is_district("tutanaklar/34-istanbul/kadikoy-1"));
        assert!(is_district("tutanaklar/yurtdisi/almanya"));
        for other in ["tutanaklar", "tutanaklar/34-istanbul", "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah", "x/y/z"]
        {
            assert!(!is_district(other), "{other}");
        }
    }
}
