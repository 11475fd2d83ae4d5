//! The registry's ballots as they are held in memory, and the result lines that are made ready to be entered with them.
//!
//! It must never be older than the registry that the boxes of a batch are looked up in.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::{BoxId, BoxResult, Digest, FormKind, Karekod, PlaceId, Race};
use crate::ledger::registry::BoxRow;
use crate::ledger::registry::Whereabouts;
use crate::ledger::results::{Counting, Filing};
use crate::ledger::{Ledger, LedgerError};
use crate::registry::Registry;

/// Numbers of a ballot with the ids of their choices.
type Ids = Arc<HashMap<u16, String>>;

/// The election and its ballots.
#[derive(Debug)]
pub(super) struct Ballots {
    registry: Registry,
    ids: HashMap<(Race, Option<PlaceId>), Ids>,
    none: Ids,
}

/// The ballots as they were last read. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct BallotCache {
    last: Arc<Mutex<Option<Arc<Ballots>>>>,
}

impl BallotCache {
    /// The ballots of the registry with this digest. None before an election is imported.
    pub async fn ballots(&self, ledger: &Ledger, digest: Digest) -> Result<Option<Arc<Ballots>>, LedgerError> {
        let mut last = self.last.lock().await;
        if let Some(ballots) = last.as_ref().filter(|ballots| ballots.registry.digest() == digest) {
            return Ok(Some(Arc::clone(ballots)));
        }
        *last = Registry::loaded(ledger).await?.map(|registry| Arc::new(Ballots::of(registry)));
        Ok(last.clone())
    }
}

/// Why a line is refused, for whoever sends it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// The election has no such race.
    #[error("bu seçimde {race} oylaması yok")]
    NoSuchRace { race: Race },
    /// The race is not counted in the box.
    #[error("{box_id} kimlikli sandıkta {race} oylaması yok")]
    NotInTheBox { box_id: BoxId, race: Race },
    /// Votes for a number that is not on the ballot.
    #[error("{no} numaralı seçenek bu sandığın pusulasında yok ({race}), ama {votes} oy yazılmış")]
    NotOnTheBallot { race: Race, no: u16, votes: u32 },
    /// What the election's boxes are never called.
    #[error("sandık kimliği (box) en çok 7 rakamlı bir sayı olmalı")]
    NoBoxId,
}

impl Ballots {
    fn of(registry: Registry) -> Self {
        let mut ids = HashMap::new();
        for race in Race::ALL {
            for (place, ballot) in registry.ballots(race) {
                let of_ballot = ballot.iter().map(|choice| (choice.no, choice.id.clone())).collect();
                ids.insert((race, place.cloned()), Arc::new(of_ballot));
            }
        }
        Self { registry, ids, none: Arc::default() }
    }

    /// The registry they were read from.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The digest of the registry they were read from.
    pub fn digest(&self) -> Digest {
        self.registry.digest()
    }

    /// A result as the registry spells its box.
    pub fn spelt(&self, mut result: BoxResult) -> Result<BoxResult, Unfit> {
        let election = self.registry.election();
        if !election.races().contains(result.race) {
            return Err(Unfit::NoSuchRace { race: result.race });
        }
        result.box_id = election.box_id(result.box_id.as_str()).map_err(|_| Unfit::NoBoxId)?;
        Ok(result)
    }

    /// Where a box's figures for a race count, and the ids of what its ballot numbers; a ballot that nobody listed has none.
    pub fn counting(&self, at: &Whereabouts, race: Race) -> Arc<Counting> {
        let row = &at.row;
        Arc::new(Counting {
            place: row.place.clone(),
            kind: row.kind,
            sort_key: at.sort_key.clone(),
            units: at.units.clone(),
            choices: Arc::clone(self.ballot(row, race).unwrap_or(&self.none)),
        })
    }

    fn ballot(&self, of: &BoxRow, race: Race) -> Option<&Ids> {
        let (_, place) = self.registry.constituency(race, of)?;
        self.ids.get(&(race, place.cloned()))
    }

    /// A result of a box that stands there, ready to be entered; or why it is refused.
    pub fn ready(&self, result: BoxResult, at: &Whereabouts, form: Option<Karekod>) -> Result<Filing, Unfit> {
        let race = result.race;
        if !at.row.races.contains(race) {
            return Err(Unfit::NotInTheBox { box_id: result.box_id, race });
        }
        if let Some(ids) = self.ballot(&at.row, race) {
            let mut strange = result.figures.votes.iter().filter(|(no, votes)| **votes > 0 && !ids.contains_key(no));
            if let Some((no, votes)) = strange.next() {
                return Err(Unfit::NotOnTheBallot { race, no: *no, votes: *votes });
            }
        }
        let counting = self.counting(at, race);
        Ok(Filing::new(result, form, Some(counting)))
    }

    /// The codes that rules make for the result sheets of a box, by race.
    pub fn codes_by_rule(&self, box_id: &BoxId, race: Race) -> Option<Karekod> {
        let rules = self.registry.election().code_rules().iter();
        rules.filter(|rule| rule.kind == FormKind::Sonuc).find_map(|rule| rule.code(race, box_id))
    }
}
