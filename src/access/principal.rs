//! Somebody whose credential was right, and what kind of somebody that is.

use ipnet::IpNet;

use super::Object;
use crate::domain::{Channel, Gate, PlaceId};

/// What an account is in an election. The class decides what it may at all, and which gate it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A party that takes part.
    Party,
    /// A party that takes no part: as one that does, once the broadcast ban is lifted.
    OutsideParty,
    /// A Cumhurbaşkanı candidate: as a party.
    Candidate,
    /// An independent candidate: nothing on line, a medium of the own seçim çevresi (2019 circular, art. 3/3).
    IndependentCandidate,
    /// A district board.
    Board,
    /// A program that gives box results.
    Feed,
    /// An SKGM operator.
    Operator,
    /// An auditor (denetçi).
    Auditor,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::Party,
        Self::OutsideParty,
        Self::Candidate,
        Self::IndependentCandidate,
        Self::Board,
        Self::Feed,
        Self::Operator,
        Self::Auditor,
    ];

    /// The class of an account of this kind that waits for this gate; none where the two do not go together.
    pub fn of_account(kind: &str, opens_with: Gate) -> Option<Self> {
        match (kind, opens_with) {
            ("party", Gate::PartiesOpen) => Some(Self::Party),
            ("party", Gate::BanLifted) => Some(Self::OutsideParty),
            ("candidate", Gate::PartiesOpen) => Some(Self::Candidate),
            ("independent", Gate::BanLifted) => Some(Self::IndependentCandidate),
            ("board", _) => Some(Self::Board),
            ("feed", _) => Some(Self::Feed),
            ("operator", _) => Some(Self::Operator),
            ("auditor", _) => Some(Self::Auditor),
            _ => None,
        }
    }

    /// The kind of its accounts in the database.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Party | Self::OutsideParty => "party",
            Self::Candidate => "candidate",
            Self::IndependentCandidate => "independent",
            Self::Board => "board",
            Self::Feed => "feed",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// The gate that must be open before it sees anything of scans or results.
    pub fn opens_with(self) -> Gate {
        match self {
            Self::OutsideParty | Self::IndependentCandidate => Gate::BanLifted,
            Self::Party | Self::Candidate | Self::Board | Self::Feed | Self::Operator | Self::Auditor => {
                Gate::PartiesOpen
            }
        }
    }

    /// Whether an account without an address list may come from anywhere. Those that see scans or results, or
    /// give them for all boxes, may not: they come from the addresses they reported, or not at all.
    pub fn comes_from_anywhere_unless_bound(self) -> bool {
        matches!(self, Self::Board | Self::Operator | Self::Auditor)
    }
}

/// How far somebody's rights reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything, but what belongs to another account.
    Everything,
    /// One seçim çevresi.
    Constituency(PlaceId),
    /// What belongs to the account, and nothing else.
    Own,
}

/// Somebody whose credential was right, on the channel it belongs to.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The account: a party, a candidate, a board, an operator, an auditor.
    pub account: String,
    /// The person of the account, where it has several.
    pub person: Option<String>,
    /// What the account is.
    pub class: Class,
    /// The channel of the credential.
    pub channel: Channel,
    /// Where the account may come from; see [`Class::comes_from_anywhere_unless_bound`] for an empty list.
    pub addresses: Vec<IpNet>,
    /// Whether account and person are in use.
    pub active: bool,
    /// Whether the password is still the one that was given out.
    pub must_change: bool,
    /// How far the rights reach.
    pub scope: Scope,
}

impl Principal {
    /// Whether the rights reach as far as `object`.
    pub fn reaches(&self, object: Object<'_>) -> bool {
        match (object, &self.scope) {
            // Whatever the scope: what is another account's is nobody else's.
            (Object::Of(account), _) => account == self.account,
            (Object::Everything | Object::In(_), Scope::Everything) => true,
            (Object::In(place), Scope::Constituency(own)) => place == own,
            (Object::Everything, Scope::Constituency(_)) | (Object::Everything | Object::In(_), Scope::Own) => false,
        }
    }

    /// Who it is, as audit rows name it: the account, and behind a `/` the person.
    pub fn name(&self) -> String {
        match &self.person {
            Some(person) => format!("{}/{person}", self.account),
            None => self.account.clone(),
        }
    }
}
