//! Where boxes stand, by name: made once a place and shared by the rows of its boxes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::rows::{Unit, Units};
use crate::domain::{Level, PlaceId};
use crate::registry::atlas::{Atlas, AtlasPlace};

/// The names above every place that was asked for, of one atlas. 50,000 places take some 30 MB.
#[derive(Debug)]
pub(super) struct UnitsByPlace {
    atlas: Arc<Atlas>,
    made: Mutex<HashMap<PlaceId, Arc<Units>>>,
    nowhere: Arc<Units>,
}

impl UnitsByPlace {
    pub fn of(atlas: Arc<Atlas>) -> Self {
        Self { atlas, made: Mutex::default(), nowhere: Arc::default() }
    }

    pub fn atlas(&self) -> &Arc<Atlas> {
        &self.atlas
    }

    /// The names above a place and its own; none for a place that the registry does not have.
    pub fn of_place(&self, place: &PlaceId) -> Arc<Units> {
        let mut made = self.made.lock().expect("nobody panics with it");
        if let Some(units) = made.get(place) {
            return Arc::clone(units);
        }
        let Some(spot) = self.atlas.find(place) else { return Arc::clone(&self.nowhere) };
        let units = Arc::new(Units::of(&self.atlas.chain(spot)));
        made.insert(place.clone(), Arc::clone(&units));
        units
    }
}

impl Units {
    /// Of places one above the other.
    pub fn of(chain: &[&AtlasPlace]) -> Self {
        let mut units = Self::default();
        for place in chain {
            let level = match place.row.level {
                Level::Genel => continue,
                Level::Il => &mut units.il,
                Level::Cevre => &mut units.cevre,
                Level::Ilce => &mut units.ilce,
                Level::Kurul => &mut units.kurul,
                Level::Mahalle => &mut units.mahalle,
                Level::Ulke => &mut units.ulke,
                Level::Temsilcilik => &mut units.temsilcilik,
                Level::Gumruk => &mut units.gumruk,
            };
            *level = Some(Unit { id: place.row.id.to_string(), name: place.row.name.clone() });
        }
        units
    }
}
