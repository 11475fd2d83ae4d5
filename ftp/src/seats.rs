//! How many may be connected at a time, in all and from one address.
//!
//! A seat is taken before anything else happens to a connection and is given back when it is
//! dropped. Nobody waits for a seat: waiting connections are what the limit is against. Addresses of IPv6 are counted by
//! their /64, which is one customer's.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Seats {
    in_all: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    /// Whether somebody was turned away since there was last room.
    refused: bool,
    by_address: HashMap<IpAddr, OfAddress>,
}

#[derive(Default)]
struct OfAddress {
    seats: usize,
    refused: bool,
}

/// There is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// Whether it is the first time since there was room: it is worth a word then, and not each time.
    pub(crate) first: bool,
}

/// Whose address it is, for counting.
fn customer(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
    }
}

impl Seats {
    pub(crate) fn new(in_all: usize, per_address: usize) -> Arc<Self> {
        let taken = Mutex::default();
        Arc::new(Self { in_all, per_address, taken })
    }

    /// A seat for somebody whose address is not known yet.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Seat, Full> {
        let mut taken = self.taken();
        if taken.in_all >= self.in_all {
            return Err(Full { first: !std::mem::replace(&mut taken.refused, true) });
        }
        taken.in_all += 1;
        Ok(Seat { seats: Arc::clone(self), address: None })
    }

    /// Counters are whole after every line, so a poisoned lock is as good as another.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place, given back on drop.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    address: Option<IpAddr>,
}

impl Seat {
    /// Counts the seat as one of `address`, once, unless that has as many as it may.
    pub(crate) fn belongs_to(&mut self, address: IpAddr) -> Result<(), Full> {
        let address = customer(address);
        let mut taken = self.seats.taken();
        let here = taken.by_address.entry(address).or_default();
        if here.seats >= self.seats.per_address {
            return Err(Full { first: !std::mem::replace(&mut here.refused, true) });
        }
        here.seats += 1;
        self.address = Some(address);
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.in_all -= 1;
        taken.refused = false;
        let Some(address) = self.address else { return };
        if let Some(here) = taken.by_address.get_mut(&address) {
            *here = OfAddress { seats: here.seats - 1, refused: false };
            if here.seats == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use super::*;

    #[test]
    fn seats_come_back_and_leave_no_trace() {
        let seats = Seats::new(3, 2);
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let sit = |address| {
            let mut seat = seats.take()?;
            seat.belongs_to(address).map(|()| seat)
        };
        let first = sit(here).unwrap();
        let _second = sit(here).unwrap();
        let refused = [sit(here), sit(here)].map(|refused| refused.err());
        assert_eq!(refused, [true, false].map(|first| Some(Full { first })), "two an address, and one word about it");
        let _third = sit(there).unwrap();
        assert_eq!(seats.take().err(), Some(Full { first: true }), "three in all");
        assert_eq!(seats.take().err(), Some(Full { first: false }));
        drop(first);
        drop(sit(there).unwrap());
        let taken = seats.taken();
        assert_eq!((taken.in_all, taken.by_address[&there].seats), (2, 1));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let seats = Seats::new(9, 1);
        let sit = |address: &str| {
            let mut seat = seats.take()?;
            seat.belongs_to(address.parse().unwrap()).map(|()| seat)
        };
        let _first = sit("2001:db8:1:1::1").unwrap();
        assert!(sit("2001:db8:1:1:ffff::2").is_err());
        assert!(sit("2001:db8:1:2::1").is_ok());
    }
}
