//! A copy against its checkpoint: every entry, every tile, every scan.
//!
//! The bundles are dealt out to threads; each hashes its entries and their scans and gives back 32 bytes and what it
//! found. So memory does not grow with the scans, and two million entries take seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::files::{self, LoggedPath};
use super::{CannotVerify, Verdict};
use crate::beneath::{self, Unsafe};
use crate::client::disk::Disk;
use crate::client::fetch::{PackCheck, SCAN_BYTES};
use crate::client::log_entry::LogEntry;
use crate::client::order::Order;
use crate::client::problem::Problem;
use crate::client::round::Bundle;
use crate::client::state::{self, Notes, Spine, tile_path};
use crate::client::trust;
use crate::domain::Digest;
use crate::domain::naming;
use crate::domain::naming::packs::PackPath;
use crate::formats::pack::PackPlan;
use crate::log::checkpoint::Checkpoint;
use crate::log::frontier::Hash;
use crate::log::note::VerifierKey;
use crate::log::proof::perfect_root;
use crate::log::tile::{BUNDLE_BYTES, Tile, TileKind, bundles, hash_tiles};

/// What is to be checked of a copy.
#[derive(Clone, Debug, Default)]
pub struct CopyCheck {
    /// Keys to trust; none takes those that the copy has pinned or names.
    pub keys: Vec<VerifierKey>,
    /// Leaves out the scans: the log alone.
    pub log_only: bool,
}

/// What one bundle showed.
#[derive(Default)]
struct BundleCheck {
    number: u64,
    root: Option<Hash>,
    tail: Vec<Hash>,
    scans: u64,
    packs: u64,
    bytes: u64,
    not_held: u64,
    known: Vec<LoggedPath>,
    problems: Vec<Problem>,
}

/// How a copy is held, and what is left out.
struct Holding<'a> {
    disk: &'a Disk,
    order: Order,
    packs: bool,
    log_only: bool,
}

/// Checks a copy. Burns every core until it is done.
///
/// # Errors
/// When there is no copy or no key. What is wrong with the copy is in the verdict.
pub fn verify_copy(disk: &Disk, check: &CopyCheck) -> Result<Verdict, CannotVerify> {
    let path = state::log_path(naming::CHECKPOINT);
    let Some(note) = state::checkpoint_note(disk)? else {
        let path = disk.root().join(path).display().to_string();
        return Err(CannotVerify::Unreadable { path, why: "burada bir kopya yok / there is no copy here".to_owned() });
    };
    let (keys, own_keys) = keys(disk, check)?;
    let mut verdict = Verdict { own_keys, ..Verdict::default() };
    let signed = match Checkpoint::verified(&note, &keys) {
        Ok(signed) => signed,
        Err(error) => {
            verdict.problems.push(Problem::Checkpoint { what: error.to_string() });
            match Checkpoint::unverified(&note) {
                Ok(claimed) => claimed, // The rest can still be held against what it claims.
                Err(_) => return Ok(verdict),
            }
        }
    };
    (verdict.origin, verdict.size, verdict.root) = (signed.origin.clone(), signed.size, hex::encode(signed.root));
    let notes = Notes::read(disk)?.unwrap_or_default();
    let order = Order::from_wanted(&notes.wanted);
    let holding = Holding { disk, order, packs: notes.packs, log_only: check.log_only };
    let shown = all_bundles(&holding, signed.size);
    let (mut spine, mut known) = (Spine::default(), Vec::new());
    let mut whole = true;
    for shown in shown {
        match shown.root {
            Some(root) => spine.bundles.push(root),
            None if shown.tail.is_empty() => whole = false,
            None => spine.tail = shown.tail,
        }
        verdict.scans += shown.scans;
        verdict.packs += shown.packs;
        verdict.bytes += shown.bytes;
        verdict.not_held += shown.not_held;
        known.extend(shown.known);
        verdict.problems.extend(shown.problems);
    }
    if whole && spine.root() != signed.root {
        verdict.problems.extend(blame(disk, &spine, &signed));
    }
    if whole {
        upper_tiles(disk, &spine.bundles, signed.size, &mut verdict.problems);
    }
    for position in files::twice(&mut known) {
        let path = path_of(disk, position, signed.size).unwrap_or_default();
        verdict.problems.push(Problem::PathTwice { path, position });
    }
    if !check.log_only {
        let found = files::walk(disk, whole.then_some(known.as_slice()), signed.size);
        verdict.parts = found.parts;
        verdict.problems.extend(found.problems);
    }
    Ok(verdict)
}

/// The keys that were given; else those that the copy has pinned; else those that lie in it, which prove nothing about
/// who signed.
fn keys(disk: &Disk, check: &CopyCheck) -> Result<(Vec<VerifierKey>, bool), CannotVerify> {
    let pinned = trust::pinned(disk)?;
    if !check.keys.is_empty() {
        let mut keys = check.keys.clone();
        if keys.iter().any(|key| pinned.contains(key)) {
            keys.extend(pinned);
        }
        return Ok((keys, false));
    }
    let text = disk.read(&state::log_path(naming::KEYS), trust::KEYS_BYTES)?.unwrap_or_default();
    let named = trust::parse_keys(&String::from_utf8_lossy(&text)).unwrap_or_default();
    let keys = if pinned.is_empty() { named } else { pinned };
    if keys.is_empty() { Err(CannotVerify::NoKey) } else { Ok((keys, true)) }
}

/// Every bundle, in order, each looked at by one of the threads.
fn all_bundles(holding: &Holding<'_>, size: u64) -> Vec<BundleCheck> {
    let tiles: Vec<Tile> = bundles(0..size).collect();
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = || {
        let mut shown = Vec::new();
        while let Some(tile) = tiles.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            shown.push(look_at(holding, *tile));
        }
        shown
    };
    let mut shown: Vec<BundleCheck> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("looking at a bundle does not panic")).collect()
    });
    shown.sort_unstable_by_key(|shown| shown.number);
    shown
}

fn look_at(holding: &Holding<'_>, tile: Tile) -> BundleCheck {
    let mut shown = BundleCheck { number: tile.index(), ..BundleCheck::default() };
    let path = tile_path(tile);
    let bundle = match holding.disk.read(&path, BUNDLE_BYTES) {
        Ok(Some(bytes)) => Bundle::parse(tile, bytes).map_err(|error| error.to_string()),
        Ok(None) => Err("yok / it is not there".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(what) => {
            shown.problems.push(Problem::Tile { path, what });
            return shown;
        }
    };
    shown.bytes += bundle.bytes.len() as u64;
    leaves(holding.disk, &bundle, &mut shown.problems);
    shown.root = bundle.root();
    let lines = bundle.lines();
    if holding.packs && !holding.log_only {
        pack(holding.disk, tile, &lines, &mut shown);
    }
    for (position, line) in (tile.first()..).zip(&lines) {
        entry(holding, position, line, &mut shown);
    }
    if shown.root.is_none() {
        shown.tail = bundle.leaves;
    }
    shown
}

/// The tile of leaf hashes beside a bundle must be that bundle's. Where it is not, it tells which entries differ.
fn leaves(disk: &Disk, bundle: &Bundle, problems: &mut Vec<Problem>) {
    let tile = Tile::new(TileKind::Hashes(0), bundle.tile.index(), bundle.tile.width()).expect("as the bundle");
    match state::hashes(disk, tile) {
        Ok(Some(hashes)) if hashes == bundle.leaves => {}
        Ok(Some(hashes)) => {
            let pairs = (bundle.tile.first()..).zip(bundle.leaves.iter().zip(&hashes));
            let wrong = pairs.filter(|(_, (given, kept))| given != kept).map(|(position, _)| position);
            let path = tile_path(bundle.tile);
            problems.extend(wrong.take(20).map(|position| Problem::Entry { position, path: path.clone() }));
        }
        Ok(None) => {
            problems
                .push(Problem::Tile { path: tile_path(tile), what: "eksik ya da bozuk / missing or cut".to_owned() });
        }
        Err(error) => problems.push(Problem::Tile { path: tile_path(tile), what: error.to_string() }),
    }
}

fn entry(holding: &Holding<'_>, position: u64, line: &str, shown: &mut BundleCheck) {
    let entry = match LogEntry::parse(line) {
        Ok(entry) => entry,
        Err(error) => {
            shown.problems.push(Problem::Unusable { position, what: error.to_string() });
            return;
        }
    };
    let brings = matches!(entry.kind.as_str(), "linked" | "resolved");
    let Some(path) = entry.path.filter(|_| brings) else { return };
    let (Some(digest), true) = (entry.sha256, naming::is_scan_path(&path)) else {
        let what = format!("no digest, or no path of a scan: {path:?}");
        shown.problems.push(Problem::Unusable { position, what });
        return;
    };
    shown.known.push(LoggedPath::new(&path, &digest, position));
    if holding.log_only || holding.packs {
        return;
    }
    match hash_file(holding.disk, &path, entry.size.unwrap_or(0)) {
        Ok(Some((found, bytes))) => {
            shown.scans += 1;
            shown.bytes += bytes;
            if found != digest {
                let found = found.to_string();
                shown.problems.push(Problem::Scan { path, position, signed: digest, found });
            }
        }
        Ok(None) if !holding.order.wants(&path) => shown.not_held += 1,
        Ok(None) => shown.problems.push(Problem::Missing { path, position }),
        Err(found) => shown.problems.push(Problem::Scan { path, position, signed: digest, found }),
    }
}

/// A file that is far longer than the scan is not read to its end.
fn hash_file(disk: &Disk, path: &str, size: u64) -> Result<Option<(Digest, u64)>, String> {
    let place = disk.place(path).map_err(|error| error.to_string())?;
    let found = disk.folder().file(&place).and_then(|file| {
        let bytes = file.metadata()?.len();
        let most = size.max(SCAN_BYTES);
        if bytes > most { Err(Unsafe::TooLong(most).into()) } else { files::digest(file) }
    });
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if beneath::is_absent(&error) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// A pack that is kept whole: every byte of it follows from the entries and the digests of its scans.
fn pack(disk: &Disk, tile: Tile, lines: &[&str], shown: &mut BundleCheck) {
    let path = PackPath::Pack { number: tile.index(), entries: tile.width() }.path();
    let wrong = |what: String| Problem::Pack { path: path.clone(), what };
    let plan = match PackPlan::from_lines(tile.index(), lines) {
        Ok(plan) => Arc::new(plan),
        Err(error) => return shown.problems.push(wrong(error.to_string())),
    };
    let file = disk
        .place(&path)
        .map_err(|error| error.to_string())
        .and_then(|place| disk.folder().file(&place).map_err(|error| absent(&error)));
    let mut check = PackCheck::new(plan, path.clone());
    let read = file.and_then(|file| {
        files::each_chunk(file, |bytes| check.next(bytes).map_err(|problem| problem.words().1))
            .map_err(|error| error.to_string())
    });
    shown.packs += 1;
    shown.bytes += check.at();
    match read {
        Err(what) => shown.problems.push(wrong(what)),
        Ok(()) if !check.is_whole() => shown.problems.push(wrong("yarım / cut off".to_owned())),
        Ok(()) => {}
    }
    shown.problems.extend(check.problems);
}

fn absent(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "yok / it is not there".to_owned(),
        _ => error.to_string(),
    }
}

/// The path that an entry names.
fn path_of(disk: &Disk, position: u64, size: u64) -> Option<String> {
    let tile = bundles(position..size).next()?;
    let bundle = Bundle::parse(tile, disk.read(&tile_path(tile), BUNDLE_BYTES).ok()??).ok()?;
    LogEntry::parse(bundle.lines().get((position - tile.first()) as usize)?).ok()?.path
}

/// The root differs. If the tiles of hashes give the signed one, what is wrong was named with the entries already.
fn blame(disk: &Disk, spine: &Spine, signed: &Checkpoint) -> Option<Problem> {
    let tiles = state::spine(disk, signed.size).ok().flatten().filter(|tiles| tiles.root() == signed.root);
    let Some(tiles) = tiles else { return Some(Problem::Root { size: signed.size }) };
    let differing = spine.bundles.iter().zip(&tiles.bundles).position(|(ours, theirs)| ours != theirs)?;
    let tile = bundles(0..signed.size).nth(differing)?;
    Some(Problem::Tile { path: tile_path(tile), what: "its entries are not those that were signed".to_owned() })
}

/// The tiles above the leaves must be what the leaves make them, or the copy cannot serve others.
fn upper_tiles(disk: &Disk, roots: &[Hash], size: u64, problems: &mut Vec<Problem>) {
    let mut level = roots.to_vec();
    for number in 1..=7 {
        for tile in hash_tiles(0, size).filter(|tile| tile.kind() == TileKind::Hashes(number)) {
            let first = tile.first() as usize;
            let due = &level[first..first + tile.width() as usize];
            if !state::hashes(disk, tile).is_ok_and(|kept| kept.is_some_and(|kept| kept == due)) {
                let what = "eksik ya da yanlış / missing or wrong".to_owned();
                problems.push(Problem::Tile { path: tile_path(tile), what });
            }
        }
        level = level.as_chunks::<256>().0.iter().map(|tile| perfect_root(tile)).collect();
    }
}
