//! What an election's file says about box results: why a result may change, until when it can be objected to, and on which
//! sums joint votes are shared.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::BadField;
use crate::domain::{Race, words};

/// The table `[results]` of `election.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultSettings {
    /// On which sums the joint votes of an alliance are shared.
    #[serde(default)]
    pub alliance_share: AllianceShare,
    /// What SEÇSİS's reason codes mean, in the words that election users read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, String>,
    /// Until when whom can be objected to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadline: Vec<Deadline>,
}

/// On which sums joint votes are shared. In practice it is the ilçe's, and the sums above are sums of its shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllianceShare {
    /// Of the ilçe.
    #[default]
    District,
    /// Of the seçim çevresi.
    Constituency,
}

/// The end of one stage of objections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Of which race.
    pub race: Race,
    /// Which board or stage: `ilce`, `il`, `ysk`, `olaganustu`.
    pub stage: Stage,
    /// When it ends, local.
    pub until: DateTime,
}

/// To whom an objection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// İlçe seçim kurulu.
    Ilce,
    /// İl seçim kurulu.
    Il,
    /// Yüksek Seçim Kurulu.
    Ysk,
    /// Olağanüstü itiraz.
    Olaganustu,
}

impl Stage {
    /// The name in the election's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ilce => "ilce",
            Self::Il => "il",
            Self::Ysk => "ysk",
            Self::Olaganustu => "olaganustu",
        }
    }

    /// The name that election users know.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Ilce => "ilçe seçim kuruluna itiraz",
            Self::Il => "il seçim kuruluna itiraz",
            Self::Ysk => "Yüksek Seçim Kuruluna itiraz",
            Self::Olaganustu => "olağanüstü itiraz",
        }
    }
}

impl ResultSettings {
    /// What a reason code means. None for a code that is not in the table.
    pub fn reason_text(&self, code: u16) -> Option<&str> {
        self.reasons.get(&code.to_string()).map(String::as_str)
    }

    /// All that is wrong with it. `races` are those of the election.
    pub(super) fn wrong(&self, races: &[Race]) -> Vec<BadField> {
        let mut bad = Vec::new();
        let mut wrong = |field, cause: String| bad.push(BadField { field, cause });
        for (code, text) in &self.reasons {
            if code.parse::<u16>().ok().is_none_or(|number| number.to_string() != *code) {
                wrong("reasons", format!("{code:?} is no reason code: 0 to 65535 is expected"));
            }
            if let Err(cause) = words::Words::of_at_most(200, text) {
                wrong("reasons", format!("the text of reason {code}: {cause}"));
            }
        }
        for (at, deadline) in self.deadline.iter().enumerate() {
            if !races.contains(&deadline.race) {
                wrong("deadline", format!("{} is not voted on in this election", deadline.race));
            }
            let same = |other: &&Deadline| (other.race, other.stage) == (deadline.race, deadline.stage);
            if self.deadline[..at].iter().any(|other| same(&other)) {
                let (race, stage) = (deadline.race, deadline.stage.name());
                wrong("deadline", format!("the stage {stage} of {race} has two ends"));
            }
        }
        bad
    }

    /// Its lines as field, name and text, so that two of them can be compared.
    pub fn rows(&self) -> Vec<(&'static str, String, String)> {
        let share = match self.alliance_share {
            AllianceShare::District => "district",
            AllianceShare::Constituency => "constituency",
        };
        let reasons = self.reasons.iter().map(|(code, text)| ("reasons", code.clone(), text.clone()));
        let deadlines = self.deadline.iter().map(|deadline| {
            let name = format!("{} {}", deadline.race.code(), deadline.stage.name());
            ("deadline", name, deadline.until.to_string())
        });
        let share = ("alliance_share", String::new(), share.to_owned());
        std::iter::once(share).chain(reasons).chain(deadlines).collect()
    }
}
