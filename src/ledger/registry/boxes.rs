//! One box, and those beside it in its district.

use crate::domain::{BoxId, BoxKind, PlaceId};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// A box where it stands in the order of import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxAt {
    /// Its number in the order of import.
    pub seq: i64,
    /// Its id.
    pub id: BoxId,
    /// Where it stands.
    pub place: PlaceId,
    /// Sandık türü.
    pub kind: BoxKind,
}

struct Raw {
    seq: i64,
    id: String,
    place: String,
    kind: i64,
}

from_row!(Raw { seq, id, place, kind });

const BY_NUMBER: &str = "SELECT seq, id, place, kind FROM box WHERE district = $1 AND number = $2";
const NEXT: &str = "SELECT MIN(number) FROM box WHERE district = $1 AND number > $2";
const PREVIOUS: &str = "SELECT MAX(number) FROM box WHERE district = $1 AND number < $2";

impl Ledger {
    /// The box of this number in a district.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn box_at(&self, district: &PlaceId, number: u32) -> Result<Option<BoxAt>, LedgerError> {
        let raw: Option<Raw> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(BY_NUMBER).bind(district.as_str()).bind(i64::from(number));
            query.fetch_optional(pool).await?
        });
        let at = |Raw { seq, id, place, kind }: Raw| {
            let kind = u8::try_from(kind).map_err(corrupt).and_then(|kind| BoxKind::try_from(kind).map_err(corrupt))?;
            Ok(BoxAt { seq, id: id.parse().map_err(corrupt)?, place: place.parse().map_err(corrupt)?, kind })
        };
        raw.map(at).transpose()
    }

    /// The numbers before and behind this one in a district.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn boxes_beside(
        &self,
        district: &PlaceId,
        number: u32,
    ) -> Result<(Option<u32>, Option<u32>), LedgerError> {
        let mut found = [None; 2];
        for (found, statement) in found.iter_mut().zip([PREVIOUS, NEXT]) {
            let number: Option<i64> = on_db!(&*self.db, |pool| {
                let query = sqlx::query_scalar(statement).bind(district.as_str()).bind(i64::from(number));
                query.fetch_one(pool).await?
            });
            *found = number.map(u32::try_from).transpose().map_err(corrupt)?;
        }
        Ok((found[0], found[1]))
    }
}
