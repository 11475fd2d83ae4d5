//! `tutanak read FILE…`: the karekods in PNGs, one line a file.

use std::path::PathBuf;

use anyhow::bail;
use serde::Serialize;

use crate::reading::{self, Limits, Page, Reading};

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    codes: Vec<String>,
    readings: Vec<Reading>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Prints `path<TAB>code[,code…]` for each file, or one JSON object a line. Fails when a file was no readable PNG.
pub fn run(files: &[PathBuf], json: bool) -> anyhow::Result<()> {
    let mut failed = 0;
    for file in files {
        let path = file.display().to_string();
        let readings = std::fs::read(file)
            .map_err(|error| error.to_string())
            .and_then(|bytes| Page::from_png(&bytes, Limits::default()).map_err(|error| error.to_string()))
            .map(|page| reading::read(&page));
        let (readings, error) = match readings {
            Ok(readings) => (readings, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let codes = reading::distinct(&readings);
        if let Some(error) = &error {
            failed += 1;
            eprintln!("{path}: {error}");
        }
        if json {
            println!("{}", serde_json::to_string(&Line { path: &path, codes, readings, error })?);
        } else {
            println!("{path}\t{}", codes.join(","));
        }
    }
    if failed > 0 {
        bail!("{failed} of {} files could not be read", files.len());
    }
    Ok(())
}
