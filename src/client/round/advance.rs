//! Brings the copy's log from one checkpoint to the next.
//!
//! First the spine: the roots of the new full bundles (a level-1 tile, 32 bytes for 256 entries) and the last bundle give
//! the signed root together with what the copy has, or nothing is written. Then each bundle is fetched, many at a time,
//! and written only under its place in that spine. The checkpoint comes last.

use std::ops::Range;

use bytes::Bytes;
use futures::stream::{self, StreamExt};

use super::bundle::Bundle;
use super::{Context, Outcome, RoundError};
use crate::client::disk::Disk;
use crate::client::problem::Problem;
use crate::client::state::{self, Spine, tile_path};
use crate::client::transport::{TransportError, small};
use crate::client::{log_entry::LogEntry, trust};
use crate::domain::naming;
use crate::log::checkpoint::Checkpoint;
use crate::log::frontier::Hash;
use crate::log::note::VerifierKey;
use crate::log::proof::perfect_root;
use crate::log::tile::{BUNDLE_BYTES, TILE_WIDTH, Tile, TileKind, bundles, decode_hashes, hash_tiles};

/// What was asked for, or what is wrong with it.
pub(super) type Sound<T> = Result<T, Problem>;

impl Context {
    pub(super) async fn advance(
        &self,
        ours: Option<(&Checkpoint, &str)>,
        theirs: &Checkpoint,
        note: &str,
        keys: &mut Vec<VerifierKey>,
    ) -> Result<Outcome, RoundError> {
        let from = ours.map_or(0, |(ours, _)| ours.size);
        // A copy whose own tiles are damaged starts over; whether the log still begins as it did is checked all the same.
        let known =
            state::spine(&self.disk, from)?.filter(|known| ours.is_none_or(|(ours, _)| known.root() == ours.root));
        let known = known.unwrap_or_default();
        let (spine, last) = match self.spine(&known, theirs).await? {
            Ok(found) => found,
            Err(problem) => return Ok(Outcome::Wrong(vec![problem])),
        };
        if spine.root() != theirs.root {
            let problem = self.blame_spine(&known, &spine, ours, theirs, note).await?;
            return Ok(Outcome::Wrong(problem));
        }
        // The signed log is known now. Does it begin with the one that was signed before?
        let mut straddling = None;
        if let Some((ours, our_note)) = ours {
            let (begins, bundle) = match self.begins_with(&spine, &last, ours).await? {
                Ok(found) => found,
                Err(problem) => return Ok(Outcome::Wrong(vec![problem])),
            };
            if !begins {
                let evidence = Some(self.keep_evidence(ours, our_note, theirs, note)?);
                let problem = Problem::SplitView { ours: ours.size, theirs: theirs.size, evidence };
                return Ok(Outcome::Wrong(vec![problem]));
            }
            straddling = bundle;
        }
        let mut learnt = Vec::new();
        if let Some(straddling) = straddling {
            learnt.extend(self.keep(straddling).await?);
        }
        let problems = self.bundles(known.bundles.len() as u64, &spine, &mut learnt).await?;
        if !problems.is_empty() {
            return Ok(Outcome::Wrong(problems));
        }
        if let Some(last) = last {
            learnt.extend(self.keep(last).await?);
        }
        for key in learnt.into_iter().filter_map(|key| key.parse::<VerifierKey>().ok()) {
            if key.name() == theirs.origin && !keys.contains(&key) {
                tracing::info!(
                    "Yeni imza anahtarı deftere yazılmış, artık güveniliyor / the log names a new key: {key}"
                );
                keys.push(key);
            }
        }
        let (disk, note, to, keys) = (self.disk.clone(), note.to_owned(), theirs.size, keys.clone());
        self.cpu.run(move || publish(&disk, from..to, &spine, &note, &keys)).await??;
        Ok(Outcome::Advanced { from, to })
    }

    /// The spine of the signed log: what the copy has of it, and after that what the server says; not verified. With it
    /// the last bundle, if it is partial.
    async fn spine(&self, known: &Spine, theirs: &Checkpoint) -> Result<Sound<(Spine, Option<Bundle>)>, RoundError> {
        let mut spine = Spine { bundles: known.bundles.clone(), tail: Vec::new() };
        let have = spine.bundles.len() as u64;
        let above = hash_tiles(have * TILE_WIDTH, theirs.size).filter(|tile| tile.kind() == TileKind::Hashes(1));
        for tile in above {
            match self.hashes(tile).await? {
                Ok(hashes) => {
                    spine.bundles.extend(hashes.into_iter().skip((have.max(tile.first()) - tile.first()) as usize))
                }
                Err(problem) => return Ok(Err(problem)),
            }
        }
        let Some(last) = bundles(0..theirs.size).last().filter(|last| !last.is_full()) else {
            return Ok(Ok((spine, None)));
        };
        Ok(self.bundle(last).await?.map(|last| {
            spine.tail.clone_from(&last.leaves);
            (spine, Some(last))
        }))
    }

    /// Whether the log of `spine` begins with ours; and the bundle in which ours ended, if that is full now.
    async fn begins_with(
        &self,
        spine: &Spine,
        last: &Option<Bundle>,
        ours: &Checkpoint,
    ) -> Result<Sound<(bool, Option<Bundle>)>, RoundError> {
        let (full, rest) = ((ours.size / TILE_WIDTH) as usize, (ours.size % TILE_WIDTH) as usize);
        let Some(before) = spine.bundles.get(..full) else { return Ok(Ok((false, None))) };
        let (mut leaves, mut straddling) = (Vec::new(), None);
        if rest > 0 {
            let bundle = match (spine.bundles.get(full), last) {
                (None, Some(last)) => last.clone(),
                (None, None) => return Ok(Ok((false, None))),
                (Some(root), _) => match self.verified_bundle(full as u64, root).await? {
                    Ok(bundle) => bundle,
                    Err(problem) => return Ok(Err(problem)),
                },
            };
            leaves = bundle.leaves.get(..rest).unwrap_or_default().to_vec();
            straddling = Some(bundle).filter(|bundle| bundle.tile.is_full());
        }
        let root = Spine { bundles: before.to_vec(), tail: leaves }.root();
        Ok(Ok((root == ours.root, straddling)))
    }

    /// Fetches, verifies and keeps the full bundles from number `from` on. What is there already is not fetched again.
    async fn bundles(&self, from: u64, spine: &Spine, learnt: &mut Vec<String>) -> Result<Vec<Problem>, RoundError> {
        let wanted = (from..).zip(&spine.bundles[from as usize..]);
        let fetched = wanted.map(async |(number, root)| -> Result<Sound<Vec<String>>, RoundError> {
            let disk = self.disk.clone();
            let expected = *root;
            if let Some(keys) = self.cpu.run(move || kept(&disk, number, &expected)).await? {
                return Ok(Ok(keys));
            }
            match self.verified_bundle(number, root).await? {
                Ok(bundle) => Ok(Ok(self.keep(bundle).await?)),
                Err(problem) => Ok(Err(problem)),
            }
        });
        let mut fetched = stream::iter(fetched).buffer_unordered(self.parallel);
        let mut problems = Vec::new();
        while let Some(done) = fetched.next().await {
            match done? {
                Ok(keys) => learnt.extend(keys),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(problems)
    }

    /// A full bundle that has this root. One that has not is asked for twice before it is called wrong.
    async fn verified_bundle(&self, number: u64, root: &Hash) -> Result<Sound<Bundle>, RoundError> {
        let tile = Tile::new(TileKind::Entries, number, TILE_WIDTH).expect("a full bundle of a tree that exists");
        let mut wrong = None;
        for _ in 0..2 {
            match self.bundle(tile).await? {
                Ok(bundle) if bundle.root().as_ref() == Some(root) => return Ok(Ok(bundle)),
                Ok(bundle) => wrong = Some(Ok(bundle)),
                Err(problem) => wrong = Some(Err(problem)),
            }
        }
        match wrong {
            Some(Ok(bundle)) => Ok(Err(self.blame_bundle(&bundle, root).await?)),
            Some(Err(problem)) => Ok(Err(problem)),
            None => unreachable!("it was asked for twice"),
        }
    }

    /// A bundle of the server, of the right shape.
    async fn bundle(&self, tile: Tile) -> Result<Sound<Bundle>, RoundError> {
        let found = self.file(tile, BUNDLE_BYTES).await?;
        let parsed = found.and_then(|(bytes, whole)| {
            let bundle = if whole { Bundle::beginning(tile, &bytes) } else { Bundle::parse(tile, bytes) };
            bundle.map_err(|error| Problem::Tile { path: tile_path(tile), what: error.to_string() })
        });
        Ok(parsed)
    }

    /// Hashes of the server, as many as there should be.
    pub(super) async fn hashes(&self, tile: Tile) -> Result<Sound<Vec<Hash>>, RoundError> {
        let found = self.file(tile, tile.full().hash_bytes()).await?;
        Ok(found.and_then(|(bytes, whole)| {
            let width = if whole { TILE_WIDTH } else { tile.width() };
            let hashes = decode_hashes(&bytes, width).map(|hashes| hashes[..tile.width() as usize].to_vec());
            hashes.map_err(|error| Problem::Tile { path: tile_path(tile), what: error.to_string() })
        }))
    }

    /// A tile's file. Where a partial one is gone, the full one in its place (tlog-tiles, "Partial Tiles"): then `true`.
    async fn file(&self, tile: Tile, limit: usize) -> Result<Sound<(Bytes, bool)>, RoundError> {
        let get = async |tile: Tile| {
            let path = tile_path(tile);
            self.retry.run(async || small(&*self.transport, &path, limit).await).await
        };
        let found = match get(tile).await {
            Err(TransportError::Missing(_)) if !tile.is_full() => get(tile.full()).await.map(|bytes| (bytes, true)),
            other => other.map(|bytes| (bytes, false)),
        };
        match found {
            Ok(found) => Ok(Ok(found)),
            Err(TransportError::Missing(_)) => {
                Ok(Err(Problem::Tile { path: tile_path(tile), what: "yok / it is not there".to_owned() }))
            }
            Err(TransportError::Unsound { path, what }) => Ok(Err(Problem::Tile { path, what })),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a verified bundle and its tile of leaf hashes; gives the keys that it names.
    async fn keep(&self, bundle: Bundle) -> Result<Vec<String>, RoundError> {
        let disk = self.disk.clone();
        let kept = self.cpu.run(move || {
            let leaves =
                Tile::new(TileKind::Hashes(0), bundle.tile.index(), bundle.tile.width()).expect("as the bundle");
            disk.write(&tile_path(leaves), &bundle.leaves.concat())?;
            disk.write(&tile_path(bundle.tile), &bundle.bytes)?;
            Ok::<_, RoundError>(keys_in(&bundle))
        });
        kept.await?
    }
}

/// The keys that a bundle of the copy names, if it is there with this root.
fn kept(disk: &Disk, number: u64, root: &Hash) -> Option<Vec<String>> {
    let tile = Tile::new(TileKind::Entries, number, TILE_WIDTH)?;
    let bytes = disk.read(&tile_path(tile), BUNDLE_BYTES).ok()??;
    let bundle = Bundle::parse(tile, bytes).ok().filter(|bundle| bundle.root().as_ref() == Some(root))?;
    let leaves = Tile::new(TileKind::Hashes(0), number, TILE_WIDTH)?;
    let there = state::hashes(disk, leaves).ok()??;
    (there == bundle.leaves).then(|| keys_in(&bundle))
}

fn keys_in(bundle: &Bundle) -> Vec<String> {
    let naming_keys = bundle.lines().into_iter().filter(|line| line.contains(r#""kind":"key""#));
    naming_keys.filter_map(|line| LogEntry::parse(line).ok()?.key).collect()
}

/// The upper tiles, the keys, the checkpoint and at last the status; then what the new tiles make needless goes.
fn publish(disk: &Disk, added: Range<u64>, spine: &Spine, note: &str, keys: &[VerifierKey]) -> Result<(), RoundError> {
    let (from, size) = (added.start, added.end);
    let mut level = spine.bundles.clone();
    for number in 1.. {
        let tiles = hash_tiles(from, size).filter(|tile| tile.kind() == TileKind::Hashes(number));
        for tile in tiles {
            let first = tile.first() as usize;
            disk.write(&tile_path(tile), &level[first..first + tile.width() as usize].concat())?;
        }
        level = level.as_chunks::<256>().0.iter().map(|tile| perfect_root(tile)).collect();
        if level.is_empty() {
            break;
        }
    }
    trust::pin(disk, keys)?;
    let vkeys: String = keys.iter().map(|key| format!("{key}\n")).collect();
    disk.write(&state::log_path(naming::KEYS), vkeys.as_bytes())?;
    disk.write(&state::log_path(naming::CHECKPOINT), note.as_bytes())?;
    let status = serde_json::json!({ "position": size, "at": last_time(disk, size), "checkpoint": note });
    disk.write(naming::STATUS, format!("{status:#}\n").as_bytes())?;
    let still: Vec<Tile> = hash_tiles(0, size).chain(bundles(0..size)).filter(|tile| !tile.is_full()).collect();
    let before = hash_tiles(0, from).chain(bundles(0..from)).filter(|tile| !tile.is_full());
    before.filter(|tile| !still.contains(tile)).for_each(|tile| disk.remove(&tile_path(tile)));
    Ok(())
}

/// When the newest entry was committed.
fn last_time(disk: &Disk, size: u64) -> Option<String> {
    let tile = bundles(0..size).last()?;
    let bundle = Bundle::parse(tile, disk.read(&tile_path(tile), BUNDLE_BYTES).ok()??).ok()?;
    Some(LogEntry::parse(bundle.lines().last()?).ok()?.at)
}
