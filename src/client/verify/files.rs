//! The files of a copy: hashed in pieces, and held against what the log knows of them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::beneath::{self, Folder, Kind};
use crate::client::disk::{Disk, PART};
use crate::client::problem::{Problem, printable};
use crate::domain::naming::packs::{PACKS, PackPath};
use crate::domain::{Digest, naming};
use crate::log::tile::Tile;

const CHUNK: usize = 256 << 10;
/// Problems that are named at most: a copy that is full of other things is told by fewer.
const NAMED: usize = 10_000;

/// A path that the log knows, by sixteen bytes of its hash: two million of them are eighty megabytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LoggedPath {
    path: [u8; 16],
    digest: [u8; 16],
    position: u64,
}

impl LoggedPath {
    pub(super) fn new(path: &str, digest: &Digest, position: u64) -> Self {
        Self { path: short(&Digest::of(path.as_bytes())), digest: short(digest), position }
    }
}

fn short(digest: &Digest) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&digest.as_bytes()[..16]);
    short
}

/// What a walk through the copy found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) parts: u64,
    pub(super) problems: Vec<Problem>,
}

/// Sorts what is known; gives the entries that give a path a second, different content.
pub(super) fn twice(known: &mut [LoggedPath]) -> Vec<u64> {
    known.sort_unstable();
    let pairs = known.windows(2).filter(|pair| pair[0].path == pair[1].path && pair[0].digest != pair[1].digest);
    pairs.map(|pair| pair[0].position.max(pair[1].position)).collect()
}

/// Walks through the copy and names what the log does not know. `known` is sorted; none where entries could not be read, so
/// that nobody can say which scans it should hold.
pub(super) fn walk(disk: &Disk, known: Option<&[LoggedPath]>, size: u64) -> Found {
    let mut found = Found::default();
    for top in [naming::SCANS, PACKS, naming::LOG] {
        below(disk.folder(), Path::new(top), known, size, &mut found);
    }
    found
}

fn below(folder: &Folder, path: &Path, known: Option<&[LoggedPath]>, size: u64, found: &mut Found) {
    let extra = |path: &Path, found: &mut Found| {
        if found.problems.len() < NAMED {
            found.problems.push(Problem::Extra { path: printable(&path.to_string_lossy()) });
        }
    };
    let entries = match folder.list(path) {
        Ok(entries) => entries,
        Err(error) if beneath::is_absent(&error) => return,
        // A link, or what nobody can look into: nothing of the log lies there.
        Err(_) => return extra(path, found),
    };
    for entry in entries {
        let Ok((name, kind)) = entry else { return extra(path, found) };
        let path = path.join(name);
        let name = path.to_string_lossy();
        match kind {
            Kind::Directory => below(folder, &path, known, size, found),
            Kind::File if name.ends_with(&format!(".{PART}")) => found.parts += 1,
            // What the log knows and is no file, is named where it is read.
            _ if is_known(&name, known, size) => {}
            _ => extra(&path, found),
        }
    }
}

fn is_known(path: &str, known: Option<&[LoggedPath]>, size: u64) -> bool {
    if let Some(inside) = path.strip_prefix(naming::LOG).and_then(|rest| rest.strip_prefix('/')) {
        return inside == naming::CHECKPOINT
            || inside == naming::KEYS
            || Tile::parse(inside).is_some_and(|tile| tile.is_in(size));
    }
    if let Some(PackPath::Pack { number, entries }) = PackPath::parse(path) {
        return number.checked_mul(256).and_then(|first| first.checked_add(entries)).is_some_and(|end| end <= size);
    }
    // The lists of checksums that other clients fetch are none of the log's business.
    let asked = short(&Digest::of(path.as_bytes()));
    naming::split(path).1 == naming::SUMS
        || path.ends_with(naming::PROOF)
        || known.is_none_or(|known| known.binary_search_by_key(&asked, |known| known.path).is_ok())
}

/// The digest of a file, and its bytes.
pub(super) fn digest(file: fs::File) -> io::Result<(Digest, u64)> {
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    each_chunk(file, |chunk| {
        hasher.update(chunk);
        bytes += chunk.len() as u64;
        Ok(())
    })?;
    Ok((Digest::finish(hasher), bytes))
}

/// Gives a file's bytes, piece by piece.
pub(super) fn each_chunk(mut file: fs::File, mut take: impl FnMut(&[u8]) -> Result<(), String>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => take(&buffer[..read]).map_err(io::Error::other)?,
        }
    }
}
