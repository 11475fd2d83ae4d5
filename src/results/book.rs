//! What rows and sums are explained with: the election, its ballots, its places and its choices by their ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::ballots::Ballots;
use super::rows::Row;
use super::units::UnitsByPlace;
use crate::domain::{BoxKind, BoxResult, Choice, PlaceId, Race};
use crate::ledger::{LedgerError, corrupt};
use crate::registry::Registry;
use crate::registry::atlas::Atlas;

/// The registry as it was at one instant. Of a race, how many boxes stand where is looked up once and kept.
#[derive(Debug)]
pub(super) struct Book {
    ballots: Arc<Ballots>,
    units: UnitsByPlace,
    choices: HashMap<(Race, String), Choice>,
    /// Boxes up to each place of the atlas, by race.
    boxes: Mutex<HashMap<Race, Arc<[u64]>>>,
}

/// Where a line was entered, and where its box stands.
pub(super) struct Entered<'a> {
    pub position: u64,
    pub at_ms: i64,
    pub place: Option<&'a PlaceId>,
    pub kind: BoxKind,
    pub number: u32,
    pub line: &'a str,
}

impl Book {
    pub fn of(ballots: Arc<Ballots>, atlas: Arc<Atlas>) -> Self {
        let mut choices = HashMap::new();
        for race in Race::ALL {
            for choice in ballots.registry().ballots(race).iter().flat_map(|(_, ballot)| ballot.iter()) {
                choices.entry((race, choice.id.clone())).or_insert_with(|| choice.clone());
            }
        }
        Self { ballots, units: UnitsByPlace::of(atlas), choices, boxes: Mutex::default() }
    }

    /// Whether it says what these say.
    pub fn is_of(&self, ballots: &Arc<Ballots>, atlas: &Arc<Atlas>) -> bool {
        Arc::ptr_eq(&self.ballots, ballots) && Arc::ptr_eq(self.units.atlas(), atlas)
    }

    pub fn registry(&self) -> &Registry {
        self.ballots.registry()
    }

    pub fn atlas(&self) -> &Atlas {
        self.units.atlas()
    }

    /// A choice by its id.
    pub fn choice(&self, race: Race, id: &str) -> Option<&Choice> {
        self.choices.get(&(race, id.to_owned()))
    }

    /// A row with everything that explains it.
    pub fn row(&self, entered: &Entered<'_>) -> Result<Row, LedgerError> {
        let result = BoxResult::parse(entered.line).map_err(corrupt)?;
        let registry = self.registry();
        let ballot = entered.place.and_then(|place| registry.constituency_at(result.race, place, entered.kind));
        let code = result.reason.as_ref().and_then(|reason| reason.code);
        Ok(Row {
            position: entered.position,
            at: Timestamp::from_millisecond(entered.at_ms).map_err(corrupt)?,
            place: entered.place.map(|place| self.units.of_place(place)).unwrap_or_default(),
            number: entered.number,
            kind: entered.kind,
            ballot: ballot.map(|(ballot, _)| Arc::clone(ballot)),
            reason_text: code.and_then(|code| registry.reason_text(code)).map(str::to_owned),
            result,
        })
    }

    /// How many boxes up to each place were looked up for a race.
    pub fn boxes(&self, race: Race) -> Option<Arc<[u64]>> {
        self.boxes.lock().expect("nobody panics with it").get(&race).cloned()
    }

    /// Keeps how many boxes stand at places. Gives how many there are before each place of the atlas, and behind the last one
    /// all of them.
    pub fn keep_boxes(&self, race: Race, by_place: &[(PlaceId, u64)]) -> Arc<[u64]> {
        let atlas = self.atlas();
        let mut before = vec![0; atlas.len() + 1];
        for (place, count) in by_place {
            if let Some(spot) = atlas.find(place) {
                before[spot as usize + 1] += count;
            }
        }
        for spot in 1..before.len() {
            before[spot] += before[spot - 1];
        }
        let before: Arc<[u64]> = before.into();
        self.boxes.lock().expect("nobody panics with it").insert(race, Arc::clone(&before));
        before
    }
}
