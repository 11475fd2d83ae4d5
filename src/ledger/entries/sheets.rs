//! Scans as parties look at them: those that belong to a form. A scan that was never linked is nobody's to see.

use std::collections::HashMap;

use super::line::parse;
use crate::domain::{Digest, Entry};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};

const LINKED: &str =
    "SELECT position, line FROM entry WHERE sha256 = $1 AND form_key IS NOT NULL ORDER BY position LIMIT 1";
const AT: &str = "SELECT position, line FROM entry WHERE position";

impl Ledger {
    /// The first entry that links a scan to a form, with its position. What was taken back later lies in the tree as before.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn linked(&self, scan: Digest) -> Result<Option<(u64, Entry)>, LedgerError> {
        let row: Option<(i64, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(LINKED).bind(scan.as_bytes().to_vec()).fetch_optional(pool).await?
        });
        row.map(|(position, line)| Ok((position as u64, parse(position as u64, &line)?))).transpose()
    }

    /// The entries at these positions. Meant for a thousand.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn entries_at(&self, positions: &[u64]) -> Result<HashMap<u64, Entry>, LedgerError> {
        if positions.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(AT);
            query.push(" IN (");
            let mut list = query.separated(", ");
            for position in positions {
                list.push_bind(*position as i64);
            }
            query.push(")");
            query.build_query_as().fetch_all(pool).await?
        });
        rows.into_iter().map(|(at, line)| Ok((at as u64, parse(at as u64, &line)?))).collect()
    }
}
