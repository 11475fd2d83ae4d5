//! `tutanak read FILE…`: the karekods in PNGs, one line a file.

mod explain;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use super::{Ended, write_public};
use crate::beneath;
use crate::domain::words::shown;
use crate::reading::scanner::{self, ScanCheck};
use crate::reading::{self, Findings, Limits, Page};
use crate::terminal;

/// What to read, and how to tell it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Read {
    /// The PNGs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object a line: each code with its place and how it was read, and how the page was scanned.
    #[arg(long)]
    json: bool,
    /// Draws what was found on a page as a PNG. Only with exactly one FILE.
    #[arg(long, value_name = "OUT.png")]
    explain: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  tutanak read scans/*.png                     path and codes, one line a file
  tutanak read --json scan.png                 everything that is known, for programs
  tutanak read --explain found.png scan.png    a picture: codes outlined in green, thick at their own top, what could
                                               not be read dashed in orange, and a line for each above the page";

/// Bytes of a file at most: four times what the service takes.
const FILE_BYTES: u64 = 128 << 20;

/// What is told of one file, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    codes: Vec<String>,
    #[serde(flatten)]
    findings: &'a Findings,
    /// How the page was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'a ScanCheck>,
    /// Milliseconds from the file's bytes to its codes.
    ms: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A page and all that is known of it.
struct Looked {
    page: Page,
    findings: Findings,
    ms: f32,
}

/// Prints `path<TAB>code[,code…]` for each file, or one JSON object a line. Fails when a file was no readable PNG.
pub fn run(read: &Read) -> anyhow::Result<()> {
    if read.explain.is_some() && read.files.len() != 1 {
        bail!("--explain draws one page: give it exactly one FILE, not {}", read.files.len());
    }
    let mut failed = 0;
    for file in &read.files {
        if terminal::reader_left() {
            return Err(Ended(terminal::READER_LEFT).into());
        }
        let path = file.display().to_string();
        match look_at(file) {
            Ok(looked) => {
                let check = scanner::check(&looked.page, &looked.findings);
                tell(read.json, &path, &looked.findings, Some(&check), looked.ms, None)?;
                if let Some(out) = &read.explain {
                    let picture = explain::draw(&looked.page, &looked.findings, &check)?;
                    write_public(out, picture)?;
                }
            }
            Err(error) => {
                failed += 1;
                crate::note!("{}: {error}", shown(&path));
                tell(read.json, &path, &Findings::default(), None, 0.0, Some(error.to_string()))?;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} files could not be read", read.files.len());
    }
    Ok(())
}

fn look_at(file: &Path) -> anyhow::Result<Looked> {
    let bytes = beneath::read_named(file, FILE_BYTES)?;
    let began = Instant::now();
    let page = Page::from_png(&bytes, Limits::default())?;
    let findings = reading::read(&page);
    Ok(Looked { page, findings, ms: began.elapsed().as_secs_f32() * 1e3 })
}

fn tell(
    json: bool,
    path: &str,
    findings: &Findings,
    check: Option<&ScanCheck>,
    ms: f32,
    error: Option<String>,
) -> anyhow::Result<()> {
    let codes = findings.codes();
    if json {
        crate::out!("{}", serde_json::to_string(&Line { path, codes, findings, check, ms, error })?);
    } else {
        crate::out!("{}\t{}", shown(path), codes.join(","));
    }
    Ok(())
}
