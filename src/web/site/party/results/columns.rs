//! The columns of figures and choices, the same in every table of a page. A figure that was not typed is an empty cell.

use std::collections::HashMap;

use crate::domain::Choice;
use crate::results::Row;
use crate::results::sums::UnitSums;

/// Where figures stand in the order of a result line.
pub(super) const REGISTERED: usize = 0;
pub(super) const VOTED: usize = 1;
pub(super) const VALID: usize = 4;
const INVALID: usize = 5;

/// The figures that are shown, each with where it stands and its heading.
pub(in crate::web::site::party) const FIGURES: [(usize, &str); 4] =
    [(REGISTERED, "Kayıtlı seçmen"), (VOTED, "Oy kullanan"), (VALID, "Geçerli"), (INVALID, "Geçersiz")];

/// More columns of choices than anybody can look at: a smaller part is to be chosen first.
const MOST: usize = 80;

/// The heading of a choice's column.
pub(super) struct Cell {
    pub short: String,
    pub name: String,
}

/// The columns of choices.
pub(super) struct Columns {
    pub cells: Vec<Cell>,
    at: HashMap<String, usize>,
    /// Whether there are more than are shown.
    pub too_many: bool,
}

impl Columns {
    /// Those of these ballots together, each choice once.
    pub fn of<'a>(ballots: impl Iterator<Item = &'a [Choice]>) -> Self {
        let mut columns = Self { cells: Vec::new(), at: HashMap::new(), too_many: false };
        for choice in ballots.flatten() {
            if columns.at.contains_key(&choice.id) {
                continue;
            }
            if columns.cells.len() == MOST {
                return Self { cells: Vec::new(), at: HashMap::new(), too_many: true };
            }
            columns.at.insert(choice.id.clone(), columns.cells.len());
            let (short, name) = (choice.short_name.clone(), choice.name.clone());
            columns.cells.push(Cell { short, name });
        }
        columns
    }

    fn fill<'a>(&self, votes: impl Iterator<Item = (&'a str, Option<u64>)>) -> Vec<String> {
        let mut cells = vec![String::new(); self.cells.len()];
        for (id, votes) in votes {
            if let Some(at) = self.at.get(id) {
                cells[*at] = number(votes);
            }
        }
        cells
    }

    /// The votes of a box.
    pub fn of_row(&self, row: &Row) -> Vec<String> {
        let votes = row.result.figures.votes.iter();
        self.fill(votes.filter_map(|(no, votes)| Some((row.choice(*no)?.id.as_str(), Some(u64::from(*votes))))))
    }

    /// The votes of a place.
    pub fn of_unit(&self, unit: &UnitSums) -> Vec<String> {
        self.fill(unit.choices.iter().map(|sum| (sum.id.as_str(), sum.votes)))
    }
}

/// A number as it is written in Turkish; nothing where there is none.
pub(in crate::web::site::party) fn number(number: Option<u64>) -> String {
    let Some(number) = number else { return String::new() };
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// A share of a hundred as it is written in Turkish: `%49,52`.
pub(super) fn percent(share: f64) -> String {
    format!("%{share:.2}").replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_turkish_and_what_is_absent_is_empty() {
        let written = [None, Some(0), Some(999), Some(1_000), Some(1_234_567)].map(number);
        assert_eq!(written, ["", "0", "999", "1.000", "1.234.567"]);
        assert_eq!((percent(49.518), percent(0.0)), ("%49,52".to_owned(), "%0,00".to_owned()));
    }
}
