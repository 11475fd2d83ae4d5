//! How many may be connected at a time, in all and from one address.
//!
//! A seat is taken before anything else happens to a connection and is given back when it is
//! dropped. Nobody waits for a seat: waiting connections are what the limit is against.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Seats {
    in_all: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Seats {
    pub(crate) fn new(in_all: usize, per_address: usize) -> Arc<Self> {
        let taken = Mutex::default();
        Arc::new(Self { in_all, per_address, taken })
    }

    /// A seat for somebody whose address is not known yet, if there is one.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Seat> {
        let mut taken = self.taken();
        if taken.in_all >= self.in_all {
            return None;
        }
        taken.in_all += 1;
        Some(Seat { seats: Arc::clone(self), address: None })
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
    /// Counts the seat as one of `address`, once; `false` when that has as many as it may.
    pub(crate) fn belongs_to(&mut self, address: IpAddr) -> bool {
        let mut taken = self.seats.taken();
        let here = taken.by_address.entry(address).or_default();
        if *here >= self.seats.per_address {
            return false;
        }
        *here += 1;
        self.address = Some(address);
        true
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.in_all -= 1;
        let Some(address) = self.address else { return };
        if let Some(here) = taken.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
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
            seat.belongs_to(address).then_some(seat)
        };
        let first = sit(here).unwrap();
        let _second = sit(here).unwrap();
        assert!(sit(here).is_none(), "two an address");
        let _third = sit(there).unwrap();
        assert!(seats.take().is_none(), "three in all");
        drop(first);
        drop(sit(there).unwrap());
        let taken = seats.taken();
        assert_eq!((taken.in_all, taken.by_address[&there]), (2, 1));
    }
}
