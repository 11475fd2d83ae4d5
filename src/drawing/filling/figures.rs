//! One count of votes, made up: every number of a form is taken from it, so that filled forms add up. It must never be
//! taken for a result.

use crate::blank::Figure;
use crate::chance::Chance;
use crate::face::{FaceCount, FaceKind};

/// The sums in front of the votes in a line of a merge table: registered, voted, valid, invalid.
const SUMS: usize = 4;

/// One unit's count: a box, a board or a district.
struct Count {
    registered: u32,
    voted: u32,
    valid: u32,
    invalid: u32,
    votes: Vec<u32>,
}

impl Count {
    fn made_up(registered: u32, shares: &[f32], chance: &mut Chance) -> Self {
        let voted = (registered as f32 * chance.between(0.76, 0.95)) as u32;
        let invalid = (voted as f32 * chance.between(0.004, 0.03)) as u32;
        let valid = voted - invalid;
        let weights: Vec<f32> = shares.iter().map(|share| share * chance.between(0.6, 1.4)).collect();
        let whole: f32 = weights.iter().sum();
        let mut votes: Vec<u32> = weights.iter().map(|weight| (valid as f32 * weight / whole) as u32).collect();
        // What rounding left over goes to the first on the list, so that the votes sum up to the valid ones; a
        // rounding upwards of large numbers is taken from there too.
        let given: u32 = votes.iter().sum();
        if let Some(first) = votes.first_mut() {
            *first = (*first + valid).saturating_sub(given);
        }
        Self { registered, voted, valid, invalid, votes }
    }

    fn column(&self, column: usize) -> u32 {
        match column {
            0 => self.registered,
            1 => self.voted,
            2 => self.valid,
            3 => self.invalid,
            _ => self.votes.get(column - SUMS).copied().unwrap_or(0),
        }
    }
}

/// Everything a form can ask for.
pub struct Figures {
    own: Count,
    spare_envelopes: u32,
    spare_ballots: u32,
    unlisted: u32,
    counted: u32,
    late: bool,
    units: Vec<Count>,
}

impl Figures {
    /// Makes up the count of a form of this kind with so many candidates or parties, and so many units to merge.
    pub fn counted(kind: FaceKind, choices: usize, units: usize, chance: &mut Chance) -> Self {
        // A few strong ones and a tail, the longer the more there are, in an order of their own.
        let tail = if choices > 6 { 4 } else { 2 };
        let shares: Vec<f32> = (0..choices.max(1)).map(|_| chance.unit().powi(tail) + 0.01).collect();
        let own_size = chance.whole(180, 400);
        let own = Count::made_up(own_size, &shares, chance);
        let units = (0..units)
            .map(|_| {
                let registered = match kind {
                    FaceKind::Sonuc | FaceKind::Cetvel | FaceKind::Denetim | FaceKind::BirlestirmeKurul => {
                        chance.whole(180, 400)
                    }
                    FaceKind::BirlestirmeIlce => chance.whole(28_000, 96_000),
                    FaceKind::BirlestirmeIl => chance.whole(4_000, 240_000),
                };
                Count::made_up(registered, &shares, chance)
            })
            .collect();
        let unlisted = chance.whole(0, 9).min(own.voted);
        let (spare_envelopes, spare_ballots) = (chance.whole(5, 30), chance.whole(20, 60));
        Self { own, spare_envelopes, spare_ballots, unlisted, counted: 1, late: chance.happens(0.3), units }
    }

    /// The same with a count that somebody brings; what it does not say stays made up.
    pub fn given(self, count: &FaceCount) -> Self {
        let FaceCount { registered, voted, unlisted, valid, invalid, counted, ref votes } = *count;
        let own = Count { registered, voted, valid, invalid, votes: votes.clone() };
        Self { own, unlisted, counted, ..self }
    }

    /// What stands in a blank.
    pub fn value(&self, figure: Figure) -> u32 {
        let envelopes = self.own.registered + self.spare_envelopes;
        let ballots = self.own.registered + self.spare_ballots;
        match figure {
            Figure::Registered => self.own.registered,
            Figure::EnvelopesReceived => envelopes,
            Figure::EnvelopesLeft => envelopes.saturating_sub(self.own.voted),
            Figure::BallotsReceived => ballots,
            Figure::BallotsLeft => ballots.saturating_sub(self.own.voted),
            Figure::ListedVoted => self.own.voted.saturating_sub(self.unlisted),
            Figure::UnlistedVoted => self.unlisted,
            Figure::Voted => self.own.voted,
            Figure::Valid => self.own.valid,
            Figure::Invalid => self.own.invalid,
            Figure::Votes(choice) => self.own.votes.get(choice).copied().unwrap_or(0),
            Figure::Cell { row, column } => self.units.get(row).map_or(0, |unit| unit.column(column)),
            Figure::Total { column } => self.units.iter().map(|unit| unit.column(column)).sum(),
            Figure::Counted => {
                if self.counted > 1 {
                    self.counted
                } else {
                    0
                }
            }
            Figure::Nil => 0,
        }
    }

    /// The strokes of a row of the count sheet; the row after the last candidate counts the invalid ballots.
    pub fn tally(&self, choice: usize) -> u32 {
        match self.own.votes.get(choice) {
            Some(votes) => *votes,
            None => self.value(Figure::Invalid),
        }
    }

    /// The minute the box was opened.
    pub fn minute(&self) -> &'static str {
        if self.late { "15" } else { "00" }
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;
    use crate::blank::Figure;
    use crate::chance::Chance;
    use crate::face::{FaceCount, FaceKind};

    #[test]
    fn the_numbers_of_a_form_add_up() {
        for seed in 0..50 {
            let figures = Figures::counted(FaceKind::Sonuc, 24, 0, &mut Chance::from_seed(seed));
            let votes: u32 = (0..24).map(|choice| figures.value(Figure::Votes(choice))).sum();
            assert_eq!(votes, figures.value(Figure::Valid));
            assert_eq!(figures.value(Figure::Valid) + figures.value(Figure::Invalid), figures.value(Figure::Voted));
            assert_eq!(
                figures.value(Figure::ListedVoted) + figures.value(Figure::UnlistedVoted),
                figures.value(Figure::Voted)
            );
        }
    }

    #[test]
    fn a_count_that_was_brought_stands_on_the_sheet_as_it_is() {
        let votes = vec![185, 1, 85, 29];
        let count = FaceCount { registered: 290, voted: 303, unlisted: 10, valid: 299, invalid: 4, counted: 2, votes };
        let figures = Figures::counted(FaceKind::Sonuc, 4, 0, &mut Chance::from_seed(3)).given(&count);
        let asked = [Figure::Registered, Figure::Voted, Figure::ListedVoted, Figure::Valid, Figure::Invalid];
        assert_eq!(asked.map(|figure| figures.value(figure)), [290, 303, 293, 299, 4]);
        assert_eq!([0, 1, 2, 3].map(|choice| figures.value(Figure::Votes(choice))), [185, 1, 85, 29]);
        assert_eq!((figures.value(Figure::Counted), figures.tally(4)), (2, 4));
    }
}
