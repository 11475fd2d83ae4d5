//! How many rows may be open or waiting to be written at a time: in all, of one account, and of one address.
//!
//! Boards and operators have a share that nobody else can take: whatever parties and their people do, scans come in and
//! somebody can look. Strangers have a room of their own and never wait in it; see [`super::tally`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::NoRoom;
use super::access::{Access, Room};
use crate::domain::Origin;
use crate::shares::{Share, Shares};

/// Rows in all. When the database stands still, this many accesses later everything stops.
pub(super) const ALL: usize = 8192;
/// Of these, rows that only boards can take.
const BOARDS: usize = 768;
/// Of these, rows that only operators and auditors can take.
const OPERATORS: usize = 256;
/// Of these, rows for strangers, who take no others.
const STRANGERS: usize = 256;
/// Open rows of one party: its downloads, its FTP sessions and its people's requests.
const OF_AN_ACCOUNT: usize = 1024;
/// Open rows of one board, operator or auditor.
const OF_AN_OFFICE: usize = 128;
/// Open rows of parties at one address: an address of IPv4, or a /64 of IPv6.
const OF_AN_ADDRESS: usize = 2048;
/// How long somebody waits for room before being told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The record's room.
#[derive(Debug)]
pub(super) struct Rooms {
    common: Arc<Semaphore>,
    boards: Arc<Semaphore>,
    operators: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    accounts: Shares<String>,
    offices: Shares<String>,
    addresses: Shares<Origin>,
}

/// Room for one row, from the moment something is asked until its row is written.
#[derive(Debug)]
pub(super) struct Permit {
    _own: Option<Share<String>>,
    _address: Option<Share<Origin>>,
    _row: OwnedSemaphorePermit,
}

impl Rooms {
    pub fn new() -> Self {
        let of = |rows| Arc::new(Semaphore::new(rows));
        Self {
            common: of(ALL - BOARDS - OPERATORS - STRANGERS),
            boards: of(BOARDS),
            operators: of(OPERATORS),
            strangers: of(STRANGERS),
            accounts: Shares::new(OF_AN_ACCOUNT),
            offices: Shares::new(OF_AN_OFFICE),
            addresses: Shares::new(OF_AN_ADDRESS),
        }
    }

    /// Room for a row of this access, as soon as there is some.
    pub async fn wait(&self, access: &Access) -> Result<Permit, NoRoom> {
        let mut why = NoRoom::Own;
        let waiting = async {
            let own = match self.shares(access.room) {
                Some(shares) => Some(shares.take(&access.account().to_owned()).await),
                None => None,
            };
            let address = match address(access) {
                Some(address) => Some(self.addresses.take(&address).await),
                None => None,
            };
            why = NoRoom::Record;
            let row = match self.reserve(access.room) {
                (common, None) => Arc::clone(common).acquire_owned().await,
                (common, Some(own)) => tokio::select! {
                    biased;
                    row = Arc::clone(common).acquire_owned() => row,
                    row = Arc::clone(own).acquire_owned() => row,
                },
            };
            row.ok().map(|row| Permit { _own: own, _address: address, _row: row })
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(permit) => permit.ok_or(NoRoom::Record),
            Err(_) => Err(why),
        }
    }

    /// The same, now or not at all.
    pub fn take(&self, access: &Access) -> Result<Permit, NoRoom> {
        let own = match self.shares(access.room) {
            Some(shares) => Some(shares.try_take(&access.account().to_owned(), 1).ok_or(NoRoom::Own)?),
            None => None,
        };
        let address = match address(access) {
            Some(address) => Some(self.addresses.try_take(&address, 1).ok_or(NoRoom::Own)?),
            None => None,
        };
        let (common, reserved) = self.reserve(access.room);
        let row = Arc::clone(common).try_acquire_owned();
        let row = match (row, reserved) {
            (Err(_), Some(reserved)) => Arc::clone(reserved).try_acquire_owned(),
            (row, _) => row,
        };
        row.map(|row| Permit { _own: own, _address: address, _row: row }).map_err(|_| NoRoom::Record)
    }

    /// Room for a row about an event that anybody can cause, whoever it was.
    pub fn take_as_a_stranger(&self) -> Option<Permit> {
        let row = Arc::clone(&self.strangers).try_acquire_owned().ok()?;
        Some(Permit { _own: None, _address: None, _row: row })
    }

    /// Whether a party or candidate would find room now.
    pub fn is_open(&self) -> bool {
        self.common.available_permits() > 0
    }

    /// Rows whose room is taken.
    pub fn taken(&self) -> usize {
        let rooms = [&self.common, &self.boards, &self.operators, &self.strangers];
        ALL - rooms.iter().map(|room| room.available_permits()).sum::<usize>().min(ALL)
    }

    fn shares(&self, room: Room) -> Option<&Shares<String>> {
        match room {
            Room::Strangers => None,
            Room::Accounts => Some(&self.accounts),
            Room::Boards | Room::Operators => Some(&self.offices),
        }
    }

    /// Where room for a row is taken: the first of these, then the second, which is kept for this kind alone.
    fn reserve(&self, room: Room) -> (&Arc<Semaphore>, Option<&Arc<Semaphore>>) {
        match room {
            Room::Strangers => (&self.strangers, None),
            Room::Accounts => (&self.common, None),
            Room::Boards => (&self.common, Some(&self.boards)),
            Room::Operators => (&self.common, Some(&self.operators)),
        }
    }
}

/// What the row is counted by beside the account. Boards behind one address are many boards.
fn address(access: &Access) -> Option<Origin> {
    let address: Option<IpAddr> = access.address.filter(|_| access.room == Room::Accounts);
    address.map(Origin::of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::access::{Deed, Protocol};
    use crate::domain::Channel;

    fn access(principal: &str, channel: Channel, address: [u8; 4]) -> Access {
        Access::by(principal, channel, (Protocol::Https, address.into()), Deed::Request, "")
    }

    #[test]
    fn parties_fill_their_room_and_boards_operators_and_strangers_have_theirs() {
        let rooms = Rooms::new();
        let mut held = Vec::new();
        for party in 0..u8::MAX {
            let asks = access(&format!("p{party}/kisi"), Channel::Web, [10, 0, 0, party]);
            while let Ok(permit) = rooms.take(&asks) {
                held.push(permit);
            }
        }
        assert_eq!(held.len(), ALL - BOARDS - OPERATORS - STRANGERS);
        assert!(!rooms.is_open());
        let one = |channel| rooms.take(&access("x", channel, [10, 0, 0, 1]));
        assert_eq!(one(Channel::Bulk).unwrap_err(), NoRoom::Record);
        let (_board, _operator) = (one(Channel::Board).unwrap(), one(Channel::Operator).unwrap());
        let stranger = Access::of_a_stranger(Protocol::Ftp, [10, 0, 0, 1].into(), Deed::Connect, "");
        rooms.take(&stranger).unwrap();
        // One board cannot take the share of all.
        let boards = (0..BOARDS).filter_map(|_| one(Channel::Board).ok()).collect::<Vec<_>>();
        assert!(boards.len() < OF_AN_OFFICE);
        rooms.take(&access("y", Channel::Board, [10, 0, 0, 1])).unwrap();
    }

    #[test]
    fn one_account_and_one_address_have_their_bounds() {
        let rooms = Rooms::new();
        let mut held = Vec::new();
        while let Ok(permit) = rooms.take(&access("p/bir", Channel::Web, [10, 0, 0, 1])) {
            held.push(permit);
        }
        assert_eq!(held.len(), OF_AN_ACCOUNT);
        assert_eq!(
            rooms.take(&access("p/iki", Channel::Web, [10, 0, 0, 2])).unwrap_err(),
            NoRoom::Own,
            "a person more"
        );
        while let Ok(permit) = rooms.take(&access(&format!("q{}", held.len() / 100), Channel::Bulk, [10, 0, 0, 1])) {
            held.push(permit);
        }
        assert_eq!(held.len(), OF_AN_ADDRESS);
        rooms.take(&access("r", Channel::Bulk, [10, 0, 0, 2])).unwrap();
        rooms.take(&access("kurul", Channel::Board, [10, 0, 0, 1])).unwrap();
        drop(held);
        assert_eq!(rooms.accounts.keys() + rooms.addresses.keys() + rooms.offices.keys(), 0);
    }
}
