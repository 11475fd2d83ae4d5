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

/// What the board that sits at one place may send: the forms of its own level, and of what it counts below.
///
/// The registry's tree decides it:
///
/// * A board sends the forms of the place where it sits, and of every place whose nearest board it is.
/// * A kurul counts what hangs directly below it (298/94-C), so it also sends the forms of its customs gates and
///   representations abroad, although these have boards of their own.
/// * An ilçe, or a çevre in the place of one, seats no board. Its merged sheet is drawn by its kurul; where it has several,
///   by the first of them, which is the standing one (298/18: the others are temporary). The board above, of the il, receives
///   these sheets on paper and may send them too: it is their nearest board.
///
/// A provincial board may therefore not send a box's form, nor any board a sheet of the board above or beside it: neither a
/// misread code nor a stolen token must pass because the net was wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    board: PlaceId,
    /// Whether it counts what lies directly below it.
    counts: bool,
    /// The ilçe whose merged sheets it draws.
    merges: Option<PlaceId>,
}

impl Reach {
    /// Of a board at a place of `level`. `parent` is the place that it lies in, and `first` says whether the board has the
    /// lowest number of the kurullar in there.
    pub fn of(board: PlaceId, level: Level, parent: Option<(PlaceId, Level)>, first: bool) -> Self {
        let counts = level == Level::Kurul;
        let merges = parent.filter(|(_, above)| counts && first && !above.seats_a_board()).map(|(id, _)| id);
        Self { board, counts, merges }
    }

    /// Where the board sits.
    pub fn board(&self) -> &PlaceId {
        &self.board
    }

    /// The place whose children's forms it sends as well; none where the board counts nothing below it.
    pub fn counts_below(&self) -> Option<&PlaceId> {
        Some(&self.board).filter(|_| self.counts)
    }

    /// The ilçe whose forms it sends beside its own.
    pub fn merges(&self) -> Option<&PlaceId> {
        self.merges.as_ref()
    }

    /// Whether it may send scans of a form that belongs to `place`, which lies in `parent` and whose nearest board is
    /// `nearest_board`.
    pub fn covers(&self, place: &PlaceId, parent: Option<&PlaceId>, nearest_board: Option<&PlaceId>) -> bool {
        *place == self.board
            || nearest_board == Some(&self.board)
            || parent.is_some_and(|parent| self.counts_below() == Some(parent))
            || self.merges() == Some(place)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Place, the place it lies in, level, and whether a kurul is the first one there.
    const TREE: [(&str, &str, Level, bool); 19] = [
        ("TR", "", Level::Genel, false),
        ("34", "TR", Level::Il, false),
        ("34-C1", "34", Level::Cevre, false),
        ("34-KAD", "34-C1", Level::Ilce, false),
        ("34-KAD-K1", "34-KAD", Level::Kurul, true),
        ("34-KAD-K2", "34-KAD", Level::Kurul, false),
        ("34-KAD-m1", "34-KAD-K1", Level::Mahalle, false),
        ("34-KAD-m2", "34-KAD-K2", Level::Mahalle, false),
        ("22", "TR", Level::Il, false),
        ("22-MRK", "22", Level::Ilce, false),
        ("22-MRK-K1", "22-MRK", Level::Kurul, true),
        ("22-MRK-m1", "22-MRK-K1", Level::Mahalle, false),
        ("22-G1", "22-MRK-K1", Level::Gumruk, false),
        ("22-G2", "22", Level::Gumruk, false),
        ("06", "TR", Level::Il, false),
        ("06-YD", "06", Level::Kurul, true),
        ("YD-BER", "06-YD", Level::Temsilcilik, false),
        ("Y-DE", "TR", Level::Ulke, false),
        ("Y-KOL", "Y-DE", Level::Temsilcilik, false),
    ];

    /// All that each board may send, and nothing else: every other pair of the tree is refused.
    const MAY: [(&str, &[&str]); 13] = [
        ("TR", &["TR"]),
        ("34", &["34", "34-C1", "34-KAD"]),
        ("34-KAD-K1", &["34-KAD-K1", "34-KAD-m1", "34-KAD"]),
        ("34-KAD-K2", &["34-KAD-K2", "34-KAD-m2"]),
        ("22", &["22", "22-MRK"]),
        ("22-MRK-K1", &["22-MRK-K1", "22-MRK-m1", "22-G1", "22-MRK"]),
        ("22-G1", &["22-G1"]),
        ("22-G2", &["22-G2"]),
        ("06", &["06"]),
        ("06-YD", &["06-YD", "YD-BER"]),
        ("YD-BER", &["YD-BER"]),
        ("Y-DE", &["Y-DE"]),
        ("Y-KOL", &["Y-KOL"]),
    ];

    fn id(text: &str) -> PlaceId {
        text.parse().unwrap()
    }

    fn row(place: &str) -> (&'static str, &'static str, Level, bool) {
        *TREE.iter().find(|(id, ..)| *id == place).unwrap()
    }

    fn nearest(place: &str) -> Option<&'static str> {
        let (id, parent, level, _) = row(place);
        if level.seats_a_board() { Some(id) } else { (!parent.is_empty()).then(|| nearest(parent)).flatten() }
    }

    #[test]
    fn a_board_reaches_its_own_level_and_what_it_counts_and_nothing_of_its_parents_or_siblings() {
        for (board, expected) in MAY {
            let (_, parent, level, first) = row(board);
            let parent = (!parent.is_empty()).then(|| (id(parent), row(parent).2));
            let reach = Reach::of(id(board), level, parent, first);
            for (place, above, ..) in TREE {
                let above = (!above.is_empty()).then(|| id(above));
                let covers = reach.covers(&id(place), above.as_ref(), nearest(place).map(id).as_ref());
                assert_eq!(covers, expected.contains(&place), "the board at {board} sends for {place}");
            }
        }
        let boards: BTreeSet<&str> = MAY.iter().map(|(board, _)| *board).collect();
        for (place, _, level, _) in TREE {
            assert_eq!(level.seats_a_board(), boards.contains(&place), "{place} is in the table");
        }
    }
}
