//! `tutanak sample forms|scans|figures`: draws forms of a registry that have no scan yet, and results of its boxes, for
//! rehearsals, tests and benches.

mod damages;
pub(super) mod figures;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use futures::{StreamExt, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use super::init;
use crate::beneath::Folder;
use crate::config::Config;
use crate::cpu::CpuLane;
use crate::domain::{Election, Karekod};
use crate::drawing::{self, Colour, Damage, FormFace, ScanStyle};
use crate::ledger::registry::{ExpectedForm, FormCursor};
use crate::ledger::{DatabaseConfig, Ledger};
use crate::registry::Registry;
use crate::{registry, rehearsal};
use damages::Damages;

/// What to draw.
#[derive(Debug, Subcommand)]
pub enum SampleCommand {
    /// Draws empty forms, ready to print: 300 dpi, black on white.
    Forms(Wanted),
    /// Draws scans of filled forms, as an office would send them, or damaged ones. Forms that have a scan already are
    /// passed over.
    Scans(Scans),
    /// Draws results of boxes, one line each, as the sender of results gives them. Scans of the same seed show the same
    /// digits.
    Figures(figures::Wanted),
}

/// Of what, and how damaged.
#[derive(Debug, Args)]
pub struct Scans {
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    damages: Damages,
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

/// What a page is to look like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Look {
    /// Empty, for the printer.
    Form,
    /// As an office would send it.
    Scan,
    /// So damaged, at this level.
    Damaged(Damage, u8),
}

/// Draws, with progress on a terminal.
pub async fn run(command: SampleCommand) -> anyhow::Result<()> {
    let (wanted, looks) = match command {
        SampleCommand::Figures(wanted) => return figures::run(wanted).await,
        SampleCommand::Forms(wanted) => {
            let looks = vec![Look::Form; wanted.count];
            (wanted, looks)
        }
        SampleCommand::Scans(scans) => scans.looks(),
    };
    let (_kept, ledger) = open(&wanted.data).await?;
    let Some(registry) = Registry::loaded(&ledger).await? else { bail!("no election is imported there") };
    let registry = Arc::new(registry);
    std::fs::create_dir_all(&wanted.out).with_context(|| format!("cannot make {}", wanted.out.display()))?;
    let forms: Arc<[ExpectedForm]> = missing(&ledger, registry.election(), looks.len()).await?.into();
    if forms.len() < looks.len() {
        crate::note!("Only {} forms have no scan yet.", forms.len());
    }
    let codes: Vec<&Karekod> = forms.iter().map(|expected| &expected.form.code).collect();
    let pages = pages(&codes, looks, wanted.seed);
    let bar = ProgressBar::new(pages.len() as u64);
    bar.set_style(ProgressStyle::with_template("{pos}/{len} {wide_bar} {per_sec} {eta}")?);
    let lane = CpuLane::one_permit_a_core();
    let drawn = pages.into_iter().map(|page| {
        let (lane, registry, forms, bar) = (lane.clone(), Arc::clone(&registry), Arc::clone(&forms), bar.clone());
        let seed = wanted.seed;
        let path = wanted.out.join(&page.file);
        async move {
            lane.run(move || {
                let face = rehearsal::filled_face(&forms[page.form], &registry, seed);
                draw(&face, page.look, page.seed, &path)
            })
            .await??;
            bar.inc(1);
            anyhow::Ok(())
        }
    });
    futures::stream::iter(drawn).buffer_unordered(PARALLEL).try_collect::<()>().await?;
    bar.finish();
    Ok(())
}

impl Scans {
    /// The looks of all pages, in the order in which they are drawn.
    fn looks(self) -> (Wanted, Vec<Look>) {
        let Self { wanted, damages } = self;
        let looks = match damages.pages(wanted.count) {
            Some(pages) => pages.into_iter().map(|(kind, level)| Look::Damaged(kind, level)).collect(),
            None => vec![Look::Scan; wanted.count],
        };
        (wanted, looks)
    }
}

/// One page to draw.
#[derive(Debug, PartialEq)]
struct Page {
    /// Which of the forms.
    form: usize,
    look: Look,
    seed: u64,
    /// The name of its file.
    file: String,
}

/// A page for each look, each of another form. Only damaged pages may be more than there are forms: the seed in their
/// names tells them apart.
fn pages(codes: &[&Karekod], looks: Vec<Look>, seed: u64) -> Vec<Page> {
    let again = |look: &Look| !codes.is_empty() && matches!(look, Look::Damaged(..));
    let drawable = looks.into_iter().enumerate().filter(|(n, look)| *n < codes.len() || again(look));
    drawable
        .map(|(n, look)| {
            let (form, seed) = (n % codes.len(), seed.wrapping_add(n as u64));
            let code = codes[form];
            let file = match look {
                Look::Form | Look::Scan => format!("{code}.png"),
                Look::Damaged(kind, level) if n < codes.len() => format!("{code}.{kind}-{level}.png"),
                Look::Damaged(kind, level) => format!("{code}.{kind}-{level}-{seed}.png"),
            };
            Page { form, look, seed, file }
        })
        .collect()
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

/// Pages under way; the lane has a permit for each core, a few more keep it busy.
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

fn draw(face: &FormFace, look: Look, seed: u64, path: &Path) -> anyhow::Result<()> {
    let png = match look {
        Look::Form => drawing::to_png(&drawing::draw_form(face, 300), Colour::OneBit, false),
        Look::Scan => drawing::draw_scan(face, &ScanStyle::realistic(seed), seed),
        Look::Damaged(kind, level) => drawing::draw_damaged(face, kind, level, seed),
    };
    let (dir, name) = (path.parent().unwrap_or(Path::new(".")), path.file_name().unwrap_or_default());
    let written = Folder::open(dir).and_then(|dir| dir.create(Path::new(name))?.write_all(&png));
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: SampleCommand,
    }

    fn looks_of(words: &str) -> Vec<Look> {
        let line = format!("sample {words} --data . --out .");
        match Line::try_parse_from(line.split(' ')).unwrap().command {
            SampleCommand::Scans(scans) => scans.looks().1,
            other => panic!("{other:?} has no looks"),
        }
    }

    #[test]
    fn kinds_and_levels_are_gone_through_in_turn() {
        assert_eq!(looks_of("scans --count 3"), [Look::Scan; 3]);
        let stains = [(1, 2), (2, 2)].map(|(level, _)| [Look::Damaged(Damage::Stain, level); 2]).concat();
        assert_eq!(looks_of("scans --damage stain --count 2")[..4], stains);
        let all = looks_of("scans --damage all --level 5 --count 1");
        assert_eq!(all, Damage::ALL.map(|kind| Look::Damaged(kind, 5)));
        assert_eq!(looks_of("scans --damage all --count 1").len(), Damage::ALL.len() * 5);
    }

    #[test]
    fn karekods_come_again_under_other_names_on_damaged_pages_only() {
        let codes: [Karekod; 2] = ["1099000001", "2099000001"].map(|code| code.parse().unwrap());
        let codes = codes.each_ref();
        let named =
            |look| -> Vec<String> { pages(&codes, vec![look; 3], 7).into_iter().map(|page| page.file).collect() };
        assert_eq!(named(Look::Scan), ["1099000001.png", "2099000001.png"]);
        let stains = ["1099000001.stain-4.png", "2099000001.stain-4.png", "1099000001.stain-4-9.png"];
        assert_eq!(named(Look::Damaged(Damage::Stain, 4)), stains);
        assert!(pages(&[], vec![Look::Damaged(Damage::Stain, 4)], 7).is_empty());
    }
}
