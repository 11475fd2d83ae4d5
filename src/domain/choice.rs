//! What can be voted for: one row of a ballot, for one race in one constituency.
//!
//! Figures name a choice by its number on the ballot, and a number means something only together with the race and the
//! constituency. So ids and names travel with the figures wherever they are handed out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{PlaceId, Race};

/// What kind of choice it is. The names are the ones written in `choices.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChoiceKind {
    /// A candidate who stands by name, as for Cumhurbaşkanı.
    Candidate,
    /// A party's list or candidate.
    Party,
    /// The joint votes of an alliance (ittifakın ortak oyları): its members are parties on the same ballot.
    Alliance,
    /// An independent candidate.
    Independent,
    /// An answer to a question: Evet, Hayır.
    Option,
}

impl ChoiceKind {
    /// Every kind with its name in `choices.csv` and in the database.
    pub const ALL: [(&'static str, Self); 5] = [
        ("candidate", Self::Candidate),
        ("party", Self::Party),
        ("alliance", Self::Alliance),
        ("independent", Self::Independent),
        ("option", Self::Option),
    ];

    /// The name in `choices.csv` and in the database.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The name in what is handed out, without letters that a program could trip over: `parti`, `ittifak`, `bagimsiz`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Candidate => "aday",
            Self::Party => "parti",
            Self::Alliance => "ittifak",
            Self::Independent => "bagimsiz",
            Self::Option => "tercih",
        }
    }

    /// The name that election users know.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Candidate => "aday",
            Self::Party => "parti",
            Self::Alliance => "ittifak (ortak oy)",
            Self::Independent => "bağımsız",
            Self::Option => "tercih",
        }
    }
}

impl FromStr for ChoiceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("no kind of choice is called {text:?}: one of {} is expected", known.join(", "))
        })
    }
}

/// One row of a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choice {
    /// What is voted on.
    pub race: Race,
    /// Where the ballot is this one; none is the whole election.
    pub constituency: Option<PlaceId>,
    /// The number by which figures name it, from 1, in the order of the ballot.
    pub no: u16,
    /// What kind of choice it is.
    pub kind: ChoiceKind,
    /// Its name for programs, the same wherever the same party stands: `chp`, `ittifak-cumhur`.
    pub id: String,
    /// Short name on the ballot.
    pub short_name: String,
    /// Full name.
    pub name: String,
    /// For a party: the id of its alliance on this ballot.
    pub alliance: Option<String>,
}

impl Choice {
    /// The heading of its column, unique on a ballot and telling for itself: `parti:AK PARTİ`, `ittifak:CUMHUR`.
    pub fn heading(&self) -> String {
        format!("{}:{}", self.kind.slug(), self.short_name)
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.no, self.short_name)
    }
}

/// The ballot of a constituency, in its order: what stands in the whole country and what stands there only.
///
/// A constituency lists its whole ballot, or only what comes to the country's. It lists the whole of it where one of its
/// numbers or ids is one of the country's: then nothing of the country's is added.
pub fn ballot(country: &[Choice], own: &[Choice]) -> Vec<Choice> {
    let clash = |own: &Choice| country.iter().any(|choice| choice.no == own.no || choice.id == own.id);
    let country = if own.iter().any(clash) { &[] } else { country };
    let mut ballot: Vec<Choice> = country.iter().chain(own).cloned().collect();
    ballot.sort_by_key(|choice| choice.no);
    ballot
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(no: u16, id: &str) -> Choice {
        let (short_name, name) = (id.to_uppercase(), id.to_uppercase());
        let (race, kind) = (Race::Parliament, ChoiceKind::Party);
        Choice { race, constituency: None, no, kind, id: id.into(), short_name, name, alliance: None }
    }

    #[test]
    fn a_constituency_adds_to_the_countrys_ballot_or_has_one_of_its_own() {
        let country = [choice(1, "a"), choice(2, "b")];
        let ids = |own: &[Choice]| ballot(&country, own).into_iter().map(|choice| choice.id).collect::<Vec<_>>();
        assert_eq!(ids(&[]), ["a", "b"]);
        assert_eq!(ids(&[choice(9, "z"), choice(3, "y")]), ["a", "b", "y", "z"]);
        assert_eq!(ids(&[choice(2, "a"), choice(1, "y")]), ["y", "a"], "b does not stand there");
        assert_eq!(ids(&[choice(7, "b")]), ["b"]);
    }

    #[test]
    fn a_kind_has_one_name_in_files_and_is_read_back() {
        for (name, kind) in ChoiceKind::ALL {
            assert_eq!((kind.name(), name.parse()), (name, Ok(kind)));
            assert!(!kind.slug().is_empty() && kind.slug().is_ascii());
        }
        assert!("parti".parse::<ChoiceKind>().unwrap_err().contains("candidate, party, alliance"));
    }
}
