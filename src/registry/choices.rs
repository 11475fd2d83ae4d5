//! `choices.csv`: what can be voted for, one row a choice of a ballot.

use std::collections::HashMap;

use super::bad::BadLines;
use super::boxes;
use super::places::{PlaceLookup, PlaceNo, Places};
use super::table::{Columns, Row};
use crate::domain::{Choice, ChoiceKind, Election, PlaceId, Race, words};

/// The file's name in an election's directory. It may be missing: then box results name their choices by number only.
pub const FILE: &str = "choices.csv";

/// Its columns.
pub const COLUMNS: Columns =
    Columns { required: &["race", "no", "kind", "id", "short_name", "name"], optional: &["constituency", "alliance"] };

/// Bytes of a name.
const NAME_LIMIT: usize = 200;

/// One ballot: a race in a constituency, or in the whole country.
type Ballot = (Race, Option<PlaceNo>);

/// The choices of a file.
#[derive(Default)]
pub struct Choices {
    numbers: HashMap<(Ballot, u16), u64>,
    /// By id, with the line and the kind.
    ids: HashMap<(Ballot, String), (u64, ChoiceKind)>,
    headings: HashMap<(Ballot, String), u64>,
    /// Members of alliances, which may stand below their members: line, ballot, alliance.
    members: Vec<(u64, Ballot, String)>,
}

impl Choices {
    /// Checks a row and remembers it.
    pub fn add(&mut self, row: Row<'_>, election: &Election, places: &Places, bad: &mut BadLines) {
        let Some((choice, place)) = read(row, election, places, bad) else { return };
        let (line, ballot) = (row.line, (choice.race, place));
        let first = *self.numbers.entry((ballot, choice.no)).or_insert(line);
        if first != line {
            bad.add(FILE, line, "no", format_args!("number {} of this ballot is on line {first} already", choice.no));
        }
        let (first, _) = *self.ids.entry((ballot, choice.id.clone())).or_insert((line, choice.kind));
        if first != line {
            bad.add(FILE, line, "id", format_args!("{} is on line {first} of this ballot already", choice.id));
        }
        // Headings of columns are made of it, and two columns of one name lose votes without an error.
        let first = *self.headings.entry((ballot, choice.heading())).or_insert(line);
        if first != line {
            let cause = format!("{} is on line {first} of this ballot already", choice.heading());
            bad.add(FILE, line, "short_name", cause);
        }
        if let Some(alliance) = choice.alliance {
            self.members.push((line, ballot, alliance));
        }
    }

    /// Says which alliances are none, once the file was read. A party of the country's ballot may be in one of the same only.
    pub fn finish(&self, bad: &mut BadLines) {
        for (line, ballot, alliance) in &self.members {
            let found = [*ballot, (ballot.0, None)].into_iter().find_map(|at| self.ids.get(&(at, alliance.clone())));
            match found {
                Some((_, ChoiceKind::Alliance)) => {}
                Some((first, _)) => {
                    bad.add(FILE, *line, "alliance", format_args!("{alliance} on line {first} is no alliance"));
                }
                None => bad.add(FILE, *line, "alliance", format_args!("no row of this ballot has the id {alliance}")),
            }
        }
    }
}

/// A row that was checked before, as it is stored. None for a row that was not.
pub fn row(row: Row<'_>, election: &Election, places: &Places) -> Option<Choice> {
    read(row, election, places, &mut BadLines::default()).map(|(choice, _)| choice)
}

fn read(row: Row<'_>, election: &Election, places: &Places, bad: &mut BadLines) -> Option<(Choice, Option<PlaceNo>)> {
    let before = bad.total();
    let mut wrong = |column, cause: String| bad.add(FILE, row.line, column, cause);
    let race = boxes::race(row.get("race"), election).map_err(|cause| wrong("race", cause)).ok();
    let constituency = match row.get("constituency") {
        "" => Some(None),
        text => match text.parse::<PlaceId>().map(|id| (places.find(&id), id)) {
            Ok((PlaceLookup::Place(no), id)) => Some(Some((no, id))),
            Ok((PlaceLookup::Broken, _)) => None,
            Ok((PlaceLookup::Nothing, _)) => {
                wrong("constituency", format!("no place is called {text}"));
                None
            }
            Err(cause) => {
                wrong("constituency", cause.to_string());
                None
            }
        },
    };
    let text = row.get("no");
    let no = text.parse::<u16>().ok().filter(|no| *no > 0 && no.to_string() == text);
    if no.is_none() {
        wrong("no", format!("{text:?} is no number of a ballot: 1 to {} is expected", u16::MAX));
    }
    let kind = row.get("kind").parse::<ChoiceKind>().map_err(|cause| wrong("kind", cause)).ok();
    let id = row.get("id");
    if !is_id(id) {
        wrong("id", format!("{id:?} is no id: 1 to 48 of A–Z, a–z, 0–9, '-', '_', '.' are expected"));
    }
    for column in ["short_name", "name"] {
        let text = row.get(column);
        if text.is_empty() || text.len() > NAME_LIMIT {
            wrong(column, format!("a name of at most {NAME_LIMIT} bytes is expected"));
        } else if let Err(hidden) = words::check(text) {
            wrong(column, format!("a character that is not seen: {hidden}"));
        }
    }
    let alliance = Some(row.get("alliance")).filter(|id| !id.is_empty());
    if alliance.is_some() && kind.is_some_and(|kind| kind != ChoiceKind::Party) {
        wrong("alliance", "only a party is a member of an alliance".to_owned());
    }
    let (race, constituency, no, kind) = (race?, constituency?, no?, kind?);
    if bad.total() > before {
        return None;
    }
    let (place, constituency) = constituency.unzip();
    let text = |column| row.get(column).to_owned();
    let choice = Choice {
        race,
        constituency,
        no,
        kind,
        id: id.to_owned(),
        short_name: text("short_name"),
        name: text("name"),
        alliance: alliance.map(str::to_owned),
    };
    Some((choice, place))
}

fn is_id(text: &str) -> bool {
    (1..=48).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
