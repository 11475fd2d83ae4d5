//! Sums of places with their choices by name, and what falls to each party of its alliance's joint votes.
//!
//! A share is computed when it is read, on the sums of each ilçe (or seçim çevresi, where the election's settings say so), by the
//! largest remainder; what is larger has the sum of those shares. It stands beside the party's own votes, never in their place.
//! Joint votes outside such a place, abroad and at customs gates, and those of members without a single vote are nobody's:
//! they are told as not shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::book::Book;
use super::reading::{BoxResults, LogNow, ReadError};
use super::rows::Unit;
use crate::domain::alliance::shares;
use crate::domain::election::AllianceShare;
use crate::domain::{BoxKind, Choice, ChoiceKind, Level, PlaceId, Race};
use crate::ledger::LedgerError;
use crate::ledger::results::sums::Sums;
use crate::ledger::results::totals::SumsNow;
use crate::registry::atlas::Spot;

/// The sums of some places, of one instant.
#[derive(Clone, Debug)]
pub struct Totals {
    /// The log that they belong to.
    pub now: LogNow,
    /// Of which race.
    pub race: Race,
    /// The place that was asked for.
    pub unit: UnitSums,
    /// The places right below it, where they were asked for, in Turkish order.
    pub below: Vec<UnitSums>,
}

/// The sums of a place and all below it.
#[derive(Clone, Debug)]
pub struct UnitSums {
    /// The place; none is the whole election.
    pub unit: Option<Unit>,
    /// What kind of place; none for the whole election.
    pub level: Option<Level>,
    /// Boxes that the registry has for this race (toplam sandık).
    pub expected: u64,
    /// Boxes whose result is in force (açılan sandık).
    pub opened: u64,
    /// The six figures, in the order of [`Figures::named`](crate::domain::Figures::named). One that nobody typed is absent.
    pub figures: [Option<u64>; 6],
    /// Choices in the order of the ballot.
    pub choices: Vec<ChoiceSum>,
}

/// The votes of one choice in a place.
#[derive(Clone, Debug)]
pub struct ChoiceSum {
    /// Its id.
    pub id: String,
    /// What it is; none where nobody listed it, and then its id is a number on a ballot.
    pub choice: Option<Choice>,
    /// Its own votes; of an alliance the joint votes. Absent where no box gave a figure.
    pub votes: Option<u64>,
    /// Of a party in an alliance: what falls to it of the joint votes (hesaplanan).
    pub share: Option<u64>,
    /// Of an alliance: joint votes that fall to nobody.
    pub not_shared: Option<u64>,
}

impl ChoiceSum {
    /// Own votes and share together (hesaplanan); none where no share is computed.
    pub fn with_share(&self) -> Option<u64> {
        self.share.map(|share| self.votes.unwrap_or(0) + share)
    }
}

/// What fell to whom in the places where joint votes are shared: by the id of the party, and by that of the alliance.
#[derive(Default)]
struct Shared {
    to: BTreeMap<String, u64>,
    of: BTreeMap<String, u64>,
}

impl BoxResults {
    /// The sums of a race over a place; over the whole election without one.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn sums(&self, place: Option<&PlaceId>, race: Race) -> Result<Totals, ReadError> {
        self.totals(place, race, false).await
    }

    /// The same with those of the places right below it.
    ///
    /// # Errors
    /// There is no election, or the database did not answer.
    pub async fn sums_below(&self, place: Option<&PlaceId>, race: Race) -> Result<Totals, ReadError> {
        self.totals(place, race, true).await
    }

    async fn totals(&self, place: Option<&PlaceId>, race: Race, with_below: bool) -> Result<Totals, ReadError> {
        let book = self.book().await?;
        let boxes = match book.boxes(race) {
            Some(boxes) => boxes,
            None => book.keep_boxes(race, &self.ledger.boxes_by_place(race).await?),
        };
        let spot = place.and_then(|place| book.atlas().find(place));
        let below = if with_below { below(&book, spot) } else { Vec::new() };
        let sharing = sharing(&book, spot, race);
        let units: BTreeSet<PlaceId> =
            spot.iter().chain(&below).chain(&sharing).filter_map(|spot| id(&book, *spot)).collect();
        let units: Vec<PlaceId> = units.into_iter().collect();
        let sums = self.ledger.result_sums_now(&units, race).await?;
        let now = LogNow { position: sums.size, root: sums.root, at_ms: sums.at_ms };
        let many = units.len() > 50;
        let work = move || {
            let all = All { book: &book, boxes: &boxes, sums: &sums, sharing: &sharing, race };
            let unit = all.unit(spot)?;
            let below = below.into_iter().map(|spot| all.unit(Some(spot))).collect::<Result<_, _>>()?;
            Ok::<_, LedgerError>(Totals { now, race, unit, below })
        };
        Ok(if many { self.cpu.run(work).await?? } else { work()? })
    }
}

fn id(book: &Book, spot: Spot) -> Option<PlaceId> {
    Some(book.atlas().get(spot)?.row.id.clone())
}

/// The places right below one. The whole contest is no place that anybody asks for.
fn below(book: &Book, spot: Option<Spot>) -> Vec<Spot> {
    let atlas = book.atlas();
    let mut all = spot.map_or(atlas.all(), |spot| spot + 1..atlas.inside(spot).end);
    let (mut found, within) = (Vec::new(), all.end);
    while all.start < within {
        let at = all.start;
        let genel = atlas.get(at).is_some_and(|place| place.row.level == Level::Genel);
        if !genel {
            found.push(at);
        }
        all.start = if genel { at + 1 } else { atlas.inside(at).end.max(at + 1) };
    }
    found
}

/// The places in one, or it itself, on whose sums joint votes are shared; none where the race has no alliances.
fn sharing(book: &Book, spot: Option<Spot>, race: Race) -> Vec<Spot> {
    let (registry, atlas) = (book.registry(), book.atlas());
    let is_alliance = |choice: &Choice| choice.kind == ChoiceKind::Alliance;
    if !registry.ballots(race).iter().any(|(_, ballot)| ballot.iter().any(is_alliance)) {
        return Vec::new();
    }
    let within = spot.map_or(atlas.all(), |spot| atlas.inside(spot));
    match registry.alliance_share() {
        AllianceShare::District => atlas.of_level(within, Level::Ilce).collect(),
        AllianceShare::Constituency => {
            let cevre: Vec<Spot> = atlas.of_level(within.clone(), Level::Cevre).collect();
            // A province without parts is a constituency itself.
            let whole =
                atlas.of_level(within, Level::Il).filter(|il| !cevre.iter().any(|one| atlas.lies_in(*one, *il)));
            whole.chain(cevre.iter().copied()).collect()
        }
    }
}

/// Everything that sums are told with.
struct All<'a> {
    book: &'a Arc<Book>,
    boxes: &'a [u64],
    sums: &'a SumsNow,
    sharing: &'a [Spot],
    race: Race,
}

impl All<'_> {
    fn unit(&self, spot: Option<Spot>) -> Result<UnitSums, LedgerError> {
        let atlas = self.book.atlas();
        let place = spot.and_then(|spot| atlas.get(spot));
        let sums = self.sums.of(place.map(|place| &place.row.id))?;
        let inside = spot.map_or(atlas.all(), |spot| atlas.inside(spot));
        let expected = self.boxes[inside.end as usize] - self.boxes[inside.start as usize];
        Ok(UnitSums {
            unit: place.map(|place| Unit { id: place.row.id.to_string(), name: place.row.name.clone() }),
            level: place.map(|place| place.row.level),
            expected,
            opened: u64::try_from(sums.boxes).unwrap_or(0),
            figures: sums.figures.map(|sum| sum.known()),
            choices: self.choices(spot, &sums)?,
        })
    }

    fn choices(&self, spot: Option<Spot>, sums: &Sums) -> Result<Vec<ChoiceSum>, LedgerError> {
        let (book, race) = (self.book, self.race);
        let inside = spot.map_or(book.atlas().all(), |spot| book.atlas().inside(spot));
        let sharing: Vec<Spot> = self.sharing.iter().copied().filter(|one| inside.contains(one)).collect();
        let shared = if sharing.is_empty() { None } else { Some(self.shared(&sharing)?) };
        let mut ids: BTreeSet<&str> = sums.votes.keys().map(String::as_str).collect();
        let place = spot.and_then(|spot| book.atlas().get(spot)).map(|place| &place.row.id);
        let registry = book.registry();
        let own = match place {
            Some(place) => registry.constituency_at(race, place, BoxKind::Normal).map(|(ballot, _)| ballot),
            None => registry.ballots(race).first().filter(|(place, _)| place.is_none()).map(|(_, ballot)| *ballot),
        };
        ids.extend(own.into_iter().flat_map(|ballot| ballot.iter()).map(|choice| choice.id.as_str()));
        let mut choices: Vec<ChoiceSum> = ids
            .into_iter()
            .map(|id| {
                let choice = own.and_then(|own| own.iter().find(|choice| choice.id == id)).or(book.choice(race, id));
                let votes = sums.votes.get(id).and_then(|sum| sum.known());
                let of_kind = |kind| choice.is_some_and(|choice| choice.kind == kind);
                let member = of_kind(ChoiceKind::Party) && choice.is_some_and(|choice| choice.alliance.is_some());
                let share = shared.as_ref().filter(|_| member).map(|shared| shared.to.get(id).copied().unwrap_or(0));
                let left = |shared: &Shared| votes.unwrap_or(0).saturating_sub(*shared.of.get(id).unwrap_or(&0));
                let not_shared = shared.as_ref().filter(|_| of_kind(ChoiceKind::Alliance)).map(left);
                ChoiceSum { id: id.to_owned(), choice: choice.cloned(), votes, share, not_shared }
            })
            .collect();
        let no = |sum: &ChoiceSum| sum.choice.as_ref().map_or(u16::MAX, |choice| choice.no);
        choices.sort_by(|one, other| (no(one), &one.id).cmp(&(no(other), &other.id)));
        Ok(choices)
    }

    /// What falls to whom in these places together.
    fn shared(&self, places: &[Spot]) -> Result<Shared, LedgerError> {
        let mut shared = Shared::default();
        for spot in places {
            let Some(place) = self.book.atlas().get(*spot).map(|place| &place.row.id) else { continue };
            let Some((ballot, _)) = self.book.registry().constituency_at(self.race, place, BoxKind::Normal) else {
                continue;
            };
            let sums = self.sums.of(Some(place))?;
            let votes = |id: &str| sums.votes.get(id).and_then(|sum| sum.known()).unwrap_or(0);
            for alliance in ballot.iter().filter(|choice| choice.kind == ChoiceKind::Alliance) {
                let member = |choice: &&Choice| {
                    choice.kind == ChoiceKind::Party && choice.alliance.as_ref() == Some(&alliance.id)
                };
                let members: Vec<&Choice> = ballot.iter().filter(member).collect();
                let own: Vec<u64> = members.iter().map(|member| votes(&member.id)).collect();
                let joint = votes(&alliance.id);
                let Some(parts) = shares(joint, &own) else { continue };
                *shared.of.entry(alliance.id.clone()).or_default() += joint;
                for (member, part) in members.iter().zip(parts) {
                    *shared.to.entry(member.id.clone()).or_default() += part;
                }
            }
        }
        Ok(shared)
    }
}
