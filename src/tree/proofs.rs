//! `X.png.tlog-proof` beside any scan: that its entry is in the log, checkable without us (C2SP tlog-proof).
//!
//! Found when asked for and never listed: a directory would be twice as long for what almost nobody needs.

use super::{Node, Tree, TreeError, time};
use crate::domain::naming;
use crate::ledger::LedgerError;
use crate::log::proof::{self, TileHashes};
use crate::log::proof_file::ProofFile;
use crate::log::tile::TileKind;

impl Tree {
    /// The proof of the scan at `scan`, against the checkpoint of this moment.
    pub(super) async fn proof(&self, scan: &str) -> Result<Option<Node>, TreeError> {
        let Some(position) = self.ledger.position_of(scan).await? else { return Ok(None) };
        let Some(election) = self.election().await? else { return Ok(None) };
        let head = self.ledger.head().await?;
        let corrupt = |what: &str| LedgerError::Corrupt(format!("{what} of entry {position} in {} entries", head.size));
        let mut hashes = TileHashes::of(head.size);
        for tile in proof::inclusion_tiles(position, head.size) {
            let TileKind::Hashes(level) = tile.kind() else { continue };
            let row = self.ledger.hashes(level.into(), tile.first(), tile.first() + tile.width()).await?;
            hashes.insert(tile, row.as_flattened()).map_err(|_| corrupt("a tile"))?;
        }
        let way = proof::inclusion(position, head.size, &hashes).map_err(|_| corrupt("a tile"))?;
        let line = self.ledger.lines_from(position, 1).await?.into_iter().next();
        let (Some(hashes), Some(line)) = (way, line) else { return Err(corrupt("the proof").into()) };
        let file = ProofFile {
            extra: Some(line.line.into_bytes()),
            index: position,
            hashes,
            checkpoint: self.signer.checkpoint(election.id(), head.size, &head.root),
        };
        let (_, name) = naming::split(scan);
        Ok(Some(Node::text(&format!("{name}{}", naming::PROOF), time(head.at_ms), file.to_string())))
    }
}
