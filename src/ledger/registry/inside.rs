//! Everything in a place: it and what lies below it in the registry, however the directories are shared.

use std::collections::{HashMap, HashSet};

use crate::domain::PlaceId;
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// A place with everything in it.
#[derive(Clone, Debug)]
pub struct Inside {
    places: HashSet<PlaceId>,
    /// The names of directories below the scans, by directory: the largest place's, where several share one.
    names: HashMap<String, String>,
    directories: Vec<String>,
}

impl Inside {
    /// Whether a place is in it.
    pub fn contains(&self, place: &PlaceId) -> bool {
        self.places.contains(place)
    }

    /// The name of the place that a directory is of. None for one that only groups others.
    pub fn name(&self, directory: &str) -> Option<&str> {
        self.names.get(directory).map(String::as_str)
    }

    /// The directories below the scans that hold all of it, none within another, in the order of bytes. Others may lie in
    /// them too.
    pub fn directories(&self) -> &[String] {
        &self.directories
    }
}

// The place, what is in it, and for their names what it is in.
const INSIDE: &str = "\
WITH RECURSIVE inside (id) AS (
  SELECT id FROM place WHERE id = $1
  UNION ALL
  SELECT p.id FROM inside JOIN place p ON p.parent = inside.id
) SELECT p.id, p.seq, p.directory, p.name FROM inside JOIN place p ON p.id = inside.id ORDER BY p.seq";
const ABOVE: &str = "\
WITH RECURSIVE above (id, parent) AS (
  SELECT id, parent FROM place WHERE id = $1
  UNION ALL
  SELECT p.id, p.parent FROM above JOIN place p ON p.id = above.parent
) SELECT p.id, p.seq, p.directory, p.name FROM above JOIN place p ON p.id = above.id ORDER BY p.seq";

type Row = (String, i64, String, String);

impl Ledger {
    /// Everything in `place`; nothing when there is no such place. It takes as much memory as the registry has places.
    pub async fn inside(&self, place: &PlaceId) -> Result<Inside, LedgerError> {
        let rows = |statement: &'static str| async move {
            Ok::<Vec<Row>, LedgerError>(on_db!(&*self.db, |pool| {
                sqlx::query_as(statement).bind(place.as_str()).fetch_all(pool).await?
            }))
        };
        let (above, inside) = (rows(ABOVE).await?, rows(INSIDE).await?);
        let mut names = HashMap::new();
        for (_, _, directory, name) in above.into_iter().chain(inside.iter().cloned()) {
            names.entry(directory).or_insert(name); // parents come first
        }
        let mut all: Vec<&str> = inside.iter().map(|(_, _, directory, _)| directory.as_str()).collect();
        all.sort_unstable();
        let mut directories: Vec<String> = Vec::new();
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // In the order of bytes `a-1` comes between `a` and `a/b`, so the last one kept need not be the one that holds it.
        for directory in all {
            if !directories.iter().rev().any(|kept| holds(kept, directory)) {
                directories.push(directory.to_owned());
            }
        }
        let places = inside.into_iter().map(|(id, ..)| id.parse().map_err(corrupt)).collect::<Result<_, _>>()?;
        Ok(Inside { places, names, directories })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;
    use crate::ledger::DatabaseConfig;
    use crate::ledger::db::Db;

    #[tokio::test]
    async fn a_place_is_walked_down_along_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.path().join("ledger.db") }).await.unwrap();
        let Db::Sqlite { read, .. } = &*ledger.db else { panic!("another engine") };
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {INSIDE}"));
        let rows = sqlx::query(explain).bind("x").fetch_all(read).await.unwrap();
        let plan: String = rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect();
        assert!(plan.contains("USING INDEX place_parent"), "{plan}");
        let none = ledger.inside(&"x".parse().unwrap()).await.unwrap();
        assert!(none.directories().is_empty() && !none.contains(&"x".parse().unwrap()));
    }
}
