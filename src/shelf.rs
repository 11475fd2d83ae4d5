//! The tree as the FTP front sees it: who is asking is looked up, every act is decided by `access` and told to `audit`.

use std::net::IpAddr;
use std::time::SystemTime;

use async_trait::async_trait;
use tutanak_ftp::{Entry, EntryKind, LoginError, Opened, Shelf, ShelfError, Visitor};

use crate::access::door::{Door, DoorError};
use crate::access::{Act, Principal, Refusal};
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

    async fn seat(&self) -> Result<Seat, ShelfError> {
        self.audit.seat().await.map_err(|_| busy())
    }

    /// Asks the door; a refusal is written down before it is told.
    async fn allow(&self, visitor: &Visitor, reader: &Principal, act: Act, path: &str) -> Result<Seat, ShelfError> {
        let seat = self.seat().await?;
        match self.door.allow(reader, act, visitor.address).await {
            Ok(()) => Ok(seat),
            Err(DoorError::Refused(refusal)) => {
                seat.refused(access(visitor, &reader.account, act.name(), path, 0), refusal.name());
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
                if let Ok(seat) = self.audit.seat().await {
                    let visitor = Visitor { session: 0, address, encrypted: false };
                    seat.refused(access(&visitor, "-", "connect", "", 0), Refusal::Elsewhere.name());
                }
                Err(Refusal::Elsewhere.to_string())
            }
            Err(_) => Err("Hizmet su an yanit veremiyor; biraz sonra yeniden deneyin.".to_owned()),
        }
    }

    async fn log_in(&self, visitor: &Visitor, user: &str, password: &str) -> Result<Principal, LoginError> {
        let seat = self.audit.seat().await.map_err(|_| LoginError::Unavailable(BUSY.to_owned()))?;
        let principal = match self.door.bulk(user, password).await {
            Ok(principal) => self.door.allow(&principal, Act::List, visitor.address).await.map(|()| principal),
            Err(error) => Err(error),
        };
        match principal {
            Ok(principal) => {
                seat.done(access(visitor, &principal.account, "login", user, 0), 0);
                Ok(principal)
            }
            Err(DoorError::Refused(refusal)) => {
                seat.refused(access(visitor, "-", "login", user, 0), refusal.name());
                Err(LoginError::Refused(refusal.to_string()))
            }
            Err(DoorError::Ledger(error)) => {
                tracing::error!(error = %Chain(&error), "Could not look up an FTP login");
                seat.failed(access(visitor, "-", "login", user, 0), "accounts could not be read");
                Err(LoginError::Unavailable(BUSY.to_owned()))
            }
        }
    }

    async fn stat(&self, visitor: &Visitor, reader: &Principal, path: &str) -> Result<Entry, ShelfError> {
        let seat = self.allow(visitor, reader, Act::List, path).await?;
        let node = self.tree.find(path).await.map_err(|error| unavailable(&error))?;
        seat.done(access(visitor, &reader.account, "stat", path, 0), 0);
        node.map(entry).ok_or(ShelfError::Missing)
    }

    async fn list(&self, visitor: &Visitor, reader: &Principal, path: &str) -> Result<Vec<Entry>, ShelfError> {
        let seat = self.allow(visitor, reader, Act::List, path).await?;
        let nodes = self.tree.list(path).await.map_err(|error| unavailable(&error))?;
        seat.done(access(visitor, &reader.account, Act::List.name(), path, 0), 0);
        Ok(nodes.ok_or(ShelfError::Missing)?.into_iter().map(entry).collect())
    }

    async fn open(&self, visitor: &Visitor, reader: &Principal, path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let seat = self.allow(visitor, reader, Act::Download, path).await?;
        let access = access(visitor, &reader.account, Act::Download.name(), path, offset);
        let found = self.tree.find(path).await.map_err(|error| unavailable(&error))?;
        let Some((node, size)) = found.and_then(|node| node.size().map(|size| (node, size))) else {
            seat.refused(access, "missing");
            return Err(ShelfError::Missing);
        };
        if offset > size {
            seat.refused(access, "offset past the end");
            return Err(ShelfError::NotYours("Başlangıç dosyanın sonundan ileride.".to_owned()));
        }
        let chunks = self.tree.read(&node, offset, size).await.map_err(|error| unavailable(&error))?;
        let delivery = Box::new(Ending { delivery: seat.delivery(access, size - offset), complete: false });
        Ok(Opened { chunks, delivery })
    }

    async fn leave(&self, visitor: &Visitor, reader: Option<&Principal>) {
        let (Some(reader), Ok(seat)) = (reader, self.audit.seat().await) else { return };
        seat.done(access(visitor, &reader.account, "logout", "", 0), 0);
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
            self.delivery.cut("the transfer did not reach its end");
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
