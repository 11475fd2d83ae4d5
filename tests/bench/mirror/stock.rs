//! Puts many scans of mixed sizes into the stores of a service that is not running, without the way over HTTPS: the stock
//! that mirrors are measured with. The bytes are chance from a fixed seed, no pages: nobody looks at them here.
//!
//! `cargo run --release --example stock -- CONFIG COUNT [SEED [BYTES]]`; with BYTES every scan has so many

use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use tutanak::app;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::domain::routing::{Claim, Finding};
use tutanak::domain::{BoardId, Digest, Form, Scan, ScanFacts};
use tutanak::ledger::Ledger;
use tutanak::ledger::append::{self, Submission};
use tutanak::ledger::registry::FormCursor;
use tutanak::vault::Vault;

/// Scans on their way at a time: their bytes lie in memory.
const AT_ONCE: usize = 256;
/// Forms of the election at most.
const FORMS: u32 = 5000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: stock CONFIG COUNT [SEED [BYTES]]";
    let config = Config::from_file(Path::new(&args.next().context(usage)?))?;
    let count: u64 = args.next().context(usage)?.parse().context(usage)?;
    let seed: u64 = args.next().map_or(Ok(1), |seed| seed.parse()).context(usage)?;
    let bytes_each: Option<u64> = args.next().map(|bytes| bytes.parse()).transpose().context(usage)?;

    let ledger = Ledger::open(&config.database).await?;
    let vault = Vault::open(&config.vault).await?;
    let election = ledger.election().await?.context("no election is imported")?;
    ledger.bind(&app::binding(&app::log_signer(&config)?), Clock::system().now()).await?;
    let (forms, _) = ledger.forms_after(&election.election, FormCursor::Start, FORMS).await?;
    let forms: Vec<Form> = forms.into_iter().map(|expected| expected.form).collect();
    anyhow::ensure!(!forms.is_empty(), "the election has no forms");

    let (appender, writer) = append::writer(ledger.clone(), Clock::system(), ledger.head().await?.size);
    let writing = tokio::spawn(writer.run());
    let board: BoardId = "stok".parse()?;
    let mut chance = Chance(seed);
    let (mut done, mut bytes) = (0, 0);
    while done < count {
        let some: Vec<_> = (done..count.min(done + AT_ONCE as u64))
            .map(|n| (chance.scan(bytes_each), forms[n as usize % forms.len()].clone()))
            .collect();
        done += some.len() as u64;
        bytes += some.iter().map(|(scan, _)| scan.facts.size).sum::<u64>();
        let sends = some.into_iter().map(async |(scan, form)| {
            let kept = vault.keep(&scan).await?;
            let digest = scan.facts.digest;
            let claim = Claim {
                digest,
                board: board.clone(),
                finding: Finding::Form { form, own: true, strange: vec![] },
                replaces: None,
                module: None,
            };
            anyhow::Ok(appender.append(Submission::new(&kept, claim, None)).await?)
        });
        futures::future::try_join_all(sends).await?;
        eprint!("\r{done} of {count} scans, {} MB", bytes / 1_000_000);
    }
    drop(appender);
    writing.await?;
    ledger.close().await;
    println!("\n{count} scans, {bytes} bytes");
    Ok(())
}

/// A small generator of chance (SplitMix64), so that every run has the same stock.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Sizes as boards send them: three of four pages in two shades at 200 to 300 dpi (25 to 85 kB), most others grey at
    /// 200 dpi (150 to 450 kB), one in fifty in colour (1 to 2 MB).
    fn scan(&mut self, bytes_each: Option<u64>) -> Scan {
        let (least, most) = match (bytes_each, self.next() % 100) {
            (Some(bytes), _) => (bytes, bytes + 1),
            (None, 0..75) => (25_000, 85_000),
            (None, 75..98) => (150_000, 450_000),
            (None, _) => (1_000_000, 2_000_000),
        };
        let size = least + self.next() % (most - least);
        let mut bytes = Vec::with_capacity(size as usize + 8);
        while (bytes.len() as u64) < size {
            bytes.extend(self.next().to_le_bytes());
        }
        let bytes = Bytes::from(bytes);
        let digest = Digest::of(&bytes);
        let facts =
            ScanFacts { digest, size: bytes.len() as u64, crc32: crc32fast::hash(&bytes), width: 1654, height: 2339 };
        Scan { bytes, facts }
    }
}
