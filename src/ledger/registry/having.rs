//! Which places there are, and which of them have boxes or sheets of some kind.

use crate::domain::{PlaceId, Race};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError, corrupt};

const SIZE: &str = "SELECT (SELECT COALESCE(MAX(seq), 0) FROM place), (SELECT COALESCE(MAX(seq), 0) FROM box)";
const BOXES: &str = "SELECT DISTINCT place FROM box WHERE number BETWEEN $1 AND $2 AND races LIKE $3";
const SHEETS: &str = "SELECT DISTINCT place FROM code WHERE box IS NULL AND ($1 = 0 OR race = $1)";

const BY_PLACE: &str = "SELECT place, COUNT(*) FROM box WHERE races LIKE $1 GROUP BY place";

impl Ledger {
    /// How many boxes in which this race is counted stand at each place. Looks through all boxes.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn boxes_by_place(&self, race: Race) -> Result<Vec<(PlaceId, u64)>, LedgerError> {
        let pattern = format!("%{}%", race.code());
        let counts: Vec<(String, i64)> =
            on_db!(&*self.db, |pool| sqlx::query_as(BY_PLACE).bind(&pattern).fetch_all(pool).await?);
        counts.into_iter().map(|(id, count)| Ok((id.parse().map_err(corrupt)?, count as u64))).collect()
    }

    /// How many places and boxes there are: while neither grows the registry is the same.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn registry_size(&self) -> Result<(u64, u64), LedgerError> {
        let (places, boxes): (i64, i64) = on_db!(&*self.db, |pool| sqlx::query_as(SIZE).fetch_one(pool).await?);
        Ok((places as u64, boxes as u64))
    }

    /// The places that have boxes of these numbers in which this race is counted; where no numbers are given, also those
    /// that have sheets of their own of it. Looks through all boxes.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn places_having(
        &self,
        race: Option<Race>,
        numbers: Option<(u32, u32)>,
    ) -> Result<Vec<PlaceId>, LedgerError> {
        let digit = race.map_or(0, |race| i64::from(race.code()));
        let pattern = race.map_or_else(|| "%".to_owned(), |race| format!("%{}%", race.code()));
        let (first, last) = numbers.unwrap_or((0, u32::MAX));
        let mut places: Vec<(String,)> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(BOXES).bind(i64::from(first)).bind(i64::from(last)).bind(&pattern);
            query.fetch_all(pool).await?
        });
        if numbers.is_none() {
            let sheets: Vec<(String,)> =
                on_db!(&*self.db, |pool| sqlx::query_as(SHEETS).bind(digit).fetch_all(pool).await?);
            places.extend(sheets);
        }
        places.into_iter().map(|(id,)| id.parse().map_err(corrupt)).collect()
    }
}
