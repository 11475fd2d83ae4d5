//! What is chosen on the page of results: the filters of the web service by the same names, with lists to choose from.

use std::ops::Range;

use serde::Deserialize;

use crate::domain::{Election, Level, PlaceId, Race};
use crate::registry::atlas::{Area, Atlas, Spot};
use crate::results::{Filter, Question};
use crate::web::Services;
use crate::web::problem::Problem;
use crate::web::site::form;

/// The fields of an address. What is empty fits everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::web) struct ResultsQuery {
    /// `yurtdisi` or `gumruk`; provinces without it.
    pub alan: String,
    /// A race's digit; the first race of the election without it.
    pub tur: String,
    /// Sandık türü's digit.
    pub sandik_turu: String,
    /// Places, by their ids.
    pub il: String,
    pub cevre: String,
    pub ilce: String,
    pub kurul: String,
    pub muhtarlik: String,
    pub ulke: String,
    pub temsilcilik: String,
    pub gumruk: String,
    /// Numbers of boxes, from and to.
    pub sandik_no_ilk: String,
    pub sandik_no_son: String,
    /// Where the page before ended, and the position of the log that it belongs to.
    pub sonra: String,
    pub konum: String,
    /// Words of a place's name.
    pub ara: String,
    /// Of a table: `uzun` for one row a box and choice, `rfc4180` for commas.
    pub duzen: String,
    pub bicim: String,
}

/// A list to choose a place from.
pub(super) struct Menu {
    pub field: &'static str,
    pub label: &'static str,
    pub places: Vec<(PlaceId, String)>,
    /// The id that is chosen; may be empty.
    pub chosen: String,
}

/// The election has no such race.
pub(super) struct NoSuchRace;

impl From<NoSuchRace> for Problem {
    fn from(NoSuchRace: NoSuchRace) -> Self {
        Self::bad_query("Bu seçimde böyle bir seçim türü yok.")
    }
}

/// What is chosen.
pub(super) struct Picked {
    pub question: Question,
    pub race: Race,
    pub area: Area,
    pub menus: Vec<Menu>,
    pub asked: ResultsQuery,
}

/// Fields of places in each part, the larger ones first.
const HOME: [(Filter, &str); 5] = [
    (Filter::Il, "İl"),
    (Filter::Cevre, "Seçim çevresi"),
    (Filter::Ilce, "İlçe"),
    (Filter::Kurul, "İlçe seçim kurulu"),
    (Filter::Muhtarlik, "Mahalle ya da köy"),
];
const ABROAD: [(Filter, &str); 2] = [(Filter::Ulke, "Ülke"), (Filter::Temsilcilik, "Temsilcilik")];
const CUSTOMS: [(Filter, &str); 1] = [(Filter::Gumruk, "Gümrük kapısı")];
/// Longer lists are offered only once something larger is chosen.
const LONGEST: usize = 1_500;

fn fields(area: Area) -> &'static [(Filter, &'static str)] {
    match area {
        Area::Home => &HOME,
        Area::Abroad => &ABROAD,
        Area::Customs => &CUSTOMS,
    }
}

/// The part of the election, where no smaller place is chosen.
pub(super) fn turkish(area: Area) -> &'static str {
    match area {
        Area::Home => "Türkiye",
        Area::Abroad => "Yurt dışı",
        Area::Customs => "Gümrükler",
    }
}

/// The field that chooses a place of this level.
pub(super) fn field_of(level: Level) -> Option<&'static str> {
    let fields = HOME.iter().chain(&ABROAD).chain(&CUSTOMS);
    fields.map(|(filter, _)| *filter).find(|filter| filter.level() == Some(level)).map(Filter::name)
}

/// The races of the election.
pub(super) async fn races(services: &Services) -> Result<Vec<Race>, Problem> {
    let election = Election::loaded(&services.ledger).await?.ok_or_else(Problem::missing)?;
    Ok(election.races().iter().collect())
}

impl ResultsQuery {
    fn field(&mut self, filter: Filter) -> &mut String {
        match filter {
            Filter::Il => &mut self.il,
            Filter::Cevre => &mut self.cevre,
            Filter::Ilce => &mut self.ilce,
            Filter::Kurul => &mut self.kurul,
            Filter::Muhtarlik => &mut self.muhtarlik,
            Filter::Ulke => &mut self.ulke,
            Filter::Temsilcilik => &mut self.temsilcilik,
            _ => &mut self.gumruk,
        }
    }
}

impl Picked {
    /// What an address chooses. A place that does not lie in the larger one that is chosen as well is let go: somebody chose
    /// another province and left the old mahalle standing.
    pub fn of(mut asked: ResultsQuery, atlas: &Atlas, races: &[Race]) -> Result<Self, NoSuchRace> {
        let area = match asked.alan.as_str() {
            "yurtdisi" => Area::Abroad,
            "gumruk" => Area::Customs,
            _ => Area::Home,
        };
        let first = *races.first().ok_or(NoSuchRace)?;
        let (mut within, mut menus) = (atlas.all(), Vec::new());
        let mut question = Question::default();
        for (filter, label) in fields(area) {
            let Some(level) = filter.level() else { continue };
            let places = menu(atlas, within.clone(), level);
            let value = asked.field(*filter);
            let id: Option<PlaceId> = value.parse().ok();
            let spot = id
                .as_ref()
                .and_then(|id| atlas.find(id))
                .filter(|spot| within.contains(spot) && atlas.get(*spot).is_some_and(|known| known.row.level == level));
            match spot {
                Some(spot) => {
                    within = atlas.inside(spot);
                    question = question.with(*filter, value.clone());
                }
                None => value.clear(),
            }
            if !places.is_empty() {
                menus.push(Menu { field: filter.name(), label, places, chosen: value.clone() });
            }
        }
        let race = match asked.tur.parse::<u8>().ok().and_then(|digit| Race::try_from(digit).ok()) {
            _ if asked.tur.is_empty() => first,
            race => race.filter(|race| races.contains(race)).ok_or(NoSuchRace)?,
        };
        question = question
            .with(Filter::Race, race.code().to_string())
            .with(Filter::Kind, asked.sandik_turu.clone())
            .with(Filter::First, asked.sandik_no_ilk.clone())
            .with(Filter::Last, asked.sandik_no_son.clone());
        Ok(Self { question, race, area, menus, asked })
    }

    /// Whether a whole place is chosen, whose sums are known.
    pub fn whole(&self) -> bool {
        let ResultsQuery { sandik_turu, sandik_no_ilk, sandik_no_son, .. } = &self.asked;
        [sandik_turu, sandik_no_ilk, sandik_no_son].iter().all(|field| field.trim().is_empty())
    }

    /// The choice as fields of an address.
    pub fn pairs(&self) -> Vec<(&'static str, &String)> {
        let asked = &self.asked;
        let mut all = vec![("alan", &asked.alan), ("tur", &asked.tur), ("sandikTuru", &asked.sandik_turu)];
        let places = [
            (Filter::Il, &asked.il),
            (Filter::Cevre, &asked.cevre),
            (Filter::Ilce, &asked.ilce),
            (Filter::Kurul, &asked.kurul),
            (Filter::Muhtarlik, &asked.muhtarlik),
            (Filter::Ulke, &asked.ulke),
            (Filter::Temsilcilik, &asked.temsilcilik),
            (Filter::Gumruk, &asked.gumruk),
        ];
        let fits = |filter: Filter| fields(self.area).iter().any(|(field, _)| *field == filter);
        all.extend(
            places.into_iter().filter(|(filter, _)| fits(*filter)).map(|(filter, value)| (filter.name(), value)),
        );
        all.extend([("sandikNoIlk", &asked.sandik_no_ilk), ("sandikNoSon", &asked.sandik_no_son)]);
        all
    }
}

fn menu(atlas: &Atlas, within: Range<Spot>, level: Level) -> Vec<(PlaceId, String)> {
    let all = within == atlas.all();
    if all && !matches!(level, Level::Il | Level::Ulke | Level::Temsilcilik | Level::Gumruk) {
        return Vec::new();
    }
    let named = |spot| atlas.get(spot).map(|known| (known.row.id.clone(), known.row.name.clone()));
    let places: Vec<_> = atlas.of_level(within, level).filter_map(named).take(LONGEST + 1).collect();
    if places.len() > LONGEST { Vec::new() } else { places }
}

/// The address that chooses a place and what it lies in; none for a place that no field chooses.
pub(super) fn query_of(atlas: &Atlas, spot: Spot) -> Option<String> {
    let area = Area::of(&atlas.get(spot)?.row.directory);
    let alan = match area {
        Area::Home => "",
        Area::Abroad => "yurtdisi",
        Area::Customs => "gumruk",
    };
    let mut all = vec![("alan", alan.to_owned())];
    for known in atlas.chain(spot) {
        if let Some((filter, _)) = fields(area).iter().find(|(filter, _)| filter.level() == Some(known.row.level)) {
            all.push((filter.name(), known.row.id.to_string()));
        }
    }
    if all.len() == 1 {
        return None;
    }
    let all: Vec<(&str, &String)> = all.iter().map(|(field, value)| (*field, value)).collect();
    Some(form::query(&all))
}
