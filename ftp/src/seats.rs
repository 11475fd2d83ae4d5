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

/// Why there was no seat; its text is for the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("Too many connections, try again later")]
    House,
    #[error("Too many connections from your address")]
    Address,
}

impl Seats {
    pub(crate) fn new(in_all: usize, per_address: usize) -> Arc<Self> {
        let taken = Mutex::default();
        Arc::new(Self { in_all, per_address, taken })
    }

    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Full> {
        let mut taken = self.taken();
        if taken.in_all >= self.in_all {
            return Err(Full::House);
        }
        let here = taken.by_address.entry(address).or_default();
        if *here >= self.per_address {
            return Err(Full::Address);
        }
        *here += 1;
        taken.in_all += 1;
        Ok(Seat { seats: Arc::clone(self), address })
    }

    /// Counters are whole after every line, so a poisoned lock is as good as another.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place, given back on drop.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.in_all -= 1;
        if let Some(here) = taken.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                taken.by_address.remove(&self.address);
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
        let first = seats.take(here).unwrap();
        let _second = seats.take(here).unwrap();
        assert_eq!(seats.take(here).err(), Some(Full::Address));
        let _third = seats.take(there).unwrap();
        assert_eq!(seats.take(there).err(), Some(Full::House));
        drop(first);
        drop(seats.take(there).unwrap());
        assert_eq!(seats.taken().by_address[&there], 1);
    }
}
