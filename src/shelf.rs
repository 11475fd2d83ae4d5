//! The tree as the FTP front sees it: who is asking is looked up, every act is decided by `access` and told to `audit`.

mod ending;

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tutanak_ftp::{
    Attempt, Content, Entry, EntryKind, Leaving, Listing, LoginError, Opened, Shelf, ShelfError, Sums, Terms, Visitor,
};

use crate::access::door::{Door, DoorError};
use crate::access::standing::{Holder, Standings, may_be_plain};
use crate::access::{Act, Object, Principal, Refusal};
use crate::audit::{Access, Audit, Seat};
use crate::cache::{Cache, Weighed};
use crate::clock::Clock;
use crate::domain::Channel;
use crate::ledger::LedgerError;
use crate::telemetry::Chain;
use crate::tree::directories::Directory;
use crate::tree::{Node, Tree, TreeError};
use ending::Ending;

/// Directories whose rendered form is kept. What they hold is counted by the tree.
const RENDERED: usize = 1024;
/// Bytes from which on it pays to let the kernel send a file that lies on this machine.
const LONG: u64 = 32 << 10;

/// What the operator allows all parties.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Nobody comes without TLS but those who were named, for a while.
    pub tls_required: bool,
    /// Sessions of one party at a time.
    pub connections: Option<usize>,
    /// Bytes a second of all sessions of one party.
    pub bytes_per_second: Option<u64>,
}

/// Somebody who is logged in, and what held then.
#[derive(Clone, Debug)]
pub struct Reader {
    holder: Holder,
    terms: Terms,
}

/// The parties' shelf.
#[derive(Clone, Debug)]
pub struct PartyShelf {
    tree: Tree,
    door: Door,
    standings: Standings,
    audit: Audit,
    clock: Clock,
    rules: Rules,
    rendered: Arc<Cache<String, Rendered>>,
}

/// A directory and the listing that was made of it.
#[derive(Clone, Debug)]
struct Rendered {
    directory: Arc<Directory>,
    listing: Arc<Listing>,
}

impl Weighed for Rendered {
    fn weight(&self) -> u64 {
        0
    }
}

impl PartyShelf {
    /// A shelf with what the tree holds.
    pub fn new(tree: Tree, door: Door, standings: Standings, audit: Audit, clock: Clock, rules: Rules) -> Self {
        Self { tree, door, standings, audit, clock, rules, rendered: Arc::new(Cache::new(0, RENDERED)) }
    }

    /// The reader as the account stands now, whatever held at the login.
    async fn now(&self, visitor: &Visitor, then: &Holder) -> Result<Principal, DoorError> {
        let principal = self.standings.now(then).await?;
        if !visitor.encrypted {
            let standing = self.standings.of(&principal.account).await?;
            if !may_be_plain(standing.as_ref(), self.rules.tls_required, visitor.address, self.clock.now()) {
                return Err(DoorError::Refused(Refusal::Elsewhere));
            }
        }
        Ok(principal)
    }

    async fn ask(&self, visitor: &Visitor, then: &Holder, act: Act) -> Result<(), DoorError> {
        let principal = self.now(visitor, then).await?;
        self.door.allow(&principal, act, Object::Everything, visitor.address).await
    }

    /// Asks the door; a refusal is written down before it is told.
    async fn allow(&self, visitor: &Visitor, reader: &Reader, act: Act, access: Access) -> Result<Seat, ShelfError> {
        let seat = self.audit.seat(access).await.map_err(|_| busy())?;
        match self.ask(visitor, &reader.holder, act).await {
            Ok(()) => Ok(seat),
            Err(DoorError::Refused(refusal)) => {
                seat.refused(refusal.name());
                Err(ShelfError::NotYours(refusal.to_string()))
            }
            Err(DoorError::Ledger(error)) => Err(unavailable(&error)),
        }
    }

    /// Bytes `from..to` of a file. Where nothing is encrypted, a long one is left to the kernel.
    async fn content(
        &self,
        visitor: &Visitor,
        seat: &Seat,
        node: &Node,
        from: u64,
        to: u64,
    ) -> Result<Content, TreeError> {
        if !visitor.encrypted
            && to - from >= LONG
            && let Some(file) = self.tree.file(seat, node).await?
        {
            return Ok(Content::File { file, from, to });
        }
        Ok(Content::Pieces(self.tree.read(seat, node, from, to).await?))
    }

    /// A login with this name, for the record. Whether it was them is what the row's end says.
    async fn login(&self, visitor: &Visitor, user: &str) -> Access {
        let tried = self.door.tried(Channel::Bulk, user).await;
        access(visitor, &tried.principal, "login", &tried.name, 0)
    }

    async fn note(&self, access: Access, write: impl FnOnce(Seat)) {
        if let Ok(seat) = self.audit.seat(access).await {
            write(seat);
        }
    }

    async fn terms_of(&self, visitor: &Visitor, account: &str) -> Result<Terms, LedgerError> {
        let standing = self.standings.of(account).await?;
        // Who may come in the clear may have data in the clear, and nobody else.
        let plain = may_be_plain(standing.as_ref(), self.rules.tls_required, visitor.address, self.clock.now());
        let until = standing.and_then(|standing| standing.plain_until).filter(|_| self.rules.tls_required);
        let banner = match until {
            Some(until) if !visitor.encrypted => vec![
                "Bu bağlantı şifrelenmiyor: parola ve dosyalar yolda okunabilir.".to_owned(),
                format!("Şifresiz FTP {} tarihinde kapanır (UTC); FTPS kullanın.", until.strftime("%d.%m.%Y %H:%M")),
            ],
            _ => Vec::new(),
        };
        Ok(Terms {
            party: account.to_owned(),
            require_tls: !plain,
            banner,
            bytes_per_second: self.rules.bytes_per_second,
            connections: self.rules.connections,
        })
    }
}

#[async_trait]
impl Shelf for PartyShelf {
    type Reader = Reader;

    async fn admit(&self, visitor: &Visitor) -> Result<(), String> {
        let refusal = match self.door.expects(visitor.address).await {
            Ok(true) => None,
            Ok(false) => Some(Refusal::Elsewhere),
            Err(_) => return Err(BUSY.to_owned()),
        };
        let seat = self.audit.seat(access(visitor, "-", "connect", "", 0)).await.map_err(|_| BUSY.to_owned())?;
        match refusal {
            None => {
                seat.done(0);
                Ok(())
            }
            Some(refusal) => {
                seat.refused(refusal.name());
                Err(refusal.to_string())
            }
        }
    }

    async fn may_be_plain(&self, visitor: &Visitor, user: &str) -> Result<(), String> {
        let standing = self.standings.of(user).await.map_err(|_| BUSY.to_owned())?;
        if may_be_plain(standing.as_ref(), self.rules.tls_required, visitor.address, self.clock.now()) {
            return Ok(());
        }
        self.note(self.login(visitor, user).await, |seat| seat.refused("not-encrypted")).await;
        Err("Şifresiz giriş kapalı: önce AUTH TLS (FTPS) kullanın.".to_owned())
    }

    async fn log_in(&self, visitor: &Visitor, user: &str, password: &str) -> Result<Reader, LoginError> {
        let down = |_: &dyn std::fmt::Debug| LoginError::Unavailable(BUSY.to_owned());
        let seat = self.audit.seat(self.login(visitor, user).await).await;
        let mut seat = seat.map_err(|error| down(&error))?;
        let holder = match self.door.bulk(user, password, visitor.address).await {
            Ok(holder) => {
                seat.is(&holder.principal.account);
                let may = self.door.allow(&holder.principal, Act::List, Object::Everything, visitor.address).await;
                may.map(|()| holder)
            }
            Err(error) => Err(error),
        };
        match holder {
            Ok(holder) => {
                let terms = self.terms_of(visitor, &holder.principal.account).await.map_err(|error| down(&error))?;
                seat.done(0);
                Ok(Reader { holder, terms })
            }
            Err(DoorError::Refused(refusal)) => {
                seat.refused(refusal.name());
                let sentence = refusal.to_string();
                Err(match refusal {
                    Refusal::Unknown | Refusal::TooManyTries { .. } | Refusal::TooManyCodes { .. } => {
                        LoginError::Refused(sentence)
                    }
                    // The password is right, and it is not its time or place: whoever tries again at the opening is not slow.
                    _ => LoginError::Unavailable(sentence),
                })
            }
            Err(DoorError::Ledger(error)) => {
                tracing::error!(error = %Chain(&error), "Could not look up an FTP login");
                Err(down(&error))
            }
        }
    }

    fn terms(&self, reader: &Reader) -> Terms {
        reader.terms.clone()
    }

    async fn still(&self, visitor: &Visitor, reader: &Reader) -> Result<(), String> {
        match self.ask(visitor, &reader.holder, Act::List).await {
            Err(DoorError::Refused(refusal)) => Err(refusal.to_string()),
            // What cannot be asked has not changed, as far as anybody knows; nothing new is served meanwhile.
            Ok(()) | Err(DoorError::Ledger(_)) => Ok(()),
        }
    }

    async fn stat(&self, visitor: &Visitor, reader: &Reader, path: &str) -> Result<Entry, ShelfError> {
        let account = &reader.holder.principal.account;
        let seat = self.allow(visitor, reader, Act::List, access(visitor, account, "stat", path, 0)).await?;
        let node = self.tree.find(&seat, path).await.map_err(|error| unavailable(&error))?;
        told(seat, node.as_ref().map(entry))
    }

    async fn list(&self, visitor: &Visitor, reader: &Reader, path: &str) -> Result<Arc<Listing>, ShelfError> {
        let account = &reader.holder.principal.account;
        let asked = access(visitor, account, Act::List.name(), path, 0);
        let seat = self.allow(visitor, reader, Act::List, asked).await?;
        let directory = self.tree.directory(&seat, path).await.map_err(|error| unavailable(&error))?;
        let Some(directory) = directory else { return told(seat, None) };
        let made = async || {
            let listing = Listing::from(directory.nodes().iter().map(entry).collect::<Vec<_>>());
            Ok::<_, std::convert::Infallible>(Rendered {
                directory: Arc::clone(&directory),
                listing: Arc::new(listing),
            })
        };
        let same = |kept: &Rendered| Arc::ptr_eq(&kept.directory, &directory);
        let rendered = match self.rendered.get(&path.to_owned(), same, made).await {
            Ok(rendered) => rendered,
            Err(never) => match never {},
        };
        told(seat, Some(rendered.listing))
    }

    async fn sums(&self, visitor: &Visitor, reader: &Reader, path: &str) -> Result<Sums, ShelfError> {
        let account = &reader.holder.principal.account;
        let seat = self.allow(visitor, reader, Act::List, access(visitor, account, "stat", path, 0)).await?;
        let found = self.tree.find(&seat, path).await.map_err(|error| unavailable(&error))?;
        let sized = found.and_then(|node| node.size().map(|size| (node, size)));
        let Some((node, size)) = sized else { return told(seat, None) };
        let crc32 = self.tree.crc32(&seat, path).await.map_err(|error| unavailable(&error))?;
        told(seat, Some(Sums { size, sha256: node.digest().map(|digest| *digest.as_bytes()), crc32 }))
    }

    async fn attempted(&self, visitor: &Visitor, reader: Option<&Reader>, attempt: Attempt) {
        let (act, reason, object) = match attempt {
            Attempt::Bounce => ("data-connection", "bounce", String::new()),
            Attempt::Clear => ("data-connection", "not-encrypted", String::new()),
            Attempt::Stranger(address) => ("data-connection", "stranger", address.to_string()),
            Attempt::TooMany => ("connect", "too-many-connections", String::new()),
            // What was said is no path, and may be anything: it is not written down.
            Attempt::Path => ("stat", "no-path", String::new()),
        };
        let principal = reader.map_or("-", |reader| reader.holder.principal.account.as_str());
        self.note(access(visitor, principal, act, &object, 0), |seat| seat.refused(reason)).await;
    }

    async fn open(&self, visitor: &Visitor, reader: &Reader, path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let account = &reader.holder.principal.account;
        let asked = access(visitor, account, Act::Download.name(), path, offset);
        let seat = self.allow(visitor, reader, Act::Download, asked).await?;
        let found = self.tree.find(&seat, path).await.map_err(|error| unavailable(&error))?;
        let Some((node, size)) = found.and_then(|node| node.size().map(|size| (node, size))) else {
            return told(seat, None);
        };
        if offset > size {
            seat.refused("offset past the end");
            return Err(ShelfError::NotYours("Başlangıç dosyanın sonundan ileride.".to_owned()));
        }
        let content = self.content(visitor, &seat, &node, offset, size).await.map_err(|error| unavailable(&error))?;
        let delivery = Ending::new(seat.delivery(size - offset));
        Ok(Opened { content, delivery: Box::new(delivery) })
    }

    async fn leave(&self, visitor: &Visitor, reader: Option<&Reader>, why: Leaving) {
        let (principal, act) =
            reader.map_or(("-", "disconnect"), |reader| (reader.holder.principal.account.as_str(), "logout"));
        self.note(access(visitor, principal, act, "", 0), |seat| seat.over(&why.to_string())).await;
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

fn entry(node: &Node) -> Entry {
    let kind = match node.size() {
        None => EntryKind::Directory,
        Some(size) => EntryKind::File { size },
    };
    let sha256 = node.digest().map(|digest| *digest.as_bytes());
    Entry { modified: SystemTime::from(node.modified), name: node.name.clone(), kind, sha256 }
}
