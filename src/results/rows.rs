//! What every format is written from: one row a version of a box's result, with where the box stands and what its numbers
//! mean.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::{BoxKind, BoxResult, Choice, Race};
use crate::registry::Ballot;

/// What is true of a whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The election's id.
    pub election: String,
    /// The race, where the answer is of one.
    pub race: Option<Race>,
    /// Entries of the log that it takes into account.
    pub position: u64,
    /// Root of the log at this position.
    pub root: [u8; 32],
    /// When the answer was made.
    pub at: Timestamp,
    /// The zone in which people are told times.
    pub zone: TimeZone,
}

/// A place by id and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The registry's id.
    pub id: String,
    /// The name that election users know.
    pub name: String,
}

/// Where a box stands. Any level can be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// İl.
    pub il: Option<Unit>,
    /// Seçim çevresi.
    pub cevre: Option<Unit>,
    /// İlçe.
    pub ilce: Option<Unit>,
    /// İlçe seçim kurulu.
    pub kurul: Option<Unit>,
    /// Mahalle or köy.
    pub mahalle: Option<Unit>,
    /// Country abroad.
    pub ulke: Option<Unit>,
    /// Representation abroad.
    pub temsilcilik: Option<Unit>,
    /// Customs gate.
    pub gumruk: Option<Unit>,
}

impl Units {
    /// Every level with its name, the largest first.
    pub fn levels(&self) -> [(&'static str, Option<&Unit>); 8] {
        [
            ("il", self.il.as_ref()),
            ("cevre", self.cevre.as_ref()),
            ("ilce", self.ilce.as_ref()),
            ("kurul", self.kurul.as_ref()),
            ("muhtarlik", self.mahalle.as_ref()),
            ("ulke", self.ulke.as_ref()),
            ("temsilcilik", self.temsilcilik.as_ref()),
            ("gumruk", self.gumruk.as_ref()),
        ]
    }
}

/// One version of a box's result.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its entry in the log.
    pub position: u64,
    /// When it was entered.
    pub at: Timestamp,
    /// Where the box stands.
    pub place: Arc<Units>,
    /// The box's number.
    pub number: u32,
    /// Sandık türü.
    pub kind: BoxKind,
    /// What its numbers mean; none where nobody listed choices.
    pub ballot: Option<Ballot>,
    /// The figures.
    pub result: BoxResult,
    /// What its reason code means.
    pub reason_text: Option<String>,
}

impl Row {
    /// The choice of a number.
    pub fn choice(&self, no: u16) -> Option<&Choice> {
        self.ballot.as_ref()?.iter().find(|choice| choice.no == no)
    }

    /// The heading of a choice's column: `parti:AK PARTİ`. A number that nobody explains keeps its number.
    pub fn heading(&self, no: u16) -> String {
        self.choice(no).map_or_else(|| format!("secenek:{no}"), Choice::heading)
    }

    /// Why it changed, in words: the text that came with it after what its code means.
    pub fn reason(&self) -> Option<String> {
        let text = self.result.reason.as_ref().and_then(|reason| reason.text.as_deref());
        match (self.reason_text.as_deref(), text) {
            (None, None) => None,
            (Some(code), Some(text)) => Some(format!("{code}: {text}")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }
}
