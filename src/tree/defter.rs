//! `defter/`: the transparency log as C2SP tlog-tiles lays it out, so that any client of such logs can read it.
//!
//! Everything but the checkpoint is immutable. Listings are computed from the log's size: no name is stored for a tile.

use bytes::Bytes;

use super::{Content, Node, Tree, TreeError, time};
use crate::domain::naming;
use crate::log::frontier::TILE_HEIGHT;
use crate::log::signer::LogSigner;
use crate::log::tile::{self, TILE_WIDTH as WIDTH, Tile, TileKind};

/// Names in one directory of tiles at most, and how far one more group of digits goes.
const GROUP: u64 = 1000;
/// Bytes of a hash.
const HASH: u64 = 32;

impl Tree {
    /// What `path`, below `defter/`, is.
    pub(super) async fn find_in_log(&self, path: &str) -> Result<Option<Node>, TreeError> {
        match path {
            naming::CHECKPOINT => return self.checkpoint_node().await,
            naming::KEYS => return self.keys_node().await,
            naming::AUDIT => return self.audit_node().await,
            _ => {}
        }
        let (_, name) = naming::split(path);
        if let Some(tile) = Tile::parse(path) {
            return self.tile(name, tile).await;
        }
        let listed = self.list_log(path).await?;
        Ok(listed.map(|_| Node::directory(name)))
    }

    /// What lies in the directory `path` below `defter/`; the empty path is `defter/` itself.
    pub(super) async fn list_log(&self, path: &str) -> Result<Option<Vec<Node>>, TreeError> {
        if path.is_empty() {
            let mut nodes = Vec::new();
            nodes.extend(self.keys_node().await?);
            nodes.extend(self.checkpoint_node().await?);
            nodes.push(Node::directory(naming::TILES));
            return Ok(Some(nodes));
        }
        let Some(below) = path.strip_prefix(naming::TILES) else { return Ok(None) };
        let size = self.ledger.head().await?.size;
        if below.is_empty() {
            let levels = (0..64 / TILE_HEIGHT).take_while(|level| size >> (TILE_HEIGHT * level) > 0);
            let mut names: Vec<String> = levels.map(|level| level.to_string()).collect();
            names.extend((size > 0).then(|| naming::ENTRIES.to_owned()));
            return Ok(Some(names.iter().map(|name| Node::directory(name)).collect()));
        }
        let mut parts = below.trim_start_matches('/').split('/');
        let Some(kind) = parts.next().and_then(kind_named) else { return Ok(None) };
        let hashes = size >> (TILE_HEIGHT * level_of(kind));
        if hashes == 0 {
            return Ok(None);
        }
        let Some(shelf) = Shelf::parse(parts) else { return Ok(None) };
        let (full, width) = (hashes / WIDTH, (hashes % WIDTH) as u32);
        match shelf {
            Shelf::Group { prefix, depth } => self.group(kind, prefix, depth, full, width).await,
            Shelf::Partial { index } if index == full && width > 0 => {
                let bytes = match kind {
                    TileKind::Hashes(_) => u64::from(width) * HASH,
                    TileKind::Entries => self.ledger.partial_bundle_bytes().await?,
                };
                let modified = time(self.ledger.head().await?.at_ms);
                let name = width.to_string();
                Ok(Some(vec![Node { name, modified, content: Content::TextOf(bytes) }]))
            }
            Shelf::Partial { .. } => Ok(None),
        }
    }

    /// Tiles whose index has `prefix` before its last three digits, and directories of those with more digits.
    async fn group(
        &self,
        kind: TileKind,
        prefix: u64,
        depth: u32,
        full: u64,
        width: u32,
    ) -> Result<Option<Vec<Node>>, TreeError> {
        let all = full + u64::from(width > 0);
        let first = prefix * GROUP;
        // An index is written in as few groups as it needs, so only the first group may be zero.
        let is_here = depth == 0 || prefix > 0;
        let mut nodes = Vec::new();
        if is_here && first < all {
            let completed = self.ledger.completed(level_of(kind) + 1, first, (first + GROUP).min(full)).await?;
            for tree in completed {
                let bytes = match kind {
                    TileKind::Hashes(_) => WIDTH * HASH,
                    TileKind::Entries => tree.bytes,
                };
                let name = format!("{:03}", tree.index % GROUP);
                nodes.push(Node { name, modified: time(tree.at_ms), content: Content::TextOf(bytes) });
            }
            if width > 0 && (first..first + GROUP).contains(&full) {
                nodes.push(Node::directory(&format!("{:03}.p", full % GROUP)));
            }
        }
        let deeper = (first..first + GROUP).filter(|group| *group > 0 && group * GROUP < all);
        nodes.extend(deeper.map(|group| Node::directory(&format!("x{:03}", group % GROUP))));
        Ok(if nodes.is_empty() { None } else { Some(nodes) })
    }

    /// A tile or an entry bundle: full, or as wide as it is asked for, as long as there are so many.
    async fn tile(&self, name: &str, tile: Tile) -> Result<Option<Node>, TreeError> {
        let head = self.ledger.head().await?;
        if !tile.is_in(head.size) {
            return Ok(None);
        }
        let (from, level) = (tile.first(), level_of(tile.kind()));
        let bytes: Bytes = match tile.kind() {
            TileKind::Hashes(_) => self.ledger.hashes(level, from, from + tile.width()).await?.concat().into(),
            TileKind::Entries => {
                let lines = self.ledger.lines_from(from, tile.width() as u32).await?;
                let lines: Vec<String> = lines.into_iter().map(|line| line.line).collect();
                tile::encode_bundle(&lines).map_err(|_| TreeError::Unbundled { from })?.into()
            }
        };
        let completed = match tile.is_full() {
            true => self.ledger.completed(level + 1, tile.index(), tile.index() + 1).await?,
            false => Vec::new(),
        };
        let modified = time(completed.first().map_or(head.at_ms, |tree| tree.at_ms));
        Ok(Some(Node { name: name.to_owned(), modified, content: Content::Fixed(bytes) }))
    }

    async fn checkpoint_node(&self) -> Result<Option<Node>, TreeError> {
        let Some(election) = self.election().await? else { return Ok(None) };
        let head = self.ledger.head().await?;
        let text = self.signer.checkpoint(election.id(), head.size, &head.root);
        Ok(Some(Node::text(naming::CHECKPOINT, time(head.at_ms), text)))
    }

    /// Of the audit record only its size and root are seen. Who keeps them can tell later whether a row was changed. It is
    /// not listed: it moves with every access, so a plain mirror would never find that nothing is new.
    async fn audit_node(&self) -> Result<Option<Node>, TreeError> {
        let Some(election) = self.election().await? else { return Ok(None) };
        let head = self.ledger.audit_head().await?;
        let text = self.signer.checkpoint(&LogSigner::audit(election.id()), head.size, &head.root);
        Ok(Some(Node::text(naming::AUDIT, Some(self.clock.now()), text)))
    }

    /// The keys that sign the log and the receipts, as a verifier is given them; none before the election is loaded.
    pub async fn keys(&self) -> Result<Vec<String>, TreeError> {
        let election = self.election().await?;
        Ok(election.map(|election| self.signer.verifier_keys(election.id())).unwrap_or_default())
    }

    async fn keys_node(&self) -> Result<Option<Node>, TreeError> {
        let Some(election) = self.election().await? else { return Ok(None) };
        let text = self.signer.verifier_keys(election.id()).join("\n") + "\n";
        Ok(Some(Node::text(naming::KEYS, Some(election.parties_open()), text)))
    }
}

/// What the directory `name` below `tile/` holds.
fn kind_named(name: &str) -> Option<TileKind> {
    let level = || (0..8_u8).find(|level| level.to_string() == name).map(TileKind::Hashes);
    if name == naming::ENTRIES { Some(TileKind::Entries) } else { level() }
}

/// The level whose hashes, or whose leaves' entries, tiles of this kind hold.
fn level_of(kind: TileKind) -> u32 {
    match kind {
        TileKind::Hashes(level) => level.into(),
        TileKind::Entries => 0,
    }
}

/// A directory below that of a level.
#[derive(Debug, PartialEq, Eq)]
enum Shelf {
    /// Tiles and further groups whose index begins with the digits of `prefix`.
    Group { prefix: u64, depth: u32 },
    /// The directory of a partial tile.
    Partial { index: u64 },
}

impl Shelf {
    fn parse<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let digits = |text: &str| {
            let three = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
            three.then(|| text.parse::<u64>().ok()).flatten()
        };
        let (mut prefix, mut depth) = (0_u64, 0);
        let mut parts = parts.peekable();
        while let Some(part) = parts.next() {
            if let Some(index) = part.strip_suffix(".p") {
                let last = parts.peek().is_none() && (depth == 0 || prefix > 0);
                let index = prefix.checked_mul(GROUP)?.checked_add(digits(index)?)?;
                return last.then_some(Self::Partial { index });
            }
            prefix = prefix.checked_mul(GROUP)?.checked_add(digits(part.strip_prefix('x')?)?)?;
            depth += 1;
            if prefix == 0 || depth > 4 {
                return None; // no index is written with a zero group before it
            }
        }
        Some(Self::Group { prefix, depth })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_tiles_are_groups_of_three_digits() {
        let parse = |path: &str| Shelf::parse(path.split('/').filter(|part| !part.is_empty()));
        assert_eq!(parse(""), Some(Shelf::Group { prefix: 0, depth: 0 }));
        assert_eq!(parse("x001"), Some(Shelf::Group { prefix: 1, depth: 1 }));
        assert_eq!(parse("x001/x234"), Some(Shelf::Group { prefix: 1234, depth: 2 }));
        assert_eq!(parse("x001/234.p"), Some(Shelf::Partial { index: 1234 }));
        assert_eq!(parse("007.p"), Some(Shelf::Partial { index: 7 }));
        for none in ["x000", "x0001", "001", "x001/001", "007.p/3", "x000/001.p", "x-01", "x00٣", "p", ".p"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
