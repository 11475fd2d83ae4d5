//! Links by hand: one person of a board wishes a parked scan to be linked, or such a link to be taken back; a second one
//! agrees, and only then is there an entry. What the wish says and what became of it are of one transaction.
//!
//! It must never let one person do both, nor delete anything: what is taken back is taken back by an entry.

use jiff::Timestamp;

use super::batch::read_precedents;
use super::brake::in_time;
use super::line::parse;
use super::links::stands;
use super::plan::Plan;
use super::rows::{add_rows, locked_head};
use super::submission::{Recorded, Submission};
use crate::domain::{BoardId, Digest, EntryKind, Karekod};
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError, corrupt};

/// What is wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandAct {
    /// That a parked scan is linked.
    Link,
    /// That a link by hand is taken back.
    Undo,
}

impl HandAct {
    /// The name in the database and in audit rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Undo => "undo",
        }
    }
}

/// A wish as somebody utters it.
#[derive(Clone, Debug)]
pub struct NewWish {
    /// Whose scan.
    pub board: BoardId,
    /// What is wanted: a link, or that one is taken back.
    pub act: HandAct,
    /// Position of the parked entry, or of the link.
    pub position: u64,
    /// The form's code.
    pub code: Karekod,
    /// The scan on file whose page it takes, where the form has many; a further page without.
    pub replaces: Option<Digest>,
    /// The reason that was given.
    pub reason: String,
    /// The person's login.
    pub proposer: String,
}

/// A wish that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its number.
    pub id: u64,
    /// What is wanted: a link, or that one is taken back.
    pub act: HandAct,
    /// Position of the parked entry, or of the link.
    pub position: u64,
    /// The form's code.
    pub code: Karekod,
    /// The scan on file whose page it takes.
    pub replaces: Option<Digest>,
    /// The reason that was given.
    pub reason: String,
    /// The person's login.
    pub proposer: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// Why a wish came to nothing. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAgreed {
    /// There is no such wish of this board, or somebody was faster.
    #[error("no such wish waits")]
    Gone,
    /// Whoever wishes it cannot agree to it.
    #[error("the person who wishes it cannot agree to it")]
    SamePerson,
    /// The scan is linked meanwhile, or the link was taken back already.
    #[error("what the wish is about has changed meanwhile")]
    Overtaken,
}

type WishRow = (i64, String, i64, String, Option<Vec<u8>>, String, String, i64);

const WISH: &str = "INSERT INTO hand_link (board, act, position, code, replaces, reason, proposer, at_ms) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                    ON CONFLICT (position) WHERE outcome IS NULL DO NOTHING RETURNING id";
const WAITING: &str = "SELECT id, act, position, code, replaces, reason, proposer, at_ms FROM hand_link \
                       WHERE board = $1 AND outcome IS NULL ORDER BY id LIMIT $2";
const ONE: &str = "SELECT id, act, position, code, replaces, reason, proposer, at_ms FROM hand_link \
                   WHERE board = $1 AND id = $2 AND outcome IS NULL";
const DECIDE: &str = "UPDATE hand_link SET outcome = $1, decider = $2, decided_ms = $3, entry = $4 \
                      WHERE id = $5 AND board = $6 AND outcome IS NULL";
/// A link by hand that stands: only those have somebody who did it.
const BY_HAND: &str = concat!(
    "SELECT e.position, e.line FROM entry e WHERE e.kind = 'resolved' AND e.board = $1 AND e.position < $2 AND ",
    stands!("e"),
    ") ORDER BY e.position DESC LIMIT $3"
);

impl Ledger {
    /// Enters a wish and gives its number; none when another one about the same entry waits.
    ///
    /// # Errors
    /// The database did not answer; nothing was written.
    pub async fn hand_wish(&self, new: &NewWish, now: Timestamp) -> Result<Option<u64>, LedgerError> {
        let id: Option<i64> = in_tx!(&*self.db, |tx, Engine| {
            let add = sqlx::query_scalar(WISH)
                .bind(new.board.as_str())
                .bind(new.act.name())
                .bind(new.position as i64)
                .bind(new.code.as_str())
                .bind(new.replaces.map(|digest| digest.as_bytes().to_vec()))
                .bind(&new.reason)
                .bind(&new.proposer)
                .bind(now.as_millisecond());
            add.fetch_optional(&mut *tx).await?
        });
        Ok(id.map(|id| id as u64))
    }

    /// A board's wishes that wait, oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn hand_wishes(&self, board: &BoardId, limit: u32) -> Result<Vec<Wish>, LedgerError> {
        let rows: Vec<WishRow> = on_db!(&*self.db, |pool| {
            sqlx::query_as(WAITING).bind(board.as_str()).bind(i64::from(limit)).fetch_all(pool).await?
        });
        rows.into_iter().map(wish).collect()
    }

    /// A wish of a board that waits.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn hand_wish_at(&self, board: &BoardId, id: u64) -> Result<Option<Wish>, LedgerError> {
        let Ok(id) = i64::try_from(id) else { return Ok(None) };
        let row: Option<WishRow> =
            on_db!(&*self.db, |pool| sqlx::query_as(ONE).bind(board.as_str()).bind(id).fetch_optional(pool).await?);
        row.map(wish).transpose()
    }

    /// Gives a wish up: by whoever wished it, or by another. `false` when it does not wait any more.
    ///
    /// # Errors
    /// The database did not answer; nothing was written.
    pub async fn hand_refuse(
        &self,
        board: &BoardId,
        id: u64,
        decider: &str,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let decide = sqlx::query(DECIDE).bind("refused").bind(decider).bind(now.as_millisecond());
            let decide = decide.bind(Option::<i64>::None).bind(id as i64).bind(board.as_str());
            decide.execute(&mut *tx).await?.rows_affected() == 1
        }))
    }

    /// Agrees to a wish. `link` is the scan as it would be sent with the form that is wished; none agrees to a link being
    /// taken back. The submission is decided under the lock like every other, and either it becomes the late link that was
    /// wished, or nothing is written.
    ///
    /// # Errors
    /// The database did not answer; or, inside, why not. Nothing was written then.
    pub async fn hand_agree(
        &self,
        board: &BoardId,
        id: u64,
        decider: &str,
        link: Option<Submission>,
        now: Timestamp,
    ) -> Result<Result<Recorded, NotAgreed>, LedgerError> {
        let (act, becomes) = match &link {
            Some(_) => (HandAct::Link, EntryKind::Resolved),
            None => (HandAct::Undo, EntryKind::Withdrawn),
        };
        self.may_enter()?;
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let mut plan = Plan::new(locked_head!(tx))?;
            let row: Option<WishRow> =
                sqlx::query_as(ONE).bind(board.as_str()).bind(id as i64).fetch_optional(&mut *tx).await?;
            let wish = row.map(wish).transpose()?.filter(|wish| wish.act == act);
            let Some(wish) = wish else { return Ok(Err(NotAgreed::Gone)) };
            if wish.proposer == decider {
                return Ok(Err(NotAgreed::SamePerson));
            }
            let by = vec![wish.proposer, decider.to_owned()];
            if let Some(mut submission) = link {
                submission.by_hand(wish.reason, by);
                read_precedents!(tx, Engine, plan, std::slice::from_ref(&submission));
                plan.take(&submission, now);
            } else {
                let links = sqlx::query_as(BY_HAND).bind(board.as_str()).bind(wish.position as i64 + 1).bind(1_i64);
                let newest: Option<(i64, String)> = links.fetch_optional(&mut *tx).await?;
                let stands = newest.filter(|(position, _)| *position as u64 == wish.position);
                let Some((_, line)) = stands else { return Ok(Err(NotAgreed::Overtaken)) };
                plan.withdraw(&parse(wish.position, &line)?, wish.reason, by, now);
            }
            let new = match plan.rows.as_slice() {
                [row] if row.entry.kind == becomes => {
                    Recorded { position: row.position, entry: row.entry.clone(), leaf: row.leaf, fresh: true }
                }
                _ => return Ok(Err(NotAgreed::Overtaken)),
            };
            in_time!(self, tx, plan.rows, now);
            add_rows!(tx, Engine, plan.rows, plan.roots, plan.head());
            let decide = sqlx::query(DECIDE).bind("confirmed").bind(decider).bind(now.as_millisecond());
            let decide = decide.bind(new.position as i64).bind(id as i64).bind(board.as_str());
            decide.execute(&mut *tx).await?;
            Ok(new)
        }))
    }

    /// At most `limit` of a board's links by hand that stand, before a position, newest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn links_by_hand(
        &self,
        board: &BoardId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Recorded>, LedgerError> {
        let mut before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let mut found = Vec::new();
        // Late links without a person are those of codes that became known; there are few of them.
        loop {
            let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| {
                let query = sqlx::query_as(BY_HAND).bind(board.as_str()).bind(before).bind(i64::from(limit));
                query.fetch_all(pool).await?
            });
            let Some((last, _)) = rows.last() else { return Ok(found) };
            before = *last;
            for (position, line) in rows {
                let entry = parse(position as u64, &line)?;
                if !entry.by.is_empty() && found.len() < limit as usize {
                    let leaf = crate::domain::entry::leaf_hash(&line);
                    found.push(Recorded { position: position as u64, entry, leaf, fresh: false });
                }
            }
            if found.len() >= limit as usize {
                return Ok(found);
            }
        }
    }
}

fn wish((id, act, position, code, replaces, reason, proposer, at_ms): WishRow) -> Result<Wish, LedgerError> {
    let act = match act.as_str() {
        "link" => HandAct::Link,
        "undo" => HandAct::Undo,
        other => return Err(LedgerError::Corrupt(format!("wish {id} is {other:?}"))),
    };
    let code = code.parse().map_err(corrupt)?;
    let replaces = replaces.map(|digest| Digest::from_bytes(&digest)).transpose();
    let replaces = replaces.map_err(|_| LedgerError::Corrupt(format!("what wish {id} replaces")))?;
    Ok(Wish { id: id as u64, act, position: position as u64, code, replaces, reason, proposer, at_ms })
}
