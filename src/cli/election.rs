//! `tutanak election`: bring the registry in, look at it, add late boxes.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::ConfigArg;
use crate::app;
use crate::clock::Clock;
use crate::cpu::CpuLane;
use crate::domain::Level;
use crate::domain::election::ElectionFile;
use crate::intake;
use crate::ledger::registry::{Counts, Tally};
use crate::ledger::{Ledger, append};
use crate::publication::{self, AgreementError};
use crate::registry::{self, ImportError, Progress, Report, Stage};
use crate::results::Figures;
use crate::results::settle::{Settled, settle};
use crate::vault::Vault;

/// The election that this service is for: its places, its boxes, and what each karekod names.
#[derive(Debug, clap::Subcommand)]
pub enum ElectionCommand {
    /// Import an election from a directory.
    ///
    /// DIR holds election.toml, places.csv, boxes.csv and, where codes are listed one by one, codes.csv; choices.csv says
    /// what can be voted for. Everything is
    /// checked before anything is written: every bad line is printed with its file, line and column, and then nothing is
    /// imported. Importing the same directory again changes nothing. Lines that contradict what is stored (a box that
    /// moved, a code that names another form) are refused; lines that are new are added.
    Import {
        /// Directory of the election. samples/election is an example with every kind of place.
        dir: PathBuf,
    },
    /// Show the election that this database serves, and how much of it there is.
    Show {
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Add boxes that were set up late, while the service runs.
    ///
    /// FILE has the columns of boxes.csv. All of its boxes are added or none. A running service knows them at once.
    AddBoxes {
        /// The boxes to add.
        file: PathBuf,
    },
}

/// What `show --json` prints.
#[derive(Debug, Serialize)]
struct ElectionView<'a> {
    #[serde(flatten)]
    election: &'a ElectionFile,
    parties_open_at: jiff::Timestamp,
    registry_digest: String,
    #[serde(flatten)]
    counts: Counts,
}

/// Runs the command. An error means that nothing was changed.
pub async fn run(command: ElectionCommand, config: &ConfigArg) -> anyhow::Result<()> {
    let ledger = &config.ledger().await?;
    match command {
        ElectionCommand::Import { dir } => {
            belongs_to_the_vault(config, ledger).await?;
            let bar = bar();
            let done = registry::import(ledger, &dir, &mut |progress| show_progress(&bar, progress)).await;
            bar.finish_and_clear();
            let report =
                print_outcome(done).with_context(|| format!("The election in {} was not imported", dir.display()))?;
            bind(config, ledger).await?;
            link_parked(config, ledger).await?;
            count_results(ledger, report.choices.added > 0).await
        }
        ElectionCommand::AddBoxes { file } => {
            let bar = bar();
            let done = registry::add_boxes(ledger, &file, &mut |progress| show_progress(&bar, progress)).await;
            bar.finish_and_clear();
            print_outcome(done).with_context(|| format!("The boxes of {} were not added", file.display()))?;
            bind(config, ledger).await?;
            link_parked(config, ledger).await?;
            count_results(ledger, false).await
        }
        ElectionCommand::Show { json } => show(ledger, json).await,
    }
}

/// An empty database over the copy of a log is one that was lost: with an import a second log would begin. The vault need
/// not be there yet.
async fn belongs_to_the_vault(config: &ConfigArg, ledger: &Ledger) -> anyhow::Result<()> {
    let settings = config.read()?;
    let signer = app::log_signer(&settings)?;
    let Ok(vault) = Vault::open(&settings.vault).await else { return Ok(()) };
    match publication::agreement_at_start(ledger, &vault, &signer).await {
        Err(AgreementError::Differs(how)) => Err(how).context("Nothing was imported"),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The log says which registry it is of from here on.
async fn bind(config: &ConfigArg, ledger: &Ledger) -> anyhow::Result<()> {
    let signer = app::log_signer(&config.read()?)?;
    ledger.bind(&app::binding(&signer), Clock::system().now()).await.context("The log could not be bound to it")?;
    Ok(())
}

/// Scans that waited for what was just added are linked now.
async fn link_parked(config: &ConfigArg, ledger: &Ledger) -> anyhow::Result<()> {
    let head = ledger.head().await?;
    if head.parked == 0 {
        return Ok(()); // nothing waits, so the vault need not be there yet
    }
    let vault = Vault::open(&config.read()?.vault).await?;
    let (appender, writer) = append::writer(ledger.clone(), Clock::system(), head.size);
    let writing = tokio::spawn(writer.run());
    let linked = intake::resolve_parked(ledger, &vault, &appender).await.context("Parked scans could not be linked")?;
    drop(appender);
    writing.await?;
    crate::out!("parked  {linked:>9} linked now");
    Ok(())
}

/// Results that waited for what was just added count now.
pub(super) async fn count_results(ledger: &Ledger, ballots_changed: bool) -> anyhow::Result<()> {
    if ballots_changed {
        // What a ballot's numbers mean is in the sums.
        ledger.results_unsettle().await?;
    }
    let size = ledger.head().await?.size;
    let (appender, writer) = append::writer(ledger.clone(), Clock::system(), size);
    let writing = tokio::spawn(writer.run());
    let figures = Figures::new(ledger.clone(), appender, CpuLane::one_permit_a_core());
    let settled = settle(ledger, &figures).await.context("Results that waited could not be entered");
    drop(figures);
    writing.await?;
    let Settled { entered, counted } = settled?;
    if entered + counted > 0 {
        crate::out!("results {entered:>9} entered now {counted:>9} counted");
    }
    Ok(())
}

/// A bar on a terminal, nothing where the output goes into a file.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:9} {wide_bar} {percent:>3} % {eta:>4}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show_progress(bar: &ProgressBar, progress: Progress) {
    bar.set_message(match progress.stage {
        Stage::Checking => "checking",
        Stage::Writing => "writing",
    });
    bar.set_length(progress.of_bytes);
    bar.set_position(progress.bytes);
}

fn print_outcome(done: Result<Report, ImportError>) -> anyhow::Result<Report> {
    match done {
        Ok(report) => {
            crate::terminal::print(format_args!("{}", summary(&report)));
            Ok(report)
        }
        Err(error) => {
            if let ImportError::Refused(bad) = &error {
                crate::terminal::warn(format_args!("{bad}"));
            }
            Err(error.into())
        }
    }
}

fn summary(report: &Report) -> String {
    let line =
        |name: &str, tally: Tally| format!("{name:7} {:>9} added {:>9} known already\n", tally.added, tally.known);
    let mut text = line("places", report.places) + &line("boxes", report.boxes) + &line("codes", report.codes);
    if report.choices != Tally::default() {
        text += &line("choices", report.choices);
    }
    if !report.changed() {
        text += "Nothing changed: all of it was there already.\n";
    }
    text + &format!("registry sha256:{}\n", report.digest)
}

async fn show(ledger: &Ledger, json: bool) -> anyhow::Result<()> {
    let stored = ledger.election().await?.context("No election has been imported yet: tutanak election import DIR")?;
    let counts = ledger.registry_counts().await?;
    let election = stored.election.file();
    let opens = stored.election.parties_open();
    if json {
        let digest = stored.digest.to_string();
        let shown = ElectionView { election, parties_open_at: opens, registry_digest: digest, counts };
        crate::out!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    crate::out!("{} ({})", election.name, election.id);
    crate::out!("polling day   {} ({})", election.polling_date, election.time_zone);
    crate::out!("parties from  {opens}");
    let races: Vec<_> = election.races.iter().map(|race| format!("{} {race}", race.code())).collect();
    crate::out!("races         {}", races.join(", "));
    for rule in &election.code_rule {
        crate::out!("code rule     {} + race + box id: {}", rule.prefix, rule.kind.slug());
    }
    for (name, _) in Level::ALL {
        if let Some(count) = counts.places.get(name) {
            crate::out!("{name:13} {count}");
        }
    }
    crate::out!("boxes         {}", counts.boxes.values().sum::<u64>());
    crate::out!("listed codes  {}", counts.codes);
    crate::out!("choices       {}", counts.choices);
    crate::out!("registry      sha256:{}", stored.digest);
    Ok(())
}
