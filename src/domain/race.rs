//! What is voted on (seçim türü), with SEÇSİS's own digits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One race on a ballot. The numbers are SEÇSİS's codes of the seçim türü. Muhtarlık is counted but not shared, so it
/// has no place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum Race {
    /// Belediye başkanlığı.
    Mayor = 2,
    /// Belediye meclisi üyeliği.
    Council = 3,
    /// İl genel meclisi üyeliği.
    ProvincialAssembly = 4,
    /// Büyükşehir belediye başkanlığı.
    MetropolitanMayor = 6,
    /// Halkoylaması.
    Referendum = 7,
    /// Milletvekili.
    Parliament = 8,
    /// Cumhurbaşkanı.
    President = 9,
}

/// No race has this code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no seçim türü: 2, 3, 4, 6, 7, 8 or 9 is expected")]
pub struct BadRace(pub u8);

impl Race {
    /// Every race, in the order of its code.
    pub const ALL: [Self; 7] = [
        Self::Mayor,
        Self::Council,
        Self::ProvincialAssembly,
        Self::MetropolitanMayor,
        Self::Referendum,
        Self::Parliament,
        Self::President,
    ];

    /// SEÇSİS's digit, which is also the third digit of a karekod.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The short name in paths.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Mayor => "bb",
            Self::Council => "bm",
            Self::ProvincialAssembly => "igm",
            Self::MetropolitanMayor => "bbb",
            Self::Referendum => "ho",
            Self::Parliament => "mv",
            Self::President => "cb",
        }
    }

    /// The name that election users know.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Mayor => "Belediye Başkanlığı",
            Self::Council => "Belediye Meclisi Üyeliği",
            Self::ProvincialAssembly => "İl Genel Meclisi Üyeliği",
            Self::MetropolitanMayor => "Büyükşehir Belediye Başkanlığı",
            Self::Referendum => "Halkoylaması",
            Self::Parliament => "Milletvekili",
            Self::President => "Cumhurbaşkanı",
        }
    }
}

impl TryFrom<u8> for Race {
    type Error = BadRace;
    fn try_from(code: u8) -> Result<Self, BadRace> {
        Self::ALL.into_iter().find(|race| race.code() == code).ok_or(BadRace(code))
    }
}

impl From<Race> for u8 {
    fn from(race: Race) -> Self {
        race.code()
    }
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.turkish())
    }
}
