//! Sums of results: of each figure and each choice, and of how many boxes they are made. Adding a box and taking it away again
//! leaves what was there before.

mod json;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::filing::Counting;
use crate::domain::{Figures, Race};
use crate::ledger::{LedgerError, corrupt};

pub(in crate::ledger) use json::read;

/// A sum, and how many boxes gave a figure for it. Of none there is no sum: a figure that nobody typed is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The sum.
    pub total: i64,
    /// Boxes that gave a figure.
    pub boxes: i64,
}

impl Sum {
    fn is_empty(&self) -> bool {
        self.boxes == 0 && self.total == 0
    }

    fn add(&mut self, total: i64, boxes: i64) {
        self.total += total;
        self.boxes += boxes;
    }

    /// The sum, where any box gave a figure.
    pub fn known(&self) -> Option<u64> {
        (self.boxes > 0).then(|| u64::try_from(self.total).unwrap_or(0))
    }
}

/// The sums of a unit for one race.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Boxes whose newest version is a result: those that were opened.
    pub boxes: i64,
    /// The six figures, in the order of [`Figures::named`].
    pub figures: [Sum; 6],
    /// The votes, by the id of the choice.
    pub votes: BTreeMap<String, Sum>,
}

impl Sums {
    /// The sums of one box.
    pub fn of(figures: &Figures, choices: &HashMap<u16, String>) -> Self {
        let sum = |figure: u32| Sum { total: figure.into(), boxes: 1 };
        let named = figures.named().map(|(_, figure)| figure.map_or(Sum::default(), sum));
        let mut votes: BTreeMap<String, Sum> = BTreeMap::new();
        for (no, given) in &figures.votes {
            // Where nobody listed the ballot, its numbers are all there is.
            let id = choices.get(no).cloned().unwrap_or_else(|| no.to_string());
            votes.entry(id).or_default().add((*given).into(), 1);
        }
        Self { boxes: 1, figures: named, votes }
    }

    /// Adds `other`, or with `sign` −1 takes it away.
    pub fn add(&mut self, other: &Self, sign: i64) {
        self.boxes += sign * other.boxes;
        for (sum, other) in self.figures.iter_mut().zip(&other.figures) {
            sum.add(sign * other.total, sign * other.boxes);
        }
        for (id, other) in &other.votes {
            match self.votes.get_mut(id) {
                Some(sum) => sum.add(sign * other.total, sign * other.boxes),
                None => {
                    self.votes.insert(id.clone(), Sum { total: sign * other.total, boxes: sign * other.boxes });
                }
            }
        }
        self.votes.retain(|_, sum| !sum.is_empty());
    }
}

/// What a group of results changes in the sums of every unit.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Changes {
    units: HashMap<(String, u8), Sums>,
}

impl Changes {
    /// Adds a box's figures wherever they count, or with `sign` −1 takes them away.
    pub fn count(&mut self, counting: &Counting, race: Race, figures: &Figures, sign: i64) {
        let sums = Sums::of(figures, &counting.choices);
        let units = counting.units.iter().map(|unit| unit.as_str()).chain([""]);
        for unit in units {
            self.units.entry((unit.to_owned(), race.code())).or_default().add(&sums, sign);
        }
    }

    /// The units with the races in which something changes, in the order in which every writer takes them.
    pub fn keys(&self) -> Vec<(String, u8)> {
        let mut keys: Vec<_> = self.units.keys().cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// Told what a unit's sums were. What is not told of was nothing.
    pub fn saw(&mut self, unit: String, race: i64, stored: &str) -> Result<(), LedgerError> {
        let race = u8::try_from(race).map_err(corrupt)?;
        let before = json::read(stored)?;
        if let Some(sums) = self.units.get_mut(&(unit, race)) {
            sums.add(&before, 1);
        }
        Ok(())
    }

    /// What is to be stored, in the order of [`Changes::keys`].
    pub fn stored(&self) -> Vec<(String, u8, String)> {
        let mut all: Vec<_> =
            self.units.iter().map(|((unit, race), sums)| (unit.clone(), *race, json::write(sums))).collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_a_box_away_leaves_what_was_there_before() {
        let choices = HashMap::from([(1, "a".to_owned()), (2, "b".to_owned())]);
        let one = Figures { voted: Some(0), votes: [(1, 5), (2, 0)].into(), ..Figures::default() };
        let other = Figures { valid: Some(7), votes: [(1, 7)].into(), ..Figures::default() };
        let mut sums = Sums::of(&one, &choices);
        assert_eq!(sums.figures[1].known(), Some(0));
        assert_eq!((sums.figures[4].known(), sums.votes["b"].known()), (None, Some(0)), "absent is not zero");
        let before = sums.clone();
        sums.add(&Sums::of(&other, &choices), 1);
        assert_eq!((sums.boxes, sums.votes["a"].known(), sums.votes["b"].boxes), (2, Some(12), 1));
        assert_eq!(json::read(&json::write(&sums)).unwrap(), sums);
        sums.add(&Sums::of(&other, &choices), -1);
        assert_eq!(sums, before);
        sums.add(&before.clone(), -1);
        assert_eq!(sums, Sums::default());
    }
}
