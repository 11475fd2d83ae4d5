//! Client certificates that are bound to boards and senders of results, by their SHA-256. Whoever has one must show it; whoever
//! has none is not asked.

use jiff::Timestamp;

use crate::domain::{BoardId, Digest};
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};

/// A certificate that a board must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundCertificate {
    /// The board that it belongs to.
    pub board: String,
    /// SHA-256 of it.
    pub digest: Digest,
    /// Until when it is valid; none where only its fingerprint was bound and it was not shown yet.
    pub ends: Option<Timestamp>,
}

const OF: &str =
    "SELECT board, sha256, ends_ms FROM board_certificate WHERE ($1 IS NULL OR board = $1) ORDER BY board, sha256";
const ENDS: &str = "UPDATE board_certificate SET ends_ms = $3 WHERE board = $1 AND sha256 = $2";
const ANY: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM board_certificate LIMIT 1) AS bound";
const BOARD: &str = "SELECT COUNT(*) FROM account WHERE id = $1 AND kind IN ('board', 'feed')";
const BIND: &str = "INSERT INTO board_certificate (board, sha256, bound_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const UNBIND: &str = "DELETE FROM board_certificate WHERE board = $1 AND sha256 = $2";

impl Ledger {
    /// The certificates of which a board must show one, and until when each is valid; of all boards where none is named.
    /// None for a board that need not show any.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn certificates(&self, board: Option<&str>) -> Result<Vec<BoundCertificate>, LedgerError> {
        let rows: Vec<(String, Vec<u8>, Option<i64>)> =
            on_db!(&*self.db, |pool| sqlx::query_as(OF).bind(board).fetch_all(pool).await?);
        let bound = |(board, sha256, ends_ms): (String, Vec<u8>, Option<i64>)| {
            let corrupt = || LedgerError::Corrupt(format!("a certificate of board {board}"));
            let digest = Digest::from_bytes(&sha256).map_err(|_| corrupt())?;
            let ends = ends_ms.map(Timestamp::from_millisecond).transpose().map_err(|_| corrupt())?;
            Ok(BoundCertificate { board, digest, ends })
        };
        rows.into_iter().map(bound).collect()
    }

    /// Notes until when a certificate is valid, as it says itself.
    ///
    /// # Errors
    /// The database did not answer; it was not noted.
    pub async fn certificate_ends(
        &self,
        board: &str,
        certificate: &Digest,
        ends: Timestamp,
    ) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            let note = sqlx::query(ENDS).bind(board).bind(certificate.as_bytes().to_vec());
            note.bind(ends.as_millisecond()).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Whether any board must show a certificate.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn any_certificate(&self) -> Result<bool, LedgerError> {
        let bound: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(ANY).fetch_one(pool).await?);
        Ok(bound > 0)
    }

    /// Binds a certificate to a board. `false` when there is no such board; binding twice changes nothing.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn bind_certificate(
        &self,
        board: &BoardId,
        certificate: &Digest,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let there: i64 = sqlx::query_scalar(BOARD).bind(board.as_str()).fetch_one(&mut *tx).await?;
            if there == 1 {
                let bind = sqlx::query(BIND).bind(board.as_str()).bind(certificate.as_bytes().to_vec());
                bind.bind(now.as_millisecond()).execute(&mut *tx).await?;
            }
            there == 1
        }))
    }

    /// Takes a certificate away from a board. `false` when it was not bound.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn unbind_certificate(&self, board: &BoardId, certificate: &Digest) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let unbind = sqlx::query(UNBIND).bind(board.as_str()).bind(certificate.as_bytes().to_vec());
            unbind.execute(&mut *tx).await?.rows_affected() == 1
        }))
    }
}
