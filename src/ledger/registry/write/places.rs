//! Places: what is there, and what comes to it.

use crate::ledger::registry::rows::{self, PlaceRow, RawPlace};

use super::WriteError;
use super::compare::Contradictions;
use super::tx::{Tx, on_tx, rows_among};

const BY_ID: &str = "SELECT id, parent, level, code, name, directory, board, district FROM place WHERE id";
const BY_DIRECTORY: &str =
    "SELECT id, parent, level, code, name, directory, board, district FROM place WHERE directory";
const ADD: &str = "INSERT INTO place (id, seq, parent, level, code, name, directory, board, district) ";

/// The number of the place that was imported last.
pub(super) async fn last_seq(tx: &mut Tx) -> Result<i64, WriteError> {
    Ok(on_tx!(tx, |connection, Engine| {
        sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM place").fetch_one(connection).await?
    }))
}

/// Takes out of `new` what is stored already, and returns how many said the same.
pub(super) async fn compare(
    tx: &mut Tx,
    new: &mut Vec<(u64, PlaceRow)>,
    bad: &mut Contradictions,
) -> Result<u64, WriteError> {
    let stored: Vec<RawPlace> = rows_among!(tx, BY_ID, new.iter().map(|(_, row)| row.id.as_str()));
    let known = bad.places(new, stored.into_iter().map(rows::place).collect::<Result<_, _>>()?);
    if !new.is_empty() {
        let stored: Vec<RawPlace> = rows_among!(tx, BY_DIRECTORY, new.iter().map(|(_, row)| row.directory.as_str()));
        bad.directories(new, stored.into_iter().map(rows::place).collect::<Result<_, _>>()?);
    }
    Ok(known)
}

/// Adds places and returns how many.
pub(super) async fn insert(tx: &mut Tx, new: &[(u64, PlaceRow)], seq: &mut i64) -> Result<u64, WriteError> {
    if new.is_empty() {
        return Ok(0);
    }
    on_tx!(tx, |connection, Engine| {
        let mut add = sqlx::QueryBuilder::<Engine>::new(ADD);
        add.push_values(new, |mut values, (_, row)| {
            *seq += 1;
            values
                .push_bind(row.id.as_str())
                .push_bind(*seq)
                .push_bind(row.parent.as_ref().map(|id| id.as_str()))
                .push_bind(row.level.name())
                .push_bind(&row.code)
                .push_bind(&row.name)
                .push_bind(&row.directory)
                .push_bind(row.board.as_ref().map(|id| id.as_str()))
                .push_bind(row.district.as_str());
        });
        Ok(add.build().execute(connection).await?.rows_affected())
    })
}
