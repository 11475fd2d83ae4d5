//! Who holds a permit, and who makes room.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Full, Limits};

/// How long a word about an address is enough.
pub(super) const A_WHILE: Duration = Duration::from_secs(60);
/// How long a connection stays before it makes room for another of its own address. Without it, clients that connect many
/// times at once would displace one another for ever, and none of them would get as far as asking.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
/// Addresses about which a word was said, at most: beyond it, nothing is said of further ones.
const WORDS: usize = 1024;

/// Why a connection is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Stranger,
    Known,
    Proven,
}

const CLASSES: usize = 3;

#[derive(Debug)]
struct Holder {
    customer: IpAddr,
    leave: CancellationToken,
    busy: Arc<AtomicUsize>,
    since: Instant,
}

impl Holder {
    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }
}

/// All permits. Numbers ascend, so the lowest has waited longest.
#[derive(Debug)]
pub(super) struct Table {
    limits: Limits,
    next: u64,
    holders: [BTreeMap<u64, Holder>; CLASSES],
    by_customer: HashMap<IpAddr, [usize; CLASSES]>,
    words: HashMap<IpAddr, Instant>,
}

/// Whose address it is, for counting.
fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
    }
}

impl Table {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, next: 0, holders: Default::default(), by_customer: HashMap::new(), words: HashMap::new() }
    }

    pub(super) fn held(&self) -> [usize; CLASSES] {
        [0, 1, 2].map(|class: usize| self.holders[class].len())
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.by_customer.is_empty() && self.held() == [0; CLASSES]
    }

    pub(super) fn enter(
        &mut self,
        address: IpAddr,
        known: bool,
        leave: &CancellationToken,
        busy: &Arc<AtomicUsize>,
        now: Instant,
    ) -> Result<u64, Full> {
        let (customer, class) = (customer(address), if known { Class::Known } else { Class::Stranger });
        if !self.has_room(customer, class, now) {
            return Err(Full { first: self.worth_a_word(address, now) });
        }
        let number = self.next;
        self.next += 1;
        self.by_customer.entry(customer).or_default()[class as usize] += 1;
        let holder = Holder { customer, leave: leave.clone(), busy: Arc::clone(busy), since: now };
        self.holders[class as usize].insert(number, holder);
        Ok(number)
    }

    /// Whether there is room, made by another where it must be.
    fn has_room(&mut self, customer: IpAddr, class: Class, now: Instant) -> bool {
        let (most, each) = match class {
            Class::Stranger => (self.limits.strangers, self.limits.strangers_per_address),
            Class::Known => (self.limits.known, self.limits.known_per_address),
            Class::Proven => return false,
        };
        // While no more clients can be proven, a newcomer could never be: it displaces nobody.
        if self.holders[Class::Proven as usize].len() >= self.limits.proven {
            return false;
        }
        let here = self.by_customer.get(&customer).copied().unwrap_or_default();
        if here[class as usize] >= each || here.iter().sum::<usize>() >= self.limits.per_address {
            return self.displace_own(class, customer, now);
        }
        if self.holders[class as usize].len() < most {
            return true;
        }
        let heaviest = self.by_customer.iter().max_by_key(|(_, counts)| counts[class as usize]);
        match heaviest.map(|(heaviest, counts)| (*heaviest, counts[class as usize])) {
            Some((heaviest, count)) if count > here[class as usize] => match count {
                // Each has one: the longest waiting goes, whosever it is.
                1 => self.displace_longest(class),
                _ => self.displace_of(class, heaviest),
            },
            _ => self.displace_own(class, customer, now),
        }
    }

    /// The longest waiting connection of the newcomer's own address makes room, if it answers nothing and had its time.
    fn displace_own(&mut self, class: Class, customer: IpAddr, now: Instant) -> bool {
        let had_its_time = |holder: &Holder| now.saturating_duration_since(holder.since) >= PATIENCE;
        let idle = self.of_customer(class, customer).find(|(_, holder)| !holder.is_busy());
        let found = idle.filter(|(_, holder)| had_its_time(holder)).map(|(number, _)| *number);
        self.end(class, found)
    }

    /// The longest waiting connection of this customer makes room: one that answers nothing, or, if need be, one that does.
    fn displace_of(&mut self, class: Class, customer: IpAddr) -> bool {
        let idle = self.of_customer(class, customer).find(|(_, holder)| !holder.is_busy());
        let found = idle.or_else(|| self.of_customer(class, customer).next()).map(|(number, _)| *number);
        self.end(class, found)
    }

    fn of_customer(&self, class: Class, customer: IpAddr) -> impl Iterator<Item = (&u64, &Holder)> {
        self.holders[class as usize].iter().filter(move |(_, holder)| holder.customer == customer)
    }

    fn displace_longest(&mut self, class: Class) -> bool {
        let all = &self.holders[class as usize];
        let found = all.iter().find(|(_, holder)| !holder.is_busy()).or_else(|| all.iter().next());
        let found = found.map(|(number, _)| *number);
        self.end(class, found)
    }

    fn end(&mut self, class: Class, number: Option<u64>) -> bool {
        let Some(holder) = number.and_then(|number| self.remove(class, number)) else { return false };
        holder.leave.cancel();
        true
    }

    pub(super) fn prove(&mut self, number: u64) -> bool {
        let proven = Class::Proven as usize;
        if self.holders[proven].contains_key(&number) {
            return true;
        }
        if self.holders[proven].len() >= self.limits.proven {
            return false;
        }
        let found = [Class::Stranger, Class::Known].into_iter().find_map(|class| self.remove(class, number));
        let Some(holder) = found else { return false };
        self.by_customer.entry(holder.customer).or_default()[proven] += 1;
        self.holders[proven].insert(number, holder);
        true
    }

    pub(super) fn leave(&mut self, number: u64) {
        for class in [Class::Stranger, Class::Known, Class::Proven] {
            if self.remove(class, number).is_some() {
                return;
            }
        }
    }

    fn remove(&mut self, class: Class, number: u64) -> Option<Holder> {
        let holder = self.holders[class as usize].remove(&number)?;
        if let Some(counts) = self.by_customer.get_mut(&holder.customer) {
            counts[class as usize] -= 1;
            if counts.iter().all(|count| *count == 0) {
                self.by_customer.remove(&holder.customer);
            }
        }
        Some(holder)
    }

    pub(super) fn worth_a_word(&mut self, address: IpAddr, now: Instant) -> bool {
        let customer = customer(address);
        if self.words.get(&customer).is_some_and(|said| now.saturating_duration_since(*said) < A_WHILE) {
            return false;
        }
        if self.words.len() >= WORDS {
            self.words.retain(|_, said| now.saturating_duration_since(*said) < A_WHILE);
        }
        let told = self.words.len() < WORDS;
        if told {
            self.words.insert(customer, now);
        }
        told
    }
}
