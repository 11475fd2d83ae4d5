//! Ordered statistics decoding: the words of an affine code that fit a reading best.
//!
//! The bits most to be believed that are independent of each other fix a word; then a few of them are changed, because a
//! few of them are wrong. It must never be asked to accept: it always finds something.

use super::seen::Reading;
use super::template::Template;

/// Rows of the basis, the most believed, of which no three are changed at once: it takes three times as long and finds
/// next to nothing.
const FIRM: usize = 12;

/// Words of a code, best first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    /// The word that fits best.
    pub word: u128,
    /// The weight of its bits that were read otherwise.
    pub cost: u32,
    /// The same of the word that fits second best.
    pub second: u32,
}

/// Searches the words of `template` near `reading`.
pub(super) fn search(template: &Template, reading: &Reading) -> Ranked {
    let scale = Scale::of(&reading.weights);
    let basis = Basis::of(template, &reading.weights);
    // From here on a word is what of it was read otherwise: the all-zero one is the reading itself.
    let start = basis.through(template.origin ^ reading.word);
    let cost = scale.below(start, u32::MAX).expect("no word costs so much");
    let mut best = Best { difference: start, cost, second: u32::MAX };
    best.around(start, &basis.rows, &scale, 2);
    best.around(start, &basis.rows[FIRM..], &scale, 3);
    // The rival of the best word may be far from the reading, but not from the best word.
    let found = best.difference;
    best.around(found, &basis.rows, &scale, 2);
    Ranked { word: best.difference ^ reading.word, cost: best.cost, second: best.second }
}

struct Best {
    difference: u128,
    cost: u32,
    second: u32,
}

impl Best {
    /// Looks at every word that differs from `from` in one to `order` bits of the basis.
    fn around(&mut self, from: u128, rows: &[u128], scale: &Scale, order: usize) {
        for (n, row) in rows.iter().enumerate() {
            let next = from ^ row;
            self.note(next, scale);
            if order > 1 {
                self.around(next, &rows[..n], scale, order - 1);
            }
        }
    }

    fn note(&mut self, difference: u128, scale: &Scale) {
        let Some(cost) = scale.below(difference, self.second) else { return };
        if difference == self.difference {
            // The best itself, met again.
        } else if cost < self.cost {
            (self.difference, self.cost, self.second) = (difference, cost, self.cost);
        } else {
            self.second = cost;
        }
    }
}

/// Weights by their binary digits, so that the cost of a word is a few counts of ones.
struct Scale([u128; 4]);

impl Scale {
    fn of(weights: &[u8]) -> Self {
        let plane = |n: usize| weights.iter().rev().fold(0, |plane, weight| plane << 1 | u128::from(weight >> n & 1));
        Self(std::array::from_fn(plane))
    }

    /// The cost of a word if it is below `limit`. Most words are far above, and their heaviest bits say so.
    fn below(&self, difference: u128, limit: u32) -> Option<u32> {
        let mut cost = 0;
        for (n, plane) in self.0.iter().enumerate().rev() {
            cost += (difference & plane).count_ones() << n;
            if cost >= limit {
                return None;
            }
        }
        Some(cost)
    }
}

/// The rows of the code so combined that each alone changes one bit of the basis.
struct Basis {
    /// The most believed bit first.
    rows: Vec<u128>,
    bits: Vec<u32>,
}

impl Basis {
    fn of(template: &Template, weights: &[u8]) -> Self {
        let mut order: Vec<u32> = (0..weights.len() as u32).collect();
        order.sort_by_key(|n| std::cmp::Reverse(weights[*n as usize]));
        let mut rows = template.rows.clone();
        let mut bits = Vec::with_capacity(rows.len());
        for bit in order {
            let done = bits.len();
            let Some(pivot) = (done..rows.len()).find(|n| rows[*n] >> bit & 1 != 0) else { continue };
            rows.swap(done, pivot);
            let row = rows[done];
            for (_, other) in rows.iter_mut().enumerate().filter(|(n, other)| *n != done && **other >> bit & 1 != 0) {
                *other ^= row;
            }
            bits.push(bit);
            if bits.len() == rows.len() {
                break;
            }
        }
        Self { rows, bits }
    }

    /// The difference that agrees with the reading in every bit of the basis.
    fn through(&self, difference: u128) -> u128 {
        let wrong = self.rows.iter().zip(&self.bits).filter(|(_, bit)| difference >> **bit & 1 != 0);
        wrong.fold(difference, |difference, (row, _)| difference ^ row)
    }
}
