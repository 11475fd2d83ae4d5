//! `tutanak read FILE…`: the karekods in PNGs, one line a file.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use serde::Serialize;

use crate::reading::{self, Findings, Limits, Page};

/// What is told of one file, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    codes: Vec<String>,
    #[serde(flatten)]
    findings: Findings,
    /// Milliseconds from the file's bytes to its codes.
    ms: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Prints `path<TAB>code[,code…]` for each file, or one JSON object a line. Fails when a file was no readable PNG.
pub fn run(files: &[PathBuf], json: bool) -> anyhow::Result<()> {
    let mut failed = 0;
    for file in files {
        let path = file.display().to_string();
        let bytes = std::fs::read(file).map_err(|error| error.to_string());
        let began = Instant::now();
        let findings = bytes
            .and_then(|bytes| Page::from_png(&bytes, Limits::default()).map_err(|error| error.to_string()))
            .map(|page| reading::read(&page));
        let ms = began.elapsed().as_secs_f32() * 1e3;
        let (findings, error) = match findings {
            Ok(findings) => (findings, None),
            Err(error) => (Findings::default(), Some(error)),
        };
        let codes = findings.codes();
        if let Some(error) = &error {
            failed += 1;
            eprintln!("{path}: {error}");
        }
        if json {
            println!("{}", serde_json::to_string(&Line { path: &path, codes, findings, ms, error })?);
        } else {
            println!("{path}\t{}", codes.join(","));
        }
    }
    if failed > 0 {
        bail!("{failed} of {} files could not be read", files.len());
    }
    Ok(())
}
