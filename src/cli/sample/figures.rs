//! `tutanak sample figures`: results of boxes as the sender of results would give them, one line each.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::beneath::Folder;
use crate::domain::{BoxResult, FormKind};
use crate::ledger::Ledger;
use crate::ledger::registry::FormCursor;
use crate::registry::Registry;
use crate::rehearsal::figures::Sheet;

/// Forms fetched at a time.
const PAGE: u32 = 2_000;

/// Of what, where to, how many.
#[derive(Debug, clap::Args)]
pub struct Wanted {
    /// Directory of the service whose registry names the boxes (the one with tutanak.toml, for example the demo's), or
    /// directory of an election (the one with election.toml).
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The file that the lines go into, in the order in which they would be typed.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How many results: one for each box and race. Corrections come on top of them.
    #[arg(long, default_value_t = 10)]
    count: usize,
    /// The same seed draws the same figures; scans of this seed show them.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Of a hundred results, so many come with a mistake first and are corrected by a later version.
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT", value_parser = percent)]
    corrections: f32,
}

fn percent(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("0 to 100 is expected".to_owned()) }
}

/// Draws figures of the registry's boxes into a file.
pub async fn run(wanted: Wanted) -> anyhow::Result<()> {
    let (_kept, ledger) = super::open(&wanted.data).await?;
    let (results, lines) = drawn(&ledger, wanted.count, wanted.seed, wanted.corrections).await?;
    if results < wanted.count {
        crate::note!("Only {results} results are expected.");
    }
    write(&wanted.out, &lines).with_context(|| format!("cannot write {}", wanted.out.display()))
}

/// At most `count` results of an election that is imported, with their corrections, in the order in which they would be typed;
/// and how many results they are.
pub(in crate::cli) async fn drawn(
    ledger: &Ledger,
    count: usize,
    seed: u64,
    corrections: f32,
) -> anyhow::Result<(usize, Vec<BoxResult>)> {
    let Some(registry) = Registry::loaded(ledger).await? else { bail!("no election is imported there") };
    let (mut results, mut lines): (usize, Vec<BoxResult>) = (0, Vec::new());
    let mut cursor = FormCursor::Start;
    while results < count && cursor != FormCursor::End {
        let (forms, next) = ledger.forms_after(registry.election(), cursor, PAGE).await?;
        let sheets = forms.iter().filter(|expected| expected.form.kind == FormKind::Sonuc);
        for sheet in sheets.filter_map(|expected| Sheet::of(expected, &registry, seed)) {
            if results < count {
                lines.extend(sheet.typed(corrections));
                results += 1;
            }
        }
        cursor = next;
    }
    // Versions of one result were typed one after the other, so they stay in order.
    lines.sort_by_key(|line| line.typed_at);
    Ok((results, lines))
}

fn write(path: &Path, lines: &[BoxResult]) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let file = Folder::open(dir)?.create(Path::new(path.file_name().unwrap_or_default()))?;
    let mut file = BufWriter::new(file);
    for line in lines {
        writeln!(file, "{}", line.line())?;
    }
    file.flush()
}
