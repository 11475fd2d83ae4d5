//! `tutanak figures`: box results from a file, where the program that gives them could not.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Serialize;

use super::ConfigArg;
use crate::app;
use crate::clock::Clock;
use crate::cpu::CpuLane;
use crate::domain::Words;
use crate::domain::result::LONGEST_LINE;
use crate::ledger::{Ledger, append};
use crate::results::take_in::LINES;
use crate::results::{Figures, LineReceipt, Status};

/// Box results from a file.
#[derive(Debug, clap::Subcommand)]
pub enum FiguresCommand {
    /// Takes in a file of result lines, as a program would send them to /v1/figures.
    ///
    /// FILE has one JSON object a line, of any number. A line that is there already stays as it is, so an import can be
    /// repeated. Lines that are refused or not in force are printed with their number, and the command fails if any was
    /// refused; all others are entered.
    Import {
        /// The file.
        file: PathBuf,
        /// Why they come this way. It stands in the record.
        #[arg(long)]
        reason: Words,
        /// Print one JSON object at the end instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// What came of a file.
#[derive(Debug, Default, Serialize)]
struct Tally {
    lines: u64,
    created: u64,
    known: u64,
    late: u64,
    conflict: u64,
    parked: u64,
    refused: u64,
}

impl Tally {
    fn count(&mut self, status: Status) {
        self.lines += 1;
        *match status {
            Status::Created => &mut self.created,
            Status::Known => &mut self.known,
            Status::Late => &mut self.late,
            Status::Conflict => &mut self.conflict,
            Status::Parked => &mut self.parked,
            Status::Refused => &mut self.refused,
        } += 1;
    }
}

/// Runs the command.
pub async fn run(command: FiguresCommand, config: &ConfigArg) -> anyhow::Result<()> {
    let FiguresCommand::Import { file, reason: _, json } = command;
    let signer = app::log_signer(&config.read()?)?;
    let ledger = config.ledger().await?;
    let tally = import(&ledger, &app::binding(&signer), &file).await;
    ledger.close().await;
    let tally = tally?;
    match json {
        true => crate::out!("{}", serde_json::to_string(&tally)?),
        false => crate::out!(
            "{} lines: {} created, {} late, {} known, {} conflict, {} parked, {} refused",
            tally.lines,
            tally.created,
            tally.late,
            tally.known,
            tally.conflict,
            tally.parked,
            tally.refused
        ),
    }
    ensure!(tally.refused == 0, "{} lines were refused; all others are entered", tally.refused);
    Ok(())
}

async fn import(
    ledger: &Ledger,
    binding: &crate::ledger::bind::Binding,
    file: &std::path::Path,
) -> anyhow::Result<Tally> {
    let reading = || format!("cannot read {}", file.display());
    let mut lines = BufReader::new(File::open(file).with_context(reading)?);
    ledger.bind(binding, Clock::system().now()).await.context("The log could not be bound to the election")?;
    let size = ledger.head().await?.size;
    let (appender, writer) = append::writer(ledger.clone(), Clock::system(), size);
    let writing = tokio::spawn(writer.run());
    let figures = Figures::new(ledger.clone(), appender, CpuLane::one_permit_a_core());
    let mut tally = Tally::default();
    loop {
        let batch = next_batch(&mut lines).with_context(reading)?;
        if batch.is_empty() {
            break;
        }
        let first = tally.lines + 1;
        for (number, answer) in (first..).zip(figures.take_in(batch).await?) {
            say(number, &answer);
            tally.count(answer.status);
        }
    }
    drop(figures);
    writing.await?;
    Ok(tally)
}

/// The next lines of a file. One that is longer than any result is cut: it is refused.
fn next_batch(lines: &mut impl BufRead) -> std::io::Result<Vec<Vec<u8>>> {
    let mut batch = Vec::with_capacity(LINES);
    while batch.len() < LINES {
        let mut line = Vec::new();
        if lines.by_ref().take(LONGEST_LINE as u64 + 2).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > LONGEST_LINE {
            lines.skip_until(b'\n')?;
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        batch.push(line);
    }
    Ok(batch)
}

fn say(number: u64, answer: &LineReceipt) {
    if let Some(problem) = &answer.problem {
        crate::note!("{number}. satır: {problem}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_one_line() {
        let long = "x".repeat(3 * LONGEST_LINE);
        let text = format!("a\r\n{long}\n\nb");
        let batch = next_batch(&mut text.as_bytes()).unwrap();
        assert_eq!(batch.len(), 4);
        assert_eq!((&*batch[0], &*batch[2], &*batch[3]), (&b"a"[..], &b""[..], &b"b"[..]));
        assert!(batch[1].len() > LONGEST_LINE && batch[1].len() < 2 * LONGEST_LINE);
    }
}
