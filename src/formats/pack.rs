//! A pack: the scans of 256 entries, or of the first of them, as one stored ZIP whose every byte follows from the lines.
//!
//! Pure, so that a party that holds the entries' lines knows where each scan lies in a pack before it asks for a byte.
//! It must never depend on anything but the lines: every node, and every later version, gives the same bytes.
//!
//! First comes `girdiler.jsonl`, the lines themselves; then the scans in the order of their entries, each under its path in
//! the tree, so that packs unpacked over each other give the tree. An entry brings its scan when it gives it a path: kinds
//! `linked` and `resolved`. A parked scan has no path, and parties may have no right to see it, so only its line is here
//! until a `resolved` entry brings it; gates and withdrawals bring no scan either.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::zip::{self, BadMember, Layout, Member};
use crate::domain::Digest;
use crate::domain::entry::leaf_hash;
use crate::domain::naming;
use crate::domain::naming::packs::{LINES, PACK_ENTRIES, PACK_NUMBERS};

/// What the tag of a pack covers besides its entries. It names the layout: who changes a byte of it must change this.
const FORMAT: &[u8] = b"tutanak pack v1\n";

/// A scan inside a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackImage {
    /// The entry that brought it.
    pub position: u64,
    /// Its path in the tree, and inside the archive.
    pub path: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// Where they lie in the archive.
    pub data: Range<u64>,
}

/// A run of a pack's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackSegment<'a> {
    /// These very bytes.
    Literal(Bytes),
    /// Bytes of a scan.
    Image(&'a PackImage, Range<u64>),
}

impl PackSegment<'_> {
    /// Its bytes; never none.
    #[expect(clippy::len_without_is_empty, reason = "no segment is empty")]
    pub fn len(&self) -> u64 {
        match self {
            Self::Literal(bytes) => bytes.len() as u64,
            Self::Image(_, range) => range.end - range.start,
        }
    }
}

/// Why lines make no pack.
#[derive(Debug, thiserror::Error)]
pub enum BadPack {
    /// There are none, or too many of them, or no pack has such a number.
    #[error("pack {number} cannot be made of {lines} lines")]
    Count {
        /// The number that was asked for.
        number: u64,
        /// The lines that were given.
        lines: usize,
    },
    /// A line is no entry.
    #[error("entry {position} cannot be read")]
    Line {
        /// Where it stands.
        position: u64,
        /// What is wrong with it.
        #[source]
        cause: serde_json::Error,
    },
    /// An entry gives a scan a path and not all that a pack needs.
    #[error("entry {position} has no {what}")]
    Lacks {
        /// Where it stands.
        position: u64,
        /// What it lacks.
        what: &'static str,
    },
    /// The scans are larger than any file can be.
    #[error("pack {number} cannot be laid out")]
    Layout {
        /// The number that was asked for.
        number: u64,
        /// Why its members make no archive.
        #[source]
        cause: BadMember,
    },
    /// An entry names a path that no scan can have. Who unpacks must never write there.
    #[error("entry {position} names the path {path:?}, where no scan can lie")]
    Path {
        /// Where it stands.
        position: u64,
        /// The path.
        path: String,
    },
}

/// What a pack takes from an entry. Fields and kinds that it does not know are left alone: a party's older program must
/// understand the packs of a newer service.
#[derive(Deserialize)]
struct PackedEntry {
    at: Timestamp,
    kind: String,
    sha256: Option<Digest>,
    crc32: Option<u32>,
    size: Option<u64>,
    path: Option<String>,
}

/// Everything about one pack but its scans' bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackPlan {
    number: u64,
    entries: u64,
    modified: Timestamp,
    etag: Digest,
    lines: Bytes,
    images: Vec<PackImage>,
    layout: Layout,
}

impl PackPlan {
    /// The pack of entries 256·`number` and following, of which `lines` are the exact bytes without line breaks. With 256
    /// of them it is full; with fewer it is the partial pack of that many.
    pub fn from_lines<L: AsRef<str>>(number: u64, lines: &[L]) -> Result<Self, BadPack> {
        let entries = lines.len() as u64;
        if number >= PACK_NUMBERS || !(1..=PACK_ENTRIES).contains(&entries) {
            return Err(BadPack::Count { number, lines: lines.len() });
        }
        let (mut hasher, mut text) = (Sha256::new_with_prefix(FORMAT), Vec::new());
        let (mut images, mut members) = (Vec::new(), Vec::new());
        let mut modified = Timestamp::UNIX_EPOCH;
        for (position, line) in (number * PACK_ENTRIES..).zip(lines) {
            let line = line.as_ref();
            let entry: PackedEntry = serde_json::from_str(line).map_err(|cause| BadPack::Line { position, cause })?;
            hasher.update(leaf_hash(line));
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
            modified = entry.at;
            if let Some((image, member)) = image(position, entry)? {
                images.push(image);
                members.push(member);
            }
        }
        let lines = Bytes::from(text);
        let first =
            Member { name: LINES.to_owned(), size: lines.len() as u64, crc32: crc32fast::hash(&lines), modified };
        members.insert(0, first);
        let layout = Layout::new(members).map_err(|cause| BadPack::Layout { number, cause })?;
        for (n, image) in images.iter_mut().enumerate() {
            image.data = layout.data(n + 1);
        }
        let etag = Digest::finish(hasher);
        Ok(Self { number, entries, modified, etag, lines, images, layout })
    }

    /// Which pack it is.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its entries, 256 when it is full.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// When its newest entry was committed.
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// Bytes of the archive.
    #[expect(clippy::len_without_is_empty, reason = "no pack is empty")]
    pub fn len(&self) -> u64 {
        self.layout.len()
    }

    /// The strong tag: a digest over the entries' leaf hashes, of which the bytes are a function. Not the SHA-256 of the
    /// archive, which only reading all of its scans could tell.
    pub fn etag(&self) -> Digest {
        self.etag
    }

    /// The scans in their order, each with its place in the archive.
    pub fn images(&self) -> impl ExactSizeIterator<Item = &PackImage> {
        self.images.iter()
    }

    /// The bytes `range` of the archive, in order and without a gap. What lies past the end is left out.
    pub fn segments(&self, range: Range<u64>) -> impl Iterator<Item = PackSegment<'_>> {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let segment = self.segment(at, range.end)?;
            at += segment.len();
            Some(segment)
        })
    }

    /// The segment that begins at `from` and ends at `to` or before; none where nothing is left.
    pub fn segment(&self, from: u64, to: u64) -> Option<PackSegment<'_>> {
        Some(match self.layout.segment(from, to)? {
            zip::Segment::Literal(bytes) => PackSegment::Literal(bytes),
            zip::Segment::Part { member: 0, range } => {
                PackSegment::Literal(self.lines.slice(range.start as usize..range.end as usize))
            }
            zip::Segment::Part { member, range } => PackSegment::Image(&self.images[member - 1], range),
        })
    }

    /// Bytes of memory that it takes, about.
    pub fn weight(&self) -> usize {
        let names: usize = self.images.iter().map(|image| 2 * image.path.len() + 256).sum();
        self.lines.len() + names + 512
    }
}

fn image(position: u64, entry: PackedEntry) -> Result<Option<(PackImage, Member)>, BadPack> {
    let brings = matches!(entry.kind.as_str(), "linked" | "resolved");
    let Some(path) = entry.path.filter(|_| brings) else { return Ok(None) };
    if !naming::is_scan_path(&path) {
        return Err(BadPack::Path { position, path });
    }
    let lacks = |what| BadPack::Lacks { position, what };
    let digest = entry.sha256.ok_or(lacks("sha256"))?;
    let size = entry.size.ok_or(lacks("size"))?;
    let crc32 = entry.crc32.ok_or(lacks("crc32"))?;
    let member = Member { name: path.clone(), size, crc32, modified: entry.at };
    Ok(Some((PackImage { position, path, digest, size, data: 0..0 }, member)))
}

#[cfg(test)]
mod tests;
