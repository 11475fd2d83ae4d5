//! Who may do what, when, from where: one pure decision, asked by every protocol.
//!
//! The decision itself must never do I/O; looking up who somebody is stands apart, in [`door`].

pub mod door;
pub mod enrol;
pub mod gates;
pub mod secrets;

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::domain::{Channel, Gate};
pub use gates::Gates;

/// Somebody whose credential was right, on the channel it belongs to.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The account.
    pub account: String,
    /// The channel of the credential.
    pub channel: Channel,
    /// Where the account may come from. A party without any may come from nowhere; a board without any from anywhere.
    pub addresses: Vec<IpNet>,
    /// Whether the account is in use.
    pub active: bool,
    /// The gate that must be open before the account may see scans.
    pub opens_with: Gate,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Bring a scan in.
    Upload,
    /// See what lies in a directory of the archive.
    List,
    /// Take a file out of the archive.
    Download,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 3] = [Self::Upload, Self::List, Self::Download];

    /// The name in audit rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::List => "list",
            Self::Download => "download",
        }
    }
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such credential on this channel. It does not say which half was wrong.
    Unknown,
    /// The account is not in use.
    Inactive,
    /// Not from this address.
    Elsewhere,
    /// The channel is not made for that.
    WrongChannel,
    /// Not yet.
    NotYet {
        /// When it opens; none where no clock opens it, or while no election is loaded.
        opens_at: Option<Timestamp>,
        /// That time as people read it.
        shown: String,
    },
}

impl Refusal {
    /// The name in audit rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-credential",
            Self::Inactive => "inactive-account",
            Self::Elsewhere => "address-not-allowed",
            Self::WrongChannel => "wrong-channel",
            Self::NotYet { .. } => "not-open-yet",
        }
    }
}

impl fmt::Display for Refusal {
    /// The sentence that election users read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("Kullanıcı adı veya parola geçerli değil."),
            Self::Inactive => f.write_str("Bu hesap pasif."),
            Self::Elsewhere => f.write_str("Bu IP adresinden erişim tanımlı değil."),
            Self::WrongChannel => f.write_str("Bu kimlik bilgisi bu iş için geçerli değil."),
            Self::NotYet { shown, .. } => write!(f, "Henüz erişime açılmadı; açılış: {shown}."),
        }
    }
}

/// The decision. Everything it depends on is an argument.
pub fn may(principal: &Principal, act: Act, now: Timestamp, from: IpAddr, gates: &Gates) -> Result<(), Refusal> {
    if !principal.active {
        return Err(Refusal::Inactive);
    }
    let allowed = match (principal.channel, act) {
        (Channel::Board, Act::Upload) => principal.addresses.is_empty() || covers(&principal.addresses, from),
        (Channel::Bulk, Act::List | Act::Download) => covers(&principal.addresses, from),
        _ => return Err(Refusal::WrongChannel),
    };
    if !allowed {
        return Err(Refusal::Elsewhere);
    }
    // The law opens reading at an hour; sending has none.
    if act == Act::Upload || gates.is_open(principal.opens_with, now) {
        return Ok(());
    }
    let opens_at = gates.opens_at(principal.opens_with);
    Err(Refusal::NotYet { opens_at, shown: gates.shown(principal.opens_with) })
}

/// Whether `from` lies in one of the ranges. An IPv4 address that arrives as IPv6 counts as what it is.
pub fn covers(ranges: &[IpNet], from: IpAddr) -> bool {
    let from = from.to_canonical();
    ranges.iter().any(|range| range.contains(&from))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn principal(channel: Channel, addresses: &str) -> Principal {
        let addresses = addresses.split_whitespace().map(|range| range.parse().unwrap()).collect();
        Principal { account: "x".into(), channel, addresses, active: true, opens_with: Gate::PartiesOpen }
    }

    fn gates(opens: &str) -> Gates {
        Gates::by_clock(opens.parse().unwrap(), TimeZone::get("Europe/Istanbul").ok())
    }

    #[test]
    fn each_channel_may_do_its_own_and_nothing_else() {
        let from: IpAddr = "10.1.2.3".parse().unwrap();
        let gates = gates("2024-03-31T14:00:00Z");
        let now = "2024-03-31T20:00:00Z".parse().unwrap();
        let channels =
            [Channel::Web, Channel::Service, Channel::Bulk, Channel::Board, Channel::Operator, Channel::Auditor];
        for channel in channels {
            for act in Act::ALL {
                let expected = matches!(
                    (channel, act),
                    (Channel::Board, Act::Upload) | (Channel::Bulk, Act::List | Act::Download)
                );
                let got = may(&principal(channel, "10.0.0.0/8"), act, now, from, &gates);
                assert_eq!(got, if expected { Ok(()) } else { Err(Refusal::WrongChannel) }, "{channel} {act:?}");
            }
        }
    }

    #[test]
    fn parties_wait_for_17_00_in_istanbul_to_the_millisecond() {
        let party = principal(Channel::Bulk, "10.0.0.0/8");
        let from = "10.1.2.3".parse().unwrap();
        let gates = gates("2024-03-31T14:00:00Z");
        let at = |time: &str| may(&party, Act::List, time.parse().unwrap(), from, &gates);
        let Err(Refusal::NotYet { shown, .. }) = at("2024-03-31T13:59:59.999Z") else { panic!("open too early") };
        assert_eq!(shown, "31.03.2024 17:00:00");
        assert_eq!(at("2024-03-31T14:00:00Z"), Ok(()));
        let none = may(&party, Act::List, Timestamp::MAX, from, &Gates::default());
        assert!(matches!(none, Err(Refusal::NotYet { opens_at: None, .. })), "no election, no gate to open");
        let early: Timestamp = "2024-03-31T03:00:00Z".parse().unwrap();
        assert_eq!(
            may(&principal(Channel::Board, ""), Act::Upload, early, from, &gates),
            Ok(()),
            "boards send at any hour"
        );
    }

    #[test]
    fn a_party_that_takes_no_part_waits_for_the_end_of_the_ban() {
        let from = "10.1.2.3".parse().unwrap();
        let outside = Principal { opens_with: Gate::BanLifted, ..principal(Channel::Bulk, "10.0.0.0/8") };
        let mut gates = gates("2024-03-31T14:00:00Z");
        let evening = "2024-03-31T17:00:00Z".parse().unwrap();
        let refused = may(&outside, Act::List, evening, from, &gates);
        assert!(matches!(refused, Err(Refusal::NotYet { opens_at: None, .. })), "{refused:?}");
        gates.decide(Gate::BanLifted, true);
        assert_eq!(may(&outside, Act::List, evening, from, &gates), Ok(()));
        gates.decide(Gate::PartiesOpen, false);
        assert_eq!(may(&outside, Act::List, evening, from, &gates), Ok(()), "each waits for its own gate");
        let inside = principal(Channel::Bulk, "10.0.0.0/8");
        assert!(may(&inside, Act::List, evening, from, &gates).is_err(), "what was closed stays closed past its hour");
    }

    #[test]
    fn nobody_gets_in_from_elsewhere() {
        let gates = gates("2024-03-31T14:00:00Z");
        let at = |channel, ranges: &str, from: &str| {
            let act = if channel == Channel::Board { Act::Upload } else { Act::Download };
            may(&principal(channel, ranges), act, Timestamp::MAX, from.parse().unwrap(), &gates)
        };
        assert_eq!(at(Channel::Bulk, "192.0.2.0/28", "192.0.2.15"), Ok(()));
        assert_eq!(at(Channel::Bulk, "192.0.2.0/28", "192.0.2.16"), Err(Refusal::Elsewhere));
        assert_eq!(at(Channel::Bulk, "192.0.2.0/28", "::ffff:192.0.2.15"), Ok(()), "IPv4 in IPv6's clothes");
        assert_eq!(at(Channel::Bulk, "2001:db8::/64", "2001:db8::1"), Ok(()));
        assert_eq!(at(Channel::Bulk, "", "192.0.2.1"), Err(Refusal::Elsewhere), "a party without addresses");
        assert_eq!(at(Channel::Board, "", "192.0.2.1"), Ok(()), "a board without addresses");
        assert_eq!(at(Channel::Board, "10.0.0.0/8", "192.0.2.1"), Err(Refusal::Elsewhere));
    }

    #[test]
    fn an_inactive_account_may_nothing() {
        let mut party = principal(Channel::Bulk, "0.0.0.0/0");
        party.active = false;
        let got = may(&party, Act::List, Timestamp::MAX, "10.0.0.1".parse().unwrap(), &gates("2024-03-31T14:00:00Z"));
        assert_eq!(got, Err(Refusal::Inactive));
    }
}
