//! Boxes: what is there, and what comes to it.

use crate::ledger::registry::rows::{self, BoxRow, RawBox};

use super::WriteError;
use super::compare::Contradictions;
use super::tx::{Tx, on_tx, rows_among};

const BY_ID: &str = "SELECT id, place, district, number, kind, races FROM box WHERE id";
const BY_NUMBER: &str = "SELECT id, place, district, number, kind, races FROM box WHERE (district, number) IN (";
const ADD: &str = "INSERT INTO box (id, seq, place, district, number, kind, races) ";

/// The number of the box that was imported last.
pub(super) async fn last_seq(tx: &mut Tx) -> Result<i64, WriteError> {
    Ok(on_tx!(tx, |connection, Engine| {
        sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM box").fetch_one(connection).await?
    }))
}

/// Takes out of `new` what is stored already, and returns how many said the same.
pub(super) async fn compare(
    tx: &mut Tx,
    new: &mut Vec<(u64, BoxRow)>,
    bad: &mut Contradictions,
) -> Result<u64, WriteError> {
    let stored: Vec<RawBox> = rows_among!(tx, BY_ID, new.iter().map(|(_, row)| row.id.as_str()));
    let known = bad.boxes(new, stored.into_iter().map(rows::ballot_box).collect::<Result<_, _>>()?);
    if !new.is_empty() {
        let stored: Vec<RawBox> = on_tx!(tx, |connection, Engine| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(BY_NUMBER);
            query.push_values(new.iter(), |mut values, (_, row)| {
                values.push_bind(row.district.as_str()).push_bind(i64::from(row.number));
            });
            query.push(")");
            query.build_query_as().fetch_all(connection).await?
        });
        bad.numbers(new, stored.into_iter().map(rows::ballot_box).collect::<Result<_, _>>()?);
    }
    Ok(known)
}

/// Adds boxes and returns how many.
pub(super) async fn insert(tx: &mut Tx, new: &[(u64, BoxRow)], seq: &mut i64) -> Result<u64, WriteError> {
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
                .push_bind(row.place.as_str())
                .push_bind(row.district.as_str())
                .push_bind(i64::from(row.number))
                .push_bind(i64::from(u8::from(row.kind)))
                .push_bind(row.races.digits());
        });
        Ok(add.build().execute(connection).await?.rows_affected())
    })
}
