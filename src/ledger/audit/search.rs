//! Asking the audit record: who, from where, what, when. Page by page, newest last.

use super::AuditRow;
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// What to look for. What is left empty fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuestion {
    /// The account. Rows of its people, `account/person`, are its own.
    pub account: Option<String>,
    /// One person of the account.
    pub person: Option<String>,
    /// The address, as it is written in rows.
    pub address: Option<String>,
    /// What was done.
    pub act: Option<String>,
    /// What the object begins with.
    pub object: Option<String>,
    /// How it ended: `ok`, `cut`, `refused` or `failed`.
    pub outcome: Option<String>,
    /// Not before, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before, in milliseconds since 1970.
    pub until_ms: Option<i64>,
}

/// A row with its id, by which a search goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedRow {
    /// The id. Ids ascend with time; some numbers may be missing.
    pub id: i64,
    /// The row.
    pub row: AuditRow,
}

from_row!(NumberedRow { id } with row);

// A bound null means "any". `object` is compared with its first letters rather than by LIKE, whose wildcards paths may hold.
const SEARCH: &str = "\
SELECT id, at_ms, principal, channel, protocol, address, act, object, start_at, bytes, complete, outcome, reason
  FROM audit
 WHERE id > $1
   AND ($2 IS NULL OR principal = $2 OR SUBSTR(principal, 1, LENGTH($2) + 1) = $2 || '/') AND ($10 IS NULL OR principal = $10) AND ($3 IS NULL OR address = $3) AND ($4 IS NULL OR act = $4)
   AND ($5 IS NULL OR SUBSTR(object, 1, LENGTH($5)) = $5) AND ($6 IS NULL OR outcome = $6)
   AND at_ms >= $7 AND at_ms < $8
 ORDER BY id LIMIT $9";

impl Ledger {
    /// At most `limit` rows that fit, with an id above `after`, oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn audit_search(
        &self,
        question: &AuditQuestion,
        after: i64,
        limit: u32,
    ) -> Result<Vec<NumberedRow>, LedgerError> {
        let person = question.account.as_ref().zip(question.person.as_ref());
        let person = person.map(|(account, person)| format!("{account}/{person}"));
        Ok(on_db!(&*self.db, Patient, |pool| {
            let query = sqlx::query_as(SEARCH).bind(after).bind(&question.account).bind(&question.address);
            let query = query.bind(&question.act).bind(&question.object).bind(&question.outcome);
            let query = query.bind(question.since_ms.unwrap_or(i64::MIN)).bind(question.until_ms.unwrap_or(i64::MAX));
            query.bind(i64::from(limit)).bind(&person).fetch_all(pool).await?
        }))
    }
}
