//! The rows that an entry becomes: its own, the tree's, the roots it completes, and the head's. All of them follow from
//! the entry's line and its position, so that a database can be made again from the lines alone.

use std::collections::HashSet;

use super::line::parse;
use crate::domain::entry::leaf_hash;
use crate::domain::routing::ParkReason;
use crate::domain::{Digest, Entry, EntryKind, FormKey, naming};
use crate::ledger::LedgerError;
use crate::log::frontier::{Frontier, Subtree, TILE_HEIGHT};

/// The head row.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub size: u64,
    pub at_ms: i64,
    pub frontier: Vec<u8>,
    pub linked: i64,
    pub parked: i64,
    pub resolved: i64,
    /// Bytes of the entry bundle that is not full yet.
    pub bundle_bytes: i64,
}

/// Reads a frontier out of a head row.
pub(in crate::ledger) fn stored_frontier(size: u64, bytes: &[u8]) -> Result<Frontier, LedgerError> {
    Frontier::from_stored(size, bytes).map_err(|error| LedgerError::Corrupt(error.to_string()))
}

/// The root of a perfect tree that an entry completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NewRoot {
    pub subtree: Subtree,
    /// When its last entry was committed.
    pub at_ms: i64,
    /// Bytes of the entry bundle; 0 above the first level.
    pub bytes: i64,
}

/// The ledger's right edge while entries are added to it.
#[derive(Debug)]
pub(super) struct Edge {
    head: Head,
    frontier: Frontier,
}

impl Edge {
    /// The edge as the head row has it.
    pub fn at(head: Head) -> Result<Self, LedgerError> {
        let frontier = stored_frontier(head.size, &head.frontier)?;
        Ok(Self { head, frontier })
    }

    /// The edge of an empty ledger.
    pub fn empty() -> Result<Self, LedgerError> {
        let (size, at_ms, linked, parked, resolved, bundle_bytes) = (0, 0, 0, 0, 0, 0);
        Self::at(Head { size, at_ms, frontier: Vec::new(), linked, parked, resolved, bundle_bytes })
    }

    /// The position of the next entry.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// When the newest entry was committed.
    pub fn at_ms(&self) -> i64 {
        self.head.at_ms
    }

    /// Adds an entry and gives the roots it completes to `roots`.
    pub fn add(&mut self, new: &NewEntry, roots: &mut Vec<NewRoot>) {
        let head = &mut self.head;
        head.at_ms = new.entry.at.as_millisecond();
        head.bundle_bytes += 2 + new.line.len() as i64; // C2SP tlog-tiles: each entry behind its length in two bytes
        match new.entry.kind {
            EntryKind::Linked => head.linked += 1,
            EntryKind::Parked => head.parked += 1,
            EntryKind::Resolved => head.resolved += 1,
            EntryKind::Withdrawn | EntryKind::Gate | EntryKind::Election | EntryKind::Key => {}
            EntryKind::Result | EntryKind::Voided | EntryKind::Held => {}
        }
        self.frontier.push_and_tell(new.leaf, |subtree| {
            let bytes = if subtree.level == 1 { head.bundle_bytes } else { 0 };
            roots.push(NewRoot { subtree, at_ms: head.at_ms, bytes });
        });
        if self.frontier.size().is_multiple_of(1 << TILE_HEIGHT) {
            head.bundle_bytes = 0;
        }
    }

    /// The head row as it must stand now.
    pub fn head(&self) -> Head {
        Head { size: self.frontier.size(), frontier: self.frontier.to_stored(), ..self.head }
    }
}

/// An entry to be written.
#[derive(Debug)]
pub(super) struct NewEntry {
    pub position: u64,
    pub entry: Entry,
    pub form: Option<FormKey>,
    pub parked: Option<ParkReason>,
    pub line: String,
    pub leaf: [u8; 32],
}

impl NewEntry {
    /// An entry that was just decided.
    pub fn new(position: u64, entry: Entry, form: Option<FormKey>, parked: Option<ParkReason>) -> Self {
        let line = entry.line();
        let leaf = leaf_hash(&line);
        Self { position, entry, form, parked, line, leaf }
    }

    /// An entry that was decided long ago, from its line. The line stays as it is, whatever this version would write.
    pub fn read(position: u64, line: String) -> Result<Self, LedgerError> {
        let entry = parse(position, &line)?;
        let corrupt = |what: &str| LedgerError::Corrupt(format!("{what} of entry {position}"));
        // A withdrawal says whose link it takes back; it links nothing itself.
        let form = match entry.path.as_ref().filter(|_| entry.kind != EntryKind::Withdrawn) {
            Some(path) => Some(FormKey::from_stored(naming::form_of(path).ok_or_else(|| corrupt("path"))?.to_owned())),
            None => None,
        };
        let parked = match (&entry.reason, entry.kind) {
            (Some(reason), EntryKind::Parked) => Some(ParkReason::from_name(reason).ok_or_else(|| corrupt("reason"))?),
            _ => None,
        };
        let leaf = leaf_hash(&line);
        Ok(Self { position, entry, form, parked, line, leaf })
    }

    /// The entry as the row's indexes have it. What an entry of figures says of its line stands in `result`: here it would be
    /// taken for a scan's.
    pub fn indexed(&self) -> Option<&Entry> {
        (!self.entry.kind.is_of_figures()).then_some(&self.entry)
    }
}

/// A directory or scan to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewNode {
    pub parent: String,
    pub name: String,
    pub position: u64,
    pub at_ms: i64,
    /// Digest and bytes of a scan; none for a directory.
    pub scan: Option<(Digest, u64)>,
}

/// Everything that `rows` add to the tree, each once.
pub(super) fn nodes(rows: &[NewEntry]) -> Vec<NewNode> {
    let mut seen = HashSet::new();
    let links = rows.iter().filter(|new| new.form.is_some());
    let paths = links.filter_map(|new| Some((new, new.entry.path.as_deref()?, new.entry.sha256?)));
    let all = paths.flat_map(|(new, path, digest)| {
        let scan = (digest, new.entry.size.unwrap_or(0));
        NewNode::along(path, new.position, new.entry.at.as_millisecond(), scan)
    });
    all.filter(|node| seen.insert((node.parent.clone(), node.name.clone()))).collect()
}

impl NewNode {
    /// The directories above a path, and the path itself.
    fn along(path: &str, position: u64, at_ms: i64, scan: (Digest, u64)) -> Vec<Self> {
        let node = |path: &str, scan| {
            let (parent, name) = naming::split(path);
            Self { parent: parent.to_owned(), name: name.to_owned(), position, at_ms, scan }
        };
        let directories = naming::ancestors(path).map(|directory| node(directory, None));
        directories.chain([node(path, Some(scan))]).collect()
    }
}

/// An `UPDATE` that changes nothing is a lock that both engines understand. From here to the commit nobody else adds.
pub(super) const LOCK_HEAD: &str = "UPDATE head SET size = size WHERE id = 1 RETURNING \
     size, at_ms, frontier, linked, parked, resolved, bundle_bytes";

/// Reads what [`LOCK_HEAD`] gives.
macro_rules! locked_head {
    ($tx:ident) => {{
        let head = sqlx::query($crate::ledger::entries::rows::LOCK_HEAD).fetch_one(&mut *$tx).await?;
        $crate::ledger::entries::rows::Head {
            size: sqlx::Row::try_get::<i64, _>(&head, "size")? as u64,
            at_ms: sqlx::Row::try_get(&head, "at_ms")?,
            frontier: sqlx::Row::try_get(&head, "frontier")?,
            linked: sqlx::Row::try_get(&head, "linked")?,
            parked: sqlx::Row::try_get(&head, "parked")?,
            resolved: sqlx::Row::try_get(&head, "resolved")?,
            bundle_bytes: sqlx::Row::try_get(&head, "bundle_bytes")?,
        }
    }};
}

pub(super) const ADD_ENTRIES: &str =
    "INSERT INTO entry (position, at_ms, kind, sha256, form_key, page, revision, board, parked, leaf, line, size) ";
pub(super) const ADD_NODES: &str = "INSERT INTO node (parent, name, kind, position, at_ms, size, sha256) ";
pub(super) const ADD_SUBTREES: &str = "INSERT INTO subtree (level, idx, root, at_ms, bytes) ";
pub(super) const MOVE_HEAD: &str = "UPDATE head SET size = $1, at_ms = $2, frontier = $3, linked = $4, parked = $5, \
     resolved = $6, bundle_bytes = $7 WHERE id = 1";

/// Rows of one statement; SQLite takes 32,766 bound values.
pub(super) const ROWS_A_STATEMENT: usize = 1000;

/// Writes the roots that entries completed.
macro_rules! add_roots {
    ($tx:ident, $engine:ident, $roots:expr) => {
        if !$roots.is_empty() {
            let mut add = sqlx::QueryBuilder::<$engine>::new($crate::ledger::entries::rows::ADD_SUBTREES);
            add.push_values($roots.iter(), |mut row, new: &$crate::ledger::entries::rows::NewRoot| {
                row.push_bind(i64::from(new.subtree.level))
                    .push_bind(new.subtree.index as i64)
                    .push_bind(new.subtree.root.to_vec())
                    .push_bind(new.at_ms)
                    .push_bind(new.bytes);
            });
            add.build().execute(&mut *$tx).await?;
        }
    };
}

/// Moves the head row to where the entries end.
macro_rules! move_head {
    ($tx:ident, $head:expr) => {{
        let head: $crate::ledger::entries::rows::Head = $head;
        sqlx::query($crate::ledger::entries::rows::MOVE_HEAD)
            .bind(head.size as i64)
            .bind(head.at_ms)
            .bind(head.frontier)
            .bind(head.linked)
            .bind(head.parked)
            .bind(head.resolved)
            .bind(head.bundle_bytes)
            .execute(&mut *$tx)
            .await?;
    }};
}

/// Writes `$rows`, what they add to the tree and complete, and moves the head behind them.
macro_rules! add_rows {
    ($tx:ident, $engine:ident, $rows:expr, $roots:expr, $head:expr) => {{
        use $crate::ledger::entries::rows;
        for some in $rows.chunks(rows::ROWS_A_STATEMENT) {
            let mut add = sqlx::QueryBuilder::<$engine>::new(rows::ADD_ENTRIES);
            add.push_values(some, |mut row, new| {
                let indexed = new.indexed();
                row.push_bind(new.position as i64)
                    .push_bind(new.entry.at.as_millisecond())
                    .push_bind(new.entry.kind.name())
                    .push_bind(indexed.and_then(|entry| entry.sha256).map(|digest| digest.as_bytes().to_vec()))
                    .push_bind(new.form.as_ref().map(|key| key.to_string()))
                    .push_bind(new.entry.page.map(i64::from))
                    .push_bind(indexed.and_then(|entry| entry.revision).map(i64::from))
                    .push_bind(new.entry.board.as_ref().map(|board| board.to_string()))
                    .push_bind(new.parked.map(|reason| reason.name()))
                    .push_bind(new.leaf.to_vec())
                    .push_bind(new.line.clone())
                    .push_bind(indexed.and_then(|entry| entry.size).map(|size| size as i64));
            });
            add.build().execute(&mut *$tx).await?;
        }
        for some in rows::nodes(&$rows).chunks(rows::ROWS_A_STATEMENT) {
            let mut add = sqlx::QueryBuilder::<$engine>::new(rows::ADD_NODES);
            add.push_values(some, |mut row, node| {
                row.push_bind(node.parent.clone())
                    .push_bind(node.name.clone())
                    .push_bind(if node.scan.is_some() { "f" } else { "d" })
                    .push_bind(node.position as i64)
                    .push_bind(node.at_ms)
                    .push_bind(node.scan.map_or(0, |(_, size)| size as i64))
                    .push_bind(node.scan.map(|(digest, _)| digest.as_bytes().to_vec()));
            });
            // Directories are mostly there already. A scan's path is new by construction: its page and revision
            // are unique, so a conflict can only be a directory.
            add.push(" ON CONFLICT (parent, name) DO NOTHING");
            add.build().execute(&mut *$tx).await?;
        }
        $crate::ledger::entries::rows::add_roots!($tx, $engine, $roots);
        $crate::ledger::entries::rows::move_head!($tx, $head);
    }};
}

pub(super) use {add_roots, add_rows, locked_head, move_head};
