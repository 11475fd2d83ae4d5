//! `tutanak scrub`: reads every stored scan again, heals, and reports.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;

use super::serve::stop_signal;
use super::{ConfigArg, Ended};
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::ledger::scrub::{Finding, FindingKind, ScrubProgress};
use crate::operation::scrub::{Scrub, ScrubError, Watched};
use crate::vault::Vault;

/// Findings that are printed. There are more only where a whole disk is gone.
const PRINTED: u32 = 100_000;
/// With `--follow`, between two passes.
const REST: Duration = Duration::from_secs(60);

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct ScrubArgs {
    /// Go on for ever, pass after pass.
    #[arg(long, conflicts_with = "report")]
    follow: bool,
    /// Only print what the last pass found.
    #[arg(long)]
    report: bool,
    /// Bytes a second at most; 0 is as fast as it goes. Left out: as `vault.scrub_bytes_per_second` says.
    #[arg(long, value_name = "BYTES")]
    pace: Option<u64>,
    /// Print one JSON object a pass.
    #[arg(long)]
    json: bool,
}

/// Looks at every stored scan. Ends well only when all of them are as they were entered.
pub async fn run(args: &ScrubArgs, config: &ConfigArg) -> anyhow::Result<()> {
    let settings = config.read()?;
    let ledger = config.ledger().await?;
    if args.report {
        let progress = ledger.scrub_progress().await?;
        if progress.ended_ms == 0 {
            bail!("no pass has ended yet: {} entries were looked at", progress.position);
        }
        return end(report(&ledger, &progress, args.json).await?);
    }
    let vault = Vault::open(&settings.vault).await.context("cannot open the vault")?;
    let pace = args.pace.unwrap_or(settings.vault.scrub_pace());
    let scrub = Scrub::new(ledger.clone(), vault, Clock::system(), pace);
    let stop = stop_signal();
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta:>4} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut watch = |Watched { progress, of }| {
        bar.set_length(of);
        bar.set_position(progress.position);
        bar.set_message(format!("{} healed", progress.healed));
    };
    loop {
        let passed = tokio::select! {
            passed = scrub.pass(&mut watch) => Some(passed),
            () = stop.cancelled() => None,
        };
        bar.finish_and_clear();
        let Some(passed) = passed else {
            scrub.let_go().await?;
            bail!("stopped; the next scrub goes on where this one ended");
        };
        let progress = match passed {
            Ok(progress) => progress,
            Err(ScrubError::Elsewhere) => {
                bail!(
                    "another scrub is running, perhaps the service's own; `tutanak scrub --report` prints what it finds"
                );
            }
            Err(error) => {
                scrub.let_go().await?;
                return Err(
                    anyhow::Error::from(error).context("The scrub did not come to its end; the next one goes on there")
                );
            }
        };
        let wrong = report(&ledger, &progress, args.json).await?;
        if !args.follow {
            ledger.close().await;
            return end(wrong);
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(REST) => {}
        }
    }
}

fn end(wrong: u64) -> anyhow::Result<()> {
    if wrong == 0 { Ok(()) } else { Err(Ended(1).into()) }
}

/// Prints how the pass stands and what is wrong; gives how much that is.
async fn report(ledger: &Ledger, progress: &ScrubProgress, json: bool) -> anyhow::Result<u64> {
    let (findings, wrong) = ledger.scrub_findings(PRINTED).await?;
    if json {
        let told: Vec<_> = findings.iter().map(as_json).collect();
        let ScrubProgress { pass, position, scans, bytes, healed, .. } = *progress;
        let ended_at = time(progress.ended_ms);
        let all = json!({
            "pass": pass, "entries": position, "scans": scans, "bytes": bytes, "healed": healed, "ended_at": ended_at,
            "under_way": progress.is_under_way(), "wrong": wrong, "findings": told,
        });
        crate::out!("{all}");
    } else {
        crate::out!("{}", plain(progress, &findings, wrong).trim_end());
    }
    Ok(wrong)
}

fn plain(progress: &ScrubProgress, findings: &[Finding], wrong: u64) -> String {
    let ScrubProgress { scans, bytes, healed, .. } = *progress;
    let mut text =
        format!("{scans} scans ({bytes} bytes) of {} entries were read; {healed} copies healed.\n", progress.position);
    if wrong == 0 {
        return text + "All are as they were entered.\n";
    }
    let unentered = findings.iter().filter(|finding| finding.kind == FindingKind::NoEntry).count() as u64;
    for finding in findings {
        let position = finding.position.map_or("-".to_owned(), |position| position.to_string());
        let Finding { digest, kind, size, about, .. } = finding;
        text += &format!("{}\t{position}\t{digest}\t{size}\t{}\t{about}\n", kind.name(), time(finding.at_ms));
    }
    if wrong > unentered {
        text += "Entered and not sound: their boards still have them; once sent again they are healed. Parties hold copies too.\n";
    }
    if unentered > 0 {
        text += "\"no-entry\": stored, and no entry names it: an upload that broke off before its receipt, or an entry younger than\n\
                 the checkpoint that a database was rebuilt from. Nobody can know who sent it, so it is not linked. The codes on it say\n\
                 which form it shows; `tutanak audit search --object DIGEST` who sent it, where the record goes back so far. That\n\
                 board sends it again (`tutanak upload`, or its page), and it is linked.\n";
    }
    text
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let Finding { digest, kind, position, size, about, at_ms } = finding;
    json!({
        "kind": kind.name(), "position": position, "sha256": digest.to_string(), "size": size, "at": time(*at_ms), "about": about,
    })
}

fn time(millis: i64) -> String {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
