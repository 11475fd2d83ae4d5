//! How much each module of a picture is to be believed.
//!
//! It must never believe a module because it is surely dark: a stamp is that too. Damage is met in patches, and most
//! modules of a code are known beforehand; around an open module they tell what a reading like its own is worth.

use super::template::{Hypothesis, SIZE};

/// What the most that a module can say counts.
const FULL: i32 = 64;
/// Weight that an open module has at most.
pub(super) const MOST: u8 = 15;
/// Modules around an open one that are asked, in each direction. One less, and a stamp is not seen in time.
const REACH: usize = 3;
/// What a reading counts for when nothing around it is known: as if one module like it had been right, and none wrong.
const PRIOR: i32 = 2 * FULL;
/// The weight, of twenty whole modules, from which on a place has a say of its own.
const SAY: u32 = 20 * MOST as u32;

/// The modules of a picture, clipped and brought to one scale.
pub(super) struct Seen(Vec<i32>);

/// The open bits of a picture under some hypothesis, in the order of its template.
pub(super) struct Reading {
    /// What the bits look like.
    pub word: u128,
    /// How much each is to be believed, 0 to [`MOST`].
    pub weights: Vec<u8>,
}

impl Reading {
    /// What several places say together. Where they contradict each other, the one that is more to be believed wins by
    /// what it is ahead.
    pub fn joined(places: &[Self]) -> Self {
        let sum = |n: usize| -> i32 {
            let said = |place: &Self| if place.word >> n & 1 != 0 { 1 } else { -1 } * i32::from(place.weights[n]);
            places.iter().map(said).sum()
        };
        let sums: Vec<i32> = (0..places.first().map_or(0, |place| place.weights.len())).map(sum).collect();
        Self {
            word: sums.iter().rev().fold(0, |word, sum| word << 1 | u128::from(*sum > 0)),
            weights: sums.iter().map(|sum| sum.unsigned_abs().min(u32::from(MOST)) as u8).collect(),
        }
    }

    /// The share of all weight that speaks against a word; 0 where little is said at all.
    pub fn dissent(&self, word: u128) -> f32 {
        let (mut all, mut against) = (0, 0);
        for (n, weight) in self.weights.iter().enumerate() {
            all += u32::from(*weight);
            against += if (word ^ self.word) >> n & 1 != 0 { u32::from(*weight) } else { 0 };
        }
        if all < SAY { 0.0 } else { against as f32 / all as f32 }
    }
}

impl Seen {
    /// No module says more than the average one, so that no few of them outweigh the others.
    pub fn of(values: &[i8]) -> Self {
        let sum: i32 = values.iter().map(|value| i32::from(value.unsigned_abs())).sum();
        let average = (sum / values.len() as i32).max(1);
        Self(values.iter().map(|value| (i32::from(*value) * FULL / average).clamp(-FULL, FULL)).collect())
    }

    /// How well the known modules of all places fit: their agreement in standard deviations of what chance gives.
    pub fn fit(places: &[Self], hypothesis: &Hypothesis) -> f32 {
        let (mut agreement, mut energy) = (0, 0);
        for place in places {
            for (module, dark) in &hypothesis.known {
                let value = place.0[*module];
                agreement += if *dark { value } else { -value };
                energy += value * value;
            }
        }
        agreement as f32 / (energy as f32).sqrt().max(1.0)
    }

    /// The open bits.
    pub fn read(&self, hypothesis: &Hypothesis) -> Reading {
        let weight = |(module, _): &(usize, bool)| {
            let value = self.0[*module];
            let trust = self.trust(hypothesis, *module);
            ((value.abs() as f32 * trust * f32::from(MOST) / FULL as f32).round()) as u8
        };
        let bit = |(module, inverted): &(usize, bool)| u128::from((self.0[*module] > 0) != *inverted);
        Reading {
            word: hypothesis.open.iter().rev().fold(0, |word, module| word << 1 | bit(module)),
            weights: hypothesis.open.iter().map(weight).collect(),
        }
    }

    /// How far the known modules around `module` that look as dark, or as light, as it does are so in truth: 0 no more
    /// often than not, 1 always. A stamp spoils light modules and leaves the dark ones; here both are told apart.
    fn trust(&self, hypothesis: &Hypothesis, module: usize) -> f32 {
        let (x, y) = (module % SIZE, module / SIZE);
        let alike = self.0[module].signum();
        let columns = x.saturating_sub(REACH)..=(x + REACH).min(SIZE - 1);
        let (mut right, mut wrong) = (0, 0);
        for near_y in y.saturating_sub(REACH)..=(y + REACH).min(SIZE - 1) {
            let row = near_y * SIZE..(near_y + 1) * SIZE;
            let said = &self.0[row.clone()][columns.clone()];
            let truth = &hypothesis.modules[row][columns.clone()];
            for ((near_x, said), truth) in columns.clone().zip(said).zip(truth) {
                let distance = near_x.abs_diff(x).max(near_y.abs_diff(y));
                let said = (said * alike).max(0) * (REACH + 1 - distance) as i32;
                match i32::from(*truth) * alike {
                    1 => right += said,
                    -1 => wrong += said,
                    _ => {} // open like the module itself, which is one of them
                }
            }
        }
        ((right - wrong + PRIOR).max(0)) as f32 / (right + wrong + 2 * PRIOR) as f32
    }
}
