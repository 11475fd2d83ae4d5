//! Which pages are read and what is on them. A page is made or opened when its turn comes: a set of them is gigabytes.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;
use tutanak::drawing::Damage;

use crate::canvas::Chance;
use crate::drawn;

/// Which pages.
#[derive(Args)]
pub struct Choice {
    /// Pages to read instead of drawing some: PNGs named <kind>_<level>_…_<ten digits>.png. What stands twice on the
    /// page are the ten digits; kinds and levels are only for the tables.
    #[arg(long, value_name = "DIR")]
    pages: Option<PathBuf>,
    /// Pages drawn of each kind and level of damage.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u64,
    /// The first of their seeds: another gives other pages of the same kinds.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Only one page of so many.
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: usize,
}

/// One page and what is on it.
pub struct Case {
    /// The kind of damage.
    pub kind: String,
    /// How bad it is, from 1.
    pub level: u8,
    /// What each of its two codes says.
    pub text: String,
    source: Source,
}

enum Source {
    File(PathBuf),
    Drawn { damage: Damage, seed: u64 },
}

impl Choice {
    /// The pages, in a fixed order.
    pub fn cases(&self) -> anyhow::Result<Vec<Case>> {
        let mut all = match &self.pages {
            Some(_) => self.files()?,
            None => self.drawn(),
        };
        // One of each so many in a row, by chance: any fixed step would fall in with the order of kinds and levels.
        let (mut chance, every) = (Chance::from_seed(1), self.every.max(1));
        let mut number = 0;
        let mut chosen = 0;
        all.retain(|_| {
            if number % every == 0 {
                chosen = number + chance.below(every);
            }
            number += 1;
            chosen == number - 1
        });
        Ok(all)
    }

    fn files(&self) -> anyhow::Result<Vec<Case>> {
        let dir = self.pages.as_deref().unwrap_or_else(|| ".".as_ref());
        let listing = std::fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
        let mut files = listing.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "png"));
        files.sort();
        let cases: Option<Vec<Case>> = files.into_iter().map(Case::of_file).collect();
        let cases = cases.context("a page's name is not <kind>_<level>_…_<ten digits>.png")?;
        ensure!(!cases.is_empty(), "no page in {}", dir.display());
        Ok(cases)
    }

    fn drawn(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for damage in Damage::ALL {
            for level in 1..=Damage::LEVELS {
                cases.extend((self.seed..self.seed + self.seeds).map(|number| Case::drawn(damage, level, number)));
            }
        }
        cases
    }
}

impl Case {
    fn of_file(file: PathBuf) -> Option<Self> {
        let name = file.file_stem()?.to_str()?;
        let mut parts = name.split('_');
        let (kind, level) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        let text = parts.next_back()?.to_owned();
        let ten_digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
        ten_digits.then_some(Self { kind, level, text, source: Source::File(file) })
    }

    fn drawn(damage: Damage, level: u8, number: u64) -> Self {
        // Each page its own seed: the same flaws under every damage would be one page measured many times.
        let kind = Damage::ALL.iter().position(|known| *known == damage).unwrap_or_default() as u64;
        let seed = (number * Damage::ALL.len() as u64 + kind) * u64::from(Damage::LEVELS) + u64::from(level);
        let text = drawn::karekod(seed);
        Self { kind: damage.name().to_owned(), level, text, source: Source::Drawn { damage, seed } }
    }

    /// The bytes of its PNG.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        match &self.source {
            Source::File(file) => std::fs::read(file).with_context(|| format!("cannot read {}", file.display())),
            Source::Drawn { damage, seed } => Ok(drawn::damaged(&self.text, *damage, self.level, *seed)),
        }
    }

    /// What it is called when something is to be said about it.
    pub fn name(&self) -> String {
        match &self.source {
            Source::File(file) => file.display().to_string(),
            Source::Drawn { damage, seed } => format!("{damage}, level {}, seed {seed}", self.level),
        }
    }
}
