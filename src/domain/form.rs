//! A form of the election: which sheet of paper a scan shows, whose it is, and where it lies in the tree.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::stem;
use super::{Karekod, PlaceId, Race};

/// The kinds of form that are shared (2019 circular, art. 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FormKind {
    /// Sandık sonuç tutanağı: a box's result.
    Sonuc,
    /// Sayım döküm cetveli: a box's count sheet. Second counts add pages.
    Cetvel,
    /// İlçe seçim kurulu denetim tutanağı: a board's check sheet.
    Denetim,
    /// A merge sheet (birleştirme tutanağı) of the named scope.
    Birlestirme(MergeScope),
}

/// Over what a merge sheet sums. Data, not a closed list: SSPS has known eleven (kurul, ilce, il, dis-temsilcilik, ulke,
/// ulkeler, gumruk-rumuz, gumruk-kurul, gumruk-ilce, gumrukler, tumdunya).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MergeScope(String);

impl MergeScope {
    /// The scope's name in paths and in the registry's files.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope as people write it. Names that SSPS has not known so far are put together from the words it has.
    pub fn turkish(&self) -> String {
        let word = |word: &str| {
            match word {
                "cevre" => "çevre",
                "dis" => "dış",
                "gumruk" => "gümrük",
                "gumrukler" => "gümrükler",
                "ilce" => "ilçe",
                "koy" => "köy",
                "sandik" => "sandık",
                "secim" => "seçim",
                "tumdunya" => "tüm dünya",
                "ulke" => "ülke",
                "ulkeler" => "ülkeler",
                "yurtdisi" => "yurt dışı",
                other => other,
            }
            .to_owned()
        };
        self.0.split('-').map(word).collect::<Vec<_>>().join(" ")
    }
}

impl FormKind {
    /// The name in paths, lists and the registry's files.
    pub fn slug(&self) -> String {
        self.clone().into()
    }

    /// Whether it is a box's sheet, rather than a board's or a larger place's.
    pub fn belongs_to_a_box(&self) -> bool {
        matches!(self, Self::Sonuc | Self::Cetvel)
    }

    /// The name that election users know.
    pub fn turkish(&self) -> &'static str {
        match self {
            Self::Sonuc => "Sandık Sonuç Tutanağı",
            Self::Cetvel => "Sayım Döküm Cetveli",
            Self::Denetim => "İlçe Seçim Kurulu Denetim Tutanağı",
            Self::Birlestirme(_) => "Birleştirme Tutanağı",
        }
    }

    /// The same with the scope of a merge sheet, which tells two of one place apart.
    pub fn turkish_in_full(&self) -> String {
        match self {
            Self::Birlestirme(scope) => format!("{} ({})", self.turkish(), scope.turkish()),
            kind => kind.turkish().to_owned(),
        }
    }
}

impl FromStr for FormKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad =
            || format!("no kind of form is called {text:?}: sonuc, cetvel, denetim or birlestirme-<scope> is expected");
        match text {
            "sonuc" => Ok(Self::Sonuc),
            "cetvel" => Ok(Self::Cetvel),
            "denetim" => Ok(Self::Denetim),
            _ => {
                let scope = text.strip_prefix("birlestirme-").ok_or_else(bad)?;
                let sound = stem::is_slug(scope) && scope.len() <= 24;
                if sound { Ok(Self::Birlestirme(MergeScope(scope.to_owned()))) } else { Err(bad()) }
            }
        }
    }
}

impl TryFrom<String> for FormKind {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<FormKind> for String {
    fn from(kind: FormKind) -> Self {
        match kind {
            FormKind::Sonuc => "sonuc".to_owned(),
            FormKind::Cetvel => "cetvel".to_owned(),
            FormKind::Denetim => "denetim".to_owned(),
            FormKind::Birlestirme(scope) => format!("birlestirme-{}", scope.0),
        }
    }
}

/// What one form is in the ledger: its directory and the stem of its file names. Two codes that name the same sheet of
/// the same box have the same key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormKey(String);

impl FormKey {
    /// The key of a form, for example `34-istanbul/kadikoy-1/caferaga-mah/3069-cb-sonuc`.
    pub fn of(directory: &str, sandik: Option<u32>, race: Option<Race>, kind: &FormKind) -> Self {
        Self(stem::form_key(directory, sandik, race.map(Race::slug), &kind.slug()))
    }

    /// A key as the database kept it.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FormKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A form as the registry knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The code that named it.
    pub code: Karekod,
    /// Which sheet it is.
    pub kind: FormKind,
    /// What is voted on; a sheet over all races has none.
    pub race: Option<Race>,
    /// The box's number inside its district, for a box's form.
    pub sandik: Option<u32>,
    /// The place it belongs to.
    pub place: PlaceId,
    /// The place's directory below `tutanaklar/`.
    pub directory: String,
    /// The board nearest above the place, if any sits there.
    pub nearest_board: Option<PlaceId>,
    /// Whether another scan of it is a further page rather than a new revision.
    pub many_pages: bool,
}

impl Form {
    /// What the form is in the ledger.
    pub fn key(&self) -> FormKey {
        FormKey::of(&self.directory, self.sandik, self.race, &self.kind)
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
    fn scopes_have_their_turkish_letters() {
        for (scope, turkish) in [
            ("kurul", "kurul"),
            ("ilce", "ilçe"),
            ("il", "il"),
            ("dis-temsilcilik", "dış temsilcilik"),
            ("ulke", "ülke"),
            ("ulkeler", "ülkeler"),
            ("gumruk-rumuz", "gümrük rumuz"),
            ("gumruk-kurul", "gümrük kurul"),
            ("gumruk-ilce", "gümrük ilçe"),
            ("gumrukler", "gümrükler"),
            ("tumdunya", "tüm dünya"),
        ] {
            let kind: FormKind = format!("birlestirme-{scope}").parse().unwrap();
            assert_eq!(kind.turkish_in_full(), format!("Birleştirme Tutanağı ({turkish})"));
        }
        assert_eq!(FormKind::Sonuc.turkish_in_full(), "Sandık Sonuç Tutanağı");
    }
}
