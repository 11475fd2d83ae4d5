//! `codes.csv`: codes that are listed one by one. They win over the election's rules.

use std::collections::HashMap;

use super::bad::BadLines;
use super::boxes::{self, Boxes};
use super::places::{PlaceLookup, PlaceNo, Places};
use super::table::{Columns, Row};
use crate::domain::{BoxId, Election, FormKey, FormKind, Karekod, Race};
use crate::ledger::registry::CodeRow;

/// The file's name in an election's directory. It may be missing.
pub const FILE: &str = "codes.csv";

/// Its columns.
pub const COLUMNS: Columns =
    Columns { required: &["code", "kind"], optional: &["race", "box_id", "place_id", "many_pages"] };

/// What stands above: boxes, places, the election.
#[derive(Clone, Copy)]
pub struct Registered<'a> {
    /// The election.
    pub election: &'a Election,
    /// Its places.
    pub places: &'a Places,
    /// Its boxes.
    pub boxes: &'a Boxes,
}

/// The codes of a file.
#[derive(Default)]
pub struct Codes {
    /// A code as a number with its length, which leading zeros make part of it.
    lines: HashMap<(u8, u128), u32>,
    /// Sheets of places. Places that share a directory must not share a sheet.
    sheets: HashMap<FormKey, PlaceNo>,
}

/// A row's columns, understood.
struct Written {
    code: Karekod,
    kind: FormKind,
    race: Option<Race>,
    box_id: Option<BoxId>,
    place: PlaceNo,
    many_pages: bool,
}

impl Codes {
    /// Checks a row and remembers it.
    pub fn add(&mut self, row: Row<'_>, known: Registered<'_>, bad: &mut BadLines) {
        let code = match row.get("code").parse::<Karekod>() {
            Ok(code) => code,
            Err(cause) => return bad.add(FILE, row.line, "code", cause),
        };
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        let number = code.as_str().parse().unwrap_or(u128::MAX); // 32 digits always fit
        let first = *self.lines.entry((code.as_str().len() as u8, number)).or_insert(line);
        if first != line {
            return bad.add(FILE, row.line, "code", format_args!("code {code} is on line {first} already"));
        }
        let Some(written) = read(code, row, known, bad) else { return };
        if written.box_id.is_none() {
            let directory = known.places.directory(written.place);
            let key = FormKey::of(directory, None, written.race, &written.kind);
            let first = *self.sheets.entry(key.clone()).or_insert(written.place);
            if first != written.place {
                let cause = format!("{key} would be this sheet and one of {}", known.places.id(first));
                bad.add(FILE, row.line, "place_id", cause);
            }
        }
    }
}

/// A row that was checked before, as it is stored. None for a row that was not.
pub fn row(row: Row<'_>, known: Registered<'_>) -> Option<CodeRow> {
    let code = row.get("code").parse().ok()?;
    let written = read(code, row, known, &mut BadLines::default())?;
    let Written { code, kind, race, box_id, place, many_pages } = written;
    Some(CodeRow { code, kind, race, box_id, place: known.places.id(place).clone(), many_pages })
}

/// None where the row is not sound, or where what it names is not: the latter was said already.
fn read(code: Karekod, row: Row<'_>, known: Registered<'_>, bad: &mut BadLines) -> Option<Written> {
    let kind = row.get("kind").parse().map_err(|cause: String| bad.add(FILE, row.line, "kind", cause)).ok();
    let race = match row.get("race") {
        "" => Ok(None),
        text => boxes::race(text, known.election).map(Some),
    };
    let race = race.map_err(|cause| bad.add(FILE, row.line, "race", cause)).ok();
    let many_pages = match row.get("many_pages") {
        "" | "false" => Some(false),
        "true" => Some(true),
        text => {
            bad.add(FILE, row.line, "many_pages", format_args!("{text:?} is neither true nor false"));
            None
        }
    };
    let (box_id, place) = owner(row, known, race.flatten(), bad)?;
    let (kind, race, many_pages): (FormKind, _, _) = (kind?, race?, many_pages?);
    if kind.belongs_to_a_box() != box_id.is_some() {
        let owner = if box_id.is_some() { "place" } else { "box" };
        bad.add(FILE, row.line, "kind", format_args!("{} is the sheet of a {owner}", kind.slug()));
        return None;
    }
    Some(Written { code, kind, race, box_id, place, many_pages })
}

fn owner(
    row: Row<'_>,
    known: Registered<'_>,
    race: Option<Race>,
    bad: &mut BadLines,
) -> Option<(Option<BoxId>, PlaceNo)> {
    match (row.get("box_id"), row.get("place_id")) {
        ("", "") => bad.add(FILE, row.line, "box_id", "a box or a place is expected"),
        ("", place) => match place.parse().map(|id| known.places.find(&id)) {
            Ok(PlaceLookup::Place(no)) => return Some((None, no)),
            Ok(PlaceLookup::Broken) => {}
            Ok(PlaceLookup::Nothing) => bad.add(FILE, row.line, "place_id", format_args!("no place is called {place}")),
            Err(cause) => bad.add(FILE, row.line, "place_id", cause),
        },
        (id, "") => match known.election.box_id(id).map(|id| (known.boxes.find(&id), id)) {
            Ok((Some(seen), id)) => {
                let place = seen.place?;
                match race.filter(|race| !seen.races.contains(*race)) {
                    Some(race) => bad.add(FILE, row.line, "race", format_args!("{race} is not counted in box {id}")),
                    None => return Some((Some(id), place)),
                }
            }
            Ok((None, id)) => bad.add(FILE, row.line, "box_id", format_args!("no box is called {id}")),
            Err(cause) => bad.add(FILE, row.line, "box_id", cause),
        },
        _ => bad.add(FILE, row.line, "place_id", "either a box or a place is expected, not both"),
    }
    None
}
