//! One transaction of the ledger: lock the head, see what stands, decide, write, move the head.
//!
//! The order is the design. The head row is locked by a statement of its own, *before* anything is read: a statement
//! that locks and reads at once would still see the state from before it waited.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::Row;

use super::append::{Recorded, Submission};
use super::db::{in_tx, on_db};
use super::{Ledger, LedgerError, entries, plan};
use crate::domain::{Digest, naming};
use crate::log::frontier::Frontier;

/// What a group came to.
#[derive(Debug)]
pub(super) struct Written {
    /// One for each submission, in their order.
    pub recorded: Vec<Result<Recorded, LedgerError>>,
    /// The new number of entries, if any was added.
    pub size: Option<u64>,
}

/// An `UPDATE` that changes nothing is a lock that both engines understand.
const LOCK_HEAD: &str =
    "UPDATE head SET size = size WHERE id = 1 RETURNING size, at_ms, frontier, linked, parked, resolved";
const SAME_BYTES: &str = "SELECT position, sha256, board, form_key, parked FROM entry WHERE sha256 IN (";
const ON_FILE: &str = "SELECT form_key, page, revision, sha256 FROM entry WHERE form_key IN (";
const ADD_ENTRIES: &str =
    "INSERT INTO entry (position, at_ms, kind, sha256, form_key, page, revision, board, parked, leaf, line) ";
const ADD_NODES: &str = "INSERT INTO node (parent, name, kind, position, at_ms, size, sha256) ";
const MOVE_HEAD: &str =
    "UPDATE head SET size = $1, at_ms = $2, frontier = $3, linked = $4, parked = $5, resolved = $6 WHERE id = 1";

/// Bound values of one statement; SQLite takes 32,766.
const ROWS_A_STATEMENT: usize = 1000;

pub(super) async fn write(ledger: &Ledger, group: &[Submission], now: Timestamp) -> Result<Written, LedgerError> {
    let decided = in_tx!(&*ledger.db, |tx, Engine| {
        // 1. From here to the commit nobody else adds an entry.
        let head = sqlx::query(LOCK_HEAD).fetch_one(&mut *tx).await?;
        let mut plan = plan::Plan::new(plan::Head {
            size: head.try_get::<i64, _>("size")? as u64,
            at_ms: head.try_get("at_ms")?,
            frontier: head.try_get("frontier")?,
            linked: head.try_get("linked")?,
            parked: head.try_get("parked")?,
            resolved: head.try_get("resolved")?,
        })?;

        // 2. What is there already, as of now: two questions for the whole group.
        let digests: HashSet<Digest> = group.iter().map(|one| one.claim.digest).collect();
        let mut same = sqlx::QueryBuilder::<Engine>::new(SAME_BYTES);
        let mut list = same.separated(", ");
        for digest in &digests {
            list.push_bind(digest.as_bytes().to_vec());
        }
        same.push(") ORDER BY position");
        for row in same.build().fetch_all(&mut *tx).await? {
            let digest: Vec<u8> = row.try_get("sha256")?;
            plan.saw_bytes(
                &digest,
                row.try_get::<i64, _>("position")?,
                row.try_get("board")?,
                row.try_get("form_key")?,
                row.try_get("parked")?,
            )?;
        }
        let forms: HashSet<String> = group.iter().filter_map(plan::named_form).map(|key| key.to_string()).collect();
        if !forms.is_empty() {
            let mut pages = sqlx::QueryBuilder::<Engine>::new(ON_FILE);
            let mut list = pages.separated(", ");
            for form in &forms {
                list.push_bind(form.clone());
            }
            pages.push(")");
            for row in pages.build().fetch_all(&mut *tx).await? {
                let digest: Vec<u8> = row.try_get("sha256")?;
                plan.saw_page(row.try_get("form_key")?, row.try_get("page")?, row.try_get("revision")?, &digest)?;
            }
        }

        // 3. Decide, without the database.
        for submission in group {
            plan.take(submission, now);
        }

        // 4. Write the entries at head, head+1, … and move the head with its frontier.
        if !plan.rows.is_empty() {
            for rows in plan.rows.chunks(ROWS_A_STATEMENT) {
                let mut add = sqlx::QueryBuilder::<Engine>::new(ADD_ENTRIES);
                add.push_values(rows, |mut row, new| {
                    row.push_bind(new.position as i64)
                        .push_bind(new.entry.at.as_millisecond())
                        .push_bind(new.entry.kind.name())
                        .push_bind(new.entry.sha256.map(|digest| digest.as_bytes().to_vec()))
                        .push_bind(new.form.as_ref().map(|key| key.to_string()))
                        .push_bind(new.entry.page.map(i64::from))
                        .push_bind(new.entry.revision.map(i64::from))
                        .push_bind(new.entry.board.as_ref().map(|board| board.to_string()))
                        .push_bind(new.parked.map(|reason| reason.name()))
                        .push_bind(new.leaf.to_vec())
                        .push_bind(new.line.clone());
                });
                add.build().execute(&mut *tx).await?;
            }
            for rows in plan.nodes().chunks(ROWS_A_STATEMENT) {
                let mut add = sqlx::QueryBuilder::<Engine>::new(ADD_NODES);
                add.push_values(rows, |mut row, node| {
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
                add.build().execute(&mut *tx).await?;
            }
            let head = plan.head();
            sqlx::query(MOVE_HEAD)
                .bind(head.size as i64)
                .bind(head.at_ms)
                .bind(head.frontier)
                .bind(head.linked)
                .bind(head.parked)
                .bind(head.resolved)
                .execute(&mut *tx)
                .await?;
        }
        plan.finish()
        // 5. The commit that follows makes all of it visible at once, and durable.
    });
    // The group is durable now. An earlier entry that cannot be read concerns only who asked for it.
    let mut recorded = Vec::with_capacity(group.len());
    for outcome in decided.outcomes {
        recorded.push(match outcome {
            plan::Outcome::New(new) => Ok(*new),
            plan::Outcome::Known(position) => known(ledger, position).await,
        });
    }
    Ok(Written { recorded, size: decided.size })
}

/// The receipt's substance of an entry that was there before.
pub(super) async fn known(ledger: &Ledger, position: u64) -> Result<Recorded, LedgerError> {
    const ENTRY: &str = "SELECT line, leaf FROM entry WHERE position = $1";
    let (line, leaf): (String, Vec<u8>) =
        on_db!(&*ledger.db, |pool| sqlx::query_as(ENTRY).bind(position as i64).fetch_one(pool).await?);
    let entry = entries::parse(position, &line)?;
    let leaf = leaf.try_into().map_err(|_| LedgerError::Corrupt(format!("leaf of entry {position}")))?;
    Ok(Recorded { position, entry, leaf, fresh: false })
}

impl plan::NewNode {
    /// The directories above a path, and the path itself.
    pub(super) fn along(path: &str, position: u64, at_ms: i64, scan: (Digest, u64)) -> Vec<Self> {
        let node = |path: &str, scan| {
            let (parent, name) = naming::split(path);
            Self { parent: parent.to_owned(), name: name.to_owned(), position, at_ms, scan }
        };
        let directories = naming::ancestors(path).map(|directory| node(directory, None));
        directories.chain([node(path, Some(scan))]).collect()
    }
}

/// Reads a frontier out of a head row.
pub(super) fn frontier(size: u64, bytes: &[u8]) -> Result<Frontier, LedgerError> {
    Frontier::from_stored(size, bytes).map_err(|error| LedgerError::Corrupt(error.to_string()))
}
