//! Results in the order in which they were entered: all of them, for whoever keeps a copy, and those that changed something.

use super::versions::{EnteredResult, Row, entered};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};

const FROM: &str = entered!("position >= $1 AND position < $2 ORDER BY position LIMIT $3");
const CHANGES: &str =
    entered!("(version > 1 OR void) AND held IS NULL AND position >= $1 AND position < $2 ORDER BY position LIMIT $3");

impl Ledger {
    /// At most `limit` lines that the entries `from..to` brought, in force or not, in order.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_from(&self, from: u64, to: u64, limit: u32) -> Result<Vec<EnteredResult>, LedgerError> {
        self.entered(FROM, from, to, limit).await
    }

    /// At most `limit` of them that are in force and are a later version than the first, or take a result back.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_changes(&self, from: u64, to: u64, limit: u32) -> Result<Vec<EnteredResult>, LedgerError> {
        self.entered(CHANGES, from, to, limit).await
    }

    async fn entered(
        &self,
        statement: &'static str,
        from: u64,
        to: u64,
        limit: u32,
    ) -> Result<Vec<EnteredResult>, LedgerError> {
        let bound = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(statement).bind(bound(from)).bind(bound(to)).bind(i64::from(limit));
            query.fetch_all(pool).await?
        });
        rows.into_iter().map(Row::read).collect()
    }
}
