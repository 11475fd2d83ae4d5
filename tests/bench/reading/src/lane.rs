//! Whether reading scales with cores: N threads on N cores, each with its own pages, and no lock of ours between them.

use std::sync::Barrier;
use std::time::Instant;

use anyhow::{Context, ensure};
use tutanak::reading::{self, Limits, Page};

use crate::clock::{cores, stay_on};
use crate::pages::Case;

/// Pages that are read again and again.
const PAGES: usize = 60;
/// How often both are measured, in turns; the best of each is told.
const ROUNDS: usize = 3;

/// Prints pages a second with one thread and with `threads`.
pub fn run(cases: &[Case], threads: usize) -> anyhow::Result<()> {
    let cores = cores();
    ensure!((2..=cores.len()).contains(&threads), "{threads} threads need as many cores, and here are {}", cores.len());
    let chosen = cases.iter().step_by(cases.len().div_ceil(PAGES).max(1));
    let pages: Vec<Vec<u8>> = chosen.map(Case::png).collect::<anyhow::Result<_>>()?;
    let (mut one, mut many) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        one = one.max(pages_a_second(&pages, &cores[..1])?);
        many = many.max(pages_a_second(&pages, &cores[..threads])?);
    }
    println!("LANE: {} pages, best of {ROUNDS}", pages.len());
    println!(" 1 thread   {one:>8.1} pages/s");
    println!("{threads:>2} threads  {many:>8.1} pages/s   {:.2} times as many", many / one);
    Ok(())
}

fn pages_a_second(pages: &[Vec<u8>], cores: &[usize]) -> anyhow::Result<f64> {
    let start = Barrier::new(cores.len() + 1);
    let seconds = std::thread::scope(|scope| {
        let threads: Vec<_> = cores
            .iter()
            .enumerate()
            .map(|(number, &core)| {
                // Each begins elsewhere, so that no two read the same page at once.
                let first = number * pages.len() / cores.len();
                let start = &start;
                scope.spawn(move || {
                    stay_on(core);
                    start.wait();
                    read_all(pages[first..].iter().chain(&pages[..first]))
                })
            })
            .collect();
        start.wait();
        let began = Instant::now();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        anyhow::Ok(began.elapsed().as_secs_f64())
    })?;
    Ok((pages.len() * cores.len()) as f64 / seconds)
}

fn read_all<'a>(pages: impl Iterator<Item = &'a Vec<u8>>) -> anyhow::Result<()> {
    for png in pages {
        let page = Page::from_png(png, Limits::default()).context("ours refuses a page")?;
        std::hint::black_box(reading::read(&page));
    }
    Ok(())
}
