//! What an import says against what is stored. Pure: rows in, contradictions out.

use std::collections::HashMap;

use crate::domain::election::CodeRule;
use crate::domain::{Choice, Election};
use crate::ledger::registry::rows::{BoxRow, CodeRow, PlaceRow};

use super::WriteError;

/// Which file a contradiction stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The election's own file.
    Election,
    /// The list of places.
    Places,
    /// The list of boxes.
    Boxes,
    /// The list of codes.
    Codes,
    /// The list of choices.
    Choices,
}

/// A line that says something else than what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Which file.
    pub table: Table,
    /// Its line; 0 where only the field is known.
    pub line: u64,
    /// The column or field.
    pub column: &'static str,
    /// What is stored and what the line says.
    pub cause: String,
}

/// Contradictions so far, and where to stop collecting.
pub(super) struct Contradictions {
    list: Vec<Contradiction>,
    more: u64,
    at_most: usize,
}

type Numbered<T> = Vec<(u64, T)>;
/// A column's name and its text in the stored and in the new row.
type Difference = (&'static str, String, String);

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

impl Contradictions {
    pub fn new(at_most: usize) -> Self {
        Self { list: Vec::new(), more: 0, at_most }
    }

    fn add(&mut self, table: Table, line: u64, column: &'static str, cause: String) {
        if self.list.len() < self.at_most {
            self.list.push(Contradiction { table, line, column, cause });
        } else {
            self.more += 1;
        }
    }

    /// Nothing contradicts, or everything that does.
    pub fn finish(self) -> Result<(), WriteError> {
        if self.list.is_empty() && self.more == 0 {
            return Ok(());
        }
        Err(WriteError::Contradicts { list: self.list, more: self.more })
    }

    /// Removes from `new` what is stored; the difference between two rows of one name is a contradiction.
    fn sift<T, K: std::hash::Hash + Eq>(
        &mut self,
        table: Table,
        new: &mut Numbered<T>,
        stored: Vec<T>,
        key: fn(&T) -> K,
        differences: fn(&T, &T) -> Vec<Difference>,
    ) -> u64 {
        let stored: HashMap<K, T> = stored.into_iter().map(|row| (key(&row), row)).collect();
        let mut known = 0;
        new.retain(|(line, row)| {
            let Some(old) = stored.get(&key(row)) else { return true };
            let differences = differences(old, row);
            known += u64::from(differences.is_empty());
            for (column, old, new) in differences {
                self.add(table, *line, column, format!("{old:?} is stored, the file says {new:?}"));
            }
            false
        });
        known
    }

    pub fn places(&mut self, new: &mut Numbered<PlaceRow>, stored: Vec<PlaceRow>) -> u64 {
        self.sift(
            Table::Places,
            new,
            stored,
            |row| row.id.clone(),
            |old, new| {
                let mut rows = vec![
                    ("parent_id", text(old.parent.as_ref()), text(new.parent.as_ref())),
                    ("level", old.level.name().to_owned(), new.level.name().to_owned()),
                    ("code", old.code.clone(), new.code.clone()),
                    ("name", old.name.clone(), new.name.clone()),
                ];
                rows.retain(|(_, old, new)| old != new);
                // Follows from the columns above, and from the order of namesakes.
                if rows.is_empty() && old.directory != new.directory {
                    rows.push(("place_id", old.directory.clone(), new.directory.clone()));
                }
                rows
            },
        )
    }

    /// A new place must not lie in the directory of a stored one, except a çevre, which shares its province's.
    pub fn directories(&mut self, new: &mut Numbered<PlaceRow>, stored: Vec<PlaceRow>) {
        let shares = |row: &PlaceRow| row.level == crate::domain::Level::Cevre;
        let taken: HashMap<_, _> =
            stored.iter().filter(|row| !shares(row)).map(|row| (row.directory.as_str(), &row.id)).collect();
        new.retain(|(line, row)| match taken.get(row.directory.as_str()) {
            Some(id) if !shares(row) => {
                let cause = format!("its directory {} belongs to the stored place {id}", row.directory);
                self.add(Table::Places, *line, "name", cause);
                false
            }
            _ => true,
        });
    }

    pub fn boxes(&mut self, new: &mut Numbered<BoxRow>, stored: Vec<BoxRow>) -> u64 {
        self.sift(
            Table::Boxes,
            new,
            stored,
            |row| row.id.clone(),
            |old, new| {
                let mut rows = vec![
                    ("place_id", old.place.to_string(), new.place.to_string()),
                    ("number", old.number.to_string(), new.number.to_string()),
                    ("kind", u8::from(old.kind).to_string(), u8::from(new.kind).to_string()),
                    ("races", old.races.digits(), new.races.digits()),
                ];
                rows.retain(|(_, old, new)| old != new);
                rows
            },
        )
    }

    /// A new box must not have the number of a stored one of its district.
    pub fn numbers(&mut self, new: &mut Numbered<BoxRow>, stored: Vec<BoxRow>) {
        let taken: HashMap<_, _> = stored.iter().map(|row| ((row.district.as_str(), row.number), &row.id)).collect();
        new.retain(|(line, row)| match taken.get(&(row.district.as_str(), row.number)) {
            Some(id) => {
                let cause = format!("number {} of {} belongs to the stored box {id}", row.number, row.district);
                self.add(Table::Boxes, *line, "number", cause);
                false
            }
            None => true,
        });
    }

    pub fn codes(&mut self, new: &mut Numbered<CodeRow>, stored: Vec<CodeRow>) -> u64 {
        self.sift(
            Table::Codes,
            new,
            stored,
            |row| row.code.clone(),
            |old, new| {
                let race = |row: &CodeRow| text(row.race.map(|race| race.code()).as_ref());
                let mut rows = vec![
                    ("kind", old.kind.slug(), new.kind.slug()),
                    ("race", race(old), race(new)),
                    ("box_id", text(old.box_id.as_ref()), text(new.box_id.as_ref())),
                    ("many_pages", old.many_pages.to_string(), new.many_pages.to_string()),
                ];
                // A box's code lies where the box stands, so its place is told by the box.
                if old.box_id.is_none() && new.box_id.is_none() {
                    rows.push(("place_id", old.place.to_string(), new.place.to_string()));
                }
                rows.retain(|(_, old, new)| old != new);
                rows
            },
        )
    }

    pub fn choices(&mut self, new: &mut Numbered<Choice>, stored: Vec<Choice>) -> u64 {
        self.sift(
            Table::Choices,
            new,
            stored,
            |row| (row.race, row.constituency.clone(), row.no),
            |old, new| {
                let mut rows = vec![
                    ("kind", old.kind.name().to_owned(), new.kind.name().to_owned()),
                    ("id", old.id.clone(), new.id.clone()),
                    ("short_name", old.short_name.clone(), new.short_name.clone()),
                    ("name", old.name.clone(), new.name.clone()),
                    ("alliance", text(old.alliance.as_ref()), text(new.alliance.as_ref())),
                ];
                rows.retain(|(_, old, new)| old != new);
                rows
            },
        )
    }

    /// A new choice must not have the id of a stored one of its ballot.
    pub fn choice_ids(&mut self, new: &mut Numbered<Choice>, stored: Vec<Choice>) {
        let key = |row: &Choice| (row.race, row.constituency.clone(), row.id.clone());
        let taken: HashMap<_, _> = stored.iter().map(|row| (key(row), row.no)).collect();
        new.retain(|(line, row)| match taken.get(&key(row)) {
            Some(no) => {
                let cause = format!("the id {} belongs to the stored number {no} of this ballot", row.id);
                self.add(Table::Choices, *line, "id", cause);
                false
            }
            None => true,
        });
    }

    /// Compares what two elections say about results, and returns how many lines came to the stored ones.
    pub fn results(&mut self, old: &Election, new: &Election) -> u64 {
        let rows = |election: &Election| election.file().results.as_ref().map(|results| results.rows());
        let (old, new) = (rows(old).unwrap_or_default(), rows(new).unwrap_or_default());
        for (field, name, text) in &old {
            match new.iter().find(|(other, other_name, _)| (other, other_name) == (field, name)) {
                Some((_, _, new)) if new == text => {}
                Some((_, _, new)) => {
                    self.add(Table::Election, 0, field, format!("{text:?} is stored, the file says {new:?}"));
                }
                None => self.add(Table::Election, 0, field, format!("the stored {name} {text:?} is missing")),
            }
        }
        let stored =
            |row: &&(&str, String, String)| old.iter().any(|(field, name, _)| (*field, name) == (row.0, &row.1));
        new.iter().filter(|row| !stored(row)).count() as u64
    }

    /// Compares two elections of one id, and returns the rules that came to the stored ones. A rule can be added only
    /// where there was one: before that, box ids were not numbers of seven digits.
    pub fn election(&mut self, old: &Election, new: &Election) -> Vec<CodeRule> {
        let (old, new) = (old.file(), new.file());
        let races =
            |races: &[crate::domain::Race]| races.iter().map(|race| race.code().to_string()).collect::<String>();
        let rows = [
            ("name", old.name.clone(), new.name.clone()),
            ("polling_date", old.polling_date.to_string(), new.polling_date.to_string()),
            ("time_zone", old.time_zone.clone(), new.time_zone.clone()),
            ("races", races(&old.races), races(&new.races)),
            ("parties_open", old.gates.parties_open.to_string(), new.gates.parties_open.to_string()),
        ];
        for (field, old, new) in rows.into_iter().filter(|(_, old, new)| old != new) {
            self.add(Table::Election, 0, field, format!("{old:?} is stored, the file says {new:?}"));
        }
        for rule in old.code_rule.iter().filter(|rule| !new.code_rule.contains(rule)) {
            let cause = format!("the stored rule with prefix {} is missing or says something else", rule.prefix);
            self.add(Table::Election, 0, "code_rule", cause);
        }
        let added = |rule: &&CodeRule| old.code_rule.iter().all(|old| old.prefix != rule.prefix);
        let added: Vec<_> = new.code_rule.iter().filter(added).cloned().collect();
        if old.code_rule.is_empty() && !added.is_empty() {
            let cause = "a rule cannot be added to an election that was imported without one".to_owned();
            self.add(Table::Election, 0, "code_rule", cause);
        }
        added
    }
}
