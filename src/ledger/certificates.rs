//! Client certificates that are bound to boards, by their SHA-256. A board with one must show it; one without is not asked.

use jiff::Timestamp;

use super::db::{in_tx, on_db};
use super::{Ledger, LedgerError};
use crate::domain::{BoardId, Digest};

const OF: &str = "SELECT sha256 FROM board_certificate WHERE board = $1 ORDER BY sha256";
const ANY: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM board_certificate LIMIT 1) AS bound";
const BOARD: &str = "SELECT COUNT(*) FROM account WHERE id = $1 AND kind = 'board'";
const BIND: &str = "INSERT INTO board_certificate (board, sha256, bound_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const UNBIND: &str = "DELETE FROM board_certificate WHERE board = $1 AND sha256 = $2";

impl Ledger {
    /// The certificates of which `board` must show one; none where it need not.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn certificates_of(&self, board: &str) -> Result<Vec<Digest>, LedgerError> {
        let rows: Vec<Vec<u8>> = on_db!(&*self.db, |pool| sqlx::query_scalar(OF).bind(board).fetch_all(pool).await?);
        let corrupt = |_| LedgerError::Corrupt(format!("a certificate of board {board}"));
        rows.iter().map(|row| Digest::from_bytes(row).map_err(corrupt)).collect()
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
