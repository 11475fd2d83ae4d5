//! The tree as the FTP front sees it: who is asking is looked up, every act is decided by `access` and told to `audit`.

use std::net::IpAddr;
use std::time::SystemTime;

use async_trait::async_trait;
use tutanak_ftp::{Entry, EntryKind, LoginError, Opened, Shelf, ShelfError, Visitor};

use crate::access::door::{Door, DoorError};
use crate::access::{Act, Object, Principal, Refusal, secrets};
use crate::audit::{Access, Audit, Delivery, Seat};
use crate::telemetry::Chain;
use crate::tree::{Node, Tree};

/// The parties' shelf.
#[derive(Clone, Debug)]
pub struct PartyShelf {
    tree: Tree,
    door: Door,
    audit: Audit,
}

impl PartyShelf {
    /// A shelf with what the tree holds.
    pub fn new(tree: Tree, door: Door, audit: Audit) -> Self {
        Self { tree, door, audit }
    }

    async fn seat(&self, access: Access) -> Result<Seat, ShelfError> {
        self.audit.seat(access).await.map_err(|_| busy())
    }

    /// Asks the door; a refusal is written down before it is told.
    async fn allow(&self, visitor: &Visitor, reader: &Principal, act: Act, access: Access) -> Result<Seat, ShelfError> {
        let seat = self.seat(access).await?;
        match self.door.allow(reader, act, Object::Everything, visitor.address).await {
            Ok(()) => Ok(seat),
            Err(DoorError::Refused(refusal)) => {
                seat.refused(refusal.name());
                Err(ShelfError::NotYours(refusal.to_string()))
            }
            Err(DoorError::Ledger(error)) => Err(unavailable(&error)),
        }
    }
}

#[async_trait]
impl Shelf for PartyShelf {
    type Reader = Principal;

    async fn admit(&self, address: IpAddr) -> Result<(), String> {
        match self.door.expects(address).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let visitor = Visitor { session: 0, address, encrypted: false };
                if let Ok(seat) = self.audit.seat(access(&visitor, "-", "connect", "", 0)).await {
                    seat.refused(Refusal::Elsewhere.name());
                }
                Err(Refusal::Elsewhere.to_string())
            }
            Err(_) => Err("Hizmet su an yanit veremiyor; biraz sonra yeniden deneyin.".to_owned()),
        }
    }

    async fn log_in(&self, visitor: &Visitor, user: &str, password: &str) -> Result<Principal, LoginError> {
        let seat = self.audit.seat(access(visitor, "-", "login", secrets::as_a_name(user), 0)).await;
        let mut seat = seat.map_err(|_| LoginError::Unavailable(BUSY.to_owned()))?;
        let principal = match self.door.bulk(user, password, visitor.address).await {
            Ok(principal) => {
                seat.is(&principal.account);
                self.door.allow(&principal, Act::List, Object::Everything, visitor.address).await.map(|()| principal)
            }
            Err(error) => Err(error),
        };
        match principal {
            Ok(principal) => {
                seat.done(0);
                Ok(principal)
            }
            Err(DoorError::Refused(refusal)) => {
                seat.refused(refusal.name());
                Err(LoginError::Refused(refusal.to_string()))
            }
            Err(DoorError::Ledger(error)) => {
                tracing::error!(error = %Chain(&error), "Could not look up an FTP login");
                Err(LoginError::Unavailable(BUSY.to_owned()))
            }
        }
    }

    async fn stat(&self, visitor: &Visitor, reader: &Principal, path: &str) -> Result<Entry, ShelfError> {
        let seat = self.allow(visitor, reader, Act::List, access(visitor, &reader.account, "stat", path, 0)).await?;
        let node = self.tree.find(&seat, path).await.map_err(|error| unavailable(&error))?;
        told(seat, node.map(entry))
    }

    async fn list(&self, visitor: &Visitor, reader: &Principal, path: &str) -> Result<Vec<Entry>, ShelfError> {
        let asked = access(visitor, &reader.account, Act::List.name(), path, 0);
        let seat = self.allow(visitor, reader, Act::List, asked).await?;
        let nodes = self.tree.list(&seat, path).await.map_err(|error| unavailable(&error))?;
        told(seat, nodes.map(|nodes| nodes.into_iter().map(entry).collect()))
    }

    async fn open(&self, visitor: &Visitor, reader: &Principal, path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let asked = access(visitor, &reader.account, Act::Download.name(), path, offset);
        let seat = self.allow(visitor, reader, Act::Download, asked).await?;
        let found = self.tree.find(&seat, path).await.map_err(|error| unavailable(&error))?;
        let Some((node, size)) = found.and_then(|node| node.size().map(|size| (node, size))) else {
            seat.refused(MISSING);
            return Err(ShelfError::Missing);
        };
        if offset > size {
            seat.refused("offset past the end");
            return Err(ShelfError::NotYours("Başlangıç dosyanın sonundan ileride.".to_owned()));
        }
        let chunks = self.tree.read(&seat, &node, offset, size).await.map_err(|error| unavailable(&error))?;
        let delivery = Box::new(Ending { delivery: seat.delivery(size - offset), complete: false });
        Ok(Opened { chunks, delivery })
    }

    async fn leave(&self, visitor: &Visitor, reader: Option<&Principal>) {
        let Some(reader) = reader else { return };
        if let Ok(seat) = self.audit.seat(access(visitor, &reader.account, "logout", "", 0)).await {
            seat.done(0);
        }
    }
}

/// Why a row says that something was not there.
const MISSING: &str = "missing";

fn told<T>(seat: Seat, found: Option<T>) -> Result<T, ShelfError> {
    match found {
        Some(found) => {
            seat.done(0);
            Ok(found)
        }
        None => {
            seat.refused(MISSING);
            Err(ShelfError::Missing)
        }
    }
}

/// A transfer's end: cut unless the front says that the client has all of it.
struct Ending {
    delivery: Delivery,
    complete: bool,
}

impl tutanak_ftp::Delivery for Ending {
    fn sent(&mut self, bytes: u64) {
        self.delivery.sent(bytes);
    }

    fn complete(mut self: Box<Self>) {
        self.complete = true;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.complete {
            self.delivery.fail("the transfer did not reach its end");
        }
    }
}

const BUSY: &str = "Hizmet şu an yanıt veremiyor; biraz sonra yeniden deneyin.";

fn busy() -> ShelfError {
    ShelfError::Busy(BUSY.to_owned())
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> ShelfError {
    tracing::error!(error = %Chain(error), "Could not answer an FTP request");
    busy()
}

fn access(visitor: &Visitor, principal: &str, act: &'static str, object: &str, start_at: u64) -> Access {
    Access {
        principal: principal.to_owned(),
        channel: "bulk",
        protocol: if visitor.encrypted { "ftps" } else { "ftp" },
        address: visitor.address,
        act,
        object: object.to_owned(),
        start_at,
    }
}

fn entry(node: Node) -> Entry {
    let kind = match node.size() {
        None => EntryKind::Directory,
        Some(size) => EntryKind::File { size },
    };
    Entry { modified: SystemTime::from(node.modified), name: node.name, kind }
}
