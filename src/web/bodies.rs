//! Forms and questions that are read whole before anything is done with them: in time, up to a size, and within a memory
//! that all of them share.
//!
//! Nothing of the record is held meanwhile. Scans are intake's, which counts them itself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use crate::domain::Origin;
use crate::shares::{Share, Shares};

/// How long a body may take. A client that sends it drop by drop holds a connection.
const WITHIN: Duration = Duration::from_secs(30);
/// Memory is promised in units of so many bytes.
const UNIT: usize = 4 << 10;
/// Units of all bodies of accounts: 64 MiB. And of one account.
const ACCOUNTS: (usize, usize) = (16 << 10, 2 << 10);
/// Units of all bodies of people who have not logged in: 16 MiB. And of one address.
const STRANGERS: (usize, usize) = (4 << 10, 128);

/// Whose body it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Account(String),
    Address(Origin),
}

impl Owner {
    pub fn address(address: IpAddr) -> Self {
        Self::Address(Origin::of(address))
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooLarge,
    TooSlow,
    BrokenOff,
    /// Too many of this account or address are being read, or of all.
    NoRoom,
}

impl Unread {
    /// The reason in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::BrokenOff => "broken-off",
            Self::NoRoom => "too-many-bodies",
        }
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::body_too_large(),
            Unread::TooSlow => Self::body_too_slow(),
            Unread::BrokenOff => Self::broken_off(),
            Unread::NoRoom => Self::too_many_bodies(),
        }
    }
}

/// The memory of all bodies. Clones share it.
#[derive(Clone, Debug)]
pub struct Bodies {
    accounts: (Arc<Semaphore>, Shares<Owner>),
    strangers: (Arc<Semaphore>, Shares<Owner>),
}

impl Default for Bodies {
    fn default() -> Self {
        let of = |(all, each)| (Arc::new(Semaphore::new(all)), Shares::new(each));
        Self { accounts: of(ACCOUNTS), strangers: of(STRANGERS) }
    }
}

/// A body, and the memory that was promised to it.
#[derive(Debug)]
pub(super) struct Whole {
    pub bytes: Bytes,
    _memory: Memory,
}

#[derive(Debug)]
struct Memory {
    own: Share<Owner>,
    all: OwnedSemaphorePermit,
    units: usize,
}

impl Bodies {
    /// Reads a body to its end.
    pub(super) async fn whole(&self, owner: &Owner, body: Body, most: usize) -> Result<Whole, Unread> {
        self.within(WITHIN, owner, body, most).await
    }

    async fn within(&self, longest: Duration, owner: &Owner, body: Body, most: usize) -> Result<Whole, Unread> {
        match tokio::time::timeout(longest, self.read(owner, body, most)).await {
            Ok(read) => read,
            Err(_) => Err(Unread::TooSlow),
        }
    }

    async fn read(&self, owner: &Owner, body: Body, most: usize) -> Result<Whole, Unread> {
        let (all, shares) = match owner {
            Owner::Account(_) => &self.accounts,
            Owner::Address(_) => &self.strangers,
        };
        let own = shares.try_take(owner, 1).ok_or(Unread::NoRoom)?;
        let room = Arc::clone(all).try_acquire_owned().map_err(|_| Unread::NoRoom)?;
        let mut memory = Memory { own, all: room, units: 1 };
        let (mut bytes, mut chunks) = (BytesMut::new(), body.into_data_stream());
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Unread::BrokenOff)?;
            if chunk.len() > most - bytes.len() {
                return Err(Unread::TooLarge);
            }
            memory.reach(bytes.len() + chunk.len(), all)?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(Whole { bytes: bytes.freeze(), _memory: memory })
    }
}

impl Memory {
    /// Makes it enough for so many bytes, or says that there is no more. It never waits: two bodies that wait for each
    /// other's memory would wait for ever.
    fn reach(&mut self, bytes: usize, all: &Arc<Semaphore>) -> Result<(), Unread> {
        let more = bytes.div_ceil(UNIT).saturating_sub(self.units);
        if more == 0 {
            return Ok(());
        }
        let units = u32::try_from(more).map_err(|_| Unread::TooLarge)?;
        let room = Arc::clone(all).try_acquire_many_owned(units).map_err(|_| Unread::NoRoom)?;
        if !self.own.grow(units) {
            return Err(Unread::NoRoom);
        }
        self.all.merge(room);
        self.units += more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn owner(name: &str) -> Owner {
        Owner::Account(name.to_owned())
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_a_broken_one_is_no_shorter_one() {
        let bodies = Bodies::default();
        let read = async |body: Body, most| bodies.whole(&owner("a"), body, most).await.map(|whole| whole.bytes);
        assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
        assert_eq!(read(Body::from("123456"), 5).await.unwrap_err(), Unread::TooLarge);
        assert_eq!(read(Body::empty(), 0).await.unwrap(), "");
        let torn = stream::iter([Ok("123"), Err(std::io::Error::other("line dropped"))]);
        assert_eq!(read(Body::from_stream(torn), 10).await.unwrap_err(), Unread::BrokenOff);
        assert_eq!(bodies.accounts.0.available_permits(), ACCOUNTS.0, "all memory is given back");
    }

    #[tokio::test]
    async fn a_body_that_never_comes_is_given_up() {
        let bodies = Bodies::default();
        let never = Body::from_stream(stream::pending::<std::io::Result<Bytes>>());
        let read = bodies.within(Duration::from_millis(20), &owner("a"), never, 10).await;
        assert_eq!(read.unwrap_err(), Unread::TooSlow);
        assert_eq!(bodies.accounts.1.keys(), 0);
    }

    #[tokio::test]
    async fn one_owners_bodies_leave_the_others_their_memory() {
        let bodies = Bodies::default();
        let mut held = Vec::new();
        let long = || Body::from(vec![b'x'; 64 << 10]);
        let refused = loop {
            match bodies.whole(&owner("a"), long(), 1 << 20).await {
                Ok(whole) => held.push(whole),
                Err(unread) => break unread,
            }
        };
        assert_eq!((refused, held.len()), (Unread::NoRoom, ACCOUNTS.1 / 16));
        bodies.whole(&owner("b"), long(), 1 << 20).await.unwrap();
        let stranger = Owner::address([192, 0, 2, 1].into());
        bodies.whole(&stranger, long(), 1 << 20).await.unwrap();
    }
}
