//! Which box results somebody asks for: the filters of the circular by their names, checked against the registry. A filter that
//! fits nothing there is is an error that names it; it is never passed over, which would hand out more than was asked for.

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::{BoxKind, Election, Level, PlaceId, Race};
use crate::ledger::results::current::Part;
use crate::registry::atlas::{Atlas, Spot};

/// What results can be selected by. Places stand in the order in which each may lie in those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// Seçim türü, by SEÇSİS's digit.
    Race,
    /// Sandık türü, by SEÇSİS's digit.
    Kind,
    /// İl.
    Il,
    /// Seçim çevresi.
    Cevre,
    /// İlçe.
    Ilce,
    /// İlçe seçim kurulu.
    Kurul,
    /// Mahalle or köy.
    Muhtarlik,
    /// Country abroad.
    Ulke,
    /// Representation abroad.
    Temsilcilik,
    /// Customs gate.
    Gumruk,
    /// Customs gate, by its rumuz.
    Rumuz,
    /// The lowest number of a box.
    First,
    /// The highest number of a box.
    Last,
}

impl Filter {
    /// Every filter.
    pub const ALL: [Self; 13] = [
        Self::Race,
        Self::Kind,
        Self::Il,
        Self::Cevre,
        Self::Ilce,
        Self::Kurul,
        Self::Muhtarlik,
        Self::Ulke,
        Self::Temsilcilik,
        Self::Gumruk,
        Self::Rumuz,
        Self::First,
        Self::Last,
    ];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Race => "tur",
            Self::Kind => "sandikTuru",
            Self::Il => "il",
            Self::Cevre => "cevre",
            Self::Ilce => "ilce",
            Self::Kurul => "kurul",
            Self::Muhtarlik => "muhtarlik",
            Self::Ulke => "ulke",
            Self::Temsilcilik => "temsilcilik",
            Self::Gumruk => "gumruk",
            Self::Rumuz => "rumuz",
            Self::First => "sandikNoIlk",
            Self::Last => "sandikNoSon",
        }
    }

    /// What a person calls it.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Race => "seçim türü",
            Self::Kind => "sandık türü",
            Self::Il => "il",
            Self::Cevre => "seçim çevresi",
            Self::Ilce => "ilçe",
            Self::Kurul => "ilçe seçim kurulu",
            Self::Muhtarlik => "mahalle ya da köy",
            Self::Ulke => "ülke",
            Self::Temsilcilik => "temsilcilik",
            Self::Gumruk => "gümrük kapısı",
            Self::Rumuz => "gümrük rumuzu",
            Self::First => "ilk sandık numarası",
            Self::Last => "son sandık numarası",
        }
    }

    /// The level of the place that it names; none for what names no place.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Il => Some(Level::Il),
            Self::Cevre => Some(Level::Cevre),
            Self::Ilce => Some(Level::Ilce),
            Self::Kurul => Some(Level::Kurul),
            Self::Muhtarlik => Some(Level::Mahalle),
            Self::Ulke => Some(Level::Ulke),
            Self::Temsilcilik => Some(Level::Temsilcilik),
            Self::Gumruk | Self::Rumuz => Some(Level::Gumruk),
            Self::Race | Self::Kind | Self::First | Self::Last => None,
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Filters as somebody wrote them. One that is empty fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question(BTreeMap<Filter, String>);

impl Question {
    /// Sets a filter.
    pub fn with(mut self, filter: Filter, value: impl Into<String>) -> Self {
        self.set(filter, value.into());
        self
    }

    /// Sets the filter of this name; false where there is none.
    pub fn ask(&mut self, name: &str, value: &str) -> bool {
        let filter = Filter::ALL.into_iter().find(|filter| filter.name() == name);
        filter.inspect(|filter| self.set(*filter, value.to_owned())).is_some()
    }

    fn set(&mut self, filter: Filter, value: String) {
        match value.trim() {
            "" => self.0.remove(&filter),
            text => self.0.insert(filter, text.to_owned()),
        };
    }

    /// What a filter was set to; empty where it was not.
    pub fn get(&self, filter: Filter) -> &str {
        self.0.get(&filter).map_or("", String::as_str)
    }

    /// The filters that are set, for an address.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(filter, value)| (filter.name(), value.as_str()))
    }
}

/// Why a filter selects nothing, for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{filter}” süzgeci yanlış: {why}")]
pub struct BadFilter {
    /// The filter that is wrong.
    pub filter: Filter,
    /// What is wrong with it.
    pub why: BadValue,
}

/// What can be wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// No race of this election.
    #[error("{0} bu seçimin bir seçim türü değil; {1} olabilir")]
    Race(String, String),
    /// No sandık türü.
    #[error("{0} bir sandık türü değil; 0 (normal), 1 (gümrük), 2 (cezaevi) ya da 3 (dış temsilcilik) olabilir")]
    Kind(String),
    /// No number.
    #[error("{0} bir sandık numarası değil; rakamlarla yazılır, örneğin 1001")]
    Number(String),
    /// The range ends before it begins.
    #[error("son numara ({last}) ilk numaradan ({first}) küçük")]
    Backwards {
        /// The first number.
        first: u32,
        /// The last number.
        last: u32,
    },
    /// No place of its level has this id or code.
    #[error("kimliği ya da kodu {value} olan bir yer yok ({})", level.turkish())]
    NoPlace {
        /// What was asked for.
        value: String,
        /// Of which kind.
        level: Filter,
    },
    /// Several places have this code.
    #[error("kodu {0} olan birden çok yer var; kimliğini yazın ya da üstündeki yeri de seçin")]
    Several(String),
    /// The place does not lie in another one that was asked for as well.
    #[error("{value}, “{other}” süzgecinin seçtiği yerde değil")]
    Elsewhere {
        /// What was asked for.
        value: String,
        /// The filter that it contradicts.
        other: Filter,
    },
}

/// What is selected: made by [`BoxResults::select`](super::BoxResults::select), and good as long as an answer takes.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Of which race; of every race of the election without one.
    pub race: Option<Race>,
    /// Of which sandık türü.
    pub kind: Option<BoxKind>,
    /// The smallest place that was asked for; the whole election without one.
    pub place: Option<PlaceId>,
    /// Numbers of boxes, the first and the last.
    pub numbers: Option<(u32, u32)>,
    pub(super) part: Part,
    /// As it was asked.
    pub(super) question: Question,
}

impl Selection {
    /// As it was asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Whether a box of this kind and number is selected, its place and race aside.
    pub(super) fn takes(&self, kind: BoxKind, number: u32) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.numbers.is_none_or(|(first, last)| (first..=last).contains(&number))
    }

    /// Reads a question; the part is still to be looked up.
    pub(super) fn read(question: &Question, election: &Election, atlas: &Atlas) -> Result<Self, BadFilter> {
        let text = |filter: Filter| Some(question.get(filter)).filter(|text| !text.is_empty());
        let race = text(Filter::Race).map(|text| race(text, election)).transpose()?;
        let kind = text(Filter::Kind).map(kind).transpose()?;
        let number = |filter| text(filter).map(|text| number(filter, text)).transpose();
        let (first, last) = (number(Filter::First)?, number(Filter::Last)?);
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            return Err(BadFilter { filter: Filter::Last, why: BadValue::Backwards { first, last } });
        }
        let numbers = (first.is_some() || last.is_some()).then(|| (first.unwrap_or(0), last.unwrap_or(u32::MAX)));
        let spot = place(question, atlas)?;
        let place = spot.and_then(|spot| atlas.get(spot)).map(|place| place.row.id.clone());
        Ok(Self { race, kind, place, numbers, part: Part::default(), question: question.clone() })
    }
}

fn race(text: &str, election: &Election) -> Result<Race, BadFilter> {
    let race = text.parse::<u8>().ok().and_then(|code| Race::try_from(code).ok());
    race.filter(|race| election.races().contains(*race)).ok_or_else(|| {
        let known: Vec<String> =
            election.races().iter().map(|race| format!("{} ({})", race.code(), race.turkish())).collect();
        BadFilter { filter: Filter::Race, why: BadValue::Race(shortened(text), known.join(", ")) }
    })
}

fn kind(text: &str) -> Result<BoxKind, BadFilter> {
    let kind = text.parse::<u8>().ok().and_then(|code| BoxKind::try_from(code).ok());
    kind.ok_or_else(|| BadFilter { filter: Filter::Kind, why: BadValue::Kind(shortened(text)) })
}

fn number(filter: Filter, text: &str) -> Result<u32, BadFilter> {
    let digits = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| BadFilter { filter, why: BadValue::Number(shortened(text)) })
}

/// The smallest of the places that are asked for. Each must lie in those that are larger.
fn place(question: &Question, atlas: &Atlas) -> Result<Option<Spot>, BadFilter> {
    let mut chosen: Option<(Filter, Spot)> = None;
    for filter in Filter::ALL {
        let (Some(level), value) = (filter.level(), question.get(filter)) else { continue };
        if value.is_empty() {
            continue;
        }
        let within = chosen.map_or(atlas.all(), |(_, spot)| atlas.inside(spot));
        let bad = |why| BadFilter { filter, why };
        let by_id = value.parse().ok().and_then(|id: PlaceId| atlas.find(&id));
        let by_id = by_id.filter(|spot| atlas.get(*spot).is_some_and(|place| place.row.level == level));
        let by_code = |within| -> Vec<Spot> {
            let coded = |spot: &Spot| atlas.get(*spot).is_some_and(|place| place.row.code == value);
            atlas.of_level(within, level).filter(coded).take(2).collect()
        };
        let spot = match by_id.map_or_else(|| by_code(within.clone()), |spot| vec![spot])[..] {
            [] => match (chosen, &by_code(atlas.all())[..]) {
                (Some((other, _)), [_, ..]) => {
                    return Err(bad(BadValue::Elsewhere { value: shortened(value), other }));
                }
                _ => return Err(bad(BadValue::NoPlace { value: shortened(value), level: filter })),
            },
            [spot] => spot,
            _ => return Err(bad(BadValue::Several(shortened(value)))),
        };
        match chosen {
            Some((other, _)) if !within.contains(&spot) => {
                return Err(bad(BadValue::Elsewhere { value: shortened(value), other }));
            }
            _ => chosen = Some((filter, spot)),
        }
    }
    Ok(chosen.map(|(_, spot)| spot))
}

/// What somebody wrote, no longer than it takes to recognise it.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
