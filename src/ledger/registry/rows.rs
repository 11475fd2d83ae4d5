//! The rows of the registry as values. The same types go in and come out.

use std::collections::BTreeMap;

use crate::domain::{BoxId, BoxKind, FormKind, Karekod, Level, PlaceId, Race, RaceSet};
use crate::ledger::{LedgerError, corrupt};

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// The place.
    pub id: PlaceId,
    /// The place above.
    pub parent: Option<PlaceId>,
    /// What kind of place.
    pub level: Level,
    /// Plate number, number of the board, rumuz; may be empty.
    pub code: String,
    /// The name that election users know.
    pub name: String,
    /// Its directory below `tutanaklar/`.
    pub directory: String,
    /// The nearest board at or above it.
    pub board: Option<PlaceId>,
    /// The place inside which its box numbers are unique.
    pub district: PlaceId,
}

/// A box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxRow {
    /// Its id, unique in the election.
    pub id: BoxId,
    /// Where it stands.
    pub place: PlaceId,
    /// The place inside which its number is unique.
    pub district: PlaceId,
    /// Its number.
    pub number: u32,
    /// Sandık türü.
    pub kind: BoxKind,
    /// What is counted in it.
    pub races: RaceSet,
}

/// A code that is listed, rather than made by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The code.
    pub code: Karekod,
    /// Which sheet it names.
    pub kind: FormKind,
    /// Of which race; none for a sheet over all races.
    pub race: Option<Race>,
    /// Of which box; none for a sheet of the place itself.
    pub box_id: Option<BoxId>,
    /// Of which place; for a box's sheet, where the box stands.
    pub place: PlaceId,
    /// Whether another scan of it is a further page.
    pub many_pages: bool,
}

/// How much the registry holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Places, by the name of their level.
    pub places: BTreeMap<String, u64>,
    /// Boxes, by the digit of their sandık türü.
    pub boxes: BTreeMap<u8, u64>,
    /// Codes that are listed one by one.
    pub codes: u64,
    /// What can be voted for, on all ballots.
    pub choices: u64,
}

/// What the database gives for a place.
pub(super) type RawPlace = (String, Option<String>, String, String, String, String, Option<String>, String);

pub(super) fn place(
    (id, parent, level, code, name, directory, board, district): RawPlace,
) -> Result<PlaceRow, LedgerError> {
    Ok(PlaceRow {
        id: id.parse().map_err(corrupt)?,
        parent: parent.map(|id| id.parse().map_err(corrupt)).transpose()?,
        level: level.parse().map_err(corrupt)?,
        code,
        name,
        directory,
        board: board.map(|id| id.parse().map_err(corrupt)).transpose()?,
        district: district.parse().map_err(corrupt)?,
    })
}

/// What the database gives for a box.
pub(super) type RawBox = (String, String, String, i64, i64, String);

pub(super) fn ballot_box((id, place, district, number, kind, races): RawBox) -> Result<BoxRow, LedgerError> {
    Ok(BoxRow {
        id: id.parse().map_err(corrupt)?,
        place: place.parse().map_err(corrupt)?,
        district: district.parse().map_err(corrupt)?,
        number: number.try_into().map_err(corrupt)?,
        kind: u8::try_from(kind).map_err(corrupt)?.try_into().map_err(corrupt)?,
        races: race_set(&races)?,
    })
}

/// What the database gives for a code.
pub(super) type RawCode = (String, String, Option<i64>, Option<String>, String, bool);

pub(super) fn code((code, kind, race, box_id, place, many_pages): RawCode) -> Result<CodeRow, LedgerError> {
    Ok(CodeRow {
        code: code.parse().map_err(corrupt)?,
        kind: kind.parse().map_err(corrupt)?,
        race: race.map(self::race).transpose()?,
        box_id: box_id.map(|id| id.parse().map_err(corrupt)).transpose()?,
        place: place.parse().map_err(corrupt)?,
        many_pages,
    })
}

pub(super) fn race(code: i64) -> Result<Race, LedgerError> {
    u8::try_from(code).map_err(corrupt)?.try_into().map_err(corrupt)
}

pub(super) fn race_set(digits: &str) -> Result<RaceSet, LedgerError> {
    RaceSet::from_digits(digits).ok_or_else(|| corrupt(format_args!("{digits:?} are no races")))
}
