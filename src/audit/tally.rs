//! Refusals that anybody can bring about without end: strangers' requests, wrong credentials, requests beyond a ceiling.
//!
//! The first few of each address are written in full. The rest is counted: one row for each address, principal, deed and
//! outcome at the end of the window, which says how many and why. So every access is on record, and what a flood writes is
//! bounded by the number of addresses it comes from, and beyond some by nothing but time.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use super::access::{Access, Deed, NOBODY, Outcome, Protocol};
use crate::domain::{Channel, Origin};

/// Addresses, principals and deeds that are told apart in one window. What comes beyond them is counted together.
const APART: usize = 1000;
/// Reasons that are told apart in one row.
const REASONS: usize = 8;

/// What is written of refusals that anybody can bring about.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TallyLimits {
    /// How long they are counted together, in seconds.
    pub seconds: u64,
    /// Rows in full for each address (of IPv6: each /64) in that time.
    pub rows_per_address: u32,
    /// Rows in full for all addresses in that time.
    pub rows: u32,
}

impl Default for TallyLimits {
    fn default() -> Self {
        Self { seconds: 60, rows_per_address: 30, rows: 600 }
    }
}

impl TallyLimits {
    /// The window.
    pub(super) fn window(&self) -> Duration {
        Duration::from_secs(self.seconds.max(1))
    }
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// None: of more addresses than are told apart.
    origin: Option<Origin>,
    principal: String,
    channel: Option<Channel>,
    protocol: Protocol,
    deed: Deed,
    outcome: Outcome,
}

/// How often, and why.
#[derive(Clone, Debug, Default)]
struct Count {
    times: u64,
    reasons: Vec<(String, u64)>,
    other: u64,
}

impl Count {
    fn add(&mut self, reason: &str) {
        self.times += 1;
        if let Some((_, times)) = self.reasons.iter_mut().find(|(known, _)| known == reason) {
            *times += 1;
        } else if self.reasons.len() < REASONS {
            self.reasons.push((reason.to_owned(), 1));
        } else {
            self.other += 1;
        }
    }

    /// `not-found 1200, unknown-credential 34`
    fn summary(&self) -> String {
        let named = self.reasons.iter().map(|(reason, times)| (reason.as_str(), *times));
        let all = named.chain((self.other > 0).then_some(("other", self.other)));
        let all: Vec<String> = all.map(|(reason, times)| format!("{reason} {times}")).collect();
        all.join(", ")
    }
}

/// The counts of one window.
#[derive(Debug, Default)]
pub(super) struct Tally {
    limits: TallyLimits,
    in_full: u32,
    of_address: HashMap<Origin, u32>,
    counts: HashMap<Key, Count>,
}

/// Accesses that were counted together, as a row says it.
#[derive(Clone, Debug)]
pub(super) struct Together {
    pub access: Access,
    /// The address as it is written: a /64 has no single one.
    pub address: String,
    pub outcome: Outcome,
    pub reason: String,
}

impl Tally {
    pub fn new(limits: TallyLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Whether this access still gets a row of its own. Who takes it must write it, or count it.
    pub fn in_full(&mut self, access: &Access) -> bool {
        let Some(origin) = access.address.map(Origin::of) else { return true };
        if self.in_full >= self.limits.rows {
            return false;
        }
        if self.of_address.len() >= APART && !self.of_address.contains_key(&origin) {
            return false;
        }
        let written = self.of_address.entry(origin).or_default();
        if *written >= self.limits.rows_per_address {
            return false;
        }
        (*written, self.in_full) = (*written + 1, self.in_full + 1);
        true
    }

    /// One more, that has no row of its own.
    pub fn count(&mut self, access: &Access, outcome: Outcome, reason: &str) {
        let mut key = Key {
            origin: access.address.map(Origin::of),
            principal: access.principal.clone(),
            channel: access.channel,
            protocol: access.protocol,
            deed: access.deed,
            outcome,
        };
        if self.counts.len() >= APART && !self.counts.contains_key(&key) {
            // So few kinds are left that they always find room.
            key = Key { origin: None, principal: NOBODY.to_owned(), channel: None, ..key };
        }
        self.counts.entry(key).or_default().add(reason);
    }

    /// Ends the window: what was counted in it, and everything begins anew.
    pub fn end_window(&mut self) -> Vec<Together> {
        (self.in_full, self.of_address) = (0, HashMap::new());
        std::mem::take(&mut self.counts).into_iter().map(|(key, count)| together(key, &count)).collect()
    }
}

fn together(key: Key, count: &Count) -> Together {
    let Key { origin, principal, channel, protocol, deed, outcome } = key;
    Together {
        access: Access {
            principal,
            channel,
            protocol,
            address: None,
            deed,
            object: format!("{} times", count.times),
            start_at: 0,
            room: super::Room::Strangers,
        },
        address: origin.map_or_else(|| "(many)".to_owned(), |origin| origin.to_string()),
        outcome,
        reason: format!("counted together: {}", count.summary()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn asks(address: IpAddr) -> Access {
        Access::of_a_stranger(Protocol::Https, address, Deed::Request, "GET /")
    }

    fn limits(rows_per_address: u32, rows: u32) -> TallyLimits {
        TallyLimits { seconds: 60, rows_per_address, rows }
    }

    /// Counts an access; gives whether it is written in full.
    fn bring(tally: &mut Tally, address: IpAddr, reason: &str) -> bool {
        let full = tally.in_full(&asks(address));
        if !full {
            tally.count(&asks(address), Outcome::Refused, reason);
        }
        full
    }

    #[test]
    fn the_first_few_are_written_and_the_rest_is_one_row_that_says_how_many_and_why() {
        let mut tally = Tally::new(limits(3, 100));
        let here = IpAddr::from([192, 0, 2, 1]);
        let full = (0..1000).filter(|n| bring(&mut tally, here, if n % 4 == 0 { "elsewhere" } else { "not-found" }));
        assert_eq!(full.count(), 3);
        assert!(bring(&mut tally, [192, 0, 2, 2].into(), "not-found"), "another address has its own");
        let rows = tally.end_window();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].access.object.as_str(), rows[0].address.as_str()), ("997 times", "192.0.2.1"));
        assert_eq!(rows[0].reason, "counted together: not-found 748, elsewhere 249");
        assert!(bring(&mut tally, here, "not-found"), "a new window");
        assert!(tally.end_window().is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let mut tally = Tally::new(limits(3, 100));
        for n in 0..50_u16 {
            bring(&mut tally, [0x2001, 0xdb8, 0, 0, 0, 0, 0, n].into(), "not-found");
        }
        let rows = tally.end_window();
        assert_eq!((rows.len(), rows[0].access.object.as_str()), (1, "47 times"));
        assert_eq!(rows[0].address, "2001:db8::/64");
    }

    #[test]
    fn any_number_of_addresses_writes_a_bounded_number_of_rows_and_none_is_forgotten() {
        let mut tally = Tally::new(limits(3, 50));
        let mut full = 0;
        for n in 0..100_000_u32 {
            full += usize::from(bring(&mut tally, IpAddr::from((n % 20_000).to_be_bytes()), &format!("reason-{n}")));
        }
        let rows = tally.end_window();
        assert_eq!(full, 50);
        assert!(rows.len() <= APART + 1, "{}", rows.len());
        let times = |row: &Together| row.access.object.split(' ').next().unwrap().parse::<usize>().unwrap();
        assert_eq!(full + rows.iter().map(times).sum::<usize>(), 100_000);
        assert!(rows.iter().all(|row| row.reason.len() < 300));
    }
}
