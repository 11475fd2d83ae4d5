//! Listed codes: what is there, and what comes to it.

use crate::ledger::registry::rows::{self, CodeRow, RawCode};

use super::WriteError;
use super::compare::Contradictions;
use super::tx::{Tx, on_tx, rows_among};

const BY_CODE: &str = "SELECT code, kind, race, box, place, many_pages FROM code WHERE code";
const ADD: &str = "INSERT INTO code (code, kind, race, box, place, many_pages) ";

/// Takes out of `new` what is stored already, and returns how many said the same.
pub(super) async fn compare(
    tx: &mut Tx,
    new: &mut Vec<(u64, CodeRow)>,
    bad: &mut Contradictions,
) -> Result<u64, WriteError> {
    let stored: Vec<RawCode> = rows_among!(tx, BY_CODE, new.iter().map(|(_, row)| row.code.as_str()));
    Ok(bad.codes(new, stored.into_iter().map(rows::code).collect::<Result<_, _>>()?))
}

/// Adds codes and returns how many.
pub(super) async fn insert(tx: &mut Tx, new: &[(u64, CodeRow)]) -> Result<u64, WriteError> {
    if new.is_empty() {
        return Ok(0);
    }
    on_tx!(tx, |connection, Engine| {
        let mut add = sqlx::QueryBuilder::<Engine>::new(ADD);
        add.push_values(new, |mut values, (_, row)| {
            values
                .push_bind(row.code.as_str())
                .push_bind(row.kind.slug())
                .push_bind(row.race.map(|race| i64::from(race.code())))
                .push_bind(row.box_id.as_ref().map(|id| id.as_str()))
                .push_bind(row.place.as_str())
                .push_bind(row.many_pages);
        });
        Ok(add.build().execute(connection).await?.rows_affected())
    })
}
