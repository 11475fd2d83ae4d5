//! `tutanak sample forms|scans`: draws forms of a registry that have no scan yet, for rehearsals and tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use futures::{StreamExt, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use super::init;
use crate::config::Config;
use crate::cpu::CpuLane;
use crate::domain::Election;
use crate::drawing::{self, Colour, ScanStyle};
use crate::ledger::registry::{ExpectedForm, FormCursor};
use crate::ledger::{DatabaseConfig, Ledger};
use crate::{registry, rehearsal};

/// What to draw.
#[derive(Debug, Subcommand)]
pub enum SampleCommand {
    /// Draws empty forms, ready to print: 300 dpi, black on white.
    Forms(Wanted),
    /// Draws scans of filled forms, as an office would send them. Forms that have a scan already are passed over.
    Scans(Wanted),
}

/// Of what, where to, how many.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Directory of the service whose registry names the forms (the one with tutanak.toml, for example the demo's), or
    /// directory of an election (the one with election.toml).
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where the PNGs go. Each is named after its karekod.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many.
    #[arg(long, default_value_t = 10)]
    count: usize,
    /// The same seed draws the same pages.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Forms fetched at a time.
const PAGE: u32 = 1000;

/// Draws, with progress on a terminal.
pub async fn run(command: SampleCommand) -> anyhow::Result<()> {
    let (wanted, scans) = match command {
        SampleCommand::Forms(wanted) => (wanted, false),
        SampleCommand::Scans(wanted) => (wanted, true),
    };
    let (_kept, ledger) = open(&wanted.data).await?;
    let Some(stored) = ledger.election().await? else { bail!("no election is imported there") };
    std::fs::create_dir_all(&wanted.out).with_context(|| format!("cannot make {}", wanted.out.display()))?;
    let forms = missing(&ledger, &stored.election, wanted.count).await?;
    if forms.len() < wanted.count {
        eprintln!("Only {} forms have no scan yet.", forms.len());
    }
    let bar = ProgressBar::new(forms.len() as u64);
    bar.set_style(ProgressStyle::with_template("{pos}/{len} {wide_bar} {per_sec} {eta}")?);
    let lane = CpuLane::one_seat_a_core();
    let name: Arc<str> = stored.election.name().into();
    let seed = wanted.seed;
    let drawn = forms.into_iter().enumerate().map(|(n, expected)| {
        let (lane, name, out, bar) = (lane.clone(), Arc::clone(&name), wanted.out.clone(), bar.clone());
        async move {
            lane.run(move || draw(&expected, &name, &out, seed.wrapping_add(n as u64), scans)).await??;
            bar.inc(1);
            anyhow::Ok(())
        }
    });
    futures::stream::iter(drawn).buffer_unordered(PARALLEL).try_collect::<()>().await?;
    bar.finish();
    Ok(())
}

/// The registry of a service, or of an election's files by way of a database that goes when it is no longer held.
async fn open(dir: &Path) -> anyhow::Result<(Option<TempDir>, Ledger)> {
    if dir.join("election.toml").exists() && !dir.join(init::CONFIG).exists() {
        let kept = tempfile::tempdir()?;
        let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: kept.path().join("registry.db") }).await?;
        registry::import(&ledger, dir, &mut |_| {}).await?;
        return Ok((Some(kept), ledger));
    }
    let config = Config::from_file(&dir.join(init::CONFIG))?;
    Ok((None, Ledger::open(&config.database).await?))
}

/// Pages under way; the lane has a seat for each core, a few more keep it busy.
const PARALLEL: usize = 16;

async fn missing(ledger: &Ledger, election: &Election, count: usize) -> anyhow::Result<Vec<ExpectedForm>> {
    let mut found = Vec::new();
    let mut cursor = FormCursor::Start;
    while found.len() < count && cursor != FormCursor::End {
        let (forms, next) = ledger.forms_after(election, cursor, PAGE).await?;
        found.extend(forms.into_iter().filter(|expected| !expected.on_file));
        cursor = next;
    }
    found.truncate(count);
    Ok(found)
}

fn draw(expected: &ExpectedForm, election: &str, out: &Path, seed: u64, scan: bool) -> anyhow::Result<()> {
    let face = rehearsal::face(expected, election);
    let png = if scan {
        drawing::draw_scan(&face, &ScanStyle::realistic(seed), seed)
    } else {
        drawing::to_png(&drawing::draw_form(&face, 300), Colour::OneBit, false)
    };
    let path = out.join(format!("{}.png", expected.form.code));
    std::fs::write(&path, png).with_context(|| format!("cannot write {}", path.display()))
}
