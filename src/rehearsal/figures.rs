//! Results of a rehearsal: what a box's sheet says, and the lines that were typed from it, corrections and all.
//!
//! Everything follows from the seed, the box and the race, so that a scan and a line of the same box agree whatever else was
//! drawn. Shares of votes have the shape of a real election (milletvekili, 14 May 2023): a few strong ones, a long tail, and
//! joint votes of about a hundredth of what the members have alone. It must never fill from real results.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{BoxId, BoxKind, BoxResult, ChangeReason, Choice, ChoiceKind, Figures, FormKind, Level, Race};
use crate::drawing::{Chance, FaceCount, choices_of};
use crate::ledger::registry::ExpectedForm;
use crate::registry::{Ballot, Registry};

/// Hundred-thousandths of all votes, the strongest party first, as 24 parties had them in 87 constituencies.
const SHARES: [u32; 24] = [
    34_935, 25_177, 9_921, 9_807, 8_780, 2_830, 2_269, 1_714, 982, 927, 211, 200, 141, 123, 116, 98, 97, 78, 74, 59,
    48, 33, 32, 21,
];
/// Joint votes of an alliance over what its members have alone.
const JOINT: f32 = 0.0105;
/// Votes of an independent.
const INDEPENDENT: f32 = 0.004;
/// Of sheets whose votes do not reach the valid ones: a board miscounted, and nobody has mended it yet.
const MISCOUNTED: f32 = 0.012;
/// Of boxes that were counted again.
const SECOND_COUNT: f32 = 0.02;
/// Of boxes whose figures come in the next morning.
const LATE: f32 = 0.02;

/// A box's result sheet for one race, as the board has written it.
#[derive(Clone, Debug)]
pub struct Sheet {
    box_id: BoxId,
    race: Race,
    ballot: Vec<String>,
    numbers: Vec<u16>,
    result: BoxResult,
    chance: Chance,
}

impl Sheet {
    /// The sheet that rehearsals of this seed have for a form. None for one that shows no votes of a box.
    pub fn of(expected: &ExpectedForm, registry: &Registry, seed: u64) -> Option<Self> {
        let (box_id, race) = (expected.box_id.clone()?, expected.form.race?);
        if !matches!(expected.form.kind, FormKind::Sonuc | FormKind::Cetvel) {
            return None;
        }
        let kind = match expected.places.last().map(|place| place.level) {
            Some(Level::Gumruk) => BoxKind::Customs,
            Some(Level::Temsilcilik | Level::Ulke) => BoxKind::Abroad,
            _ => BoxKind::Normal,
        };
        let ballot = registry.constituency_at(race, &expected.form.place, kind).map(|(ballot, _)| ballot);
        Some(Self::drawn(box_id, race, ballot, registry.election().parties_open(), seed))
    }

    fn drawn(box_id: BoxId, race: Race, ballot: Option<&Ballot>, opens: Timestamp, seed: u64) -> Self {
        // All races of a box have the same voters on its list.
        let mut of_box = Chance::for_part(seed, &format!("box {box_id}"));
        let mut chance = Chance::for_part(seed, &format!("box {box_id} race {}", race.code()));
        let registered = of_box.whole(180, 401);
        let turnout = of_box.between(0.76, 0.95);
        let unlisted = of_box.whole(0, 9);
        let voted = (registered as f32 * turnout) as u32 + unlisted;
        let invalid = (voted as f32 * chance.between(0.004, 0.03)) as u32;
        let valid = voted - invalid;
        let objected = if chance.happens(0.003) { chance.whole(1, 4) } else { 0 };
        let placeholders = choices_of(&race.turkish().replace('i', "İ").to_uppercase());
        let (names, numbers, weights) = match ballot {
            Some(ballot) => (
                ballot.iter().map(|choice| choice.short_name.clone()).collect(),
                ballot.iter().map(|choice| choice.no).collect(),
                weights(ballot, &mut chance),
            ),
            None => {
                let weights = spread(placeholders.len(), &mut chance);
                let numbers = (1..).take(placeholders.len()).collect();
                (placeholders, numbers, weights)
            }
        };
        let names: Vec<String> = names;
        let numbers: Vec<u16> = numbers;
        let mut votes = shared_out(valid, &weights);
        if chance.happens(MISCOUNTED) {
            let most = votes.iter().enumerate().max_by_key(|(_, votes)| **votes).map_or(0, |(at, _)| at);
            let missing = chance.whole(1, 9);
            if let Some(votes) = votes.get_mut(most) {
                *votes = votes.saturating_sub(missing);
            }
        }
        let minutes = if of_box.happens(LATE) { of_box.whole(700, 1_000) } else { of_box.whole(15, 420) };
        let typed_at = opens + SignedDuration::from_mins(i64::from(minutes + chance.whole(0, 20)));
        let counts = if chance.happens(SECOND_COUNT) { 2 } else { 1 };
        let figures = Figures {
            registered: Some(registered),
            voted: Some(voted),
            valid_unobjected: Some(valid - objected),
            valid_objected: Some(objected),
            valid: Some(valid),
            invalid: Some(invalid),
            sheet: [(1, voted - unlisted), (2, unlisted), (4, voted), (5, 0), (6, voted), (10, 0), (11, 0)]
                .into_iter()
                .chain([(12, invalid), (13, 0)])
                .collect(),
            votes: numbers.iter().copied().zip(votes).collect(),
        };
        let result = BoxResult {
            box_id: box_id.clone(),
            race,
            version: 1,
            void: false,
            reason: None,
            typed_at: Some(typed_at),
            counts: Some(counts),
            figures,
        };
        Self { box_id, race, ballot: names, numbers, result, chance }
    }

    /// The names in the tables of the sheet, and what is written on it.
    pub fn on_paper(&self) -> (Vec<String>, FaceCount) {
        let figures = &self.result.figures;
        let figure = |figure: Option<u32>| figure.unwrap_or(0);
        let count = FaceCount {
            registered: figure(figures.registered),
            voted: figure(figures.voted),
            unlisted: figure(figures.sheet.get(&2).copied()),
            valid: figure(figures.valid),
            invalid: figure(figures.invalid),
            counted: figure(self.result.counts),
            votes: self.numbers.iter().map(|no| figure(figures.votes.get(no).copied())).collect(),
        };
        (self.ballot.clone(), count)
    }

    /// The versions that were typed, in the order in which they come. The last one is what the sheet says. Of a hundred
    /// results, `corrections` come with a mistake first and are put right later; now and then one is taken back in between.
    pub fn typed(&self, corrections: f32) -> Vec<BoxResult> {
        let mut chance = self.chance.clone();
        if !chance.happens(corrections / 100.0) {
            return vec![self.result.clone()];
        }
        let after = |minutes: u32| self.result.typed_at.map(|at| at + SignedDuration::from_mins(i64::from(minutes)));
        let mut wrong = self.result.clone();
        self.mistype(&mut wrong.figures, &mut chance);
        let mut versions = vec![wrong];
        let mut delay = chance.whole(20, 900);
        if chance.happens(0.1) {
            versions.push(BoxResult {
                version: 2,
                void: true,
                reason: Some(ChangeReason {
                    code: Some(7), text: Some("Başka sandığın sonucu girilmiş".to_owned())
                }),
                typed_at: after(delay),
                counts: None,
                figures: Figures::default(),
                ..self.result.clone()
            });
            delay += chance.whole(10, 60);
        }
        // One in ten comes without a word why, as the real ones may.
        let reason = (!chance.happens(0.1)).then(|| {
            let code = [1, 2, 3, 6][chance.whole(0, 4) as usize];
            let text = chance.happens(0.3).then(|| format!("İtiraz üzerine 2024/{}", chance.whole(1, 99)));
            ChangeReason { code: Some(code), text }
        });
        let version = versions.len() as u32 + 1;
        versions.push(BoxResult { version, reason, typed_at: after(delay), ..self.result.clone() });
        versions
    }

    /// The mistakes that people make: votes on the row below, digits swapped, a row left out.
    fn mistype(&self, figures: &mut Figures, chance: &mut Chance) {
        let voted_for: Vec<u16> = figures.votes.iter().filter(|(_, votes)| **votes > 0).map(|(no, _)| *no).collect();
        let Some(&no) = voted_for.get(chance.whole(0, voted_for.len() as u32) as usize) else { return };
        let votes = figures.votes[&no];
        let below = self.numbers.iter().copied().find(|other| *other > no);
        match (chance.whole(0, 3), below) {
            (0, Some(below)) => {
                *figures.votes.entry(below).or_default() += votes;
                figures.votes.insert(no, 0);
            }
            (1, _) => {
                figures.votes.remove(&no);
            }
            _ => {
                figures.votes.insert(no, votes + 9);
            }
        }
    }

    /// The box.
    pub fn box_id(&self) -> &BoxId {
        &self.box_id
    }

    /// The race.
    pub fn race(&self) -> Race {
        self.race
    }
}

/// A few strong ones and a tail, in an order of the constituency's own.
fn spread(count: usize, chance: &mut Chance) -> Vec<f32> {
    let share = |at: usize| SHARES.get(at).copied().unwrap_or(20) as f32;
    (0..count).map(|at| share(at) * chance.between(0.5, 1.5)).collect()
}

fn weights(ballot: &[Choice], chance: &mut Chance) -> Vec<f32> {
    let alone = ballot.iter().filter(|choice| !matches!(choice.kind, ChoiceKind::Alliance | ChoiceKind::Independent));
    let mut strong = spread(alone.count(), chance).into_iter();
    let mut weights: Vec<f32> = ballot
        .iter()
        .map(|choice| match choice.kind {
            ChoiceKind::Alliance => 0.0,
            ChoiceKind::Independent => INDEPENDENT * 100_000.0 * chance.between(0.2, 1.8),
            _ => strong.next().unwrap_or(1.0),
        })
        .collect();
    for (at, alliance) in ballot.iter().enumerate().filter(|(_, choice)| choice.kind == ChoiceKind::Alliance) {
        let member = |choice: &Choice| choice.alliance.as_ref() == Some(&alliance.id);
        let members: f32 =
            ballot.iter().zip(&weights).filter(|(choice, _)| member(choice)).map(|(_, weight)| weight).sum();
        weights[at] = members * JOINT * chance.between(0.3, 1.7);
    }
    weights
}

/// `valid` votes shared out by weight. What rounding leaves over goes to the heaviest.
fn shared_out(valid: u32, weights: &[f32]) -> Vec<u32> {
    let whole: f32 = weights.iter().sum();
    let mut votes: Vec<u32> =
        weights.iter().map(|weight| if whole > 0.0 { (valid as f32 * weight / whole) as u32 } else { 0 }).collect();
    let given: u32 = votes.iter().sum();
    let heaviest = (0..weights.len()).max_by(|one, other| weights[*one].total_cmp(&weights[*other]));
    if let Some(heaviest) = heaviest {
        votes[heaviest] = (votes[heaviest] + valid).saturating_sub(given);
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Check, figures::checks};

    fn ballot() -> Ballot {
        let choice = |no: u16, kind, alliance: Option<&str>| Choice {
            race: Race::Parliament,
            constituency: None,
            no,
            kind,
            id: format!("c{no}"),
            short_name: format!("C{no}"),
            name: format!("C{no}"),
            alliance: alliance.map(str::to_owned),
        };
        let parties = (1..=24).map(|no| choice(no, ChoiceKind::Party, (no < 4).then_some("c25")));
        parties.chain([choice(25, ChoiceKind::Alliance, None), choice(31, ChoiceKind::Independent, None)]).collect()
    }

    fn sheet(box_id: u32, seed: u64) -> Sheet {
        let opens = "2024-03-31T14:00:00Z".parse().unwrap();
        Sheet::drawn(box_id.to_string().parse().unwrap(), Race::Parliament, Some(&ballot()), opens, seed)
    }

    #[test]
    fn a_sheet_follows_from_seed_box_and_race_and_the_paper_shows_its_figures() {
        for id in 0..200 {
            let drawn = sheet(id, 7);
            assert_eq!(drawn.typed(0.0), sheet(id, 7).typed(0.0));
            let (names, count) = drawn.on_paper();
            let figures = &drawn.typed(0.0)[0].figures;
            assert_eq!((names.len(), count.votes.len()), (26, 26));
            let typed: Vec<u32> = figures.votes.values().copied().collect();
            assert_eq!((count.votes, Some(count.valid), Some(count.voted)), (typed, figures.valid, figures.voted));
            assert_eq!(
                drawn.typed(100.0).last().unwrap().figures,
                *figures,
                "what is typed last is what the sheet says"
            );
        }
        assert_ne!(sheet(1, 7).typed(0.0), sheet(1, 8).typed(0.0));
    }

    #[test]
    fn sums_have_the_shape_of_a_real_election_and_few_sheets_fail_a_check() {
        let all: Vec<Figures> = (0..3_000).map(|id| sheet(id, 1).typed(0.0).remove(0).figures).collect();
        let sum = |no: u16| all.iter().map(|figures| u64::from(figures.votes[&no])).sum::<u64>() as f64;
        let valid: f64 = all.iter().map(|figures| f64::from(figures.valid.unwrap())).sum();
        assert!((0.30..0.45).contains(&(sum(1) / valid)), "{}", sum(1) / valid);
        let joint = sum(25) / (sum(1) + sum(2) + sum(3));
        assert!((0.004..0.02).contains(&joint), "{joint}");
        let failing = |check| all.iter().filter(|figures| checks(figures).contains(&check)).count();
        assert!((10..80).contains(&failing(Check::K4)), "{}", failing(Check::K4));
        for check in [Check::K1, Check::K2, Check::K3, Check::K5, Check::K6, Check::K8] {
            assert_eq!(failing(check), 0, "{check:?}");
        }
    }

    #[test]
    fn corrections_are_versions_of_their_own_with_other_cells() {
        let mut voids = 0;
        for id in 0..400 {
            let versions = sheet(id, 3).typed(100.0);
            let numbers: Vec<u32> = versions.iter().map(|version| version.version).collect();
            assert_eq!(numbers, (1..=versions.len() as u32).collect::<Vec<_>>());
            assert!(versions.len() > 1 && versions.is_sorted_by_key(|version| version.typed_at));
            assert_ne!(versions[0].figures, versions.last().unwrap().figures);
            voids += versions.iter().filter(|version| version.void).count();
            for version in versions {
                assert_eq!(BoxResult::parse(&version.line()), Ok(version));
            }
        }
        assert!((20..80).contains(&voids), "{voids}");
        let corrected = (0..1_000).filter(|id| sheet(*id, 3).typed(3.0).len() > 1).count();
        assert!((10..60).contains(&corrected), "{corrected}");
    }
}
