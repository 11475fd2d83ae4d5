//! Whether each stage of ours earns its milliseconds.

use tutanak::reading::{Findings, Spent, Stage};

use crate::score::{mean, percent};

/// What the stages did for one page.
pub struct Visit {
    /// The stages that read its codes, one for each code that is on the page.
    read: Vec<Stage>,
    /// The time of each stage.
    spent: Vec<Spent>,
    /// Milliseconds of CPU from PNG to pixels.
    decoding: f64,
}

impl Visit {
    /// Of a page whose codes say one of `texts`.
    pub fn of(findings: &Findings, texts: &[String], decoding: f64) -> Self {
        let right = findings.readings.iter().filter(|reading| texts.contains(&reading.code));
        let mut read: Vec<Stage> = right.map(|reading| reading.stage).collect();
        read.sort();
        Self { read, spent: findings.spent.clone(), decoding }
    }

    /// Milliseconds that the page spent in a stage. `None` when it never came there.
    fn time_in(&self, stage: Stage) -> Option<f64> {
        let mut times =
            self.spent.iter().filter(|spent| spent.stage == stage).map(|spent| f64::from(spent.ms)).peekable();
        times.peek()?;
        Some(times.sum())
    }

    /// The first code of the page, and how many more, that a stage read.
    fn read_in(&self, stage: Stage) -> (bool, usize) {
        let first = self.read.first() == Some(&stage);
        (first, self.read.iter().filter(|read| **read == stage).count() - usize::from(first))
    }
}

/// For each stage, in the order of the search: who comes there, what is read there, and what it costs.
pub fn table(visits: &[Visit]) {
    println!(
        "\nSTAGES of ours: pages that came there, pages first read there, their other codes read there, share of pages read"
    );
    println!("so far; ms for a page that came there, for any page, and for each code gained (elapsed, not CPU)");
    let heads = ["came", "read", "others", "so far", "ms", "any page", "a code"];
    let [came, read, others, so_far, ms, any_page, a_code] = heads;
    println!("{:<12} {came:>6} {read:>6} {others:>6} {so_far:>8} {ms:>8} {any_page:>9} {a_code:>8}", "");
    let decoding = mean(&visits.iter().map(|visit| visit.decoding).collect::<Vec<f64>>());
    println!("{:<12} {:>6} {:>22} {decoding:>8.2} {decoding:>9.2}", "PNG (CPU)", visits.len(), "");
    let mut stages: Vec<Stage> = visits.iter().flat_map(|visit| visit.spent.iter().map(|spent| spent.stage)).collect();
    stages.sort();
    stages.dedup();
    let mut so_far = 0;
    for stage in stages {
        let times: Vec<f64> = visits.iter().filter_map(|visit| visit.time_in(stage)).collect();
        let read: Vec<(bool, usize)> = visits.iter().map(|visit| visit.read_in(stage)).collect();
        let first = read.iter().filter(|(first, _)| *first).count();
        let others: usize = read.iter().map(|(_, others)| others).sum();
        so_far += first;
        let all: f64 = times.iter().sum();
        print!("{:<12} {:>6} {first:>6} {others:>6}", format!("{stage:?}"), times.len());
        print!(
            " {:>6.1} % {:>8.2} {:>9.2}",
            percent(so_far, visits.len()),
            mean(&times),
            all / visits.len().max(1) as f64
        );
        let gained = first + others;
        println!(" {:>8}", if gained > 0 { format!("{:.1}", all / gained as f64) } else { "-".to_owned() });
    }
}
