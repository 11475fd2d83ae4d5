//! What counts as read, and the arithmetic of the tables.

use crate::peers::Seen;

/// What a reader made of one page.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Places where the right text was read.
    pub places: usize,
    /// Texts that are not on the page.
    pub wrong: Vec<String>,
    /// Milliseconds of CPU, decoding included.
    pub ms: f64,
    /// Whether it panicked.
    pub panicked: bool,
}

impl Outcome {
    /// Judges what was seen on a page that says `text` at two places. One code reported twice is one place: two codes of
    /// a form are further apart than a twentieth of the page.
    pub fn of(seen: &[Seen], text: &str, shorter_side: u32, ms: f64) -> Self {
        let apart = shorter_side as f32 / 20.0;
        let mut places: Vec<[f32; 2]> = Vec::new();
        for right in seen.iter().filter(|seen| seen.text == text) {
            let is_known = |place: &[f32; 2]| (place[0] - right.middle[0]).hypot(place[1] - right.middle[1]) < apart;
            if !places.iter().any(is_known) {
                places.push(right.middle);
            }
        }
        let wrong = seen.iter().filter(|seen| seen.text != text).map(|seen| seen.text.clone()).collect();
        Self { places: places.len(), wrong, ms, panicked: false }
    }
}

/// A reader's outcomes, added up.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// Pages.
    pub pages: usize,
    /// Pages with a code read.
    pub one: usize,
    /// Pages with both read.
    pub both: usize,
    /// Wrong texts.
    pub wrong: usize,
    /// Pages on which it panicked.
    pub panics: usize,
    times: Vec<f64>,
}

impl Sum {
    /// Adds outcomes up.
    pub fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut sum = Self::default();
        for outcome in outcomes {
            sum.pages += 1;
            sum.one += usize::from(outcome.places >= 1);
            sum.both += usize::from(outcome.places >= 2);
            sum.wrong += outcome.wrong.len();
            sum.panics += usize::from(outcome.panicked);
            sum.times.push(outcome.ms);
        }
        sum
    }

    /// Percent of the pages with a code read.
    pub fn one_percent(&self) -> f64 {
        percent(self.one, self.pages)
    }

    /// Percent of the pages with both read.
    pub fn both_percent(&self) -> f64 {
        percent(self.both, self.pages)
    }

    /// Milliseconds of half of the pages at most.
    pub fn median(&self) -> f64 {
        median(&self.times)
    }

    /// Milliseconds on average.
    pub fn mean(&self) -> f64 {
        mean(&self.times)
    }
}

/// How many of a hundred.
pub fn percent(some: usize, all: usize) -> f64 {
    some as f64 * 100.0 / all.max(1) as f64
}

/// The average; of nothing it is 0.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The middle; of nothing it is 0.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
