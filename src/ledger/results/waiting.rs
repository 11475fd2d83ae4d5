//! Results that wait for the registry: lines of boxes that it did not know, and rows whose place it did not say when they were
//! written again.

use super::filing::HeldFor;
use super::versions::{EnteredResult, Row, entered};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};

const HELD: &str = entered!("held = $1 AND position >= $2 ORDER BY position LIMIT $3");
const UNSETTLED: &str = entered!("sort_key IS NULL AND held IS NULL AND position >= $1 ORDER BY position LIMIT $2");
const COUNTS: &str = "SELECT held, COUNT(*) FROM result WHERE held IS NOT NULL AND held <> 'entered' GROUP BY held";

impl Ledger {
    /// At most `limit` lines from `position` on that are held for this reason, in order.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_held(
        &self,
        reason: HeldFor,
        position: u64,
        limit: u32,
    ) -> Result<Vec<EnteredResult>, LedgerError> {
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(HELD).bind(reason.name()).bind(position as i64).bind(i64::from(limit));
            query.fetch_all(pool).await?
        });
        rows.into_iter().map(Row::read).collect()
    }

    /// How many lines are held, by the name of the reason.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_held_counts(&self) -> Result<Vec<(String, u64)>, LedgerError> {
        let rows: Vec<(String, i64)> = on_db!(&*self.db, |pool| sqlx::query_as(COUNTS).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(reason, count)| (reason, count as u64)).collect())
    }

    /// At most `limit` results from `position` on that are in force and of which it is not known where they count, in order.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_unsettled(&self, position: u64, limit: u32) -> Result<Vec<EnteredResult>, LedgerError> {
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            sqlx::query_as(UNSETTLED).bind(position as i64).bind(i64::from(limit)).fetch_all(pool).await?
        });
        rows.into_iter().map(Row::read).collect()
    }
}
