//! What is chosen in the filters: from an address to a selection, to what can be chosen next, and back to an address.

use std::ops::Range;

use serde::Deserialize;

use crate::archive::selections::{Area, Atlas, Filter, Spot};
use crate::domain::{Level, PlaceId, Race};
use crate::web::problem::Problem;
use crate::web::site::form;

/// The fields of an address. What is empty fits everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct ScanQuery {
    /// `yurtdisi` or `gumruk`; provinces without it.
    pub alan: String,
    /// Places, by their ids.
    pub il: String,
    pub cevre: String,
    pub kurul: String,
    pub mahalle: String,
    pub ulke: String,
    pub temsilcilik: String,
    pub gumruk: String,
    /// A race's digit.
    pub tur: String,
    /// Numbers of boxes, from and to.
    pub ilk: String,
    pub son: String,
    /// `tum`: older scans as well.
    pub surumler: String,
    /// Where the page before ended.
    pub sonra: String,
    /// Words of a place's name.
    pub ara: String,
    /// `rfc4180`: a table with commas, for programs.
    pub bicim: String,
    /// As of so many entries.
    pub konum: String,
}

/// A list to choose a place from.
pub(super) struct Menu {
    /// The field.
    pub field: &'static str,
    pub label: &'static str,
    /// Ids and names.
    pub places: Vec<(PlaceId, String)>,
    /// The id that is chosen; may be empty.
    pub chosen: String,
}

/// Why an address chooses nothing, for the person.
pub(in crate::web) struct BadChoice(&'static str);

impl From<BadChoice> for Problem {
    fn from(BadChoice(told): BadChoice) -> Self {
        Self::bad_query(told)
    }
}

/// What is chosen.
pub(in crate::web) struct Choice {
    pub filter: Filter,
    pub(super) menus: Vec<Menu>,
    pub(super) asked: ScanQuery,
}

/// Fields of places in each part, the larger ones first.
const HOME: [(&str, &str, Level); 4] = [
    ("il", "İl", Level::Il),
    ("cevre", "Seçim çevresi", Level::Cevre),
    ("kurul", "İlçe seçim kurulu", Level::Kurul),
    ("mahalle", "Mahalle ya da köy", Level::Mahalle),
];
const ABROAD: [(&str, &str, Level); 2] =
    [("ulke", "Ülke", Level::Ulke), ("temsilcilik", "Temsilcilik", Level::Temsilcilik)];
const CUSTOMS: [(&str, &str, Level); 1] = [("gumruk", "Gümrük kapısı", Level::Gumruk)];
/// Longer lists are offered only once something larger is chosen.
const LONGEST: usize = 1_500;

fn fields(area: Area) -> &'static [(&'static str, &'static str, Level)] {
    match area {
        Area::Home => &HOME,
        Area::Abroad => &ABROAD,
        Area::Customs => &CUSTOMS,
    }
}

impl ScanQuery {
    fn area(&self) -> Area {
        match self.alan.as_str() {
            "yurtdisi" => Area::Abroad,
            "gumruk" => Area::Customs,
            _ => Area::Home,
        }
    }

    fn field(&mut self, name: &str) -> &mut String {
        match name {
            "il" => &mut self.il,
            "cevre" => &mut self.cevre,
            "kurul" => &mut self.kurul,
            "mahalle" => &mut self.mahalle,
            "ulke" => &mut self.ulke,
            "temsilcilik" => &mut self.temsilcilik,
            _ => &mut self.gumruk,
        }
    }

    fn numbers(&self) -> Result<Option<(u32, u32)>, BadChoice> {
        let bad = || BadChoice("Sandık aralığı rakamlarla yazılır: örneğin 1001 ve 1020.");
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text if text.len() <= 9 => text.parse::<u32>().map(Some).map_err(|_| bad()),
            _ => Err(bad()),
        };
        let (first, last) = (number(&self.ilk)?, number(&self.son)?);
        Ok((first.is_some() || last.is_some()).then(|| (first.unwrap_or(0), last.unwrap_or(u32::MAX))))
    }
}

impl Choice {
    /// What an address chooses. A place that does not lie in the larger one that is chosen as well is let go: somebody chose
    /// another province and left the old mahalle standing.
    pub fn of(mut asked: ScanQuery, atlas: &Atlas) -> Result<Self, BadChoice> {
        let area = asked.area();
        let (mut within, mut place, mut menus) = (atlas.all(), None, Vec::new());
        for (field, label, level) in fields(area) {
            let places = menu(atlas, within.clone(), *level);
            let value = asked.field(field);
            let id: Option<PlaceId> = value.parse().ok();
            let spot = id.as_ref().and_then(|id| atlas.find(id)).filter(|spot| {
                within.contains(spot) && atlas.get(*spot).is_some_and(|known| known.row.level == *level)
            });
            match spot {
                Some(spot) => (within, place) = (atlas.inside(spot), id),
                None => value.clear(),
            }
            let chosen = value.clone();
            if !places.is_empty() {
                menus.push(Menu { field, label, places, chosen });
            }
        }
        let race = match asked.tur.as_str() {
            "" => None,
            digit => {
                let race = digit.parse::<u8>().ok().and_then(|digit| Race::try_from(digit).ok());
                Some(race.ok_or(BadChoice("Böyle bir seçim türü yok."))?)
            }
        };
        let every_revision = asked.surumler == "tum";
        let filter = Filter { area, place, race, numbers: asked.numbers()?, every_revision };
        Ok(Self { filter, menus, asked })
    }

    /// The same choice in an address.
    pub fn query(&self) -> String {
        self.query_with(&[])
    }

    /// The same with something more.
    pub fn query_with(&self, more: &[(&str, &String)]) -> String {
        let ScanQuery { alan, il, cevre, kurul, mahalle, ulke, temsilcilik, gumruk, tur, ilk, son, surumler, .. } =
            &self.asked;
        let mut all: Vec<(&str, &String)> = vec![("alan", alan)];
        let places = [
            ("il", il),
            ("cevre", cevre),
            ("kurul", kurul),
            ("mahalle", mahalle),
            ("ulke", ulke),
            ("temsilcilik", temsilcilik),
            ("gumruk", gumruk),
        ];
        let fits = |field: &&str| fields(self.filter.area).iter().any(|(name, ..)| name == field);
        all.extend(places.iter().filter(|(field, _)| fits(field)));
        all.extend([("tur", tur), ("ilk", ilk), ("son", son), ("surumler", surumler)]);
        all.extend(more);
        form::query(&all)
    }
}

fn menu(atlas: &Atlas, within: Range<Spot>, level: Level) -> Vec<(PlaceId, String)> {
    let all = within == atlas.all();
    let small = !all || matches!(level, Level::Il | Level::Ulke | Level::Temsilcilik | Level::Gumruk);
    if !small {
        return Vec::new();
    }
    let named = |spot| atlas.get(spot).map(|known| (known.row.id.clone(), known.row.name.clone()));
    let places: Vec<_> = atlas.of_level(within, level).filter_map(named).take(LONGEST + 1).collect();
    if places.len() > LONGEST { Vec::new() } else { places }
}

/// The address that chooses a place and what it lies in; none for a place that no field chooses.
pub(in crate::web::site::party) fn query_of(atlas: &Atlas, spot: Spot) -> Option<String> {
    let area = Area::of(&atlas.get(spot)?.row.directory);
    let alan = match area {
        Area::Home => "",
        Area::Abroad => "yurtdisi",
        Area::Customs => "gumruk",
    };
    let mut all = vec![("alan", alan.to_owned())];
    for known in atlas.chain(spot) {
        if let Some((field, ..)) = fields(area).iter().find(|(.., level)| *level == known.row.level) {
            all.push((field, known.row.id.to_string()));
        }
    }
    if all.len() == 1 {
        return None;
    }
    let all: Vec<(&str, &String)> = all.iter().map(|(field, value)| (*field, value)).collect();
    Some(form::query(&all))
}
