//! `tutanak export`: a medium for an independent candidate, from the request to the receipt.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::gate::signatures;
use super::on_record::recorded;
use super::{ConfigArg, Ended, write_public};
use crate::app;
use crate::clock::Clock;
use crate::cpu::CpuLane;
use crate::domain::Words;
use crate::export::json::request_json;
use crate::export::progress::{Phase, Progress};
use crate::export::receipt;
use crate::export::requests::{OPERATORS, Requests};
use crate::export::seal::{ARCHIVE_BYTES, SealTo};
use crate::export::write::{Wish, Workshop, Written, write};
use crate::export::{ExportError, fault::MediumError};
use crate::ledger::Ledger;
use crate::ledger::exports::Request;
use crate::vault::Vault;

/// Letters of a medium's number that is typed at most.
const SERIAL: usize = 64;

/// What is written, and onto what.
#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub struct Export {
    #[command(subcommand)]
    command: Option<ExportCommand>,
    /// The candidate's account. The newest request is fulfilled.
    #[arg(long, value_name = "ID", required = true)]
    candidate: Option<String>,
    /// Where the medium is mounted. It must be empty, or hold what an interrupted export left.
    #[arg(long, value_name = "DIR", required = true)]
    to: Option<PathBuf>,
    /// Encrypts everything to this recipient (age1…), so that only the candidate can open it.
    #[arg(long, value_name = "RECIPIENT")]
    age: Option<SealTo>,
    /// Writes only so many bytes on each medium. Without it a medium is filled as far as it goes.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    medium_size: Option<u64>,
    /// Which of several media. Without it the first that has not been written.
    #[arg(long, value_name = "N")]
    medium: Option<u32>,
    /// The medium's number as it stands on it, where the system cannot read it.
    #[arg(long, value_name = "TEXT")]
    serial: Option<String>,
    /// Pages without small pictures: quicker to write.
    #[arg(long)]
    no_previews: bool,
    /// Bytes of one encrypted file at most.
    #[arg(long, value_name = "BYTES", value_parser = bytes, hide = true)]
    archive_size: Option<u64>,
    /// One JSON object instead of the receipt, and no progress bar.
    #[arg(long)]
    json: bool,
}

/// What comes before and after.
#[derive(Debug, clap::Subcommand)]
pub enum ExportCommand {
    /// Enter a candidate's petition. The seçim çevresi is the candidate's.
    Request {
        /// The candidate's account.
        #[arg(long, value_name = "ID")]
        candidate: String,
        /// Date and number of the petition.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Agree to a request. Two different operators must.
    Approve {
        /// The request's number.
        request: u64,
    },
    /// Show the requests, who agreed, and what was written.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Print the hand-over receipt of a medium again.
    Receipt {
        /// The request's number.
        request: u64,
        /// Which of several media.
        #[arg(long, value_name = "N", default_value_t = 1)]
        medium: u32,
        /// Write it as PDF into this file, to be signed, instead of printing it.
        #[arg(long, value_name = "FILE")]
        pdf: Option<PathBuf>,
    },
}

const EXAMPLES: &str = "\
Only an independent candidate's account has media written for it, only of its own seçim çevresi, and only after the
broadcast ban was lifted. Operators give name and password as TUTANAK_USER, TUTANAK_PASSWORD and for the second
TUTANAK_SECOND_USER, TUTANAK_SECOND_PASSWORD, and the codes of their second factors as TUTANAK_CODE and TUTANAK_SECOND_CODE;
or are asked. Every step is in the record of accesses, also what is refused.

Examples:
  tutanak export request --candidate aday-7 --reason 'Dilekçe 2024/15, 1.4.2024'
  tutanak export approve 3                                       once by each of two operators
  tutanak export --candidate aday-7 --to /media/usb              writes, reads back, prints the receipt
  tutanak export --candidate aday-7 --to /media/usb --age age1…  encrypted to the candidate's key
  tutanak export receipt 3 --pdf teslim.pdf                      the receipt again, to be signed
  tutanak verify /media/usb                                      after it was plugged in again

Pulled out, full or killed: run the same command again; what is on the medium and right is kept. Where one medium is too
small, the next run writes the next one.

Exit codes: 0 the medium is whole and was read back; 1 it may not be written; 2 it could not be.";

/// Runs the command.
pub async fn run(args: Export, config: &ConfigArg) -> anyhow::Result<()> {
    let ledger = config.ledger().await?;
    let requests = Requests::new(ledger.clone(), Clock::system());
    match &args.command {
        Some(ExportCommand::Request { candidate, reason }) => {
            let asked = requests.request(candidate, reason, &signatures(1)?[0]).await;
            let request = refused(asked)?;
            crate::out!("request {}: {}, {}", request.id, request.name, request.place);
            Ok(())
        }
        Some(ExportCommand::Approve { request }) => {
            let request = refused(requests.approve(*request, &signatures(1)?[0]).await)?;
            crate::out!("request {}: {} of {OPERATORS} approvals", request.id, request.approvals.len());
            Ok(())
        }
        Some(ExportCommand::List { json }) => recorded(config, list(&ledger, *json)).await,
        Some(ExportCommand::Receipt { request, medium, pdf }) => {
            recorded(config, receipt(&ledger, *request, *medium, pdf.as_deref())).await
        }
        None => medium(&args, config, ledger, &requests).await,
    }
}

async fn receipt(ledger: &Ledger, request: u64, medium: u32, pdf: Option<&Path>) -> anyhow::Result<()> {
    let found = ledger.export(request).await?.with_context(|| format!("there is no request {request}"))?;
    let written = found.media.into_iter().rev().find(|written| written.number == medium);
    let text = written.with_context(|| format!("medium {medium} has not been written"))?.receipt;
    match pdf {
        Some(file) => {
            write_public(file, receipt::pdf(&text))?;
        }
        None => crate::terminal::print(format_args!("{text}")),
    }
    Ok(())
}

async fn medium(args: &Export, config: &ConfigArg, ledger: Ledger, requests: &Requests) -> anyhow::Result<()> {
    let (candidate, to) = (args.candidate.clone().unwrap_or_default(), args.to.clone().unwrap_or_default());
    let serial = args.serial.as_deref().map(|serial| Words::of_at_most(SERIAL, serial)).transpose();
    let serial = serial.context("--serial")?;
    let signatures = signatures(OPERATORS)?;
    let leave = match requests.permit(&candidate, &signatures).await {
        Ok(leave) => leave,
        Err(error) => return failed(args, error),
    };
    let config = config.read()?;
    let workshop = Workshop {
        ledger,
        vault: Vault::open(&config.vault).await?,
        clock: Clock::system(),
        cpu: CpuLane::one_permit_a_core(),
        signer: app::log_signer(&config)?,
        key: app::signing_key(&config.keys.signing)?,
        progress: Progress::default(),
    };
    let wish = Wish {
        to,
        seal: args.age.clone(),
        archive_bytes: args.archive_size.unwrap_or(ARCHIVE_BYTES),
        previews: !args.no_previews,
        capacity: args.medium_size,
        number: args.medium,
        serial: serial.map(String::from),
    };
    let began = Instant::now();
    let shown = (!args.json).then(|| tokio::spawn(show(workshop.progress.clone())));
    let written = write(&workshop, &leave, &wish).await;
    if let Some(shown) = shown {
        shown.abort();
        crate::note!();
    }
    match written {
        Ok(written) => tell(args, &written, began.elapsed()),
        Err(error) => failed(args, error),
    }
}

#[derive(Serialize)]
struct WrittenJson<'a> {
    done: bool,
    request: u64,
    medium: u32,
    of: u32,
    scans: u64,
    scans_of_all: u64,
    files: u64,
    bytes: u64,
    kept: u64,
    position: u64,
    root: &'a str,
    digest: String,
    serial: &'a str,
    seconds: f64,
    receipt: String,
}

fn tell(args: &Export, written: &Written, took: Duration) -> anyhow::Result<()> {
    let receipt = &written.receipt;
    let facts = &receipt.facts;
    if args.json {
        let answer = WrittenJson {
            done: true,
            request: facts.request,
            medium: facts.number,
            of: facts.of,
            scans: receipt.scans,
            scans_of_all: written.scans_of_all,
            files: receipt.files,
            bytes: receipt.bytes,
            kept: written.kept,
            position: facts.size,
            root: &facts.root,
            digest: receipt.digest.to_string(),
            serial: &receipt.serial,
            seconds: took.as_secs_f64(),
            receipt: receipt.text(),
        };
        crate::out!("{}", serde_json::to_string(&answer)?);
        return Ok(());
    }
    crate::out!("{}", receipt.text());
    let rate = receipt.bytes as f64 / 1e6 / took.as_secs_f64().max(0.001);
    crate::note!("{} dosya / files, {:.1} MB, {rate:.1} MB/s", receipt.files, receipt.bytes as f64 / 1e6);
    if facts.number < facts.of {
        crate::note!(
            "Sıradaki ortamı takıp aynı komutu yineleyin / plug in the next medium and run the same command again: {} / {}",
            facts.number + 1,
            facts.of
        );
    }
    crate::note!("Çıkarıp yeniden takın ve denetleyin / take it off, plug it in again and check: tutanak verify DIR");
    Ok(())
}

/// A refusal is told apart from a failure.
fn refused<T>(result: Result<T, ExportError>) -> anyhow::Result<T> {
    match result {
        Err(ExportError::Refused(refusal)) => {
            crate::note!("error: {refusal}");
            Err(Ended(1).into())
        }
        result => Ok(result?),
    }
}

fn failed(args: &Export, error: ExportError) -> anyhow::Result<()> {
    let (status, name) = match &error {
        ExportError::Refused(refusal) => (1, refusal.name()),
        ExportError::Medium(fault) => (2, fault.name()),
        _ => (2, "failed"),
    };
    if args.json {
        let unreliable = match &error {
            ExportError::Medium(MediumError::Unreliable(unreliable)) => Some(unreliable),
            _ => None,
        };
        let answer = serde_json::json!({
            "done": false, "fault": name, "message": error.to_string(), "unreliable": unreliable,
        });
        crate::out!("{answer}");
    }
    crate::note!("error: {:#}", anyhow::Error::from(error));
    Err(Ended(status).into())
}

async fn list(ledger: &Ledger, json: bool) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let ids = ledger.exports_after(after, 100).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        for id in ids {
            let Some(request) = ledger.export(id).await? else { continue };
            if json { crate::out!("{}", request_json(&request)) } else { print_one(&request) }
        }
    }
}

fn print_one(request: &Request) {
    let Request { id, at, candidate, name, place, reason, operator, approvals, start, media } = request;
    crate::out!("{id}  {at}  {candidate} ({name}), {place}: {reason}, entered by {operator}");
    crate::out!(
        "    approved by {}",
        if approvals.is_empty() { "nobody yet".to_owned() } else { approvals.join(" + ") }
    );
    if let Some(start) = start {
        crate::out!("    position {}, {} media", start.size, start.media);
    }
    for medium in media {
        crate::out!(
            "    medium {} written {} by {}: {} scans, {}",
            medium.number,
            medium.at,
            medium.operators,
            medium.scans,
            medium.digest
        );
    }
}

/// Shows the progress until it is stopped.
async fn show(progress: Progress) {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:12} {bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut shown = Phase::Planning;
    let mut written = 0;
    loop {
        let (phase, done, total) = progress.now();
        if phase != shown {
            bar.reset();
            shown = phase;
        }
        if phase == Phase::Writing {
            written = done;
        }
        bar.set_message(match phase {
            Phase::Planning => "sayılıyor",
            Phase::Writing => "yazılıyor",
            Phase::Reading => "geri okunuyor",
        });
        bar.set_length(if phase == Phase::Reading { written.max(done) } else { total.max(done) });
        bar.set_position(done);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Bytes, with K, M, G or T for powers of 1000 as on the package of a medium.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" => 1,
        "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        other => return Err(format!("{other:?} is no unit: K, M, G or T is expected")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no number of bytes"))?;
    number.checked_mul(unit).ok_or_else(|| "that is too many".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mediums_size_is_written_as_on_its_package() {
        assert_eq!((bytes("64G"), bytes("512"), bytes("7K")), (Ok(64_000_000_000), Ok(512), Ok(7_000)));
        for bad in ["", "G", "1X", "-1", "1.5G", "99999999999T"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }
}
