//! How many connections there may be at a time: of addresses that nobody knows, of those that are known, and of clients that
//! have shown who they are. Each of the three has room of its own, so that connections which only wait can never use up what
//! others need.
//!
//! Nobody waits for a permit. Where the room of those who have not shown who they are is full, the longest waiting
//! connection of the address that has most of them makes room, so a flood from some addresses displaces itself. An address
//! that has as many as it may have gives up its own longest waiting one, once that had a quarter of a second. Addresses of
//! IPv6 are counted by their /64, which is one customer's. It must never keep more than the limits allow, whatever comes.

mod table;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use table::Table;

/// Greatest numbers of connections at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of clients that have shown who they are.
    pub proven: usize,
    /// Of other clients from addresses that are not known.
    pub strangers: usize,
    /// Of other clients from addresses that are known.
    pub known: usize,
    /// Of one address, whoever they are.
    pub per_address: usize,
    /// Of one address that is not known, before they have shown who they are.
    pub strangers_per_address: usize,
    /// Of one address that is known, before they have shown who they are.
    pub known_per_address: usize,
}

impl Limits {
    /// So many for clients that have shown who they are and for one address, and so many for strangers. Known addresses have
    /// twice as much room before they show who they are; one stranger's address has an eighth of it, a known one a quarter.
    pub fn new(proven: usize, per_address: usize, strangers: usize) -> Self {
        let share = |part: usize| per_address.min((strangers / part).max(1));
        Self {
            proven,
            strangers,
            known: strangers.saturating_mul(2),
            per_address,
            strangers_per_address: share(8),
            known_per_address: share(4),
        }
    }

    /// Connections at a time, all together.
    pub fn in_all(&self) -> usize {
        self.proven.saturating_add(self.strangers).saturating_add(self.known)
    }
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// Whether this address was told so long ago, or never: it is worth a word then, and not each time.
    pub first: bool,
}

/// The permits of one listener, or of several that share their limits.
#[derive(Debug)]
pub struct Permits {
    table: Mutex<Table>,
}

impl Permits {
    /// None is taken yet.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { table: Mutex::new(Table::new(limits)) })
    }

    /// A permit for a connection from `address` whose client has not shown who it is.
    ///
    /// # Errors
    /// There is no room, and nobody who should make some.
    pub fn enter(self: &Arc<Self>, address: IpAddr, known: bool) -> Result<Permit, Full> {
        self.enter_at(address, known, Instant::now())
    }

    fn enter_at(self: &Arc<Self>, address: IpAddr, known: bool, now: Instant) -> Result<Permit, Full> {
        let (leave, busy) = (CancellationToken::new(), Arc::<AtomicUsize>::default());
        let number = self.table().enter(address, known, &leave, &busy, now)?;
        Ok(Permit { permits: Arc::clone(self), number, leave, busy, address })
    }

    /// Connections at the moment: strangers', known addresses', and of clients that have shown who they are.
    pub fn held(&self) -> [usize; 3] {
        self.table().held()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner) // each call leaves the table consistent
    }
}

/// One connection's permit, given back on drop.
#[derive(Debug)]
pub struct Permit {
    permits: Arc<Permits>,
    number: u64,
    leave: CancellationToken,
    busy: Arc<AtomicUsize>,
    address: IpAddr,
}

impl Permit {
    /// The client has shown who it is: nobody displaces it any more. `false` when too many have; then it stays as it is.
    pub fn prove(&self) -> bool {
        self.permits.table().prove(self.number)
    }

    /// Returns when the connection must end, because it made room for another.
    pub fn displaced(&self) -> WaitForCancellationFuture<'_> {
        self.leave.cancelled()
    }

    /// Whether it is worth a word that this address has too many connections: once a while for each address.
    pub fn worth_a_word(&self) -> bool {
        self.permits.table().worth_a_word(self.address, Instant::now())
    }

    /// Something was asked for and is being answered: until this is dropped, connections that only wait make room first.
    pub fn busy(&self) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.busy))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.table().leave(self.number);
    }
}

/// A connection that answers something.
#[derive(Debug)]
pub struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn limits() -> Limits {
        Limits { proven: 3, strangers: 4, known: 2, per_address: 3, strangers_per_address: 3, known_per_address: 2 }
    }

    fn is_displaced(permit: &Permit) -> bool {
        permit.leave.is_cancelled()
    }

    #[test]
    fn permits_come_back_and_leave_no_trace() {
        let permits = Permits::new(limits());
        let held = [permits.enter(address(1), false).unwrap(), permits.enter(address(2), true).unwrap()];
        assert!(held[1].prove());
        assert_eq!(permits.held(), [1, 0, 1]);
        drop(held);
        assert_eq!(permits.held(), [0; 3]);
        assert!(permits.table().is_empty());
    }

    #[test]
    fn the_address_that_has_most_makes_room_and_the_longest_waiting_first() {
        let permits = Permits::new(limits());
        let few = permits.enter(address(1), false).unwrap();
        let many: Vec<Permit> = (0..3).map(|_| permits.enter(address(2), false).unwrap()).collect();
        let newcomer = permits.enter(address(3), false).unwrap();
        assert!(!is_displaced(&few) && !is_displaced(&newcomer));
        assert_eq!(many.iter().map(is_displaced).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(permits.held(), [4, 0, 0]);
        drop(many);
        assert_eq!(permits.held(), [2, 0, 0], "who was displaced is not counted twice");
    }

    #[test]
    fn what_answers_makes_room_last_and_who_has_most_displaces_nobody_else() {
        let permits = Permits::new(limits());
        let mut many: Vec<Permit> = (0..3).map(|_| permits.enter(address(2), false).unwrap()).collect();
        let busy = many[0].busy();
        let _few = permits.enter(address(1), false).unwrap();
        assert!(permits.enter(address(2), false).is_err(), "its own have not had their time");
        let later = Instant::now() + table::PATIENCE;
        many.push(permits.enter_at(address(2), false, later).unwrap());
        assert_eq!(many.iter().map(is_displaced).collect::<Vec<_>>(), [false, true, false, false], "its own");
        let all: Vec<Busy> = many[2..].iter().map(Permit::busy).collect();
        assert_eq!(
            permits.enter_at(address(2), false, later).err(),
            Some(Full { first: false }),
            "all answer something"
        );
        let _newcomer = permits.enter(address(3), false).unwrap();
        assert!(is_displaced(&many[0]), "where all of them answer something, the longest goes");
        drop((busy, all));
    }

    #[test]
    fn strangers_take_nothing_from_known_addresses_and_neither_from_who_is_proven() {
        let permits = Permits::new(Limits { proven: 4, ..limits() });
        let proven: Vec<Permit> =
            (10..13).map(|last| permits.enter(address(last), true).unwrap()).map(proved).collect();
        let known = [permits.enter(address(1), true).unwrap(), permits.enter(address(2), true).unwrap()];
        let strangers: Vec<Permit> = (20..90).filter_map(|last| permits.enter(address(last), false).ok()).collect();
        assert_eq!(strangers.iter().filter(|permit| !is_displaced(permit)).count(), 4);
        assert!(!proven.iter().chain(&known).any(is_displaced));
        assert_eq!(permits.held(), [4, 2, 3]);
        assert!(known[0].prove() && known[0].prove(), "once is enough");
        assert!(!known[1].prove(), "there are four proven");
        drop(proven);
        assert!(known[1].prove());
        assert_eq!(permits.held(), [4, 0, 2]);
        assert!(!strangers[0].prove(), "who was displaced is gone");
    }

    fn proved(permit: Permit) -> Permit {
        assert!(permit.prove());
        permit
    }

    #[test]
    fn nobody_comes_in_who_could_not_show_who_it_is() {
        let permits = Permits::new(Limits { proven: 1, ..limits() });
        let proven = proved(permits.enter(address(1), true).unwrap());
        assert!(permits.enter(address(2), true).is_err());
        drop(proven);
        assert!(permits.enter(address(2), true).is_ok());
    }

    #[test]
    fn one_address_has_so_many_and_those_that_wait_there_make_room_for_a_new_one() {
        let permits = Permits::new(Limits { proven: 9, ..limits() });
        let held: Vec<Permit> = (0..3).map(|_| proved(permits.enter(address(1), true).unwrap())).collect();
        assert!(permits.enter(address(1), true).is_err());
        drop(held);
        let held: Vec<Permit> = (0..2).map(|_| permits.enter(address(1), true).unwrap()).collect();
        assert_eq!(permits.enter(address(1), true).err(), Some(Full { first: false }), "not before its time");
        let _newest = permits.enter_at(address(1), true, Instant::now() + table::PATIENCE).unwrap();
        assert_eq!(held.iter().map(is_displaced).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let permits = Permits::new(Limits { strangers_per_address: 1, ..limits() });
        let (now, mut seconds) = (Instant::now(), 0);
        let mut enter = |address: &str| {
            seconds += 1;
            permits.enter_at(address.parse().unwrap(), false, now + table::PATIENCE * seconds).unwrap()
        };
        let first = enter("2001:db8:1:1::1");
        let _second = enter("2001:db8:1:1:ffff::2");
        assert!(is_displaced(&first));
        let third = enter("2001:db8:1:2::1");
        let _fourth = enter("2001:db8:1:3::1");
        assert!(!is_displaced(&third));
    }

    #[test]
    fn a_word_about_an_address_is_said_once_a_while_and_never_about_too_many() {
        let permits = Permits::new(limits());
        let mut table = permits.table();
        let now = Instant::now();
        assert!(table.worth_a_word(address(1), now) && !table.worth_a_word(address(1), now));
        assert!(table.worth_a_word(address(1), now + table::A_WHILE));
        let said = (0..10_000_u32).filter(|n| table.worth_a_word(IpAddr::from((*n << 8).to_be_bytes()), now)).count();
        assert!(said < 2000, "{said}");
    }
}
