//! Walking over the scans below a directory of the tree, by path, and over the entries that changed something.
//!
//! Page by page: whole tables are never in memory. A page begins after the last row of the one before it, so a walk is
//! right while entries come in.

use std::collections::HashMap;

use super::line::Line;
use crate::domain::Digest;
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};

/// A scan on a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanBelow {
    /// Its directory.
    pub parent: String,
    /// Its name in there.
    pub name: String,
    /// The entry that brought it.
    pub position: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Size in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
    /// The entry's line, where it was asked for.
    pub line: Option<String>,
}

/// Where a walk stands: the directory and the name of the last row, whether it was given or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkCursor {
    parent: String,
    name: String,
}

type Row = (String, String, i64, i64, i64, Vec<u8>, Option<String>);

// Paths below a directory lie before `$3`, its name and the character after the slash. Some that are not below it lie there
// too, such as `kadikoy-1` beside `kadikoy`; they are left out here.
const SCANS: &str = "\
SELECT n.parent, n.name, n.position, n.at_ms, n.size, n.sha256, CAST(NULL AS TEXT)
  FROM node n
 WHERE (n.parent, n.name) > ($1, $2) AND n.parent < $3 AND n.kind = 'f'
 ORDER BY n.parent, n.name LIMIT $4";
const SCANS_WITH_LINES: &str = "\
SELECT n.parent, n.name, n.position, n.at_ms, n.size, n.sha256, e.line
  FROM node n JOIN entry e ON e.position = n.position
 WHERE (n.parent, n.name) > ($1, $2) AND n.parent < $3 AND n.kind = 'f'
 ORDER BY n.parent, n.name LIMIT $4";
const CHANGES: &str = "SELECT position, line FROM entry WHERE (revision > 1 OR kind IN ('resolved', 'withdrawn')) \
                       AND position >= $1 ORDER BY position LIMIT $2";
const WITHDRAWN: &str = "SELECT sha256, position FROM entry WHERE kind = 'withdrawn' AND sha256 IN (";

impl Ledger {
    /// At most `limit` scans in or below `directory` after `cursor`, by path, and where to go on; none at the end.
    pub async fn scans_below(
        &self,
        directory: &str,
        cursor: &WalkCursor,
        limit: u32,
        lines: bool,
    ) -> Result<(Vec<ScanBelow>, Option<WalkCursor>), LedgerError> {
        let parent = if cursor.parent.is_empty() { directory } else { &cursor.parent };
        let end = format!("{directory}0"); // '0' follows '/'
        let statement = if lines { SCANS_WITH_LINES } else { SCANS };
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(statement).bind(parent).bind(&cursor.name).bind(&end);
            query.bind(i64::from(limit)).fetch_all(pool).await?
        });
        let next = match rows.last() {
            Some((parent, name, ..)) if rows.len() as u64 == u64::from(limit) => {
                Some(WalkCursor { parent: parent.clone(), name: name.clone() })
            }
            _ => None,
        };
        let below =
            |parent: &str| parent.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let scans = rows.into_iter().filter(|row| below(&row.0)).map(scan).collect::<Result<_, _>>()?;
        Ok((scans, next))
    }

    /// At most `limit` entries from `position` on that change what was there before: later revisions, late links and
    /// withdrawals.
    pub async fn changes_from(&self, position: u64, limit: u32) -> Result<Vec<Line>, LedgerError> {
        let rows: Vec<(i64, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(CHANGES).bind(position as i64).bind(i64::from(limit)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(position, line)| Line { position: position as u64, line }).collect())
    }

    /// Which of these scans were withdrawn within the first `size` entries, and at which position the last time: links from
    /// before that count no longer. Meant for a page of a walk.
    pub async fn withdrawn(&self, digests: &[Digest], size: u64) -> Result<HashMap<Digest, u64>, LedgerError> {
        if digests.is_empty() {
            return Ok(HashMap::new());
        }
        let found: Vec<(Vec<u8>, i64)> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(WITHDRAWN);
            let mut list = query.separated(", ");
            for digest in digests {
                list.push_bind(digest.as_bytes().to_vec());
            }
            query.push(") AND position < ").push_bind(size as i64).push(" ORDER BY position");
            query.build_query_as().fetch_all(pool).await?
        });
        let corrupt = |position| LedgerError::Corrupt(format!("digest of the withdrawal at {position}"));
        let withdrawal = |(bytes, position): (Vec<u8>, i64)| {
            Ok((Digest::from_bytes(&bytes).map_err(|_| corrupt(position))?, position as u64))
        };
        found.into_iter().map(withdrawal).collect()
    }
}

fn scan((parent, name, position, at_ms, size, sha256, line): Row) -> Result<ScanBelow, LedgerError> {
    let digest = Digest::from_bytes(&sha256).map_err(|_| LedgerError::Corrupt(format!("digest of {parent}/{name}")))?;
    Ok(ScanBelow { parent, name, position: position as u64, at_ms, size: size as u64, digest, line })
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;
    use crate::ledger::DatabaseConfig;
    use crate::ledger::db::Db;

    #[tokio::test]
    async fn every_walk_goes_along_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.path().join("ledger.db") }).await.unwrap();
        let Db::Sqlite { read, .. } = &*ledger.db else { panic!("another engine") };
        let withdrawn = format!("{WITHDRAWN}x'00', x'01')");
        for (statement, index) in [
            (SCANS, "SEARCH n USING INDEX sqlite_autoindex_node_1"),
            (SCANS_WITH_LINES, "SEARCH n USING INDEX sqlite_autoindex_node_1"),
            (SCANS_WITH_LINES, "SEARCH e USING INTEGER PRIMARY KEY|SEARCH e USING INDEX sqlite_autoindex_entry_1"),
            (CHANGES, "entry USING INDEX entry_changes"),
            (&withdrawn, "SEARCH entry USING INDEX entry_sha256"),
        ] {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows = sqlx::query(explain).fetch_all(read).await.unwrap();
            let plan: String = rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect();
            assert!(index.split('|').any(|index| plan.contains(index)), "{statement}:\n{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN n"), "{statement} sorts:\n{plan}");
        }
    }
}
