//! Every place in memory, in Turkish order: what people choose from, search in, and page through. 50,000 places of the whole
//! country take some 20 MB.
//!
//! It must never say what lies at a place; that is the ledger's to know.

use std::collections::HashMap;
use std::ops::Range;

use crate::domain::directory::{ABROAD, CUSTOMS};
use crate::domain::naming::boxes;
use crate::domain::turkish::{folded, order};
use crate::domain::{Level, PlaceId};
use crate::ledger::registry::PlaceRow;
use crate::ledger::{Ledger, LedgerError};

/// A place's number in the order.
pub type Spot = u32;

/// Places that are read at a time.
const STEP: u32 = 5_000;

/// A place in its order.
#[derive(Debug)]
pub struct AtlasPlace {
    /// As the registry has it.
    pub row: PlaceRow,
    /// The place above.
    pub above: Option<Spot>,
    /// Behind the last place that lies in it.
    end: Spot,
    /// Its name as it is searched.
    folded: String,
}

/// The places.
#[derive(Debug, Default)]
pub struct Atlas {
    places: Vec<AtlasPlace>,
    by_id: HashMap<PlaceId, Spot>,
    by_directory: HashMap<String, Spot>,
    /// Places inside which the numbers of boxes are unique, by what their boxes' addresses begin with.
    districts: HashMap<String, Spot>,
}

/// A part of the registry that has a way in of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Area {
    /// Provinces, and sheets of the whole contest.
    #[default]
    Home,
    /// Representations abroad.
    Abroad,
    /// Customs gates.
    Customs,
}

impl Area {
    /// Where a directory lies.
    pub fn of(directory: &str) -> Self {
        match directory.split('/').next() {
            Some(ABROAD) => Self::Abroad,
            Some(CUSTOMS) => Self::Customs,
            _ => Self::Home,
        }
    }
}

impl Atlas {
    /// All places that the ledger's registry has.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn read(ledger: &Ledger) -> Result<Self, LedgerError> {
        let mut rows: Vec<PlaceRow> = Vec::new();
        loop {
            let step = ledger.places_after(rows.len() as u64, STEP).await?;
            let last = (step.len() as u64) < u64::from(STEP);
            rows.extend(step);
            if last {
                return Ok(Self::of(rows));
            }
        }
    }

    /// These places, which come in any order.
    pub fn of(rows: Vec<PlaceRow>) -> Self {
        let mut below: HashMap<Option<PlaceId>, Vec<PlaceRow>> = HashMap::new();
        for row in rows {
            below.entry(row.parent.clone()).or_default().push(row);
        }
        for siblings in below.values_mut() {
            siblings.sort_by_cached_key(|row| (row.level, order(&row.name), order(row.id.as_str())));
        }
        let mut atlas = Self::default();
        for row in below.remove(&None).unwrap_or_default() {
            atlas.add(row, None, &mut below);
        }
        atlas
    }

    fn add(&mut self, row: PlaceRow, above: Option<Spot>, below: &mut HashMap<Option<PlaceId>, Vec<PlaceRow>>) {
        let spot = self.places.len() as Spot;
        let inside = below.remove(&Some(row.id.clone())).unwrap_or_default();
        self.by_id.insert(row.id.clone(), spot);
        // A çevre shares its province's directory, which stays the province's.
        self.by_directory.entry(row.directory.clone()).or_insert(spot);
        if row.id == row.district {
            self.districts.entry(boxes::district(&row.directory)).or_insert(spot);
        }
        self.places.push(AtlasPlace { folded: folded(&row.name), row, above, end: spot + 1 });
        for row in inside {
            self.add(row, Some(spot), below);
        }
        self.places[spot as usize].end = self.places.len() as Spot;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A place by its number; none behind the last one.
    pub fn get(&self, spot: Spot) -> Option<&AtlasPlace> {
        self.places.get(spot as usize)
    }

    /// A place by its id.
    pub fn find(&self, id: &PlaceId) -> Option<Spot> {
        self.by_id.get(id).copied()
    }

    /// The place whose directory it is, or that groups its boxes in it by number.
    pub fn at(&self, directory: &str) -> Option<Spot> {
        let above = || directory.rsplit_once('/').and_then(|(above, _)| self.by_directory.get(above));
        self.by_directory.get(directory).or_else(above).copied()
    }

    /// The district that boxes' addresses begin with.
    pub fn district(&self, address: &str) -> Option<Spot> {
        self.districts.get(address).copied()
    }

    /// The address of a box that stands at a place.
    pub fn address(&self, spot: Spot, number: u32) -> Option<String> {
        let district = self.get(self.find(&self.get(spot)?.row.district)?)?;
        Some(boxes::address(&district.row.directory, number))
    }

    /// The place and all that lies in it.
    pub fn inside(&self, spot: Spot) -> Range<Spot> {
        spot..self.places.get(spot as usize).map_or(spot, |place| place.end)
    }

    /// All places.
    pub fn all(&self) -> Range<Spot> {
        0..self.places.len() as Spot
    }

    /// Whether a place lies in another, or is it.
    pub fn lies_in(&self, spot: Spot, other: Spot) -> bool {
        self.inside(other).contains(&spot)
    }

    /// The places of one level among some, in order. Places inside one that was found are not looked at: no level lies in
    /// itself.
    pub fn of_level(&self, among: Range<Spot>, level: Level) -> impl Iterator<Item = Spot> {
        let mut at = among.start;
        std::iter::from_fn(move || {
            while at < among.end {
                let (spot, place) = (at, self.get(at)?);
                if place.row.level == level {
                    at = place.end;
                    return Some(spot);
                }
                at += 1;
            }
            None
        })
    }

    /// A place and those above it, the largest first. The whole contest is above everything, and left out.
    pub fn chain(&self, spot: Spot) -> Vec<&AtlasPlace> {
        let mut chain: Vec<&AtlasPlace> = Vec::new();
        let mut at = Some(spot);
        while let Some(place) = at.and_then(|at| self.get(at)) {
            if place.row.level != Level::Genel || chain.is_empty() {
                chain.push(place);
            }
            at = place.above;
        }
        chain.reverse();
        chain
    }

    /// The names down to a place: `İSTANBUL / KADIKÖY / MODA MAH.`.
    pub fn names(&self, spot: Spot) -> String {
        self.chain(spot).iter().map(|place| place.row.name.as_str()).collect::<Vec<_>>().join(" / ")
    }

    /// Places in whose names all of these words begin a word, at most `most`, the larger ones first.
    pub fn search(&self, text: &str, most: usize) -> Vec<Spot> {
        let wanted = folded(text);
        let words: Vec<&str> = wanted.split(' ').filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let begins = |name: &str, word: &str| name.split(' ').any(|part| part.starts_with(word));
        let fits = |place: &AtlasPlace| words.iter().all(|word| begins(&place.folded, word));
        let mut found: Vec<Spot> =
            self.all().filter(|spot| self.get(*spot).is_some_and(fits)).take(most.saturating_mul(20)).collect();
        found.sort_by_key(|spot| self.get(*spot).map(|place| place.row.level));
        found.truncate(most);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, parent: &str, level: Level, name: &str, directory: &str) -> PlaceRow {
        PlaceRow {
            id: id.parse().unwrap(),
            parent: parent.parse().ok(),
            level,
            code: String::new(),
            name: name.to_owned(),
            directory: directory.to_owned(),
            board: None,
            district: id.parse().unwrap(),
        }
    }

    fn atlas() -> Atlas {
        Atlas::of(vec![
            row("06", "", Level::Il, "ANKARA", "06-ankara"),
            row("06-C", "06", Level::Cevre, "Ankara 1", "06-ankara"),
            row("06-can", "06-C", Level::Ilce, "ÇANKAYA", "06-ankara/cankaya"),
            row("06-cih", "06-C", Level::Ilce, "CİHANBEYLİ", "06-ankara/cihanbeyli"),
            row("06-can-2", "06-can", Level::Kurul, "2. Kurul", "06-ankara/cankaya-2"),
            row("06-can-10", "06-can", Level::Kurul, "10. Kurul", "06-ankara/cankaya-10"),
            row("76", "", Level::Il, "IĞDIR", "76-igdir"),
            row("ber", "", Level::Temsilcilik, "Berlin", "yurtdisi/berlin"),
        ])
    }

    #[test]
    fn places_stand_in_turkish_order_and_those_inside_follow() {
        let atlas = atlas();
        let names: Vec<&str> = atlas.all().map(|spot| atlas.get(spot).unwrap().row.name.as_str()).collect();
        let expected = ["ANKARA", "Ankara 1", "CİHANBEYLİ", "ÇANKAYA", "2. Kurul", "10. Kurul", "IĞDIR", "Berlin"];
        assert_eq!(names, expected);
        assert_eq!(atlas.inside(0), 0..6);
        assert_eq!(atlas.of_level(atlas.inside(0), Level::Kurul).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(atlas.names(5), "ANKARA / Ankara 1 / ÇANKAYA / 10. Kurul");
        assert!(atlas.lies_in(5, 3) && !atlas.lies_in(5, 2));
    }

    #[test]
    fn a_directory_is_the_places_or_a_group_of_its_boxes() {
        let atlas = atlas();
        assert_eq!(atlas.at("06-ankara"), Some(0), "the province's, not the çevre's");
        assert_eq!(atlas.at("06-ankara/cankaya-2/1000-1099"), Some(4));
        assert_eq!(atlas.at("99-x/y"), None);
        assert_eq!(Area::of("yurtdisi/berlin"), Area::Abroad);
        assert_eq!((Area::of("06-ankara"), Area::of("gumruk/x")), (Area::Home, Area::Customs));
    }

    #[test]
    fn a_search_folds_letters_and_begins_words() {
        let atlas = atlas();
        for (text, expected) in
            [("igdir", vec![6]), ("ığdır", vec![6]), ("can", vec![3]), ("ku 10", vec![5]), ("nkara", vec![])]
        {
            assert_eq!(atlas.search(text, 9), expected, "{text}");
        }
        assert_eq!(atlas.search("ankara", 9), [0, 1]);
        assert!(atlas.search(" - ", 9).is_empty());
    }
}
