//! Reading the rows that bear on a group of result lines, and writing those that it becomes, inside the transaction that enters
//! them.

/// Tells `$decisions` of the rows that bear on `$filings`, as of the lock.
macro_rules! read_precedents_of_figures {
    ($tx:ident, $engine:ident, $decisions:expr, $filings:expr) => {{
        use std::collections::HashSet;

        use sqlx::Row as _;

        use $crate::domain::{BoxId, Race};
        use $crate::ledger::corrupt;
        use $crate::ledger::results::{Filing, Precedent, rows};

        let decisions: &mut $crate::ledger::results::Decisions = $decisions;
        let filings: &[&Filing] = $filings;
        let named: HashSet<(&str, i64)> =
            filings.iter().map(|one| (one.result.box_id.as_str(), one.result.race.code().into())).collect();
        let named: Vec<(&str, i64)> = named.into_iter().collect();
        for some in named.chunks(rows::ROWS) {
            let mut query = sqlx::QueryBuilder::<$engine>::new("WITH v (box, race) AS (");
            query.push_values(some, |mut row, (box_id, race)| {
                row.push_bind(box_id.to_string()).push_bind(*race);
            });
            query.push(") ").push(rows::PRECEDENTS);
            for row in query.build().persistent(false).fetch_all(&mut *$tx).await? {
                let box_id: BoxId = row.try_get::<String, _>("box")?.parse().map_err(corrupt)?;
                let race = u8::try_from(row.try_get::<i64, _>("race")?).map_err(corrupt)?;
                let race = Race::try_from(race).map_err(corrupt)?;
                let digest: Vec<u8> = row.try_get("sha256")?;
                let leaf: Vec<u8> = row.try_get("leaf")?;
                let precedent = Precedent {
                    position: row.try_get::<i64, _>("position")? as u64,
                    version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(corrupt)?,
                    held: row.try_get("held")?,
                    newest: row.try_get("newest")?,
                    counted: row.try_get("counted")?,
                    digest: $crate::domain::Digest::from_bytes(&digest).map_err(corrupt)?,
                    leaf: leaf.try_into().map_err(|_| corrupt("a leaf"))?,
                    at: jiff::Timestamp::from_millisecond(row.try_get("at_ms")?).map_err(corrupt)?,
                    line: row.try_get("line")?,
                };
                decisions.saw(box_id, race, precedent);
            }
        }
        let unknown: HashSet<&str> =
            filings.iter().filter(|one| one.counting.is_none()).map(|one| one.result.box_id.as_str()).collect();
        let unknown: Vec<&str> = unknown.into_iter().collect();
        for some in unknown.chunks(rows::ROWS) {
            let mut query = sqlx::QueryBuilder::<$engine>::new(rows::KNOWN_BOXES);
            let mut list = query.separated(", ");
            for id in some {
                list.push_bind(id.to_string());
            }
            query.push(")");
            let known: Vec<String> = query.build_query_scalar().persistent(false).fetch_all(&mut *$tx).await?;
            for id in known {
                decisions.knows(id.parse().map_err(corrupt)?);
            }
        }
    }};
}

/// Moves the sums by `$changes`.
macro_rules! move_sums {
    ($tx:ident, $engine:ident, $changes:expr) => {{
        use $crate::ledger::results::rows;

        let changes: &mut $crate::ledger::results::sums::Changes = $changes;
        let keys = changes.keys();
        for some in keys.chunks(rows::ROWS) {
            let mut query = sqlx::QueryBuilder::<$engine>::new("WITH v (unit, race) AS (");
            query.push_values(some, |mut row, (unit, race)| {
                row.push_bind(unit.clone()).push_bind(i64::from(*race));
            });
            query.push(") ").push(rows::SUMS);
            let stored: Vec<(String, i64, String)> =
                query.build_query_as().persistent(false).fetch_all(&mut *$tx).await?;
            for (unit, race, sums) in stored {
                changes.saw(unit, race, &sums)?;
            }
        }
        for some in changes.stored().chunks(rows::ROWS) {
            let mut add = sqlx::QueryBuilder::<$engine>::new(rows::ADD_SUMS);
            add.push_values(some, |mut row, (unit, race, sums)| {
                row.push_bind(unit.clone()).push_bind(i64::from(*race)).push_bind(sums.clone());
            });
            add.push(" ON CONFLICT (unit, race) DO UPDATE SET sums = excluded.sums");
            add.build().persistent(false).execute(&mut *$tx).await?;
        }
    }};
}

/// Writes the rows of a group and moves the sums by what it changes.
macro_rules! add_results {
    ($tx:ident, $engine:ident, $decisions:expr) => {{
        use $crate::ledger::results::rows;

        let decisions: &mut $crate::ledger::results::Decisions = $decisions;
        // Before the new ones: of a box and race one row counts at a time.
        for (statement, positions) in
            [(rows::SUPERSEDE, &decisions.superseded), (rows::PUT_IN_FORCE, &decisions.entered)]
        {
            for some in positions.chunks(rows::ROWS) {
                let mut update = sqlx::QueryBuilder::<$engine>::new(statement);
                let mut list = update.separated(", ");
                for position in some {
                    list.push_bind(*position as i64);
                }
                update.push(")");
                update.build().persistent(false).execute(&mut *$tx).await?;
            }
        }
        for some in decisions.rows.chunks(rows::ROWS) {
            let mut add = sqlx::QueryBuilder::<$engine>::new(rows::ADD);
            add.push_values(some, |mut row, new: &rows::NewResult| {
                let counting = new.counting.as_deref();
                row.push_bind(new.position as i64)
                    .push_bind(new.at_ms)
                    .push_bind(new.box_id.to_string())
                    .push_bind(i64::from(new.race.code()))
                    .push_bind(i64::from(new.version))
                    .push_bind(new.void)
                    .push_bind(new.newest)
                    .push_bind(new.held.map(|held| held.name()))
                    .push_bind(new.digest.as_bytes().to_vec())
                    .push_bind(new.line.clone())
                    .push_bind(counting.map(|counting| counting.place.to_string()))
                    .push_bind(counting.map(|counting| i64::from(u8::from(counting.kind))))
                    .push_bind(counting.map(|counting| counting.sort_key.clone()));
            });
            add.build().persistent(false).execute(&mut *$tx).await?;
        }
        $crate::ledger::results::move_sums!($tx, $engine, &mut decisions.changes);
    }};
}

pub(in crate::ledger) use {add_results, move_sums, read_precedents_of_figures};
