//! The choices that are stored. There are some thousand in a country, so they are read together.

use crate::domain::{Choice, Race};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError, corrupt};

use super::rows;

const CHOICES: &str = "\
SELECT race, constituency, no, kind, id, short_name, name, alliance FROM choice
 WHERE race = $1 OR $1 = 0 ORDER BY race, constituency, no";

/// What the database gives for a choice.
pub(super) struct RawChoice {
    race: i64,
    constituency: String,
    no: i64,
    kind: String,
    id: String,
    short_name: String,
    name: String,
    alliance: Option<String>,
}

from_row!(RawChoice { race, constituency, no, kind, id, short_name, name, alliance });

pub(super) fn choice(raw: RawChoice) -> Result<Choice, LedgerError> {
    let constituency = Some(raw.constituency).filter(|id| !id.is_empty());
    Ok(Choice {
        race: rows::race(raw.race)?,
        constituency: constituency.map(|id| id.parse().map_err(corrupt)).transpose()?,
        no: raw.no.try_into().map_err(corrupt)?,
        kind: raw.kind.parse().map_err(corrupt)?,
        id: raw.id,
        short_name: raw.short_name,
        name: raw.name,
        alliance: raw.alliance,
    })
}

impl Ledger {
    /// The choices of one race, or of all: the country's first, then constituency by constituency, in the order of the
    /// ballot.
    pub async fn choices(&self, race: Option<Race>) -> Result<Vec<Choice>, LedgerError> {
        let race = race.map_or(0, |race| i64::from(race.code()));
        let raw: Vec<RawChoice> =
            on_db!(&*self.db, Patient, |pool| sqlx::query_as(CHOICES).bind(race).fetch_all(pool).await?);
        raw.into_iter().map(choice).collect()
    }
}
