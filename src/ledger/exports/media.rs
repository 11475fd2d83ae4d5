//! What the media of a request are made from, and those that were written.

use jiff::Timestamp;

use super::time;
use crate::domain::Digest;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError, corrupt};

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

type StartRow = (i64, i64, String, i64, i64, i64);
type MediumRow = (i64, i64, String, i64, i64, i64, Vec<u8>, String, String, String);

const START: &str = "INSERT INTO export_start (request, at_ms, size, checkpoint, capacity, cluster, media) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (request) DO NOTHING";
const ADD_MEDIUM: &str = "INSERT INTO export_medium (request, number, at_ms, operators, scans, files, bytes, digest, serial, \
                          sealed, receipt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const STARTED: &str = "SELECT at_ms, size, checkpoint, capacity, cluster, media FROM export_start WHERE request = $1";
const MEDIA: &str = "SELECT number, at_ms, operators, scans, files, bytes, digest, serial, sealed, receipt \
                     FROM export_medium WHERE request = $1 ORDER BY id";

impl Ledger {
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

    /// The media of a request that were written, in order.
    pub(super) async fn media(&self, request: u64) -> Result<Vec<WrittenMedium>, LedgerError> {
        let rows: Vec<MediumRow> =
            on_db!(&*self.db, |pool| sqlx::query_as(MEDIA).bind(request as i64).fetch_all(pool).await?);
        rows.into_iter().map(medium).collect()
    }

    /// What a request's media are made from; none before the first was begun.
    pub(super) async fn started(&self, request: u64) -> Result<Option<Start>, LedgerError> {
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
