//! Photographs that somebody else took: ours beside zxing-cpp, which is made for them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

use crate::clock::{cpu_of, stay_on_one_core};
use crate::ours::Ours;
use crate::peers::{self, Seen};
use crate::score::{mean, median, percent};
use crate::stages::{self, Visit};

const NEEDS: &str = "photographs needs a directory of PNGs with an `expected.json` beside them, \
                     {\"file.png\": [\"text\", …], …}; an empty list is a photograph without a code";

#[derive(Default)]
struct Tally {
    read: usize,
    wrong: usize,
    times: Vec<f64>,
}

/// Reads the photographs and prints a line for each reader.
pub fn run(dir: &Path) -> anyhow::Result<()> {
    let list = dir.join("expected.json");
    if !list.is_file() {
        bail!("there is no {}. {NEEDS}", list.display());
    }
    let list = std::fs::read(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let expected: BTreeMap<String, Vec<String>> = serde_json::from_slice(&list).context(NEEDS)?;
    stay_on_one_core();
    let peer = peers::best();
    let (mut ours, mut theirs) = (Tally::default(), Tally::default());
    let mut visits = Vec::with_capacity(expected.len());
    for (file, texts) in &expected {
        let png = std::fs::read(dir.join(file)).with_context(|| format!("{file} is listed and not there. {NEEDS}"))?;
        let read = Ours::read(&png).with_context(|| file.clone())?;
        ours.add("ours", file, &read.seen(), texts, read.ms);
        visits.push(Visit::of(&read.findings, texts, read.decoding));
        let (page, decoding) = cpu_of(|| image::load_from_memory(&png).map(image::DynamicImage::into_luma8));
        let page = page.with_context(|| file.clone())?;
        let (seen, ms) = cpu_of(|| peer.read(&page));
        theirs.add(peer.name, file, &seen.unwrap_or_default(), texts, decoding + ms);
    }
    let codes = expected.values().map(Vec::len).sum();
    println!("PHOTOGRAPHS: {} with {codes} codes, CPU ms from PNG to texts", expected.len());
    println!("{:<10} {:>9} {:>6} {:>8} {:>8}", "", "read", "wrong", "median", "mean");
    ours.print("ours", codes);
    match peer.missing() {
        Some(why) => println!("{:<10} {why}", peer.name),
        None => theirs.print(peer.name, codes),
    }
    stages::table(&visits);
    Ok(())
}

impl Tally {
    fn add(&mut self, reader: &str, file: &str, seen: &[Seen], texts: &[String], ms: f64) {
        // What stands there twice may be read twice; what was read at two places stands there twice.
        let mut left: Vec<&String> = texts.iter().collect();
        for seen in seen {
            match left.iter().position(|text| **text == seen.text) {
                Some(at) => {
                    left.swap_remove(at);
                    self.read += 1;
                }
                None if texts.contains(&seen.text) => {} // the same code once more
                None => {
                    println!("WRONG: {reader} reads {:?} on {file}", seen.text);
                    self.wrong += 1;
                }
            }
        }
        self.times.push(ms);
    }

    fn print(&self, name: &str, codes: usize) {
        print!("{name:<10} {:>7.1} % {:>6}", percent(self.read, codes), self.wrong);
        println!(" {:>8.1} {:>8.1}", median(&self.times), mean(&self.times));
    }
}
