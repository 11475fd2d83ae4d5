//! Questions to the registry. [`Ledger::form_by_code`] is asked for every scan: one statement over primary keys.

use crate::domain::directory::box_directory;
use crate::domain::place::Reach;
use crate::domain::{Form, Karekod, Level, PlaceId, Race};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError, corrupt};

use super::rows::{self, Counts, PlaceRow, RawPlace};

/// A listed code first, because it wins; else the rule whose prefix the code has, and the box that its last digits name.
const FORM_BY_CODE: &str = "\
SELECT 0 AS by_rule, c.kind, c.many_pages, c.race, b.number, b.races, p.id, p.level, p.directory, p.board
  FROM code c JOIN place p ON p.id = c.place LEFT JOIN box b ON b.id = c.box
 WHERE c.code = $1
UNION ALL
SELECT 1 + length(r.prefix), r.kind, r.many_pages, CAST(NULL AS BIGINT), b.number, b.races, p.id, p.level, p.directory, p.board
  FROM code_rule r JOIN box b ON b.id = substr($1, length(r.prefix) + 2) JOIN place p ON p.id = b.place
 WHERE r.prefix = substr($1, 1, length(r.prefix)) AND length($1) = length(r.prefix) + 8
 ORDER BY by_rule LIMIT 1";

const PLACE: &str = "SELECT id, parent, level, code, name, directory, board, district FROM place WHERE id = $1";

/// A district has four boards at most (elections of 2014); the limit only bounds the answer.
const KURULLAR: &str = "SELECT id, code FROM place WHERE parent = $1 AND level = 'kurul' ORDER BY seq LIMIT 1000";

/// A seçim çevresi holds no other one.
const CONSTITUENCIES: &str = "\
WITH RECURSIVE below (id, seq, level) AS (
  SELECT id, seq, level FROM place WHERE parent = $1
  UNION ALL
  SELECT p.id, p.seq, p.level FROM place p JOIN below ON p.parent = below.id WHERE below.level <> 'cevre'
) SELECT id FROM below WHERE level = 'cevre' ORDER BY seq LIMIT $2";

const PLACES_AFTER: &str = "\
SELECT id, parent, level, code, name, directory, board, district FROM place WHERE seq > $1 ORDER BY seq LIMIT $2";

pub(super) struct RawForm {
    /// 0 for a listed code, else 1 + the length of the rule's prefix.
    by_rule: i32,
    kind: String,
    many_pages: bool,
    race: Option<i64>,
    number: Option<i64>,
    races: Option<String>,
    id: String,
    level: String,
    directory: String,
    board: Option<String>,
}

from_row!(RawForm { by_rule, kind, many_pages, race, number, races, id, level, directory, board });

impl Ledger {
    /// The form that a code names. None for a code that nobody registered.
    pub async fn form_by_code(&self, code: &Karekod) -> Result<Option<Form>, LedgerError> {
        let raw: Option<RawForm> =
            on_db!(&*self.db, |pool| { sqlx::query_as(FORM_BY_CODE).bind(code.as_str()).fetch_optional(pool).await? });
        raw.map_or(Ok(None), |raw| form(code, raw))
    }

    /// A place of the registry.
    pub async fn place(&self, id: &PlaceId) -> Result<Option<PlaceRow>, LedgerError> {
        let raw: Option<RawPlace> =
            on_db!(&*self.db, |pool| sqlx::query_as(PLACE).bind(id.as_str()).fetch_optional(pool).await?);
        raw.map(rows::place).transpose()
    }

    /// What the board that sits at a place may send.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn reach(&self, board: &PlaceId) -> Result<Reach, LedgerError> {
        let Some(at) = self.place(board).await? else {
            // No account names a place that is not there; such a board would have nothing but its own.
            return Ok(Reach::of(board.clone(), Level::Genel, None, false));
        };
        let parent = match &at.parent {
            Some(parent) => self.place(parent).await?.map(|row| (row.id, row.level)),
            None => None,
        };
        let first = match &parent {
            Some((parent, above)) if at.level == Level::Kurul && !above.seats_a_board() => {
                let kurullar: Vec<(String, String)> =
                    on_db!(&*self.db, |pool| sqlx::query_as(KURULLAR).bind(parent.as_str()).fetch_all(pool).await?);
                // Without a number it is not known which one is the standing one: those come last, in the list's order.
                let first = kurullar.iter().min_by_key(|(_, code)| code.parse().unwrap_or(u32::MAX));
                first.is_some_and(|(id, _)| id == at.id.as_str())
            }
            _ => false,
        };
        Ok(Reach::of(at.id, at.level, parent, first))
    }

    /// The seçim çevresi below a place, at most `limit` of them, in the order of their import.
    pub async fn constituencies_below(&self, place: &PlaceId, limit: u32) -> Result<Vec<String>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| {
            sqlx::query_scalar(CONSTITUENCIES).bind(place.as_str()).bind(i64::from(limit)).fetch_all(pool).await?
        }))
    }

    /// At most `limit` places in the order of their import, after the first `after` of them.
    pub async fn places_after(&self, after: u64, limit: u32) -> Result<Vec<PlaceRow>, LedgerError> {
        let raw: Vec<RawPlace> = on_db!(&*self.db, |pool| {
            sqlx::query_as(PLACES_AFTER).bind(after as i64).bind(i64::from(limit)).fetch_all(pool).await?
        });
        raw.into_iter().map(rows::place).collect()
    }

    /// How many places, boxes and codes there are.
    pub async fn registry_counts(&self) -> Result<Counts, LedgerError> {
        let places: Vec<(String, i64)> = on_db!(&*self.db, Patient, |pool| {
            sqlx::query_as("SELECT level, COUNT(*) FROM place GROUP BY level").fetch_all(pool).await?
        });
        let boxes: Vec<(i64, i64)> = on_db!(&*self.db, Patient, |pool| {
            sqlx::query_as("SELECT kind, COUNT(*) FROM box GROUP BY kind").fetch_all(pool).await?
        });
        let codes: i64 =
            on_db!(&*self.db, Patient, |pool| sqlx::query_scalar("SELECT COUNT(*) FROM code").fetch_one(pool).await?);
        let choices: i64 = on_db!(&*self.db, Patient, |pool| sqlx::query_scalar("SELECT COUNT(*) FROM choice")
            .fetch_one(pool)
            .await?);
        Ok(Counts {
            places: places.into_iter().map(|(level, count)| (level, count as u64)).collect(),
            boxes: boxes.into_iter().map(|(kind, count)| (kind as u8, count as u64)).collect(),
            codes: codes as u64,
            choices: choices as u64,
        })
    }
}

pub(super) fn form(code: &Karekod, raw: RawForm) -> Result<Option<Form>, LedgerError> {
    let race = match raw.by_rule {
        0 => raw.race.map(rows::race).transpose()?,
        at => {
            let digit = code.as_str().as_bytes().get(at as usize - 1).map(|byte| byte.wrapping_sub(b'0'));
            let Some(Ok(race)) = digit.map(Race::try_from) else { return Ok(None) };
            // The box exists, but this race is not counted in it: nobody printed such a sheet.
            if !rows::race_set(raw.races.as_deref().unwrap_or_default())?.contains(race) {
                return Ok(None);
            }
            Some(race)
        }
    };
    let level: Level = raw.level.parse().map_err(corrupt)?;
    let sandik = raw.number.map(u32::try_from).transpose().map_err(corrupt)?;
    let directory = match sandik {
        Some(number) => box_directory(level, &raw.directory, number),
        None => raw.directory,
    };
    Ok(Some(Form {
        code: code.clone(),
        kind: raw.kind.parse().map_err(corrupt)?,
        race,
        sandik,
        place: raw.id.parse().map_err(corrupt)?,
        directory,
        nearest_board: raw.board.map(|id| id.parse().map_err(corrupt)).transpose()?,
        many_pages: raw.many_pages,
    }))
}
