//! Pages that have everything but a code. It fails when one is read: a number that nobody printed is the one mistake
//! that must not happen.

pub mod scene;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::ScopedJoinHandle;

use anyhow::{Context, anyhow, ensure};
use tutanak::reading::{self, Limits, Page};

use crate::canvas::Chance;
use crate::clock::{cores, cpu_of};
use scene::{Scene, Stencil};

/// Pages between two words about how far it is.
const NEWS: u64 = 5_000;

#[derive(Clone, Copy, Default)]
struct Tally {
    pages: u64,
    codes: u64,
    /// Of all pages, and of the slowest of them.
    ms: f64,
    slowest: f64,
}

/// Reads so many pages, on all cores or one, and prints a line for each kind.
pub fn run(pages: u64, seed: u64, threads: usize) -> anyhow::Result<()> {
    let next = AtomicU64::new(0);
    let stencil = Stencil::with_forms()?;
    let tallies = std::thread::scope(|scope| {
        let read = || read_some(&next, pages, seed, &stencil);
        let threads: Vec<ScopedJoinHandle<'_, _>> = cores().iter().take(threads).map(|_| scope.spawn(read)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        joined.collect::<anyhow::Result<Vec<_>>>()
    })?;
    println!("WRONG: {pages} pages without a code, seed {seed}; CPU ms a page of ours, and of the slowest");
    println!("{:<26} {:>8} {:>6} {:>8} {:>8}", "", "pages", "codes", "mean", "slowest");
    let mut all = Tally::default();
    for scene in Scene::ALL {
        let mut of_scene = Tally::default();
        tallies.iter().for_each(|tally| of_scene.add(tally[scene as usize]));
        of_scene.print(scene.name());
        all.add(of_scene);
    }
    all.print("all");
    ensure!(all.codes == 0, "{} codes were read where there are none", all.codes);
    Ok(())
}

fn read_some(next: &AtomicU64, pages: u64, seed: u64, stencil: &Stencil) -> anyhow::Result<[Tally; Scene::ALL.len()]> {
    let mut tallies = [Tally::default(); Scene::ALL.len()];
    loop {
        let number = next.fetch_add(1, Relaxed);
        if number >= pages {
            return Ok(tallies);
        }
        if number.is_multiple_of(NEWS) {
            eprintln!("page {number} of {pages} …");
        }
        let scene = Scene::ALL[(number % Scene::ALL.len() as u64) as usize];
        let (canvas, text) = scene.draw(&mut Chance::from_seed(seed.rotate_left(40) ^ number), stencil);
        // Every other round in two shades, which are searched in another way.
        let two_shades = number / Scene::ALL.len() as u64 % 2 == 1;
        let page = if two_shades {
            Page::from_png(&canvas.to_bits_png()?, Limits::default()).ok()
        } else {
            Page::from_luma(canvas.width as u32, canvas.height as u32, canvas.luma)
        };
        let page = page.context("a drawn page is none")?;
        let (findings, ms) = cpu_of(|| reading::read(&page));
        let wrong = findings.readings.iter().filter(|reading| text.as_ref() != Some(&reading.code));
        for reading in wrong.clone() {
            println!(
                "WRONG: {:?} by {:?} on page {number} of seed {seed}: {}",
                reading.code,
                reading.stage,
                scene.name()
            );
        }
        tallies[scene as usize].add(Tally { pages: 1, codes: wrong.count() as u64, ms, slowest: ms });
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.pages += other.pages;
        self.codes += other.codes;
        self.ms += other.ms;
        self.slowest = self.slowest.max(other.slowest);
    }

    fn print(&self, name: &str) {
        let mean = self.ms / self.pages.max(1) as f64;
        println!("{name:<26} {:>8} {:>6} {mean:>8.2} {:>8.1}", self.pages, self.codes, self.slowest);
    }
}
