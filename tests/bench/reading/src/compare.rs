//! Every page by every reader, one after the other, before the next page: a busy moment of the machine strikes all of
//! them. Ours comes first, when the file's bytes are still cold.

use anyhow::Context;

use crate::clock::cpu_of;
use crate::ours::Ours;
use crate::pages::Case;
use crate::peers::{self, Peer};
use crate::score::Outcome;
use crate::stages::{self, Visit};
use crate::tables;

/// What all readers made of one page.
pub struct Row {
    /// The kind of damage.
    pub kind: String,
    /// How bad it is.
    pub level: u8,
    /// What ours made of it.
    pub ours: Outcome,
    /// Bytes held at once for each pixel.
    pub bytes_a_pixel: f64,
    /// What the peers made of it, in their order.
    pub peers: Vec<Outcome>,
}

/// Reads the pages, prints the tables, and returns the median of our milliseconds. `alone` leaves the peers out.
pub fn run(cases: &[Case], alone: bool) -> anyhow::Result<f64> {
    let peers = if alone { vec![] } else { peers::all() };
    let (mut rows, mut visits) = (Vec::with_capacity(cases.len()), Vec::with_capacity(cases.len()));
    for (number, case) in cases.iter().enumerate() {
        if number % 25 == 0 {
            eprintln!("page {number} of {} …", cases.len());
        }
        let (row, visit) = Row::of(case, &peers).with_context(|| case.name())?;
        rows.push(row);
        visits.push(visit);
    }
    let median = tables::readers(&rows, &peers);
    tables::by_level(&rows);
    tables::by_kind(&rows);
    stages::table(&visits);
    tables::memory(&rows);
    Ok(median)
}

impl Row {
    fn of(case: &Case, peers: &[Peer]) -> anyhow::Result<(Self, Visit)> {
        let png = case.png()?;
        let read = Ours::read(&png)?;
        // Decoded once for all peers: each would do the same.
        let (page, decoding) = cpu_of(|| image::load_from_memory(&png).map(image::DynamicImage::into_luma8));
        let page = page.context("the image crate refuses the page")?;
        let side = page.width().min(page.height());
        let outcome = |peer: &Peer| {
            let (seen, ms) = cpu_of(|| peer.read(&page));
            let panicked = seen.is_none();
            Outcome { panicked, ..Outcome::of(&seen.unwrap_or_default(), &case.text, side, decoding + ms) }
        };
        let ours = Outcome::of(&read.seen(), &case.text, side, read.ms);
        for (name, wrong) in ours.wrong.iter().map(|wrong| (case.name(), wrong)) {
            println!("WRONG: ours reads {wrong:?} on {name}");
        }
        let row = Self {
            kind: case.kind.clone(),
            level: case.level,
            bytes_a_pixel: read.bytes_a_pixel(),
            peers: peers.iter().map(outcome).collect(),
            ours,
        };
        Ok((row, Visit::of(&read.findings, std::slice::from_ref(&case.text), read.decoding)))
    }
}
