//! How far the record was sent to a collector elsewhere. One node at a time sends, by a lease that it renews.

use super::NumberedRow;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};

const CLAIM: &str = "UPDATE audit_shipped SET until_ms = $1 WHERE id = 1 AND until_ms <= $2 RETURNING after";
const SENT: &str = "UPDATE audit_shipped SET after = $1, until_ms = $2 WHERE id = 1 AND after <= $1";
const RELEASE: &str = "UPDATE audit_shipped SET until_ms = 0 WHERE id = 1";
const FROM: &str = "SELECT id, at_ms, principal, channel, protocol, address, act, object, start_at, bytes, complete, \
                    outcome, reason FROM audit WHERE id > $1 ORDER BY id LIMIT $2";

impl Ledger {
    /// Takes the sending over until `until_ms`, unless somebody has it. Gives the id of the last row that was sent.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn audit_shipping_claim(&self, now_ms: i64, until_ms: i64) -> Result<Option<i64>, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query_scalar(CLAIM).bind(until_ms).bind(now_ms).fetch_optional(&mut *tx).await?
        }))
    }

    /// Notes that everything up to this row was sent, and keeps the sending until `until_ms`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn audit_shipped(&self, after: i64, until_ms: i64) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(SENT).bind(after).bind(until_ms).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Lets another node send.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn audit_shipping_release(&self) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(RELEASE).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// At most `limit` rows after this one, with their ids.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn audit_from(&self, after: i64, limit: u32) -> Result<Vec<NumberedRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| { sqlx::query_as(FROM).bind(after).bind(i64::from(limit)).fetch_all(pool).await? }))
    }
}
