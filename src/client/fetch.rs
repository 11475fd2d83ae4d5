//! The scans: out of packs, each checked against the digest that was signed before it gets its name.
//!
//! One request a pack, from the first byte that is wanted to the last. What breaks off goes on at the first scan that is
//! not there; what comes wrong is asked for once more by its own path, and then named.

mod keep;
mod one;
mod plan;
mod survey;

use std::time::Instant;

use futures::stream::{self, StreamExt};

use super::order::{Order, Pass};
use super::problem::Problem;
use super::progress::Progress;
use super::round::{Context, RoundError};
use super::state::Notes;
use crate::log::tile::{Tile, bundles};

pub use keep::PackCheck;

/// Scans larger than that are not believed.
pub const SCAN_BYTES: u64 = 64 << 20;

/// What came of fetching.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Scans, or packs, that are new in the copy.
    pub scans: u64,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// Whether the time was over before everything was fetched.
    pub unfinished: bool,
}

/// Fetches what is wanted and not there.
pub struct Fetch<'a> {
    /// Server and copy.
    pub context: &'a Context,
    /// What is wanted.
    pub order: &'a Order,
    /// Packs instead of the tree.
    pub packs: bool,
    /// For people.
    pub progress: &'a Progress,
    /// No new pack is begun after that, so that new entries are seen while an old backlog is fetched.
    pub until: Option<Instant>,
}

/// A pack with something wanted in it.
#[derive(Clone, Copy, Debug)]
struct Job {
    bundle: Tile,
    pass: Pass,
    last: bool,
}

impl Fetch<'_> {
    /// Fetches the scans of the first `size` entries, of which the copy has the log.
    ///
    /// # Errors
    /// When server or disk fail for good. What is wrong with single scans is reported, and the others are fetched.
    pub async fn run(&self, size: u64, notes: &mut Notes) -> Result<Fetched, RoundError> {
        let mut fetched = Fetched::default();
        let jobs = self.jobs(size, notes).await?;
        let mut running = stream::iter(jobs)
            .map(async |job| {
                if self.until.is_some_and(|until| Instant::now() > until) {
                    return Ok((job, None));
                }
                let done = if self.packs { self.keep_pack(job.bundle).await } else { self.scans(job).await };
                done.map(|done| (job, Some(done)))
            })
            .buffer_unordered(self.context.parallel);
        let mut written = Instant::now();
        let mut failure = None;
        while let Some(done) = running.next().await {
            match done {
                Ok((_, None)) => fetched.unfinished = true,
                Ok((job, Some((scans, problems)))) => {
                    fetched.scans += scans;
                    if problems.is_empty() && job.last {
                        notes.done.insert(job.bundle.first()..job.bundle.first() + job.bundle.width());
                    }
                    fetched.problems.extend(problems);
                    if written.elapsed().as_secs() >= 2 {
                        notes.write(&self.context.disk)?;
                        written = Instant::now();
                    }
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        drop(running);
        // Notes of what was done before a failure save the next run that work; they may themselves not fit on the disk.
        let noted = notes.write(&self.context.disk);
        match failure {
            Some(error) => Err(error),
            None => noted.map(|()| fetched).map_err(Into::into),
        }
    }

    /// The packs that hold something wanted and not done, in the order they are wanted.
    async fn jobs(&self, size: u64, notes: &mut Notes) -> Result<Vec<Job>, RoundError> {
        let due: Vec<Tile> =
            bundles(0..size).filter(|tile| !notes.done.covers(tile.first()..tile.first() + tile.width())).collect();
        let (disk, order, done, packs) =
            (self.context.disk.clone(), self.order.clone(), notes.done.clone(), self.packs);
        let surveyed = self.context.cpu.run(move || survey::survey(&disk, &order, &done, due, packs)).await??;
        let passes = if self.packs { &[Pass::Named] } else { self.order.passes() };
        let mut jobs = Vec::new();
        for pass in passes {
            let mut wanted: Vec<_> = surveyed.iter().filter(|found| found.bytes(*pass) > 0 || self.packs).collect();
            if self.order.newest_first {
                wanted.reverse();
            }
            for found in wanted {
                self.progress.expect(found.bytes(*pass));
                let last = passes.last() == Some(pass) || found.bytes(Pass::Rest) == 0;
                jobs.push(Job { bundle: found.bundle, pass: *pass, last });
            }
        }
        for found in surveyed.iter().filter(|found| found.is_empty() && !self.packs) {
            notes.done.insert(found.bundle.first()..found.bundle.first() + found.bundle.width());
        }
        Ok(jobs)
    }
}
