//! Where boxes stand, and which numbers their ballots have, for a batch of result lines: a handful of statements for a
//! thousand boxes.

use std::collections::HashMap;

use crate::domain::{BoxId, Karekod, Level, PlaceId, Race, RaceSet};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::registry::rows::BoxRow;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// Where a box stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The box.
    pub row: BoxRow,
    /// Its place in the order of lists: see `sort_key`.
    pub sort_key: Vec<u8>,
    /// Its place and all above it, the nearest first.
    pub units: Vec<PlaceId>,
}

/// A place above a box.
struct Above {
    id: String,
    seq: i64,
    parent: Option<String>,
    level: String,
}

struct Stands {
    id: String,
    place: String,
    district: String,
    number: i64,
    kind: i64,
    races: String,
}

from_row!(Above { id, seq, parent, level });
from_row!(Stands { id, place, district, number, kind, races });

const BOXES: &str = "SELECT id, place, district, number, kind, races FROM box WHERE id IN (";
const PLACES: &str = "WITH RECURSIVE up (id, seq, parent, level) AS (\
                      SELECT id, seq, parent, level FROM place WHERE id IN (";
const ABOVE: &str = ") UNION SELECT p.id, p.seq, p.parent, p.level FROM place p JOIN up ON p.id = up.parent) \
                     SELECT id, seq, parent, level FROM up";
const CODES: &str = "SELECT code, race, box FROM code WHERE kind = 'sonuc' AND race IS NOT NULL AND box IN (";
const LISTED: &str = "SELECT code FROM code WHERE code IN (";

/// Deepest tree of places that is followed: a registry has seven levels.
const DEEPEST: usize = 16;

macro_rules! rows_of {
    ($ledger:expr, $head:expr, $keys:expr, $tail:expr) => {
        on_db!(&*$ledger.db, |pool| {
            let mut query = sqlx::QueryBuilder::new($head);
            let mut list = query.separated(", ");
            for key in $keys {
                list.push_bind(key);
            }
            query.push($tail);
            query.build_query_as().persistent(false).fetch_all(pool).await?
        })
    };
}

impl Ledger {
    /// Where these boxes stand. Those that the registry does not know are left out. Meant for about a thousand.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn whereabouts(&self, boxes: &[BoxId]) -> Result<HashMap<BoxId, Whereabouts>, LedgerError> {
        if boxes.is_empty() {
            return Ok(HashMap::new());
        }
        let stands: Vec<Stands> = rows_of!(self, BOXES, boxes.iter().map(BoxId::as_str), ")");
        let mut places: Vec<&str> = stands.iter().map(|at| at.place.as_str()).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            return Ok(HashMap::new());
        }
        let above: Vec<Above> = rows_of!(self, PLACES, places.iter().copied(), ABOVE);
        let above: Places<'_> = above.iter().map(|at| (at.id.as_str(), at)).collect();
        stands.iter().map(|at| Ok((at.id.parse().map_err(corrupt)?, whereabouts(at, &above)?))).collect()
    }

    /// How the sort keys of the boxes in a place and below it begin, and whether others begin so too; none where there is no such
    /// place.
    pub(in crate::ledger) async fn sort_key_of(&self, place: &PlaceId) -> Result<Option<(Vec<u8>, bool)>, LedgerError> {
        let above: Vec<Above> = rows_of!(self, PLACES, [place.as_str()], ABOVE);
        let above: Places<'_> = above.iter().map(|at| (at.id.as_str(), at)).collect();
        let up = up(place.as_str(), &above)?;
        let Some(nearest) = up.first() else { return Ok(None) };
        let level = nearest.level.parse().map_err(corrupt)?;
        Ok(Some((sort_key(&up)?, is_inside_a_district(level))))
    }

    /// The codes of the result sheets of these boxes that are listed one by one, and which of `by_rule` are listed for
    /// whatever form, and so are no rule's.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn listed_result_codes(
        &self,
        boxes: &[BoxId],
        by_rule: &[Karekod],
    ) -> Result<(HashMap<(BoxId, Race), Karekod>, Vec<Karekod>), LedgerError> {
        if boxes.is_empty() {
            return Ok((HashMap::new(), Vec::new()));
        }
        let rows: Vec<(String, i64, String)> =
            rows_of!(self, CODES, boxes.iter().map(BoxId::as_str), ") ORDER BY code DESC");
        let mut listed = HashMap::new();
        for (code, race, box_id) in rows {
            let race = Race::try_from(u8::try_from(race).map_err(corrupt)?).map_err(corrupt)?;
            listed.insert((box_id.parse().map_err(corrupt)?, race), code.parse().map_err(corrupt)?);
        }
        if by_rule.is_empty() {
            return Ok((listed, Vec::new()));
        }
        let taken: Vec<(String,)> = rows_of!(self, LISTED, by_rule.iter().map(Karekod::as_str), ")");
        Ok((listed, taken.into_iter().map(|(code,)| code.parse().map_err(corrupt)).collect::<Result<_, _>>()?))
    }
}

type Places<'a> = HashMap<&'a str, &'a Above>;

fn whereabouts(at: &Stands, places: &Places<'_>) -> Result<Whereabouts, LedgerError> {
    let up = up(&at.place, places)?;
    let mut sort_key = sort_key(&up)?;
    let number = u32::try_from(at.number).map_err(corrupt)?;
    sort_key.extend_from_slice(&number.to_be_bytes());
    let kind = u8::try_from(at.kind).map_err(corrupt)?.try_into().map_err(corrupt)?;
    let races = RaceSet::from_digits(&at.races).ok_or_else(|| corrupt("the races of a box"))?;
    let units = up.iter().map(|place| place.id.parse().map_err(corrupt)).collect::<Result<_, _>>()?;
    let row = BoxRow {
        id: at.id.parse().map_err(corrupt)?,
        place: at.place.parse().map_err(corrupt)?,
        district: at.district.parse().map_err(corrupt)?,
        number,
        kind,
        races,
    };
    Ok(Whereabouts { row, sort_key, units })
}

/// The order of lists: the places from the root down by their order of import, four bytes each, and behind them the number of
/// a box. Boards and mahalles are left out, so that a district's boxes stand in the order of their numbers, which are unique
/// in it. Whatever lies below a place begins as the place does.
fn sort_key(up: &[&Above]) -> Result<Vec<u8>, LedgerError> {
    let mut sort_key = Vec::with_capacity(4 * (up.len() + 1));
    for place in up.iter().rev() {
        let level: Level = place.level.parse().map_err(corrupt)?;
        if !is_inside_a_district(level) {
            sort_key.extend_from_slice(&u32::try_from(place.seq).map_err(corrupt)?.to_be_bytes());
        }
    }
    Ok(sort_key)
}

fn is_inside_a_district(level: Level) -> bool {
    matches!(level, Level::Kurul | Level::Mahalle)
}

/// A place and all above it, the nearest first.
fn up<'a>(place: &str, places: &Places<'a>) -> Result<Vec<&'a Above>, LedgerError> {
    let (mut found, mut next) = (Vec::new(), Some(place));
    while let Some(at) = next.and_then(|id| places.get(id)) {
        if found.len() == DEEPEST {
            return Err(corrupt(format_args!("the places above {place}")));
        }
        found.push(*at);
        next = at.parent.as_deref();
    }
    Ok(found)
}
