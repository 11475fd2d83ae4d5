//! The rows of the audit record. They are only ever added.

use super::db::{in_tx, on_db};
use super::{Ledger, LedgerError};

/// One access, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The account, or `-` for somebody unknown.
    pub principal: String,
    /// The channel of the credential, or `-`.
    pub channel: String,
    /// `https`, `ftp`, `ftps` or `cli`.
    pub protocol: String,
    /// Where they came from.
    pub address: String,
    /// What they did.
    pub act: String,
    /// Path, digest or login name.
    pub object: String,
    /// First byte asked for.
    pub start_at: i64,
    /// Bytes sent or received.
    pub bytes: i64,
    /// Whether it ran to its end.
    pub complete: bool,
    /// `ok`, `cut`, `refused` or `failed`.
    pub outcome: String,
    /// Why, where it was not `ok`.
    pub reason: String,
}

const ADD: &str = "INSERT INTO audit (at_ms, principal, channel, protocol, address, act, object, start_at, bytes, \
                   complete, outcome, reason) ";
const AFTER: &str = "SELECT at_ms, principal, channel, protocol, address, act, object, start_at, bytes, complete, outcome, \
                     reason FROM audit WHERE id > $1 ORDER BY id LIMIT $2";
/// Twelve values a row; SQLite takes 32,766 a statement.
const ROWS_A_STATEMENT: usize = 1000;

impl Ledger {
    /// Adds rows, all or none. Returns when they are durable.
    pub async fn audit_add(&self, rows: &[AuditRow]) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            for rows in rows.chunks(ROWS_A_STATEMENT) {
                let mut add = sqlx::QueryBuilder::<Engine>::new(ADD);
                add.push_values(rows, |mut values, row| {
                    values
                        .push_bind(row.at_ms)
                        .push_bind(row.principal.clone())
                        .push_bind(row.channel.clone())
                        .push_bind(row.protocol.clone())
                        .push_bind(row.address.clone())
                        .push_bind(row.act.clone())
                        .push_bind(row.object.clone())
                        .push_bind(row.start_at)
                        .push_bind(row.bytes)
                        .push_bind(row.complete)
                        .push_bind(row.outcome.clone())
                        .push_bind(row.reason.clone());
                });
                add.build().execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// At most `limit` rows with an id above `after`, oldest first.
    pub async fn audit_after(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| {
            sqlx::query_as(AFTER).bind(after).bind(i64::from(limit)).fetch_all(pool).await?
        }))
    }
}
