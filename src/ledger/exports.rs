//! Media for independent candidates: requests, approvals, what each request is fixed at, and what was handed over.
//!
//! Rows are only ever added. It must never say whether a medium may be written: the room of exports decides that.

use jiff::Timestamp;

use super::db::{in_tx, on_db};
use super::{Ledger, LedgerError, corrupt};
use crate::domain::{Digest, PlaceId};

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

/// What all media of a request are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// When it was fixed.
    pub at: Timestamp,
    /// Entries of the ledger.
    pub size: u64,
    /// The signed note over exactly these.
    pub checkpoint: String,
    /// Bytes of one medium.
    pub capacity: u64,
    /// Bytes by which files on it are rounded up.
    pub cluster: u64,
    /// How many it takes.
    pub media: u32,
}

/// A medium that was written and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenMedium {
    /// Which of the request's media, from 1.
    pub number: u32,
    /// When it was finished.
    pub at: Timestamp,
    /// Both operators who wrote it.
    pub operators: String,
    /// Scans on it.
    pub scans: u64,
    /// Files on it.
    pub files: u64,
    /// Bytes on it.
    pub bytes: u64,
    /// SHA-256 of the bag's tag manifest, which covers every byte.
    pub digest: Digest,
    /// The medium's own number; empty where it has none that can be read.
    pub serial: String,
    /// Whom it is encrypted to; empty where it is not.
    pub sealed: String,
    /// The receipt, as it was printed.
    pub receipt: String,
}

type RequestRow = (i64, i64, String, String, String, String, String);
type StartRow = (i64, i64, String, i64, i64, i64);
type MediumRow = (i64, i64, String, i64, i64, i64, Vec<u8>, String, String, String);

const CLAIMANT: &str = "SELECT name, place, active FROM account WHERE id = $1 AND kind = 'independent'";
const ADD: &str = "INSERT INTO export_request (at_ms, candidate, name, place, reason, operator) \
                   VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
const APPROVE: &str = "INSERT INTO export_approval (request, operator, at_ms) VALUES ($1, $2, $3) \
                       ON CONFLICT (request, operator) DO NOTHING";
const START: &str = "INSERT INTO export_start (request, at_ms, size, checkpoint, capacity, cluster, media) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (request) DO NOTHING";
const ADD_MEDIUM: &str = "INSERT INTO export_medium (request, number, at_ms, operators, scans, files, bytes, digest, serial, \
                          sealed, receipt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const ONE: &str = "SELECT id, at_ms, candidate, name, place, reason, operator FROM export_request WHERE id = $1";
const ALL: &str = "SELECT id FROM export_request WHERE id > $1 ORDER BY id LIMIT $2";
const NEWEST: &str = "SELECT MAX(id) FROM export_request WHERE candidate = $1";
const APPROVALS: &str = "SELECT operator FROM export_approval WHERE request = $1 ORDER BY at_ms, operator";
const STARTED: &str = "SELECT at_ms, size, checkpoint, capacity, cluster, media FROM export_start WHERE request = $1";
const MEDIA: &str = "SELECT number, at_ms, operators, scans, files, bytes, digest, serial, sealed, receipt \
                     FROM export_medium WHERE request = $1 ORDER BY id";

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

    /// Fixes what a request's media are made from, unless that was done before. Gives what is in force.
    pub async fn export_start(&self, request: u64, start: &Start) -> Result<Start, LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            let add = sqlx::query(START)
                .bind(request as i64)
                .bind(start.at.as_millisecond())
                .bind(start.size as i64)
                .bind(&start.checkpoint)
                .bind(start.capacity as i64)
                .bind(start.cluster as i64)
                .bind(i64::from(start.media));
            add.execute(&mut *tx).await?;
        });
        let found = self.started(request).await?;
        found.ok_or_else(|| corrupt(format_args!("request {request} has no start, though one was written")))
    }

    /// Enters a medium that was written and read back.
    pub async fn export_medium(&self, request: u64, medium: &WrittenMedium) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            let add = sqlx::query(ADD_MEDIUM)
                .bind(request as i64)
                .bind(i64::from(medium.number))
                .bind(medium.at.as_millisecond())
                .bind(&medium.operators)
                .bind(medium.scans as i64)
                .bind(medium.files as i64)
                .bind(medium.bytes as i64)
                .bind(medium.digest.as_bytes().to_vec())
                .bind(&medium.serial)
                .bind(&medium.sealed)
                .bind(&medium.receipt);
            add.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// A request with all that came of it.
    pub async fn export(&self, request: u64) -> Result<Option<Request>, LedgerError> {
        let key = request as i64;
        let row: Option<RequestRow> =
            on_db!(&*self.db, |pool| sqlx::query_as(ONE).bind(key).fetch_optional(pool).await?);
        let Some((id, at_ms, candidate, name, place, reason, operator)) = row else { return Ok(None) };
        let approvals: Vec<String> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(APPROVALS).bind(key).fetch_all(pool).await?);
        let media: Vec<MediumRow> = on_db!(&*self.db, |pool| sqlx::query_as(MEDIA).bind(key).fetch_all(pool).await?);
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
            media: media.into_iter().map(medium).collect::<Result<_, _>>()?,
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

    async fn started(&self, request: u64) -> Result<Option<Start>, LedgerError> {
        let row: Option<StartRow> =
            on_db!(&*self.db, |pool| sqlx::query_as(STARTED).bind(request as i64).fetch_optional(pool).await?);
        let start = |(at_ms, size, checkpoint, capacity, cluster, media): StartRow| {
            let media = u32::try_from(media).map_err(corrupt)?;
            let (size, capacity, cluster) = (size as u64, capacity as u64, cluster as u64);
            Ok(Start { at: time(at_ms)?, size, checkpoint, capacity, cluster, media })
        };
        row.map(start).transpose()
    }
}

fn medium(row: MediumRow) -> Result<WrittenMedium, LedgerError> {
    let (number, at_ms, operators, scans, files, bytes, digest, serial, sealed, receipt) = row;
    Ok(WrittenMedium {
        number: u32::try_from(number).map_err(corrupt)?,
        at: time(at_ms)?,
        operators,
        scans: scans as u64,
        files: files as u64,
        bytes: bytes as u64,
        digest: Digest::from_bytes(&digest).map_err(corrupt)?,
        serial,
        sealed,
        receipt,
    })
}

fn time(at_ms: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_millisecond(at_ms).map_err(corrupt)
}
