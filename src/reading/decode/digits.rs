//! A karekod is ten digits in the smallest symbol, so that most of it is known before it is seen. What is known tells
//! how good the picture is, bit by bit; what is not is found as the word that fits the picture best.
//!
//! It must never prefer one number to another: there is no check digit, and the neighbour of a ballot box is a ballot box.
//! A number is taken only if the known modules say that it is such a code, if its own modules fit better than any number
//! fits a random picture, and if the next best number fits clearly worse.

mod ordered;
mod seen;
mod template;

use seen::{MOST, Reading, Seen};
use template::{Hypothesis, SIZE};

use super::codewords::Mended;
use super::layout::Layout;

/// Hypotheses looked at closely, those first whose known modules fit best.
const CLOSELY: usize = 2;

/// What speaks for a number.
#[derive(Clone, Copy, Debug)]
struct Evidence {
    /// How well the known modules fit, in standard deviations of what chance gives. All of them together reach 12.
    known: f32,
    /// How improbable it is, in bits, that a given number fits the open modules so well by chance. One that is seen
    /// whole reaches 90, one of all ten thousand million reaches 33 on any picture.
    open: f32,
    /// The weight, in whole modules, by which the next best number fits worse.
    margin: f32,
    /// Open modules that look other than they should be, of all, whatever they weigh.
    otherwise: u32,
    /// The share of what one place alone says that speaks against the number, at the place where it is largest.
    dissent: f32,
}

impl Evidence {
    /// Of random modules under all hypotheses, one picture in ten million gets so far.
    const KNOWN: f32 = 6.0;
    /// One picture in a hundred million has any wrong number that fits so well: 10¹⁰ × 2⁻⁶⁰. In trials with lower limits
    /// the wrong numbers became fewer just so: 40 bits, one of a thousand; 48 bits, one of twenty thousand.
    const OPEN: f32 = 60.0;
    /// Four modules would have to be wrong that everything around them says are right.
    const MARGIN: f32 = 4.0;
    /// A third of the modules. More than that is another code, or a picture of something else.
    const OTHERWISE: u32 = 30;
    /// Another code differs in half of the modules; the nearest in a sixth, and then the margin is small.
    const DISSENT: f32 = 0.25;

    fn is_enough(&self) -> bool {
        self.known >= Self::KNOWN
            && self.open >= Self::OPEN
            && self.margin >= Self::MARGIN
            && self.otherwise <= Self::OTHERWISE
            && self.dissent <= Self::DISSENT
    }
}

/// The codewords of ten digits, if they stand at these places, all of one code, beyond doubt.
pub(super) fn mended(layout: &Layout, places: &[&[i8]]) -> Option<Mended> {
    if layout.size != SIZE {
        return None;
    }
    let places: Vec<Seen> = places.iter().map(|values| Seen::of(values)).collect();
    let all = Hypothesis::all().iter();
    let mut fitting: Vec<(f32, &Hypothesis)> =
        all.map(|hypothesis| (Seen::fit(&places, hypothesis), hypothesis)).collect();
    fitting.retain(|(known, _)| *known >= Evidence::KNOWN);
    fitting.sort_by(|a, b| b.0.total_cmp(&a.0));
    fitting.truncate(CLOSELY);
    let mut found = fitting.into_iter().filter_map(|(known, hypothesis)| number(&places, hypothesis, known));
    let mended = found.next()?;
    // Two kinds of code that both fit are none.
    found.next().is_none().then_some(mended)
}

/// The number that fits best, if there is enough evidence for it.
fn number(places: &[Seen], hypothesis: &Hypothesis, known: f32) -> Option<Mended> {
    let readings: Vec<Reading> = places.iter().map(|place| place.read(hypothesis)).collect();
    let reading = Reading::joined(&readings);
    if improbability(&reading.weights, 0) < Evidence::OPEN {
        return None; // too little is seen for any number, however well it fitted
    }
    let ranked = ordered::search(hypothesis.template, &reading);
    let evidence = Evidence {
        known,
        open: improbability(&reading.weights, ranked.cost),
        margin: (ranked.second - ranked.cost) as f32 / f32::from(MOST),
        otherwise: (reading.word ^ ranked.word).count_ones(),
        dissent: readings.iter().map(|place| place.dissent(ranked.word)).fold(0.0, f32::max),
    };
    // Words that spell no digits compete like all others; where one of them fits best, the picture says nothing.
    let enough = evidence.is_enough() && hypothesis.template.spells(ranked.word);
    let codewords = hypothesis.template.codewords(ranked.word);
    enough.then_some(Mended { format: hypothesis.format, codewords, wrong: 0, erased: 0 })
}

/// How improbable it is, in bits, that a given word fits so well by chance: Chernoff's bound, over modules that are right
/// or wrong as by the toss of a coin.
fn improbability(weights: &[u8], cost: u32) -> f32 {
    let mut counts = [0_u32; MOST as usize + 1];
    weights.iter().for_each(|weight| counts[usize::from(*weight)] += 1);
    let sum = |of: &dyn Fn(f32) -> f32| -> f32 {
        let each = counts.iter().enumerate().skip(1).filter(|(_, count)| **count > 0);
        each.map(|(weight, count)| *count as f32 * of(weight as f32)).sum()
    };
    let agreement = sum(&|weight| weight) - 2.0 * cost as f32;
    // The bound is tightest at the tilt under which so much agreement is what to expect.
    let (mut low, mut high) = (0.0_f32, 4.0);
    for _ in 0..16 {
        let tilt = (low + high) / 2.0;
        if sum(&|weight| weight * (tilt * weight).tanh()) < agreement { low = tilt } else { high = tilt }
    }
    (low * agreement - sum(&|weight| (low * weight).cosh().ln())) / std::f32::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn improbability_counts_modules_that_agree_as_bits() {
        assert!((improbability(&[MOST; 90], 0) - 90.0).abs() < 0.1);
        assert!((improbability(&[3; 64], 0) - 64.0).abs() < 0.1);
        assert!(improbability(&[MOST; 90], 45 * u32::from(MOST)).abs() < 0.1, "half right is what chance gives");
        assert!(improbability(&[0; 90], 0).abs() < 0.1);
        // Five of ninety wrong: 90 × (1 − H(5/90)).
        assert!((improbability(&[MOST; 90], 5 * u32::from(MOST)) - 62.2).abs() < 0.2);
    }

    #[test]
    fn numbers_that_differ_in_one_or_two_bits_differ_in_eight_modules_or_more() {
        // Two words of a block with seven codewords of parity differ in eight codewords.
        for hypothesis in Hypothesis::all().iter().step_by(8) {
            let rows = &hypothesis.template.rows;
            let pairs = (0..rows.len()).flat_map(|a| (0..a).map(move |b| rows[a] ^ rows[b]));
            assert!(rows.iter().copied().chain(pairs).all(|difference| difference.count_ones() >= 8));
        }
    }
}
