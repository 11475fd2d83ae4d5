//! Media for independent candidates: requests, approvals, what each request is fixed at, and what was handed over.
//!
//! Rows are only ever added. It must never say whether a medium may be written: `export` decides that.

mod media;

use jiff::Timestamp;

pub use self::media::{Start, WrittenMedium};
use super::db::{in_tx, on_db};
use super::{Ledger, LedgerError, corrupt};
use crate::domain::PlaceId;

/// An independent candidate's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The account.
    pub id: String,
    /// As election users know it.
    pub name: String,
    /// The seçim çevresi.
    pub place: PlaceId,
    /// Whether the account is in use.
    pub active: bool,
}

/// A request as it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// For whom.
    pub claimant: Claimant,
    /// The petition: its date and number.
    pub reason: String,
    /// The operator who enters it.
    pub operator: String,
}

/// A request with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: u64,
    /// When it was entered.
    pub at: Timestamp,
    /// The candidate's account.
    pub candidate: String,
    /// The candidate's name, as it was then.
    pub name: String,
    /// The seçim çevresi, as it was then.
    pub place: PlaceId,
    /// The petition.
    pub reason: String,
    /// Who entered it.
    pub operator: String,
    /// The operators who agreed.
    pub approvals: Vec<String>,
    /// What its media are made from, once the first was begun.
    pub start: Option<Start>,
    /// The media that were written.
    pub media: Vec<WrittenMedium>,
}

type RequestRow = (i64, i64, String, String, String, String, String);

const CLAIMANT: &str = "SELECT name, place, active FROM account WHERE id = $1 AND kind = 'independent'";
const ADD: &str = "INSERT INTO export_request (at_ms, candidate, name, place, reason, operator) \
                   VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
const APPROVE: &str = "INSERT INTO export_approval (request, operator, at_ms) VALUES ($1, $2, $3) \
                       ON CONFLICT (request, operator) DO NOTHING";
const ONE: &str = "SELECT id, at_ms, candidate, name, place, reason, operator FROM export_request WHERE id = $1";
const ALL: &str = "SELECT id FROM export_request WHERE id > $1 ORDER BY id LIMIT $2";
const NEWEST: &str = "SELECT MAX(id) FROM export_request WHERE candidate = $1";
const APPROVALS: &str = "SELECT operator FROM export_approval WHERE request = $1 ORDER BY at_ms, operator";

impl Ledger {
    /// The independent candidate with this account. An account without a place is none: nothing could be written for it.
    pub async fn claimant(&self, id: &str) -> Result<Option<Claimant>, LedgerError> {
        let row: Option<(String, Option<String>, bool)> =
            on_db!(&*self.db, |pool| sqlx::query_as(CLAIMANT).bind(id).fetch_optional(pool).await?);
        let Some((name, Some(place), active)) = row else { return Ok(None) };
        Ok(Some(Claimant { id: id.to_owned(), name, place: place.parse().map_err(corrupt)?, active }))
    }

    /// Enters a request and gives its number.
    pub async fn export_request(&self, new: &NewRequest, now: Timestamp) -> Result<u64, LedgerError> {
        let id: i64 = in_tx!(&*self.db, |tx, Engine| {
            let add = sqlx::query_scalar(ADD)
                .bind(now.as_millisecond())
                .bind(&new.claimant.id)
                .bind(&new.claimant.name)
                .bind(new.claimant.place.as_str())
                .bind(&new.reason)
                .bind(&new.operator);
            add.fetch_one(&mut *tx).await?
        });
        Ok(id as u64)
    }

    /// Enters that an operator agrees. `false` when the same operator did so before.
    pub async fn export_approve(&self, request: u64, operator: &str, now: Timestamp) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let add = sqlx::query(APPROVE).bind(request as i64).bind(operator).bind(now.as_millisecond());
            add.execute(&mut *tx).await?.rows_affected() == 1
        }))
    }

    /// A request with all that came of it.
    pub async fn export(&self, request: u64) -> Result<Option<Request>, LedgerError> {
        let key = request as i64;
        let row: Option<RequestRow> =
            on_db!(&*self.db, |pool| sqlx::query_as(ONE).bind(key).fetch_optional(pool).await?);
        let Some((id, at_ms, candidate, name, place, reason, operator)) = row else { return Ok(None) };
        let approvals: Vec<String> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(APPROVALS).bind(key).fetch_all(pool).await?);
        Ok(Some(Request {
            id: id as u64,
            at: time(at_ms)?,
            candidate,
            name,
            place: place.parse().map_err(corrupt)?,
            reason,
            operator,
            approvals,
            start: self.started(request).await?,
            media: self.media(request).await?,
        }))
    }

    /// Numbers of requests above `after`, in order.
    pub async fn exports_after(&self, after: u64, limit: u32) -> Result<Vec<u64>, LedgerError> {
        let ids: Vec<i64> = on_db!(&*self.db, |pool| {
            sqlx::query_scalar(ALL).bind(after as i64).bind(i64::from(limit)).fetch_all(pool).await?
        });
        Ok(ids.into_iter().map(|id| id as u64).collect())
    }

    /// A candidate's newest request.
    pub async fn newest_export(&self, candidate: &str) -> Result<Option<Request>, LedgerError> {
        let id: Option<i64> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(NEWEST).bind(candidate).fetch_one(pool).await?);
        match id {
            Some(id) => self.export(id as u64).await,
            None => Ok(None),
        }
    }
}

fn time(at_ms: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_millisecond(at_ms).map_err(corrupt)
}
