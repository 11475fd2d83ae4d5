//! Where a box or a sheet belongs: il → seçim çevresi → ilçe → kurul → mahalle/köy. Any level can be missing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The registry's own name of a place: 1 to 64 letters, digits, `-`, `_`, `.` or `/`, as the place list spells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceId(String);

/// The text is no place id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place id is 1 to 64 of A–Z, a–z, 0–9, '-', '_', '.', '/'")]
pub struct BadPlaceId;

impl PlaceId {
    /// As the place list spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlaceId {
    type Err = BadPlaceId;

    fn from_str(text: &str) -> Result<Self, BadPlaceId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPlaceId)
        }
    }
}

impl TryFrom<String> for PlaceId {
    type Error = BadPlaceId;
    fn try_from(text: String) -> Result<Self, BadPlaceId> {
        text.parse()
    }
}

impl From<PlaceId> for String {
    fn from(id: PlaceId) -> Self {
        id.0
    }
}

impl fmt::Display for PlaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of place it is. The names are the ones written in `places.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The whole contest: a national sheet belongs here.
    Genel,
    /// A province; its code is the plate number.
    Il,
    /// An electoral district (seçim çevresi): a part of a province, a province, or an ilçe.
    Cevre,
    /// A district.
    Ilce,
    /// One of the district's election boards (ilçe seçim kurulu).
    Kurul,
    /// A mahalle or köy.
    Mahalle,
    /// A country abroad.
    Ulke,
    /// A representation abroad, below its country.
    Temsilcilik,
    /// A customs gate, known by its rumuz.
    Gumruk,
}

impl Level {
    /// Every level with its name in the place list.
    pub const ALL: [(&'static str, Self); 9] = [
        ("genel", Self::Genel),
        ("il", Self::Il),
        ("cevre", Self::Cevre),
        ("ilce", Self::Ilce),
        ("kurul", Self::Kurul),
        ("mahalle", Self::Mahalle),
        ("ulke", Self::Ulke),
        ("temsilcilik", Self::Temsilcilik),
        ("gumruk", Self::Gumruk),
    ];

    /// The name in the place list and in the database.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }

    /// Whether an election board sits at places of this level, so that scans of the place's own boxes come from there.
    pub fn seats_a_board(self) -> bool {
        !matches!(self, Self::Cevre | Self::Ilce | Self::Mahalle)
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, level)| *level).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("no level is called {text:?}: one of {} is expected", known.join(", "))
        })
    }
}

/// Sandık türü, with SEÇSİS's digits. A mobile box (seyyar) has none: its envelopes go into the box it is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum BoxKind {
    /// An ordinary box of a mahalle or köy.
    Normal = 0,
    /// At a customs gate.
    Customs = 1,
    /// In a prison.
    Prison = 2,
    /// At a representation abroad.
    Abroad = 3,
}

impl TryFrom<u8> for BoxKind {
    type Error = String;
    fn try_from(code: u8) -> Result<Self, String> {
        match code {
            0 => Ok(Self::Normal),
            1 => Ok(Self::Customs),
            2 => Ok(Self::Prison),
            3 => Ok(Self::Abroad),
            _ => Err(format!("{code} is no sandık türü: 0, 1, 2 or 3 is expected")),
        }
    }
}

impl From<BoxKind> for u8 {
    fn from(kind: BoxKind) -> Self {
        kind as Self
    }
}

/// Whether the board that sits at `board` may send scans of a form that belongs to `place`.
///
/// A board sends the forms of its own place and of every box whose nearest board it is (`nearest_board`). A district's
/// merged sheet belongs to the ilçe itself, so each of the district's boards (`board_parent` is that ilçe) may send it.
/// A provincial board may therefore not send a box's form: a misread code must not pass because the net was wide.
pub fn may_send(
    board: &PlaceId,
    board_parent: Option<&PlaceId>,
    place: &PlaceId,
    nearest_board: Option<&PlaceId>,
) -> bool {
    board == place || nearest_board == Some(board) || board_parent == Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> PlaceId {
        text.parse().unwrap()
    }

    #[test]
    fn a_board_sends_its_own_forms_and_nobody_elses() {
        let (il, ilce, first, second, mahalle) =
            (id("34"), id("34-kad"), id("34-kad-1"), id("34-kad-2"), id("34-kad-m1"));
        let rows = [
            (&first, Some(&ilce), &mahalle, Some(&first), true),   // its own box
            (&second, Some(&ilce), &mahalle, Some(&first), false), // its neighbour's box
            (&first, Some(&ilce), &first, Some(&first), true),     // its check sheet
            (&first, Some(&ilce), &ilce, Some(&il), true),         // the district's merged sheet
            (&second, Some(&ilce), &ilce, Some(&il), true),        // the same from the other board
            (&il, None, &il, Some(&il), true),                     // the province's merged sheet
            (&il, None, &mahalle, Some(&first), false),            // a box is not the province's to send
            (&first, Some(&ilce), &il, Some(&il), false),          // nor the province's sheet the district's
        ];
        for (board, parent, place, nearest, expected) in rows {
            assert_eq!(may_send(board, parent, place, nearest), expected, "{board} sends for {place}");
        }
    }
}
