//! Every line that was entered for a box, in force or not, old and new.

use std::collections::HashMap;

use crate::domain::{BoxId, BoxKind, PlaceId, Race};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError, corrupt};

/// A line that was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredResult {
    /// Its entry.
    pub position: u64,
    /// When that was entered, in milliseconds since 1970.
    pub at_ms: i64,
    /// The box.
    pub box_id: BoxId,
    /// The race.
    pub race: Race,
    /// The version.
    pub version: u32,
    /// Whether it takes the result back.
    pub void: bool,
    /// Whether it is the one that counts.
    pub newest: bool,
    /// Why it is or was not in force: the name of a [`HeldFor`](super::HeldFor), or `entered` once it was put in force.
    pub held: Option<String>,
    /// The canonical line.
    pub line: String,
    /// Where the box stands; none while the registry does not know it.
    pub place: Option<PlaceId>,
    /// Sandık türü; none while the registry does not know the box.
    pub kind: Option<BoxKind>,
    /// Its place in the order of lists; none while the registry does not know the box.
    pub sort_key: Option<Vec<u8>>,
}

impl EnteredResult {
    /// The box's number; none while the registry does not know the box.
    pub fn number(&self) -> Option<u32> {
        self.sort_key.as_ref()?.last_chunk().copied().map(u32::from_be_bytes)
    }
}

pub(super) struct Row {
    position: i64,
    at_ms: i64,
    box_id: String,
    race: i64,
    version: i64,
    void: bool,
    newest: bool,
    held: Option<String>,
    line: String,
    place: Option<String>,
    kind: Option<i64>,
    sort_key: Option<Vec<u8>>,
}

from_row!(Row { position, at_ms, box_id, race, version, void, newest, held, line, place, kind, sort_key });

/// The columns of a [`Row`], with what follows.
macro_rules! entered {
    ($rest:literal) => {
        concat!(
            "SELECT position, at_ms, box AS box_id, race, version, void, newest, held, line, place, kind, sort_key \
               FROM result WHERE ",
            $rest
        )
    };
}

pub(super) use entered;

const BEFORE: &str = "\
SELECT position, at_ms, box AS box_id, race, version, void, newest, held, line, place, kind, sort_key FROM result \
 WHERE held IS NULL AND sort_key IS NOT NULL AND race = ";

/// A box has a handful of versions; the limit only bounds the answer.
const VERSIONS: &str = entered!("box = $1 AND race = $2 ORDER BY version, position LIMIT 1000");
const AT: &str = entered!("position = $1");

impl Ledger {
    /// Every line of a box and race, by version, and those of one version by position.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_versions(&self, box_id: &BoxId, race: Race) -> Result<Vec<EnteredResult>, LedgerError> {
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            sqlx::query_as(VERSIONS).bind(box_id.as_str()).bind(i64::from(race.code())).fetch_all(pool).await?
        });
        rows.into_iter().map(Row::read).collect()
    }

    /// The version of each of these boxes that counted when there were `size` entries. A box that had none is left out. Meant
    /// for about a thousand.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn results_as_of(
        &self,
        boxes: &[BoxId],
        race: Race,
        size: u64,
    ) -> Result<HashMap<BoxId, EnteredResult>, LedgerError> {
        if boxes.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<Row> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(BEFORE);
            query.push_bind(i64::from(race.code())).push(" AND position < ");
            query.push_bind(i64::try_from(size).unwrap_or(i64::MAX)).push(" AND box IN (");
            let mut list = query.separated(", ");
            for id in boxes {
                list.push_bind(id.as_str());
            }
            query.push(") ORDER BY version");
            query.build_query_as().persistent(false).fetch_all(pool).await?
        });
        // The highest version comes last.
        rows.into_iter().map(|row| row.read().map(|one| (one.box_id.clone(), one))).collect()
    }

    /// The line that an entry brought.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn result_at(&self, position: u64) -> Result<Option<EnteredResult>, LedgerError> {
        let Ok(position) = i64::try_from(position) else { return Ok(None) };
        let row: Option<Row> = on_db!(&*self.db, |pool| sqlx::query_as(AT).bind(position).fetch_optional(pool).await?);
        row.map(Row::read).transpose()
    }
}

impl Row {
    pub(super) fn read(self) -> Result<EnteredResult, LedgerError> {
        Ok(EnteredResult {
            position: self.position as u64,
            at_ms: self.at_ms,
            box_id: self.box_id.parse().map_err(corrupt)?,
            race: u8::try_from(self.race).map_err(corrupt)?.try_into().map_err(corrupt)?,
            version: u32::try_from(self.version).map_err(corrupt)?,
            void: self.void,
            newest: self.newest,
            held: self.held,
            line: self.line,
            place: self.place.map(|id| id.parse().map_err(corrupt)).transpose()?,
            kind: self.kind.map(kind).transpose()?,
            sort_key: self.sort_key,
        })
    }
}

fn kind(digit: i64) -> Result<BoxKind, LedgerError> {
    u8::try_from(digit).map_err(corrupt)?.try_into().map_err(corrupt)
}
