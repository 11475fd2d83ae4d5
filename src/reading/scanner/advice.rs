//! What a clerk is told, and from which measure on. It must never say anything about a page that an office usually
//! sends, and never more than a clerk can act on.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::ScanCheck;

/// One thing to do better next time. The order is that of importance: first what may be lost, then what is hard to read,
/// then what is a nuisance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// There is no print on the page.
    Blank,
    /// Part of the sheet is missing.
    CutOff,
    /// There is a code, and it could not be read.
    CodeUnread,
    /// Print is hardly darker than the paper.
    Faint,
    /// The edges of print are washed out.
    Blurred,
    /// There are too few pixels.
    TooCoarse,
    /// One of the two codes could not be read.
    TwinUnread,
    /// The page stands on its head.
    UpsideDown,
    /// The page lies on its side.
    Sideways,
    /// The page lies askew.
    Crooked,
}

/// Shades of 255. Office scans have 240 and more, worn toner has 200; print at less than half of that is a strain to read,
/// and a darker setting of the scanner mends it.
const FAINT: u8 = 115;
/// Edges that take up most of a module: neighbouring modules run into each other.
const BLURRED: f32 = 0.45;
/// Dots per inch. Offices have 200 and 300, the next lower setting is 150; below this a module has less than four pixels.
const COARSE: f32 = 145.0;
/// Degrees. Scanners straighten a page to within 3, and what reads the codes is untroubled by ten.
const CROOKED: f32 = 3.5;

impl Advice {
    /// The advice that measures give rise to, the most important first.
    pub(super) fn on(check: &ScanCheck) -> Vec<Self> {
        if check.blank {
            return vec![Self::Blank]; // of nothing there is nothing else to say
        }
        let faint = check.contrast.is_some_and(|contrast| contrast < FAINT);
        let blurred = check.sharpness.is_some_and(|sharpness| sharpness < BLURRED);
        let skew = check.skew.unwrap_or(0.0).abs();
        let all = [
            (Self::CutOff, check.odd_size || !check.cut.is_empty()),
            (Self::CodeUnread, check.code_unread),
            (Self::Faint, faint),
            // Faint print is ragged: its edges tell nothing of the lens.
            (Self::Blurred, blurred && !faint),
            (Self::TooCoarse, check.dpi.value < COARSE),
            (Self::TwinUnread, check.twin_unread),
            (Self::UpsideDown, check.turned == Some(180)),
            (Self::Sideways, matches!(check.turned, Some(90 | 270))),
            (Self::Crooked, skew > CROOKED),
        ];
        all.into_iter().filter_map(|(advice, holds)| holds.then_some(advice)).collect()
    }

    /// The name by which programs know it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::CutOff => "cut-off",
            Self::CodeUnread => "code-unread",
            Self::Faint => "faint",
            Self::Blurred => "blurred",
            Self::TooCoarse => "too-coarse",
            Self::TwinUnread => "twin-unread",
            Self::UpsideDown => "upside-down",
            Self::Sideways => "sideways",
            Self::Crooked => "crooked",
        }
    }

    /// What a clerk reads.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Blank => "Sayfada yazı görünmüyor; kâğıdın boş yüzü taranmış olabilir.",
            Self::CutOff => "Sayfanın bir kenarı kesik görünüyor; kâğıdın tamamını tarayın.",
            Self::CodeUnread => "Karekod okunamadı; karekodun üzerine mühür basmayın, yazı yazmayın.",
            Self::Faint => "Sayfa çok soluk taranmış; tarayıcının koyuluğunu artırın.",
            Self::Blurred => "Sayfa bulanık taranmış; tarayıcının camını silin, kâğıdı cama iyice bastırın.",
            Self::TooCoarse => "Çözünürlük düşük; 200 veya 300 dpi ile tarayın.",
            Self::TwinUnread => {
                "İki karekoddan yalnız biri okunabildi; karekodların üzerine mühür basmayın, yazı yazmayın."
            }
            Self::UpsideDown => "Sayfa baş aşağı taranmış; bir dahaki sefere çevirin.",
            Self::Sideways => "Sayfa yan taranmış; bir dahaki sefere dik koyun.",
            Self::Crooked => "Sayfa eğri taranmış; bir dahaki sefere kâğıdı kenara dayayın.",
        }
    }

    /// The same in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Blank => "No print is seen on the page; its blank side may have been scanned.",
            Self::CutOff => "An edge of the page seems to be cut off; scan the whole sheet.",
            Self::CodeUnread => "The karekod could not be read; do not stamp or write over it.",
            Self::Faint => "The page was scanned very faint; set the scanner darker.",
            Self::Blurred => "The page was scanned blurred; wipe the glass and press the sheet well against it.",
            Self::TooCoarse => "The resolution is low; scan at 200 or 300 dpi.",
            Self::TwinUnread => "Only one of the two karekods could be read; do not stamp or write over them.",
            Self::UpsideDown => "The page was scanned upside down; turn it next time.",
            Self::Sideways => "The page was scanned sideways; lay it upright next time.",
            Self::Crooked => "The page was scanned askew; lay the sheet against the edge next time.",
        }
    }
}

/// As an object with its name and both sentences: whoever shows it needs no list of ours.
impl Serialize for Advice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut told = serializer.serialize_struct("Advice", 3)?;
        told.serialize_field("kind", self.kind())?;
        told.serialize_field("tr", self.turkish())?;
        told.serialize_field("en", self.english())?;
        told.end()
    }
}
