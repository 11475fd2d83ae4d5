//! Checks the log of two million entries, and says how long it took and how much memory it had.
//!
//! `cargo bench --bench verify [-- ENTRIES]`. The log is made in a temporary directory, with entries as long as real ones;
//! the scans are not, so what is measured is the log alone: every entry parsed and hashed, every tile, the root. Then a
//! proof that it would have found one flipped bit.

use std::path::Path;
use std::time::Instant;

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use tutanak::client::disk::Disk;
use tutanak::client::verify::{CopyCheck, verify_copy};
use tutanak::domain::{Digest, Entry, EntryKind};
use tutanak::log::checkpoint::{checkpoint, verifier_key};
use tutanak::log::frontier::{Frontier, Hash, leaf};
use tutanak::log::proof::perfect_root;
use tutanak::log::tile::{TileKind, bundles, encode_bundle, hash_tiles};

type Failure = Box<dyn std::error::Error>;
const ORIGIN: &str = "secim.example/olcum";

fn main() -> Result<(), Failure> {
    let entries = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(2_000_000);
    let dir = tempfile::tempdir()?;
    let began = Instant::now();
    let bytes = make(dir.path(), entries)?;
    println!("{entries} entries, {:.0} MB, made in {:.1} s", bytes as f64 / 1e6, began.elapsed().as_secs_f64());
    let check = CopyCheck { log_only: true, ..CopyCheck::default() };
    for round in 1..=3 {
        let began = Instant::now();
        let verdict = verify_copy(&Disk::at(dir.path())?, &check)?;
        let took = began.elapsed().as_secs_f64();
        if !verdict.problems.is_empty() {
            return Err(format!("{:?}", verdict.problems).into());
        }
        println!("round {round}: {took:.2} s, {:.0} entries/s, peak {} MB", entries as f64 / took, peak());
    }
    let victim = dir.path().join("defter/tile/entries/000");
    let mut bundle = std::fs::read(&victim)?;
    bundle[5000] ^= 1;
    std::fs::write(&victim, bundle)?;
    println!("one flipped bit: {:?}", verify_copy(&Disk::at(dir.path())?, &check)?.problems.first());
    Ok(())
}

/// Writes a copy's log; gives its entries' bytes.
fn make(dir: &Path, size: u64) -> Result<u64, Failure> {
    let write = |path: String, content: &[u8]| -> Result<(), Failure> {
        let path = dir.join("defter").join(path);
        std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        Ok(std::fs::write(path, content)?)
    };
    let key = SigningKey::from_bytes(&[7; 32]);
    let (mut levels, mut frontier, mut bytes) = (vec![Vec::<Hash>::new()], Frontier::empty(), 0);
    for tile in bundles(0..size) {
        let lines: Vec<String> = (tile.first()..tile.first() + tile.width()).map(line).collect();
        let bundle = encode_bundle(&lines)?;
        bytes += bundle.len() as u64;
        write(tile.path(), &bundle)?;
        for line in &lines {
            let hash = leaf(line.as_bytes());
            frontier.push(hash);
            levels[0].push(hash);
        }
    }
    while let Some(above) =
        levels.last().map(|below| below.as_chunks::<256>().0.iter().map(|tile| perfect_root(tile)).collect::<Vec<_>>())
    {
        if above.is_empty() {
            break;
        }
        levels.push(above);
    }
    for tile in hash_tiles(0, size) {
        let TileKind::Hashes(level) = tile.kind() else { continue };
        let first = tile.first() as usize;
        write(tile.path(), &levels[usize::from(level)][first..first + tile.width() as usize].concat())?;
    }
    write("anahtar.txt".into(), verifier_key(ORIGIN, &key).as_bytes())?;
    write("checkpoint".into(), checkpoint(ORIGIN, size, &frontier.root(), &key).as_bytes())?;
    Ok(bytes)
}

fn line(n: u64) -> String {
    let at = Timestamp::from_millisecond(1_711_900_000_000 + n as i64 * 10).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut entry = Entry::bare(at, EntryKind::Linked);
    entry.sha256 = Some(Digest::of(&n.to_be_bytes()));
    (entry.crc32, entry.size) = (Some(n as u32), Some(400_000));
    (entry.width, entry.height) = (Some(1654), Some(2339));
    entry.path = Some(format!("tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/{n}-cb-sonuc-1.v1.png"));
    (entry.page, entry.revision) = (Some(1), Some(1));
    entry.line()
}

/// Peak memory of this process in megabytes, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1000
}
