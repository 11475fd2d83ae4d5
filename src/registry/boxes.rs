//! `boxes.csv`: one row a box. Kept in memory while files are read: about 100 bytes a box.

use std::collections::HashMap;

use super::bad::BadLines;
use super::places::{PlaceLookup, PlaceNo, Places};
use super::table::{Columns, Row};
use crate::domain::{BoxId, BoxKind, Election, PlaceId, Race, RaceSet};
use crate::ledger::registry::BoxRow;

/// The file's name in an election's directory.
pub const FILE: &str = "boxes.csv";

/// Its columns.
pub const COLUMNS: Columns = Columns { required: &["box_id", "place_id", "number"], optional: &["kind", "races"] };

/// Real numbers have four digits.
const NUMBER_LIMIT: u32 = 999_999;

/// What later lines need to know of a box.
#[derive(Clone, Copy)]
pub struct Seen {
    line: u32,
    /// Where it stands; none where its line was bad.
    pub place: Option<PlaceNo>,
    /// What is counted in it.
    pub races: RaceSet,
}

/// The boxes of a file, by id and by number.
#[derive(Default)]
pub struct Boxes {
    by_id: HashMap<BoxId, Seen>,
    numbers: HashMap<(PlaceNo, u32), u32>,
}

impl Boxes {
    /// Checks a row and remembers it. `file` is the name to blame.
    pub fn add(&mut self, row: Row<'_>, file: &str, election: &Election, places: &Places, bad: &mut BadLines) {
        let id = match election.box_id(row.get("box_id")) {
            Ok(id) => id,
            Err(cause) => return bad.add(file, row.line, "box_id", cause),
        };
        if let Some(first) = self.by_id.get(&id) {
            let cause = format!("box {id} is on line {} already", first.line);
            return bad.add(file, row.line, "box_id", cause);
        }
        let read = read(row, file, election, bad);
        let place = row.get("place_id").parse::<PlaceId>();
        let place = match place.as_ref().map(|id| places.find(id)) {
            Ok(PlaceLookup::Place(no)) => Some(no),
            Ok(PlaceLookup::Broken) => None,
            Ok(PlaceLookup::Nothing) => {
                bad.add(file, row.line, "place_id", format_args!("no place is called {}", row.get("place_id")));
                None
            }
            Err(cause) => {
                bad.add(file, row.line, "place_id", cause);
                None
            }
        };
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        if let (Some(place), Some((number, _, _))) = (place, read) {
            let district = places.district(place);
            let first = *self.numbers.entry((district, number)).or_insert(line);
            if first != line {
                let cause = format!("box {number} of {} is on line {first} already", places.id(district));
                bad.add(file, row.line, "number", cause);
            }
        }
        let races = read.map(|(_, _, races)| races).unwrap_or_default();
        self.by_id.insert(id, Seen { line, place: place.filter(|_| read.is_some()), races });
    }

    /// The box that `id` names.
    pub fn find(&self, id: &BoxId) -> Option<Seen> {
        self.by_id.get(id).copied()
    }
}

/// A row that was checked before, as it is stored. None for a row that was not.
pub fn row(row: Row<'_>, election: &Election, places: &Places) -> Option<BoxRow> {
    let (number, kind, races) = read(row, "", election, &mut BadLines::default())?;
    let PlaceLookup::Place(no) = places.find(&row.get("place_id").parse().ok()?) else { return None };
    Some(BoxRow {
        id: election.box_id(row.get("box_id")).ok()?,
        place: places.id(no).clone(),
        district: places.id(places.district(no)).clone(),
        number,
        kind,
        races,
    })
}

/// Number, kind and races of a row. None, with the reasons in `bad`, where one of them is not sound.
fn read(row: Row<'_>, file: &str, election: &Election, bad: &mut BadLines) -> Option<(u32, BoxKind, RaceSet)> {
    let number = digits(row.get("number")).filter(|number| (1..=NUMBER_LIMIT).contains(number));
    if number.is_none() {
        let cause = format!("{:?} is no box number: 1 to {NUMBER_LIMIT} is expected", row.get("number"));
        bad.add(file, row.line, "number", cause);
    }
    let kind = match row.get("kind") {
        "" => Ok(BoxKind::Normal),
        text => digits(text)
            .and_then(|code| u8::try_from(code).ok())
            .ok_or_else(|| format!("{text:?} is no sandık türü: 0, 1, 2 or 3 is expected"))
            .and_then(BoxKind::try_from),
    };
    let kind = kind.map_err(|cause| bad.add(file, row.line, "kind", cause)).ok();
    let races = races(row.get("races"), election);
    let races = races.map_err(|cause| bad.add(file, row.line, "races", cause)).ok();
    Some((number?, kind?, races?))
}

fn races(text: &str, election: &Election) -> Result<RaceSet, String> {
    if text.is_empty() {
        return Ok(election.races());
    }
    text.split_ascii_whitespace().map(|code| race(code, election)).collect()
}

/// One seçim türü of this election.
pub fn race(text: &str, election: &Election) -> Result<Race, String> {
    let code = digits(text).and_then(|code| u8::try_from(code).ok());
    let race = code.ok_or_else(|| format!("{text:?} is no seçim türü"))?;
    let race = Race::try_from(race).map_err(|bad| bad.to_string())?;
    if election.races().contains(race) { Ok(race) } else { Err(format!("{race} is not voted on in this election")) }
}

/// Decimal digits and nothing else: `parse` would take a plus sign.
fn digits(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}
