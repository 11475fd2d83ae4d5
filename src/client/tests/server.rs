//! A server in memory: an honest log, served as the contract says, with a place where lies can be put in.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use futures::stream::{self, StreamExt};

use crate::client::transport::{ByteStream, Transport, TransportError};
use crate::domain::naming::packs::PackPath;
use crate::domain::{Digest, Entry, EntryKind, naming};
use crate::formats::pack::{PackPlan, PackSegment};
use crate::log::checkpoint::{checkpoint_by, verifier_key};
use crate::log::frontier::{Hash, leaf};
use crate::log::proof::{self, perfect_root};
use crate::log::proof_file::ProofFile;
use crate::log::tile::{Tile, TileKind, encode_bundle};

pub const ORIGIN: &str = "secim.example/deneme";

/// What a file's bytes are made into on their way.
pub enum Answer {
    Bytes(Bytes),
    /// 500, or a connection that breaks.
    Fails,
    /// Bytes without an end.
    Endless(Bytes),
    /// Breaks after so many bytes.
    Breaks(Bytes, usize),
}

type Lie = Box<dyn Fn(&str, Bytes) -> Answer + Send + Sync>;

pub struct Server {
    pub keys: Mutex<Vec<SigningKey>>,
    state: Mutex<State>,
    lie: Mutex<Lie>,
    shown: Mutex<Option<u64>>,
    pub asked: AtomicU64,
    pub log: Mutex<Vec<String>>,
}

#[derive(Default, Clone)]
struct State {
    lines: Vec<String>,
    leaves: Vec<Hash>,
    images: HashMap<String, Bytes>,
}

impl Server {
    /// A log of `size` entries: the election, its key, and then scans, every seventh of them parked.
    pub fn of(size: u64) -> Self {
        let key = SigningKey::from_bytes(&[42; 32]);
        let server = Self {
            keys: Mutex::new(vec![key.clone()]),
            state: Mutex::default(),
            lie: Mutex::new(Box::new(|_, bytes| Answer::Bytes(bytes))),
            shown: Mutex::new(None),
            asked: AtomicU64::new(0),
            log: Mutex::default(),
        };
        let mut election = bare(EntryKind::Election);
        election.election = Some("deneme".into());
        server.push(&election);
        server.add_key(&key);
        server.grow(size);
        server
    }

    pub fn vkey(&self) -> String {
        verifier_key(ORIGIN, &self.keys.lock().unwrap()[0])
    }

    pub fn add_key(&self, key: &SigningKey) {
        let mut entry = bare(EntryKind::Key);
        entry.key = Some(verifier_key(ORIGIN, key));
        self.push(&entry);
    }

    pub fn push(&self, entry: &Entry) {
        let mut state = self.state.lock().unwrap();
        state.leaves.push(leaf(entry.line().as_bytes()));
        state.lines.push(entry.line());
    }

    pub fn size(&self) -> u64 {
        self.state.lock().unwrap().lines.len() as u64
    }

    pub fn grow(&self, size: u64) {
        for n in self.size()..size {
            if n % 7 == 0 {
                let mut entry = bare(EntryKind::Parked);
                entry.sha256 = Some(Digest::of(&n.to_be_bytes()));
                entry.reason = Some("no-code".into());
                self.push(&entry);
            } else {
                self.scan(&path(n), n);
            }
        }
    }

    /// A scan at `path` whose bytes follow from `n`.
    pub fn scan(&self, path: &str, n: u64) {
        let bytes = image(n);
        let mut entry = bare(EntryKind::Linked);
        entry.sha256 = Some(Digest::of(&bytes));
        entry.crc32 = Some(crc32fast::hash(&bytes));
        entry.size = Some(bytes.len() as u64);
        entry.path = Some(path.to_owned());
        self.push(&entry);
        self.state.lock().unwrap().images.insert(path.to_owned(), bytes);
    }

    /// Another server of the same log so far: what comes later may differ.
    pub fn twin(&self) -> Self {
        let twin = Self::of(0);
        *twin.state.lock().unwrap() = self.state.lock().unwrap().clone();
        twin
    }

    pub fn lies(&self, lie: impl Fn(&str, Bytes) -> Answer + Send + Sync + 'static) {
        *self.lie.lock().unwrap() = Box::new(lie);
    }

    /// Says that there are only so many entries.
    pub fn shows(&self, size: Option<u64>) {
        *self.shown.lock().unwrap() = size;
    }

    pub fn note(&self) -> String {
        let state = self.state.lock().unwrap();
        let size = self.shown.lock().unwrap().unwrap_or(state.lines.len() as u64);
        let root = proof::root(size, &state.leaves[..size as usize]).unwrap();
        let keys = self.keys.lock().unwrap();
        checkpoint_by(ORIGIN, size, &root, &keys.iter().collect::<Vec<_>>())
    }

    pub fn proof(&self, position: u64) -> ProofFile {
        let state = self.state.lock().unwrap();
        let hashes = proof::inclusion(position, state.leaves.len() as u64, state.leaves.as_slice()).unwrap().unwrap();
        let extra = Some(state.lines[position as usize].clone().into_bytes());
        drop(state);
        ProofFile { extra, index: position, hashes, checkpoint: self.note() }
    }

    fn file(&self, path: &str) -> Option<Bytes> {
        let state = self.state.lock().unwrap();
        if let Some(inside) = path.strip_prefix("defter/") {
            if inside == naming::KEYS {
                return Some(self.vkey().into());
            }
            let tile = Tile::parse(inside).filter(|tile| tile.is_in(state.lines.len() as u64))?;
            let (first, width) = (tile.first() as usize, tile.width() as usize);
            return Some(match tile.kind() {
                TileKind::Entries => encode_bundle(&state.lines[first..first + width]).unwrap().into(),
                TileKind::Hashes(level) => {
                    let each = 1_usize << (8 * level);
                    let hashes = (first..first + width).map(|n| perfect_root(&state.leaves[n * each..(n + 1) * each]));
                    hashes.collect::<Vec<_>>().concat().into()
                }
            });
        }
        if let Some(PackPath::Pack { number, entries }) = PackPath::parse(path) {
            let first = (number * 256) as usize;
            let plan = PackPlan::from_lines(number, state.lines.get(first..first + entries as usize)?).ok()?;
            let mut pack = Vec::new();
            for segment in plan.segments(0..plan.len()) {
                match segment {
                    PackSegment::Literal(bytes) => pack.extend_from_slice(&bytes),
                    PackSegment::Image(image, range) => {
                        pack.extend_from_slice(&state.images[&image.path][range.start as usize..range.end as usize]);
                    }
                }
            }
            return Some(pack.into());
        }
        state.images.get(path).cloned()
    }

    fn answer(&self, path: &str, range: Option<Range<u64>>) -> Result<ByteStream, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.log.lock().unwrap().push(path.to_owned());
        let bytes = self.file(path).ok_or_else(|| TransportError::Missing(path.to_owned()))?;
        let cut = |bytes: &Bytes| match &range {
            None => bytes.clone(),
            Some(range) => {
                let end = (range.end as usize).min(bytes.len());
                bytes.slice((range.start as usize).min(end)..end)
            }
        };
        match (self.lie.lock().unwrap())(path, bytes) {
            Answer::Bytes(bytes) => {
                // In pieces, as a line gives them.
                let part = cut(&bytes);
                let pieces: Vec<_> = part.chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
                Ok(stream::iter(pieces).boxed())
            }
            Answer::Fails => Err(TransportError::transient("500")),
            Answer::Endless(bytes) => Ok(stream::repeat_with(move || Ok(bytes.clone())).boxed()),
            Answer::Breaks(bytes, after) => {
                let part = cut(&bytes);
                let part = part.slice(..after.min(part.len()));
                Ok(stream::iter([Ok(part), Err(TransportError::transient("the line broke"))]).boxed())
            }
        }
    }
}

#[async_trait]
impl Transport for std::sync::Arc<Server> {
    async fn checkpoint(&self, _: Option<u64>) -> Result<Bytes, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.note().into())
    }

    async fn range(&self, path: &str, range: Range<u64>) -> Result<ByteStream, TransportError> {
        self.answer(path, Some(range))
    }

    async fn open(&self, path: &str) -> Result<ByteStream, TransportError> {
        self.answer(path, None)
    }
}

pub fn bare(kind: EntryKind) -> Entry {
    Entry::bare("2024-03-31T18:02:11.123Z".parse().unwrap(), kind)
}

/// Where scan `n` lies: two provinces, three districts.
pub fn path(n: u64) -> String {
    let place = ["34-istanbul/kadikoy-1/moda-mah", "34-istanbul/sisli-1/merkez-mah", "06-ankara/cankaya-2/kizilay-mah"];
    format!("tutanaklar/{}/{n}-cb-sonuc-1.v1.png", place[(n % 3) as usize])
}

pub fn image(n: u64) -> Bytes {
    (0..50 + n % 97).flat_map(|k| (n * 1_000_003 + k).to_be_bytes()).collect::<Vec<u8>>().into()
}
