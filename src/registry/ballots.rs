//! Which choices stand in a box: the registry's ballots and the places above each box, held in memory for whoever takes in or
//! hands out many results. Of a country that is 50,000 places and some thousand choices, about 10 MB.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::choice::ballot;
use crate::domain::election::{AllianceShare, Stage};
use crate::domain::{BoxKind, Choice, Digest, Election, Level, PlaceId, Race};
use crate::ledger::registry::{BoxRow, PlaceRow};
use crate::ledger::{Ledger, LedgerError};

/// Places fetched at once.
const PAGE: u32 = 2_000;

/// A ballot, in its order.
pub type Ballot = Arc<[Choice]>;

/// The election and its ballots as they were when they were loaded. Where the database has another
/// [`digest`](Self::digest), rows have come to it: load it again.
#[derive(Clone, Debug)]
pub struct Registry {
    election: Election,
    digest: Digest,
    above: HashMap<PlaceId, (Option<PlaceId>, Level)>,
    country: HashMap<Race, Ballot>,
    own: HashMap<Race, HashMap<PlaceId, Ballot>>,
}

impl Registry {
    /// Reads it from the database. None before the first import.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn loaded(ledger: &Ledger) -> Result<Option<Self>, LedgerError> {
        let Some(stored) = ledger.election().await? else { return Ok(None) };
        let choices = ledger.choices(None).await?;
        let mut places = Vec::new();
        // Without a constituency of its own, no ballot asks where a box lies.
        if choices.iter().any(|choice| choice.constituency.is_some()) {
            loop {
                let page = ledger.places_after(places.len() as u64, PAGE).await?;
                if page.is_empty() {
                    break;
                }
                places.extend(page);
            }
        }
        Ok(Some(Self::of(stored.election, stored.digest, &places, choices)))
    }

    /// The same from rows that are at hand.
    pub fn of(election: Election, digest: Digest, places: &[PlaceRow], choices: Vec<Choice>) -> Self {
        let above = places.iter().map(|place| (place.id.clone(), (place.parent.clone(), place.level))).collect();
        let mut by_place: HashMap<(Race, Option<PlaceId>), Vec<Choice>> = HashMap::new();
        for choice in choices {
            by_place.entry((choice.race, choice.constituency.clone())).or_default().push(choice);
        }
        let country: HashMap<Race, Ballot> = Race::ALL
            .into_iter()
            .filter_map(|race| Some((race, ballot(by_place.get(&(race, None))?, &[]).into())))
            .collect();
        let mut own: HashMap<Race, HashMap<PlaceId, Ballot>> = HashMap::new();
        for ((race, place), choices) in by_place {
            if let Some(place) = place {
                let country = country.get(&race).map_or(&[][..], |country| country);
                own.entry(race).or_default().insert(place, ballot(country, &choices).into());
            }
        }
        Self { election, digest, above, country, own }
    }

    /// The election.
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// The digest of what was loaded.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The choices that stand in a box, in the order of the ballot: those of the nearest constituency at or above it that has
    /// any. Abroad and at customs gates there is no seçim çevresi, so the country's ballot is theirs. None where nobody listed
    /// choices for the race: then a number is all that is known of a choice.
    pub fn choices(&self, race: Race, of: &BoxRow) -> Option<&Ballot> {
        self.constituency(race, of).map(|(ballot, _)| ballot)
    }

    /// The same with the place that the ballot is of; none for the country.
    pub fn constituency(&self, race: Race, of: &BoxRow) -> Option<(&Ballot, Option<&PlaceId>)> {
        self.constituency_at(race, &of.place, of.kind)
    }

    /// The same for a box of a kind at a place.
    pub fn constituency_at(&self, race: Race, place: &PlaceId, kind: BoxKind) -> Option<(&Ballot, Option<&PlaceId>)> {
        let own = self.own.get(&race);
        let outside = matches!(kind, BoxKind::Customs | BoxKind::Abroad);
        let mut place = Some(place);
        while let (Some(own), Some(id)) = (own, place) {
            let (parent, level) =
                self.above.get_key_value(id).map_or((None, None), |(_, (up, at))| (up.as_ref(), Some(*at)));
            let counts = !outside || matches!(level, Some(Level::Gumruk | Level::Temsilcilik | Level::Ulke));
            if let Some((id, ballot)) = own.get_key_value(id).filter(|_| counts) {
                return Some((ballot, Some(id)));
            }
            place = parent;
        }
        self.country.get(&race).map(|ballot| (ballot, None))
    }

    /// Every ballot of a race with the place that it is of; the country's first.
    pub fn ballots(&self, race: Race) -> Vec<(Option<&PlaceId>, &Ballot)> {
        let mut own: Vec<_> =
            self.own.get(&race).into_iter().flatten().map(|(id, ballot)| (Some(id), ballot)).collect();
        own.sort_by_key(|(id, _)| *id);
        self.country.get(&race).map(|ballot| (None, ballot)).into_iter().chain(own).collect()
    }

    /// What a reason code means. None for a code that is not in the election's table.
    pub fn reason_text(&self, code: u16) -> Option<&str> {
        self.election.reason_text(code)
    }

    /// Until when the results of a race can be objected to, stage by stage.
    pub fn deadlines(&self, race: Race) -> Vec<(Stage, jiff::Timestamp)> {
        self.election.deadlines(race)
    }

    /// On which sums joint votes are shared.
    pub fn alliance_share(&self) -> AllianceShare {
        self.election.results().alliance_share
    }
}
