//! The sums of places: one row each, whatever lies below.

use std::collections::HashMap;

use super::sums::{self, Sums};
use crate::domain::{PlaceId, Race};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError, corrupt};
use crate::log::frontier::{Frontier, Hash};

const ONE: &str = "SELECT sums FROM result_sum WHERE unit = $1 AND race = $2";
const SOME: &str = "SELECT unit, sums FROM result_sum WHERE race = ";
const CHILDREN: &str = "\
SELECT s.unit, s.sums FROM place p JOIN result_sum s ON s.unit = p.id WHERE p.parent = $1 AND s.race = $2 ORDER BY p.seq";

impl Ledger {
    /// The sums of a race over a place and all below it; over the whole election without one.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_sums(&self, unit: Option<&PlaceId>, race: Race) -> Result<Sums, LedgerError> {
        let unit = unit.map_or("", PlaceId::as_str);
        let stored: Option<String> = on_db!(&*self.db, |pool| {
            sqlx::query_scalar(ONE).bind(unit).bind(i64::from(race.code())).fetch_optional(pool).await?
        });
        stored.map_or(Ok(Sums::default()), |stored| sums::read(&stored))
    }

    /// The sums of each of these places. One without any result is left out. Meant for about a thousand.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_sums_of(&self, units: &[PlaceId], race: Race) -> Result<HashMap<PlaceId, Sums>, LedgerError> {
        if units.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(String, String)> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(SOME);
            query.push_bind(i64::from(race.code())).push(" AND unit IN (");
            let mut list = query.separated(", ");
            for unit in units {
                list.push_bind(unit.as_str());
            }
            query.push(")");
            query.build_query_as().persistent(false).fetch_all(pool).await?
        });
        rows.iter().map(|(unit, stored)| Ok((unit.parse().map_err(corrupt)?, sums::read(stored)?))).collect()
    }

    /// The sums of the places right below one, in the order of their import. One without any result is left out.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_sums_below(&self, unit: &PlaceId, race: Race) -> Result<Vec<(PlaceId, Sums)>, LedgerError> {
        let rows: Vec<(String, String)> = on_db!(&*self.db, |pool| {
            sqlx::query_as(CHILDREN).bind(unit.as_str()).bind(i64::from(race.code())).fetch_all(pool).await?
        });
        rows.iter().map(|(unit, stored)| Ok((unit.parse().map_err(corrupt)?, sums::read(stored)?))).collect()
    }
}

/// The sums of places and the log, of one instant.
#[derive(Debug)]
pub struct SumsNow {
    /// Entries so far: all that the sums are made of.
    pub size: u64,
    /// When the newest was committed, in milliseconds since 1970; 0 before the first.
    pub at_ms: i64,
    /// The Merkle root over all of them.
    pub root: Hash,
    units: HashMap<String, String>,
}

impl SumsNow {
    /// The sums of a place that was asked for; of the whole election without one.
    ///
    /// # Errors
    /// They are stored as nothing that can be read.
    pub fn of(&self, unit: Option<&PlaceId>) -> Result<Sums, LedgerError> {
        let stored = self.units.get(unit.map_or("", PlaceId::as_str));
        stored.map_or(Ok(Sums::default()), |stored| sums::read(stored))
    }
}

const NOW: &str = "\
SELECT h.size, h.at_ms, h.frontier, s.unit, s.sums FROM head h LEFT JOIN result_sum s ON s.race = ";

impl Ledger {
    /// The sums of the whole election and of each of these places, with size and root of the log that they belong to. Meant for
    /// some thousand places.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_sums_now(&self, units: &[PlaceId], race: Race) -> Result<SumsNow, LedgerError> {
        type Row = (i64, i64, Vec<u8>, Option<String>, Option<String>);
        // One statement sees one instant.
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(NOW);
            query.push_bind(i64::from(race.code())).push(" AND s.unit IN (''");
            for unit in units {
                query.push(", ").push_bind(unit.as_str());
            }
            query.push(") WHERE h.id = 1");
            query.build_query_as().persistent(false).fetch_all(pool).await?
        });
        let Some((size, at_ms, frontier, ..)) = rows.first() else { return Err(corrupt("the head of the log")) };
        let (size, at_ms, root) =
            (*size as u64, *at_ms, Frontier::from_stored(*size as u64, frontier).map_err(corrupt)?.root());
        let units = rows.into_iter().filter_map(|(.., unit, sums)| unit.zip(sums)).collect();
        Ok(SumsNow { size, at_ms, root, units })
    }
}
