//! The whole table of the decision, written out a second time, and what must hold whatever is asked.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::Scope;
use super::*;
use crate::domain::{Gate, PlaceId};

const CHANNELS: [Channel; 8] = [
    Channel::Web,
    Channel::Service,
    Channel::Bulk,
    Channel::Board,
    Channel::Feed,
    Channel::Operator,
    Channel::Auditor,
    Channel::Medium,
];

/// Who may what through which channel, as the circulars say it. What does not stand here is refused.
const ALLOWED: &[(&str, Channel, &str)] = &[
    ("party", Channel::Web, WEB),
    ("party", Channel::Service, "view-results save-results"),
    ("party", Channel::Bulk, "list download logout"),
    ("candidate", Channel::Web, WEB),
    ("candidate", Channel::Service, "view-results save-results"),
    ("candidate", Channel::Bulk, "list download logout"),
    ("independent", Channel::Medium, "export"),
    ("board", Channel::Board, "upload follow-uploads"),
    ("board", Channel::Web, "upload follow-uploads resolve read-own-record change-password logout"),
    ("feed", Channel::Feed, "send-figures"),
    ("operator", Channel::Operator, "administer gate resolve change-password logout"),
    ("auditor", Channel::Auditor, "read-record change-password logout"),
];
const WEB: &str = "view-results save-results view-images save-images read-own-record change-password logout";
/// What shows scans or results.
const GATED: &str = "list download view-results save-results view-images save-images export";

const OPENS: &str = "2024-03-31T14:00:00Z";
const BEFORE: &str = "2024-03-31T13:59:59.999Z";
const HERE: &str = "192.0.2.15";
const ELSEWHERE: &str = "192.0.2.16";

fn named(list: &str, act: Act) -> bool {
    list.split(' ').any(|name| name == act.name())
}

fn place(id: &str) -> PlaceId {
    id.parse().unwrap()
}

fn principal(class: Class, channel: Channel, addresses: &str) -> Principal {
    let scope = match class {
        Class::IndependentCandidate => Scope::Constituency(place("34-1")),
        Class::Board | Class::Feed => Scope::Own,
        _ => Scope::Everything,
    };
    let addresses = addresses.split_whitespace().map(|range| range.parse().unwrap()).collect();
    let (account, person) = ("x".to_owned(), None);
    Principal { account, person, class, channel, addresses, active: true, must_change: false, scope }
}

/// No election, before and after the hour, and each decision that can be taken.
const STATES: [&str; 7] = ["none", "early", "open", "opened-early", "closed", "ban-lifted-early", "ban-lifted"];

/// The gates in such a state, the time, and whether parties that take part, and those that take none, may see something.
fn state(name: &str) -> (Gates, Timestamp, bool, bool) {
    let by_clock = Gates::by_clock(OPENS.parse().unwrap(), TimeZone::get("Europe/Istanbul").ok());
    let decided = |gate, open| {
        let mut gates = by_clock.clone();
        gates.decide(gate, open);
        gates
    };
    let (before, after) = (BEFORE.parse().unwrap(), OPENS.parse().unwrap());
    match name {
        "none" => (Gates::default(), Timestamp::MAX, false, false),
        "early" => (by_clock, before, false, false),
        "open" => (by_clock, after, true, false),
        "opened-early" => (decided(Gate::PartiesOpen, true), before, true, false),
        "closed" => (decided(Gate::PartiesOpen, false), after, false, false),
        "ban-lifted-early" => (decided(Gate::BanLifted, true), before, false, true),
        _ => (decided(Gate::BanLifted, true), after, true, true),
    }
}

#[test]
fn every_class_may_do_its_own_through_its_own_channel_at_its_own_time_from_its_own_place_and_nothing_else() {
    let (own, other) = (place("34-1"), place("34-2"));
    let objects = [Object::Everything, Object::In(&own), Object::In(&other), Object::Of("x"), Object::Of("y")];
    let mut yes = 0;
    for class in Class::ALL {
        for channel in CHANNELS {
            let row = ALLOWED.iter().find(|(kind, of, _)| *kind == class.kind() && *of == channel);
            for (act, object) in Act::ALL.into_iter().flat_map(|act| objects.map(|object| (act, object))) {
                for state_name in STATES {
                    let (gates, now, inside, outside) = state(state_name);
                    for (addresses, from) in
                        [("192.0.2.0/28", HERE), ("192.0.2.0/28", ELSEWHERE), ("", HERE), ("192.0.2.0/28", MAPPED)]
                    {
                        for (active, must_change) in [(true, false), (true, true), (false, false)] {
                            let who = Principal { active, must_change, ..principal(class, channel, addresses) };
                            let expected = if !active {
                                Some("inactive-account")
                            } else if !row.is_some_and(|(_, _, acts)| named(acts, act)) {
                                Some("wrong-channel")
                            } else if channel != Channel::Medium
                                && (from == ELSEWHERE
                                    || addresses.is_empty()
                                        && !matches!(class.kind(), "board" | "operator" | "auditor"))
                            {
                                Some("address-not-allowed")
                            } else if must_change && !named("change-password logout", act) {
                                Some("must-change-password")
                            } else if !match (class, object) {
                                (_, Object::Of(account)) => account == "x",
                                (Class::Board | Class::Feed, _) => false,
                                (Class::IndependentCandidate, object) => object == Object::In(&own),
                                _ => true,
                            } {
                                Some("out-of-scope")
                            } else if named(GATED, act)
                                && !(if matches!(class, Class::OutsideParty | Class::IndependentCandidate) {
                                    outside
                                } else {
                                    inside
                                })
                            {
                                Some("not-open-yet")
                            } else {
                                yes += 1;
                                None
                            };
                            let got = may(&who, act, object, now, from.parse().unwrap(), &gates);
                            let got = got.err().map(|refusal| refusal.name());
                            assert_eq!(got, expected, "{class:?} {channel} {act:?} {object:?} {state_name} {from}");
                        }
                    }
                }
            }
        }
    }
    assert!(yes > 1000, "{yes}: the table must say yes as well");
}

/// [`HERE`] as a socket for both families of addresses shows it.
const MAPPED: &str = "::ffff:192.0.2.15";

#[test]
fn parties_wait_for_17_00_in_istanbul_to_the_millisecond() {
    let party = principal(Class::Party, Channel::Bulk, "10.0.0.0/8");
    let from = "10.1.2.3".parse().unwrap();
    let (gates, ..) = state("early");
    let at = |time: &str| may(&party, Act::List, Object::Everything, time.parse().unwrap(), from, &gates);
    let Err(Refusal::NotYet { shown, .. }) = at(BEFORE) else { panic!("open too early") };
    assert_eq!(shown, "31.03.2024 17:00:00");
    assert_eq!(at(OPENS), Ok(()));
    let none = may(&party, Act::List, Object::Everything, Timestamp::MAX, from, &Gates::default());
    assert!(matches!(none, Err(Refusal::NotYet { opens_at: None, .. })), "no election, no gate to open");
    let outside = principal(Class::OutsideParty, Channel::Bulk, "10.0.0.0/8");
    let refused = may(&outside, Act::List, Object::Everything, OPENS.parse().unwrap(), from, &gates);
    assert!(matches!(refused, Err(Refusal::NotYet { opens_at: None, .. })), "no clock lifts the ban: {refused:?}");
}

#[test]
fn addresses_are_compared_as_what_they_are() {
    let (gates, now, ..) = state("open");
    let at = |ranges: &str, from: &str| {
        let party = principal(Class::Party, Channel::Bulk, ranges);
        may(&party, Act::Download, Object::Everything, now, from.parse().unwrap(), &gates)
    };
    assert_eq!(at("192.0.2.0/28", HERE), Ok(()));
    assert_eq!(at("192.0.2.0/28", ELSEWHERE), Err(Refusal::Elsewhere));
    assert_eq!(at("192.0.2.0/28", MAPPED), Ok(()), "IPv4 in IPv6's clothes");
    assert_eq!(at("2001:db8::/64", "2001:db8::1"), Ok(()));
    assert_eq!(at("2001:db8::/64", "2001:db8:0:1::1"), Err(Refusal::Elsewhere));
    assert_eq!(at("::/0", HERE), Err(Refusal::Elsewhere), "all of IPv6 is not IPv4");
}

#[test]
fn a_kind_that_does_not_fit_its_gate_is_no_class() {
    for class in Class::ALL {
        assert_eq!(Class::of_account(class.kind(), class.opens_with()), Some(class));
    }
    assert_eq!(Class::of_account("independent", Gate::PartiesOpen), None);
    assert_eq!(Class::of_account("party", Gate::EmbargoEnded), None);
    assert_eq!(Class::of_account("PARTY", Gate::PartiesOpen), None);
}

/// An object that owns what it names.
#[derive(Clone, Debug)]
enum Owned {
    Everything,
    In(PlaceId),
    Of(String),
}

impl Owned {
    fn object(&self) -> Object<'_> {
        match self {
            Self::Everything => Object::Everything,
            Self::In(place) => Object::In(place),
            Self::Of(account) => Object::Of(account),
        }
    }
}

fn objects() -> impl Strategy<Value = Owned> {
    prop_oneof![
        Just(Owned::Everything),
        select(vec!["34-1", "34-2", "06"]).prop_map(|id| Owned::In(place(id))),
        select(vec!["x", "y", ""]).prop_map(|account| Owned::Of(account.to_owned())),
    ]
}

fn scopes() -> impl Strategy<Value = Scope> {
    let some = select(vec!["34-1", "34-2"]).prop_map(|id| Scope::Constituency(place(id)));
    prop_oneof![Just(Scope::Everything), Just(Scope::Own), some]
}

prop_compose! {
    /// Any principal at all, also such as no row of the database makes.
    fn principals()(
        class in select(Class::ALL.to_vec()),
        channel in select(CHANNELS.to_vec()),
        ranges in proptest::collection::vec((any::<u32>(), 0..=32u8), 0..3),
        active in any::<bool>(),
        must_change in any::<bool>(),
        scope in scopes(),
    ) -> Principal {
        let range = |(address, length)| ipnet::Ipv4Net::new(std::net::Ipv4Addr::from(address), length).unwrap().into();
        let addresses = ranges.into_iter().map(range).collect();
        Principal { account: "x".into(), person: None, class, channel, addresses, active, must_change, scope }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Whoever it is and whatever they ask: a yes means that all of this holds.
    #[test]
    fn a_yes_is_never_before_the_gate_outside_the_scope_or_with_a_password_that_was_given_out(
        who in principals(),
        act in select(Act::ALL.to_vec()),
        object in objects(),
        opens in proptest::option::of(-1000..1000i64),
        now in -1000..1000i64,
        parties in any::<Option<bool>>(),
        ban in any::<Option<bool>>(),
        from in any::<u32>(),
    ) {
        let millisecond = |at| Timestamp::from_millisecond(at).unwrap();
        let mut gates = opens.map_or_else(Gates::default, |at| Gates::by_clock(millisecond(at), None));
        for (gate, decided) in [(Gate::PartiesOpen, parties), (Gate::BanLifted, ban)] {
            decided.into_iter().for_each(|open| gates.decide(gate, open));
        }
        let from = std::net::Ipv4Addr::from(from);
        if may(&who, act, object.object(), millisecond(now), from.into(), &gates).is_ok() {
            prop_assert!(who.active);
            let works = matches!(act, Act::ChangePassword | Act::LogOut);
            prop_assert!(!who.must_change || works);
            if named(GATED, act) {
                let by_clock = parties.unwrap_or(opens.is_some_and(|at| at <= now));
                let by_decision = ban.unwrap_or(false);
                let waits_for_the_ban = matches!(who.class, Class::OutsideParty | Class::IndependentCandidate);
                let open = if waits_for_the_ban { by_decision } else { by_clock };
                prop_assert!(open);
            }
            match (&who.scope, &object) {
                (_, Owned::Of(account)) => prop_assert_eq!(account, "x"),
                (Scope::Constituency(own), Owned::In(place)) => prop_assert_eq!(own, place),
                (scope, _) => prop_assert_eq!(scope, &Scope::Everything),
            }
            if matches!(act, Act::List | Act::Download | Act::ViewImages | Act::SaveImages) {
                prop_assert!(who.channel != Channel::Service, "no image by the web service");
                let inside = |range: &IpNet| range.contains(&std::net::IpAddr::from(from));
                prop_assert!(who.addresses.iter().any(inside), "nothing is seen from elsewhere");
            }
        }
    }
}
