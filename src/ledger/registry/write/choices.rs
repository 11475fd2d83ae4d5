//! Choices: what is there, and what comes to it.

use crate::domain::Choice;
use crate::ledger::registry::choices::{self, RawChoice};

use super::WriteError;
use super::compare::Contradictions;
use super::tx::{Tx, on_tx};

const BY_NUMBER: &str = "SELECT race, constituency, no, kind, id, short_name, name, alliance FROM choice \
                         WHERE (race, constituency, no) IN (";
const BY_ID: &str = "SELECT race, constituency, no, kind, id, short_name, name, alliance FROM choice \
                     WHERE (race, constituency, id) IN (";
const ADD: &str = "INSERT INTO choice (race, constituency, no, kind, id, short_name, name, alliance) ";

/// As the database keeps it: the whole country is no place.
fn constituency(choice: &Choice) -> &str {
    choice.constituency.as_ref().map_or("", |id| id.as_str())
}

/// Takes out of `new` what is stored already, and returns how many said the same.
pub(super) async fn compare(
    tx: &mut Tx,
    new: &mut Vec<(u64, Choice)>,
    bad: &mut Contradictions,
) -> Result<u64, WriteError> {
    if new.is_empty() {
        return Ok(0);
    }
    let stored: Vec<RawChoice> = on_tx!(tx, |connection, Engine| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(BY_NUMBER);
        query.push_values(new.iter(), |mut values, (_, row)| {
            let race = i64::from(row.race.code());
            values.push_bind(race).push_bind(constituency(row)).push_bind(i64::from(row.no));
        });
        query.push(")");
        query.build_query_as().fetch_all(connection).await?
    });
    let known = bad.choices(new, stored.into_iter().map(choices::choice).collect::<Result<_, _>>()?);
    if !new.is_empty() {
        let stored: Vec<RawChoice> = on_tx!(tx, |connection, Engine| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(BY_ID);
            query.push_values(new.iter(), |mut values, (_, row)| {
                let race = i64::from(row.race.code());
                values.push_bind(race).push_bind(constituency(row)).push_bind(row.id.as_str());
            });
            query.push(")");
            query.build_query_as().fetch_all(connection).await?
        });
        bad.choice_ids(new, stored.into_iter().map(choices::choice).collect::<Result<_, _>>()?);
    }
    Ok(known)
}

/// Adds choices and returns how many.
pub(super) async fn insert(tx: &mut Tx, new: &[(u64, Choice)]) -> Result<u64, WriteError> {
    if new.is_empty() {
        return Ok(0);
    }
    on_tx!(tx, |connection, Engine| {
        let mut add = sqlx::QueryBuilder::<Engine>::new(ADD);
        add.push_values(new, |mut values, (_, row)| {
            values
                .push_bind(i64::from(row.race.code()))
                .push_bind(constituency(row))
                .push_bind(i64::from(row.no))
                .push_bind(row.kind.name())
                .push_bind(row.id.as_str())
                .push_bind(row.short_name.as_str())
                .push_bind(row.name.as_str())
                .push_bind(row.alliance.as_deref());
        });
        Ok(add.build().execute(connection).await?.rows_affected())
    })
}
