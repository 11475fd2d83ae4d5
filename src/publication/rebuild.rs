//! `tutanak rebuild`: an empty database from the vault's copy of the log, or what an older copy of the database lacks. What
//! the copy says is checked against its signed checkpoint, and the database against it, before anything is written.

use super::results;
use super::stored_head::StoredHead;
use crate::domain::entry::leaf_hash;
use crate::formats::result_bundle;
use crate::ledger::{Ledger, LedgerError};
use crate::log::checkpoint::Checkpoint;
use crate::log::frontier::Frontier;
use crate::log::signer::LogSigner;
use crate::log::tile::{self, TILE_WIDTH as WIDTH};
use crate::vault::{Vault, VaultError, VaultKey};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whether entries are being written; before that they are checked.
    pub writing: bool,
    /// Entries so far.
    pub entries: u64,
    /// Of how many.
    pub of: u64,
}

/// What was rebuilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries so far.
    pub entries: u64,
    /// Of them, those that the database had already.
    pub had: u64,
    /// The checkpoint that they were checked against.
    pub checkpoint: String,
}

/// Why nothing was rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The database did not answer.
    #[error("the database did not answer")]
    Ledger(#[from] LedgerError),
    /// The vault did not answer, or lacks a part of the log.
    #[error("the vault's copy of the log could not be read")]
    Vault(#[from] VaultError),
    /// The database has all that the vault has.
    #[error("the database holds {0} entries already, and the vault's copy of the log has none beyond them")]
    NotEmpty(u64),
    /// The database's entries are not the copy's first ones.
    #[error(
        "the database's {0} entries are not the first ones of the log in the vault; rebuild into an empty database"
    )]
    OtherHistory(u64),
    /// A part of the copy is not what was written.
    #[error("{0} is damaged")]
    Damaged(String),
    /// The checkpoint is not signed by the key that it should be signed by.
    #[error("the vault's checkpoint is not signed by this service's key")]
    NotSigned,
    /// The entries are not those that the checkpoint covers.
    #[error("the entries in the vault do not add up to the root that was signed")]
    OtherRoot,
}

/// Fills `ledger`, which is empty or an older copy, with what `vault` holds beyond it, if a key of `signer` signed for it.
///
/// # Errors
/// See [`RebuildError`]. Nothing is written before everything was checked.
pub async fn rebuild(
    ledger: &Ledger,
    vault: &Vault,
    signer: &LogSigner,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Rebuilt, RebuildError> {
    let before = ledger.head().await?;
    let damaged = |what: &dyn std::fmt::Display| RebuildError::Damaged(what.to_string());
    let head = vault.log_object(VaultKey::LogHead).await?;
    let head = StoredHead::parse(&head).map_err(|error| damaged(&format!("the log's head ({error})")))?;
    let Checkpoint { size, root, .. } = signer.signed(&head.checkpoint).ok_or(RebuildError::NotSigned)?;
    if size != head.size || head.tail.len() as u64 != size % WIDTH {
        return Err(damaged(&"the log's head"));
    }
    if before.size > 0 && before.size >= size {
        return Err(RebuildError::NotEmpty(before.size));
    }
    let of = size;

    let mut frontier = Frontier::empty();
    let mut same = before.size == 0;
    let mut push = |frontier: &mut Frontier, line: &str| {
        frontier.push(leaf_hash(line));
        same |= frontier.size() == before.size && frontier.root() == before.root;
    };
    for index in 0..size / WIDTH {
        let lines = bundle(vault, index).await?;
        results_of(vault, index, &lines).await?;
        for line in lines {
            push(&mut frontier, &line);
        }
        progress(Progress { writing: false, entries: frontier.size(), of });
    }
    head.tail.iter().for_each(|line| push(&mut frontier, line));
    results::check(&head.tail, &head.results)
        .map_err(|at| damaged(&format!("the result line of entry {at} of the log's head")))?;
    if frontier.size() != size || frontier.root() != root {
        return Err(RebuildError::OtherRoot);
    }
    if !same {
        return Err(RebuildError::OtherHistory(before.size));
    }

    if before.size > 0 {
        // Whoever rebuilt it says where boxes count, and what the sums are, once all entries are there.
        ledger.results_unsettle().await?;
    }
    let mut entries = before.size;
    for index in entries / WIDTH..size / WIDTH {
        let lines = bundle(vault, index).await?;
        let results = results_of(vault, index, &lines).await?;
        let (lines, results) = results::after(lines, results, (entries - index * WIDTH) as usize);
        entries = ledger.replay_with(entries, lines, results).await?;
        progress(Progress { writing: true, entries, of });
    }
    if entries < size {
        let had = (entries - size / WIDTH * WIDTH) as usize;
        let (lines, results) = results::after(head.tail, head.results, had);
        entries = ledger.replay_with(entries, lines, results).await?;
        progress(Progress { writing: true, entries, of });
    }
    // The entries were read twice, to be checked and to be written: the ledger's own root has the last word.
    if ledger.head().await?.root != root {
        return Err(RebuildError::OtherRoot);
    }
    Ok(Rebuilt { entries, had: before.size, checkpoint: head.checkpoint })
}

/// The result lines of a full bundle whose entries are `lines`; each is the one that its entry names.
async fn results_of(vault: &Vault, index: u64, lines: &[String]) -> Result<Vec<String>, RebuildError> {
    let key = VaultKey::Results(index);
    let damaged = || RebuildError::Damaged(key.to_string());
    if results::named(lines).map_err(|_| damaged())?.is_empty() {
        return Ok(Vec::new());
    }
    let found = result_bundle::decode(&vault.log_object(key).await?).map_err(|_| damaged())?;
    results::check(lines, &found).map_err(|_| damaged())?;
    Ok(found)
}

/// The lines of a full bundle.
async fn bundle(vault: &Vault, index: u64) -> Result<Vec<String>, RebuildError> {
    let key = VaultKey::Bundle(index);
    let bytes = vault.log_object(key).await?;
    let damaged = || RebuildError::Damaged(key.to_string());
    let lines = tile::decode_bundle(&bytes, WIDTH).map_err(|_| damaged())?;
    lines.into_iter().map(|line| String::from_utf8(line.to_vec()).map_err(|_| damaged())).collect()
}
