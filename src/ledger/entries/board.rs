//! What a board's people follow: which of its forms are on file, and which of its scans wait to be linked.
//!
//! It must never show a board what another one sent.

use std::collections::HashMap;

use super::line::Line;
use super::links::stands;
use crate::domain::place::Reach;
use crate::domain::{BoardId, Digest, FormKey, PlaceId};
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError, corrupt};

/// A form of which there is a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnFileNow {
    /// Pages of which there is one.
    pub pages: u32,
    /// The highest revision of any of them.
    pub revision: u32,
    /// When the newest scan was entered, milliseconds since 1970.
    pub at_ms: i64,
}

/// The newest scan of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageNow {
    /// Which page.
    pub page: u32,
    /// Its revision.
    pub revision: u32,
    /// The scan.
    pub digest: Digest,
}

/// A board's scans that wait to be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParkedUse {
    /// How many.
    pub scans: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A form has some dozen pages at most, and a page a handful of scans.
const PAGES: &str = concat!(
    "SELECT e.page, e.revision, e.sha256 FROM entry e WHERE e.form_key = $1 AND ",
    stands!("e"),
    ") ORDER BY e.page, e.revision LIMIT 1000"
);
const ON_FILE: &str = concat!(
    "SELECT e.form_key, COUNT(DISTINCT e.page), MAX(e.revision), MAX(e.at_ms) FROM entry e WHERE ",
    stands!("e"),
    ") AND e.form_key IN ("
);

/// Parked scans of a board whose bytes are no form's. One whose bytes are another form's is an alarm and stays.
macro_rules! waiting {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM entry p WHERE p.parked IS NOT NULL AND p.board = $1 AND (p.parked = 'same-bytes-other-form' OR NOT EXISTS (",
            "SELECT 1 FROM entry e WHERE e.sha256 = p.sha256 AND e.form_key IS NOT NULL AND ",
            stands!("e"),
            "))) ",
            $rest
        )
    };
}
const PARKED: &str = waiting!("p.position, p.line", "AND p.position > $2 ORDER BY p.position LIMIT $3");
/// A district has some hundred mahalles at most.
const PLACES: &str = "SELECT id, name FROM place WHERE board = $1 OR id = $2 OR parent = $3 ORDER BY seq LIMIT 5000";
const PARKED_COUNT: &str = waiting!("COUNT(*)", "");
const PARKED_USE: &str = waiting!("COUNT(*), CAST(COALESCE(SUM(p.size), 0) AS BIGINT)", "");
const BYTES: &str =
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM entry WHERE board = $1 AND kind IN ('linked', 'parked')";
const FACTOR: &str = "SELECT factor FROM board_quota WHERE board = $1";
const SET_FACTOR: &str = "INSERT INTO board_quota (board, factor) SELECT id, CAST($2 AS BIGINT) FROM account \
                          WHERE id = $1 AND kind = 'board' ON CONFLICT (board) DO UPDATE SET factor = CAST($2 AS BIGINT)";
const PARKED_AT: &str = waiting!("p.position, p.line", "AND p.position = $2");

impl Ledger {
    /// Which of these forms have scans whose links stand. Meant for about a thousand.
    pub async fn on_file_now(&self, forms: &[FormKey]) -> Result<HashMap<FormKey, OnFileNow>, LedgerError> {
        if forms.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(String, i64, i64, i64)> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(ON_FILE);
            let mut list = query.separated(", ");
            for form in forms {
                list.push_bind(form.as_str());
            }
            query.push(") GROUP BY e.form_key");
            query.build_query_as().fetch_all(pool).await?
        });
        let number = |n: i64| u32::try_from(n).map_err(corrupt);
        let row = |(key, pages, revision, at_ms): (String, i64, i64, i64)| {
            let now = OnFileNow { pages: number(pages)?, revision: number(revision)?, at_ms };
            Ok((FormKey::from_stored(key), now))
        };
        rows.into_iter().map(row).collect()
    }

    /// The newest scan of each page of a form, of those whose links stand, in order.
    pub async fn pages_now(&self, form: &FormKey) -> Result<Vec<PageNow>, LedgerError> {
        let rows: Vec<(i64, i64, Vec<u8>)> =
            on_db!(&*self.db, |pool| sqlx::query_as(PAGES).bind(form.as_str()).fetch_all(pool).await?);
        let corrupt = || LedgerError::Corrupt(format!("page of {form}"));
        let mut pages: Vec<PageNow> = Vec::new();
        for (page, revision, digest) in rows {
            let page = u32::try_from(page).map_err(|_| corrupt())?;
            let revision = u32::try_from(revision).map_err(|_| corrupt())?;
            let digest = Digest::from_bytes(&digest).map_err(|_| corrupt())?;
            pages.pop_if(|before| before.page == page);
            pages.push(PageNow { page, revision, digest });
        }
        Ok(pages)
    }

    /// At most `limit` entries of a board's scans that wait to be linked, after a position, in order.
    pub async fn parked_of_board(
        &self,
        board: &BoardId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Line>, LedgerError> {
        let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
        let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(PARKED).bind(board.as_str()).bind(after).bind(i64::from(limit));
            query.fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(position, line)| Line { position: position as u64, line }).collect())
    }

    /// One of them.
    pub async fn parked_at(&self, board: &BoardId, position: u64) -> Result<Option<Line>, LedgerError> {
        let Ok(position) = i64::try_from(position) else { return Ok(None) };
        let row: Option<(i64, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(PARKED_AT).bind(board.as_str()).bind(position).fetch_optional(pool).await?
        });
        Ok(row.map(|(position, line)| Line { position: position as u64, line }))
    }

    /// The places whose forms a board sends, with their names.
    pub async fn places_of_board(&self, reach: &Reach) -> Result<Vec<(PlaceId, String)>, LedgerError> {
        let text = |id: Option<&PlaceId>| id.map(PlaceId::to_string).unwrap_or_default();
        let (merges, below) = (text(reach.merges()), text(reach.counts_below()));
        let rows: Vec<(String, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(PLACES).bind(reach.board().as_str()).bind(&merges).bind(&below).fetch_all(pool).await?
        });
        let place = |(id, name): (String, String)| Ok((id.parse().map_err(corrupt)?, name));
        rows.into_iter().map(place).collect()
    }

    /// How many of a board's scans wait to be linked, and how many bytes they have.
    pub async fn parked_use(&self, board: &BoardId) -> Result<ParkedUse, LedgerError> {
        let (scans, bytes): (i64, i64) =
            on_db!(&*self.db, |pool| sqlx::query_as(PARKED_USE).bind(board.as_str()).fetch_one(pool).await?);
        Ok(ParkedUse { scans: scans as u64, bytes: bytes as u64 })
    }

    /// Bytes of all scans that a board brought.
    pub async fn bytes_of(&self, board: &BoardId) -> Result<u64, LedgerError> {
        let bytes: i64 =
            on_db!(&*self.db, |pool| sqlx::query_scalar(BYTES).bind(board.as_str()).fetch_one(pool).await?);
        Ok(bytes as u64)
    }

    /// How many times the usual quota a board has.
    pub async fn quota_factor(&self, board: &BoardId) -> Result<u64, LedgerError> {
        let factor: Option<i64> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(FACTOR).bind(board.as_str()).fetch_optional(pool).await?);
        Ok(factor.map_or(1, |factor| factor.max(1) as u64))
    }

    /// Gives a board so many times the usual quota. `false` where there is no such board.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn set_quota_factor(&self, board: &BoardId, factor: u32) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(SET_FACTOR).bind(board.as_str()).bind(i64::from(factor));
            set.execute(&mut *tx).await?.rows_affected() == 1
        }))
    }

    /// How many there are.
    pub async fn parked_count(&self, board: &BoardId) -> Result<u64, LedgerError> {
        let count: i64 =
            on_db!(&*self.db, |pool| sqlx::query_scalar(PARKED_COUNT).bind(board.as_str()).fetch_one(pool).await?);
        Ok(count as u64)
    }
}
