//! The results that count, page by page: of a race, in a part of the election, in the order of places and box numbers.
//!
//! A page begins after the last row of the one before it. A result that changes while somebody pages stays where it is, so
//! none is met twice and none is left out.

use std::collections::HashSet;

use crate::domain::{BoxId, BoxKind, PlaceId, Race};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// A part of the election: a place with everything below it, or all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The sort keys of its boxes begin so.
    prefix: Vec<u8>,
    /// Only boxes that stand at these places, where the part is a board or a mahalle; all of them without.
    places: Option<HashSet<PlaceId>>,
}

/// A result that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentResult {
    /// Its entry.
    pub position: u64,
    /// When that was entered, in milliseconds since 1970.
    pub at_ms: i64,
    /// The box.
    pub box_id: BoxId,
    /// The race.
    pub race: Race,
    /// Where it stands.
    pub place: PlaceId,
    /// Sandık türü.
    pub kind: BoxKind,
    /// Its number.
    pub number: u32,
    /// The version that counts.
    pub version: u32,
    /// Whether the result was taken back, so that no figures count.
    pub void: bool,
    /// The canonical line.
    pub line: String,
    /// Where it stands in the order: the next page begins after it.
    pub sort_key: Vec<u8>,
}

struct Row {
    position: i64,
    at_ms: i64,
    box_id: String,
    place: String,
    kind: i64,
    version: i64,
    void: bool,
    line: String,
    sort_key: Vec<u8>,
}

from_row!(Row { position, at_ms, box_id, place, kind, version, void, line, sort_key });

const PAGE: &str = "\
SELECT position, at_ms, box AS box_id, place, kind, version, void, line, sort_key FROM result \
 WHERE newest AND race = $1 AND sort_key > $2 AND sort_key < $3 ORDER BY sort_key LIMIT $4";
const BELOW: &str = "\
WITH RECURSIVE below (id) AS (\
SELECT id FROM place WHERE id = $1 UNION ALL SELECT p.id FROM place p JOIN below ON p.parent = below.id\
) SELECT id FROM below";
/// After every sort key that can be: places are numbered from 1.
const LAST: [u8; 1] = [0xff];

impl Ledger {
    /// The part of the election that is a place and everything below it; none where there is no such place.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_part(&self, place: &PlaceId) -> Result<Option<Part>, LedgerError> {
        let Some((prefix, with_others)) = self.sort_key_of(place).await? else { return Ok(None) };
        if !with_others {
            return Ok(Some(Part { prefix, places: None }));
        }
        let below: Vec<String> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(BELOW).bind(place.as_str()).fetch_all(pool).await?);
        let places = below.iter().map(|id| id.parse().map_err(corrupt)).collect::<Result<_, _>>()?;
        Ok(Some(Part { prefix, places: Some(places) }))
    }

    /// At most `limit` results that count in a part, after the sort key `after`, in order; and where to go on,
    /// none at the end. A page can be shorter than `limit`, and even empty, before the end.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_now(
        &self,
        race: Race,
        part: &Part,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<(Vec<CurrentResult>, Option<Vec<u8>>), LedgerError> {
        // A box's sort key is longer than its district's, so everything in a part comes after the part's own.
        let after = after.map_or_else(|| part.prefix.clone(), <[u8]>::to_vec).max(part.prefix.clone());
        let end = past(&part.prefix);
        // Inside a district a part is a few of some hundred boxes: all of them are looked at in one go.
        let at_most = if part.places.is_some() { limit.max(5_000) } else { limit };
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(PAGE).bind(i64::from(race.code())).bind(after).bind(end);
            query.bind(i64::from(at_most)).fetch_all(pool).await?
        });
        let mut next = (rows.len() == at_most as usize).then(|| rows.last().map(|row| row.sort_key.clone())).flatten();
        let mut page = Vec::with_capacity(rows.len().min(limit as usize));
        for row in rows {
            if page.len() == limit as usize {
                next = page.last().map(|last: &CurrentResult| last.sort_key.clone());
                break;
            }
            let row = result(row, race)?;
            if part.places.as_ref().is_none_or(|places| places.contains(&row.place)) {
                page.push(row);
            }
        }
        Ok((page, next))
    }
}

/// The first sort key that does not begin with `prefix`.
fn past(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    LAST.to_vec()
}

fn result(row: Row, race: Race) -> Result<CurrentResult, LedgerError> {
    let number = row.sort_key.last_chunk().copied().map(u32::from_be_bytes);
    Ok(CurrentResult {
        position: row.position as u64,
        at_ms: row.at_ms,
        box_id: row.box_id.parse().map_err(corrupt)?,
        race,
        place: row.place.parse().map_err(corrupt)?,
        kind: u8::try_from(row.kind).map_err(corrupt)?.try_into().map_err(corrupt)?,
        number: number.ok_or_else(|| corrupt("the number of a box with a result"))?,
        version: u32::try_from(row.version).map_err(corrupt)?,
        void: row.void,
        line: row.line,
        sort_key: row.sort_key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_before_the_first_way_that_begins_otherwise() {
        assert_eq!(past(&[0, 0, 0, 7]), [0, 0, 0, 8]);
        assert_eq!(past(&[0, 7, 255, 255]), [0, 8]);
        assert_eq!(past(&[]), LAST);
    }
}
