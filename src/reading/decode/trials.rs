//! Nothing wrong is ever read: damaged codes, codes of other contents, and noise, by the million.

use std::collections::BTreeMap;
use std::fmt::Debug;

use qrcode::EcLevel;

use super::damage::{Chance, Content, Damage, code, drawn};
use super::forgery::{FORGERIES, Forgery};
use super::*;

/// Codes to choose from, of each kind: drawing one takes longer than reading it.
const POOL: usize = 100;

/// What codes of version 1 may say beside ten digits: lengths that differ by one, other modes, other levels.
const OTHERS: [(Content, EcLevel); 14] = [
    (Content::Digits(7), EcLevel::L),
    (Content::Digits(9), EcLevel::L),
    (Content::Digits(11), EcLevel::L),
    (Content::Digits(12), EcLevel::L),
    (Content::Digits(11), EcLevel::M),
    (Content::Digits(10), EcLevel::M),
    (Content::Digits(10), EcLevel::Q),
    (Content::Ascii(10), EcLevel::L),
    (Content::Ascii(10), EcLevel::M),
    (Content::Ascii(9), EcLevel::L),
    (Content::Ascii(11), EcLevel::L),
    (Content::Letters(10), EcLevel::L),
    (Content::Bytes(10), EcLevel::L),
    (Content::Bytes(7), EcLevel::H),
];

#[derive(Default)]
struct Tally {
    tries: u64,
    hard: u64,
    erasures: u64,
    digits: u64,
    wrong: u64,
}

struct Trials {
    chance: Chance,
    karekods: Vec<(String, Soft)>,
    others: Vec<(String, Soft)>,
    tallies: BTreeMap<String, Tally>,
}

impl Trials {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let karekods = (0..POOL).map(|_| code(Content::Digits(10), EcLevel::L, &mut chance)).collect();
        let others = OTHERS.into_iter().cycle().take(POOL * 2);
        let others = others.map(|(content, level)| code(content, level, &mut chance)).collect();
        Self { chance, karekods, others, tallies: BTreeMap::new() }
    }

    fn karekod(&mut self) -> (String, Soft) {
        self.karekods[self.chance.below(POOL)].clone()
    }

    /// Reads a grid, of which the texts that may be read are given.
    fn check(&mut self, kind: impl Debug, grid: &Soft, right: &[&str]) {
        self.count(kind, decode(grid), right);
    }

    fn count(&mut self, kind: impl Debug, read: Option<Decoded>, right: &[&str]) {
        let tally = self.tallies.entry(format!("{kind:?}")).or_default();
        tally.tries += 1;
        let Some(read) = read else { return };
        match read.method {
            Method::Hard => tally.hard += 1,
            Method::Erasures => tally.erasures += 1,
            Method::Digits => tally.digits += 1,
        }
        if !right.contains(&read.text.as_str()) {
            tally.wrong += 1;
            eprintln!("{kind:?}: {read:?} instead of {right:?}");
        }
    }

    /// One karekod and one other code, each damaged in every way.
    fn damage(&mut self) {
        for damage in Damage::ALL {
            for other in [false, true] {
                let pool = if other { &self.others } else { &self.karekods };
                let (text, mut grid) = pool[self.chance.below(pool.len())].clone();
                let strength = self.chance.share();
                damage.harm(&mut grid, strength, &mut self.chance);
                self.check((damage, if other { "other" } else { "karekod" }), &grid, &[&text]);
            }
        }
    }

    /// Every forgery once, and once noisy.
    fn forge(&mut self) {
        for forgery in FORGERIES {
            let (first, second) = (self.karekod(), self.karekod());
            let mut grid = forgery.make(&first.1, &second.1, &mut self.chance);
            let may_be: &[&str] = match forgery {
                // Whichever of the two is there with all its digits.
                Forgery::Grafted | Forgery::Spliced => &[&first.0, &second.0],
                _ => &[],
            };
            self.check(forgery, &grid, may_be);
            let strength = self.chance.share();
            Damage::Noise.harm(&mut grid, strength, &mut self.chance);
            self.check((forgery, "noisy"), &grid, may_be);
        }
    }

    /// Two places, each damaged in some way: of one code, of two codes, and of two codes whose numbers differ by one.
    fn pair(&mut self) {
        let ways = Damage::ALL.len();
        let (first, second) = (self.karekod(), self.karekod());
        let number = self.chance.below(9_999_999);
        let mask = self.chance.below(8);
        let [this, next] = [number, number + 1].map(|number| {
            let text = format!("109{number:07}");
            let grid = drawn(Content::Digits(10), &text, EcLevel::L, mask);
            (text, grid)
        });
        for (kind, mut a, mut b) in
            [("twins", first.clone(), first.clone()), ("strangers", first, second), ("neighbours", this, next)]
        {
            for place in [&mut a.1, &mut b.1] {
                let strength = self.chance.share();
                Damage::ALL[self.chance.below(ways)].harm(place, strength, &mut self.chance);
            }
            let apart = [decode(&a.1), decode(&b.1)];
            if apart.iter().all(Option::is_none) {
                self.count((kind, "joined"), decode_twins(&[&a.1, &b.1]), &[&a.0, &b.0]);
            } else {
                let read = decode_twins(&[&a.1, &b.1]);
                assert!(read.as_ref().is_none_or(|read| apart.iter().flatten().any(|one| one.text == read.text)));
                self.count((kind, "apart"), read, &[&a.0, &b.0]);
            }
        }
    }

    /// Lists what was read by which method, and says how much was wrong.
    fn report(&self) -> u64 {
        println!("{:32} {:>9} {:>7} {:>7} {:>7} {:>5}", "", "tries", "hard", "erased", "digits", "wrong");
        let mut all = [0, 0];
        for (kind, tally) in &self.tallies {
            let share = |count: u64| format!("{:.1} %", 100.0 * count as f64 / tally.tries as f64);
            let [hard, erasures, digits] = [tally.hard, tally.erasures, tally.digits].map(share);
            println!("{kind:32} {:>9} {hard:>7} {erasures:>7} {digits:>7} {:>5}", tally.tries, tally.wrong);
            all = [all[0] + tally.tries, all[1] + tally.wrong];
        }
        println!("{} tries, {} wrong", all[0], all[1]);
        all[1]
    }
}

#[test]
fn nothing_wrong_is_read_in_a_thousand_tries() {
    let mut trials = Trials::new(1);
    (0..25).for_each(|_| {
        trials.damage();
        trials.forge();
    });
    assert_eq!(trials.report(), 0);
}

/// A number from the environment, so that one can try for as long as one likes.
fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// `TRIALS=5000000 cargo test --release million -- --ignored --nocapture` prints what share is read of what.
#[test]
#[ignore = "takes minutes"]
fn nothing_wrong_is_read_in_a_million_damaged_codes() {
    let mut trials = Trials::new(number("SEED", 2));
    let round = 2 * Damage::ALL.len() as u64;
    (0..number("TRIALS", 1_000_000) / round).for_each(|_| trials.damage());
    assert_eq!(trials.report(), 0);
}

#[test]
#[ignore = "takes minutes"]
fn nothing_wrong_is_read_in_a_million_forgeries() {
    let mut trials = Trials::new(number("SEED", 2));
    let round = 2 * FORGERIES.len() as u64;
    (0..number("TRIALS", 1_000_000) / round).for_each(|_| trials.forge());
    assert_eq!(trials.report(), 0);
}

#[test]
#[ignore = "takes minutes"]
fn nothing_wrong_is_read_in_a_million_pairs() {
    let mut trials = Trials::new(number("SEED", 2));
    (0..number("TRIALS", 1_000_000) / 3).for_each(|_| trials.pair());
    assert_eq!(trials.report(), 0);
}

#[test]
fn two_codes_joined_are_never_a_third() {
    let mut trials = Trials::new(3);
    for n in 0..60 {
        let (mut first, mut second) = (trials.karekod(), trials.karekod());
        if n % 2 == 0 {
            let strength = 0.6 * trials.chance.share();
            Damage::DarkBlot.harm(&mut first.1, strength, &mut trials.chance);
            Damage::Two.harm(&mut second.1, strength, &mut trials.chance);
        }
        if let Some(read) = decode_twins(&[&first.1, &second.1]) {
            assert!(n % 2 == 0, "two whole codes that differ are none");
            assert!([first.0, second.0].contains(&read.text), "{read:?}");
        }
    }
}

#[test]
fn twins_are_read_that_neither_place_has_whole() {
    let mut trials = Trials::new(4);
    let (mut alone, mut together) = (0, 0);
    for _ in 0..100 {
        let (text, whole) = trials.karekod();
        let places = [(); 2].map(|()| {
            let mut place = whole.clone();
            Damage::Strokes.harm(&mut place, 0.4, &mut trials.chance);
            Damage::DarkBlot.harm(&mut place, 0.4, &mut trials.chance);
            place
        });
        alone += u32::from(places.iter().any(|place| decode(place).is_some()));
        let read = decode_twins(&[&places[0], &places[1]]);
        together += u32::from(read.is_some());
        assert!(read.is_none_or(|read| read.text == text));
    }
    println!("{alone} of 100 at one place or the other, {together} at both together");
    assert!(alone + 20 < together);
}
