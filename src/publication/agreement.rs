//! Whether the vault's copy of the log and the database tell the same story: the same log, signed by keys that it knows, and
//! no entry in the copy that the database does not hold.
//!
//! It must never write anything. Asked before a node signs its first word, and before each time the copy is moved on.

use super::stored_head::StoredHead;
use crate::domain::Digest;
use crate::ledger::{Ledger, LedgerError, entries};
use crate::log::checkpoint::Checkpoint;
use crate::log::frontier::{Frontier, Hash};
use crate::log::note::VerifierKey;
use crate::log::proof::perfect_root;
use crate::log::signer::LogSigner;
use crate::log::tile::TILE_WIDTH as WIDTH;
use crate::vault::{SeenHead, Vault, VaultError, VaultKey};

/// How the vault's copy and the database differ. A node that signs in this state contradicts what is public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The copy is of another host's log, or another election's.
    #[error(
        "the vault holds the log {vault}, and this node's configuration and database make it {ours}: name the vault and \
         the database of one election, and `host` as it was"
    )]
    OtherLog {
        /// The copy's origin.
        vault: String,
        /// What the node would sign as.
        ours: String,
    },
    /// The copy is signed by a key that neither the node nor the database's log knows.
    #[error(
        "the log in the vault is signed by a key that this node does not have: give it the signing key of the node that \
         wrote it (`tutanak node share FILE` there, `tutanak init DIR --join FILE` here)"
    )]
    OtherKey,
    /// The copy has entries that the database has not.
    #[error(
        "the database holds {database} entries and the log in the vault {vault}: it is an older copy, an empty one, or \
         another one. Nothing is served from it, because what it would sign contradicts receipts that were given. Name \
         the right database, or stop every node and give `tutanak rebuild`: it checks the database against the vault and \
         adds the entries that are missing"
    )]
    Behind {
        /// Entries in the copy, at least.
        vault: u64,
        /// Entries in the database.
        database: u64,
    },
    /// The first entries of the database are not those of the copy.
    #[error(
        "the first {size} entries of the database are not those of the log in the vault: they are two different logs. Name \
         the vault and the database that belong together; a database that was lost is made again by `tutanak rebuild` \
         in an empty one"
    )]
    OtherHistory {
        /// Entries that the copy's checkpoint covers.
        size: u64,
    },
    /// There is a head and nobody can say what it covers.
    #[error(
        "the log's head in the vault cannot be read, so that nobody can say whether this database is the newest one. Put it \
         back from a backup or from vault.second (log/head); where this database is surely the one that was used last, move \
         log/head in the vault aside"
    )]
    Unreadable,
    /// The database has scans, and the vault has neither a head nor any of the newest scans.
    #[error(
        "the database holds {scans} scans, and the vault none of the newest and no copy of the log: its disk is not mounted, \
         or it is another directory or bucket. Name the right vault. Where the scans are really lost, put one of the \
         newest back first, from a backup or from a copy of the archive, such as b/{first_two}/{newest}: its boards are asked for the others"
    )]
    EmptyVault {
        /// Scans in the database.
        scans: u64,
        /// Where the newest of them should lie.
        first_two: String,
        /// The newest.
        newest: Digest,
    },
}

/// The question could not be answered, or the answer is no.
#[derive(Debug, thiserror::Error)]
pub enum AgreementError {
    /// The database did not answer.
    #[error("the ledger could not be read")]
    Ledger(#[from] LedgerError),
    /// The vault did not answer.
    #[error("the vault's copy of the log could not be read")]
    Vault(#[from] VaultError),
    /// They differ.
    #[error(transparent)]
    Differs(#[from] Disagreement),
}

/// The copy, found to agree with the database.
#[derive(Debug)]
pub struct Agreed {
    /// Entries that the copy's head covers; 0 without one.
    pub size: u64,
    pub(super) seen: SeenHead,
    /// Whether there is a head and it cannot be read.
    unreadable: bool,
}

impl Agreed {
    /// Where the copy's head covers nothing.
    fn nothing(seen: SeenHead) -> Self {
        let unreadable = seen.bytes().is_some();
        Self { size: 0, seen, unreadable }
    }
}

/// Compares the vault's copy with the database, for a node that signs with `signer`.
///
/// # Errors
/// See [`AgreementError`].
pub async fn agreement(ledger: &Ledger, vault: &Vault, signer: &LogSigner) -> Result<Agreed, AgreementError> {
    // The vault first: it is written behind the database, so whatever is read of it the database must hold by then.
    let seen = vault.log_head().await?;
    let head = ledger.head().await?;
    let Some(stored) = seen.bytes().and_then(|bytes| {
        let parsed = StoredHead::parse(bytes);
        parsed.inspect_err(|error| tracing::error!(%error, "The log's head in the vault cannot be read")).ok()
    }) else {
        return Ok(Agreed::nothing(seen));
    };
    let Ok(said) = Checkpoint::unverified(&stored.checkpoint) else {
        tracing::error!("The checkpoint in the vault cannot be read");
        return Ok(Agreed::nothing(seen));
    };
    let election = ledger.election().await?;
    let ours = match &election {
        Some(stored) => signer.origin(stored.election.id()),
        // A database that was rebuilt has no election until it is imported again.
        None if signer.is_of(&said.origin) => said.origin.clone(),
        None => signer.origin("…"),
    };
    if said.origin != ours {
        return Err(Disagreement::OtherLog { vault: said.origin, ours }.into());
    }
    if !signed_by_ours(ledger, signer, &stored.checkpoint).await? {
        return Err(Disagreement::OtherKey.into());
    }
    if said.size > head.size {
        return Err(Disagreement::Behind { vault: said.size, database: head.size }.into());
    }
    if root_at(ledger, said.size).await? != said.root {
        return Err(Disagreement::OtherHistory { size: said.size }.into());
    }
    Ok(Agreed { size: said.size, seen, unreadable: false })
}

/// The same for a node that starts: two nodes that wrote at once may have left the older head there, so the bundle that the
/// database could not have filled yet is looked for too. A head that nobody can read is no agreement. A node that runs writes a head
/// that rotted anew: it knows what it covered.
///
/// # Errors
/// See [`AgreementError`].
pub async fn agreement_at_start(ledger: &Ledger, vault: &Vault, signer: &LogSigner) -> Result<Agreed, AgreementError> {
    let agreed = agreement(ledger, vault, signer).await?;
    if agreed.unreadable {
        return Err(Disagreement::Unreadable.into());
    }
    let database = ledger.head().await?.size;
    let next = database / WIDTH;
    match vault.log_object(VaultKey::Bundle(next)).await {
        // Another node may have filled it since.
        Ok(_) if ledger.head().await?.size / WIDTH == next => {
            Err(Disagreement::Behind { vault: (next + 1) * WIDTH, database }.into())
        }
        Ok(_) | Err(VaultError::Missing(_)) => Ok(agreed),
        Err(error) => Err(error.into()),
    }
}

/// Newest scans that are looked for in a vault without a copy of the log. A crash may have left a database without its last ones.
const NEWEST: usize = 8;
/// Newest entries among which they are.
const LOOKED_AT: u32 = 256;

/// Whether a vault without a copy of the log has one of the newest scans, where the database has any: otherwise it is not the
/// one that they were kept in.
///
/// # Errors
/// [`Disagreement::EmptyVault`], or there was no answer.
pub async fn scans_lie_there(ledger: &Ledger, vault: &Vault, agreed: &Agreed) -> Result<(), AgreementError> {
    if agreed.seen.bytes().is_some() {
        return Ok(());
    }
    let head = ledger.head().await?;
    let mut newest = None;
    let lines = ledger.lines_from(head.size.saturating_sub(LOOKED_AT.into()), LOOKED_AT).await?;
    let scans = lines.iter().rev().filter_map(|line| entries::parse(line.position, &line.line).ok()?.sha256);
    for digest in scans.take(NEWEST) {
        if vault.lies_somewhere(digest).await? {
            return Ok(());
        }
        newest.get_or_insert(digest);
    }
    newest.map_or(Ok(()), |newest| {
        let first_two = newest.to_string()[..2].to_owned();
        Err(Disagreement::EmptyVault { scans: head.linked + head.parked, first_two, newest }.into())
    })
}

/// Whether a key of the node, or one that the database's own log names, signed the checkpoint.
async fn signed_by_ours(ledger: &Ledger, signer: &LogSigner, note: &str) -> Result<bool, LedgerError> {
    if signer.signed(note).is_some() {
        return Ok(true);
    }
    let keys: Vec<VerifierKey> = ledger.keys_said().await?.iter().filter_map(|key| key.parse().ok()).collect();
    Ok(Checkpoint::verified(note, &keys).is_ok())
}

/// The root over the first `size` entries of the ledger, which must hold as many.
async fn root_at(ledger: &Ledger, size: u64) -> Result<Hash, LedgerError> {
    let (mut roots, mut from) = (Vec::new(), 0);
    for height in (0..u64::BITS).rev().filter(|height| size >> height & 1 == 1) {
        // A perfect tree of 2^height entries: at most 128 hashes of the level below it that is stored.
        let (level, width) = (height / 8, 1_u64 << (height % 8));
        let first = from >> (8 * level);
        roots.push(perfect_root(&ledger.hashes(level, first, first + width).await?));
        from += 1 << height;
    }
    let frontier = Frontier::from_stored(size, &roots.concat());
    Ok(frontier.map_err(|error| LedgerError::Corrupt(error.to_string()))?.root())
}
