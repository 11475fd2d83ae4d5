//! How well and how fast karekods are read, beside the readers that others use: the same pages, in turn, on one core.
//!
//! `tests/bench/reading/run` builds it with every peer that can be built here and passes its arguments on. What is
//! printed are shares of pages and ratios within one run: milliseconds alone say more about the machine. It judges
//! nothing, with one exception: `wrong` fails when a page without a code has one.
//!
//! - [`pages`]: which pages, and what is on them; `drawn` makes them, `canvas` those that no office would send.
//! - [`peers`], [`ours`]: the readers, behind one interface. [`clock`], [`memory`]: what they spend.
//! - [`compare`] reads the pages; [`score`], [`tables`] and [`stages`] say what came of it.
//! - [`floor`], [`hostile`], [`lane`]: what only concerns ours. [`wrong`], [`photographs`]: other pages.

mod canvas;
mod clock;
mod compare;
mod drawn;
mod floor;
mod hostile;
mod lane;
mod memory;
mod ours;
mod pages;
mod peers;
mod photographs;
mod score;
mod stages;
mod tables;
mod wrong;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Readers of karekods side by side, on damaged pages.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    pages: pages::Choice,
    /// How many pages a second 1 thread and N threads read, on as many cores, and nothing else.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "2")]
    lane: Option<usize>,
    /// Only the tables about these pages: no floor, no hostile pages.
    #[arg(long)]
    brief: bool,
    /// Only ours: no peer reads the pages.
    #[arg(long)]
    alone: bool,
}

#[derive(Subcommand)]
enum Other {
    /// Reads pages that have everything but a code, and fails when one is read.
    Wrong {
        /// How many.
        #[arg(default_value_t = 10_000)]
        pages: u64,
        /// Threads, a core each.
        #[arg(long, default_value_t = 64)]
        threads: usize,
        /// Which: another seed gives other pages.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Only pages made to cost.
    Hostile {
        /// What a page of every day takes, in milliseconds.
        #[arg(default_value_t = 12.0)]
        median: f64,
    },
    /// Reads photographs: ours beside zxing-cpp.
    Photographs {
        /// PNGs, and an `expected.json`: {"file.png": ["text", …], …}.
        dir: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.other {
        Some(Other::Wrong { pages, seed, threads }) => wrong::run(pages, seed, threads),
        Some(Other::Hostile { median }) => {
            clock::stay_on_one_core();
            hostile::run(median)
        }
        Some(Other::Photographs { dir }) => photographs::run(&dir),
        None => {
            let cases = cli.pages.cases()?;
            if let Some(threads) = cli.lane {
                return lane::run(&cases, threads);
            }
            clock::stay_on_one_core();
            let median = compare::run(&cases, cli.alone)?;
            if !cli.brief {
                floor::run()?;
                hostile::run(median)?;
            }
            Ok(())
        }
    }
}
