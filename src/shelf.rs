//! The tree as the FTP front sees it: who is asking is looked up, every act is decided by `access` and told to `audit`.

mod ending;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tutanak_ftp::{
    Attempt, Content, Entry, EntryKind, Leaving, Listing, LoginError, Opened, Shelf, ShelfError, Sums, Terms, Visitor,
};

use crate::access::door::{Door, DoorError};
use crate::access::known_addresses::KnownAddresses;
use crate::access::rights::{CurrentRights, Holder};
use crate::access::{Act, Object, Refusal};
use crate::admission::{Admission, Asked, Refused, Way, Who};
use crate::audit::{Access, Audit, Deed, Outcome, Protocol, RecordSlot, Room};
use crate::cache::{Cache, Weighed};
use crate::domain::Channel;
use crate::ledger::LedgerError;
use crate::meters;
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
    /// Only parties that were given leave for a while come without TLS.
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
    /// Counts the session while it lasts.
    _session: Arc<meters::Held>,
}

/// The parties' shelf.
#[derive(Clone, Debug)]
pub struct PartyShelf {
    tree: Tree,
    admission: Admission,
    door: Door,
    rights: CurrentRights,
    audit: Audit,
    rules: Rules,
    known: KnownAddresses,
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
    pub fn new(
        tree: Tree,
        admission: Admission,
        door: Door,
        rights: CurrentRights,
        audit: Audit,
        rules: Rules,
    ) -> Self {
        let (known, rendered) = (KnownAddresses::default(), Arc::new(Cache::new(0, RENDERED)));
        Self { tree, admission, door, rights, audit, rules, known, rendered }
    }

    /// The same, where these addresses are known.
    #[must_use]
    pub fn knowing(self, known: KnownAddresses) -> Self {
        Self { known, ..self }
    }

    async fn ask(&self, visitor: &Visitor, then: &Holder, act: Act) -> Result<(), DoorError> {
        self.admission.may(Who::Since(then), act, Object::Everything, way(visitor)).await
    }

    /// Lets the reader do something, or says why not.
    async fn allow(&self, visitor: &Visitor, reader: &Reader, asked: Asked<'_>) -> Result<RecordSlot, ShelfError> {
        let admitted = self.admission.admit(Who::Since(&reader.holder), asked, way(visitor)).await;
        admitted.map_err(|refused| match refused {
            Refused::Record(_) => busy(),
            Refused::Door(DoorError::Refused(refusal)) => ShelfError::NotYours(refusal.to_string()),
            Refused::Door(DoorError::Ledger(error)) => unavailable(&error),
        })
    }

    /// Bytes `from..to` of a file. Where nothing is encrypted, a long one is left to the kernel.
    async fn content(
        &self,
        visitor: &Visitor,
        slot: &RecordSlot,
        node: &Node,
        from: u64,
        to: u64,
    ) -> Result<Content, TreeError> {
        if !visitor.encrypted
            && to - from >= LONG
            && let Some(sound) = self.tree.file(slot, node).await?
        {
            let unchanged = Box::new(sound.unchanged());
            return Ok(Content::File { file: sound.file, from, to, unchanged });
        }
        Ok(Content::Pieces(self.tree.read(slot, node, from, to).await?))
    }

    /// A login with this name, for the record. The row's outcome says whether it was them.
    async fn login(&self, visitor: &Visitor, user: &str) -> Access {
        let tried = self.door.tried(Channel::Bulk, user).await;
        let Way { protocol, from } = way(visitor);
        Access::try_in(tried.principal, Channel::Bulk, (protocol, from), tried.name)
    }

    async fn terms_of(&self, visitor: &Visitor, account: &str) -> Result<Terms, LedgerError> {
        let rights = self.rights.of(account).await?;
        // Who may come in the clear may have data in the clear, and nobody else.
        let plain = self.admission.may_be_plain(account, visitor.address).await?;
        let require_session_reuse = rights.as_ref().is_some_and(|rights| rights.session_reuse);
        let allowed = rights.as_ref().is_some_and(|rights| rights.allow_plain && !self.rules.tls_required);
        let until = rights.and_then(|rights| rights.plain_until).filter(|_| !allowed);
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
            require_session_reuse,
            banner,
            bytes_per_second: self.rules.bytes_per_second,
            connections: self.rules.connections,
        })
    }
}

#[async_trait]
impl Shelf for PartyShelf {
    type Reader = Reader;

    fn knows(&self, address: IpAddr) -> bool {
        self.known.knows(address)
    }

    async fn admit(&self, visitor: &Visitor) -> Result<(), String> {
        let refusal = match self.admission.expects(visitor.address).await {
            Ok(()) => None,
            Err(DoorError::Refused(refusal)) => Some(refusal),
            Err(DoorError::Ledger(_)) => return Err(BUSY.to_owned()),
        };
        let access = stranger(visitor, Deed::Connect);
        let noted = match &refusal {
            None => self.audit.brief(access, Outcome::Done, ""),
            Some(refusal) => self.audit.brief(access, Outcome::Refused, refusal.name()),
        };
        noted.map_err(|_| BUSY.to_owned())?;
        refusal.map_or(Ok(()), |refusal| Err(refusal.to_string()))
    }

    async fn may_be_plain(&self, visitor: &Visitor, user: &str) -> Result<(), String> {
        if self.admission.may_be_plain(user, visitor.address).await.map_err(|_| BUSY.to_owned())? {
            return Ok(());
        }
        let noted = self.audit.brief(self.login(visitor, user).await, Outcome::Refused, "not-encrypted");
        noted.map_err(|_| BUSY.to_owned())?;
        Err("Şifresiz giriş kapalı: önce AUTH TLS (FTPS) kullanın.".to_owned())
    }

    async fn log_in(&self, visitor: &Visitor, user: &str, password: &str) -> Result<Reader, LoginError> {
        let down = |_: &dyn std::fmt::Debug| LoginError::Unavailable(BUSY.to_owned());
        if !self.audit.works() {
            return Err(down(&"the record")); // before the cost of comparing a password
        }
        let mut pending = self.audit.pending(self.login(visitor, user).await);
        let holder = match self.door.bulk(user, password, visitor.address).await {
            Ok(holder) => {
                let who = Who::Current(&holder.principal);
                let may = self.admission.may(who, Act::List, Object::Everything, way(visitor)).await;
                may.map(|()| holder)
            }
            Err(error) => Err(error),
        };
        match holder {
            Ok(holder) => {
                pending.is(&holder.principal.account, Room::Accounts);
                let slot = pending.slot().await.map_err(|error| down(&error))?;
                let terms = self.terms_of(visitor, &holder.principal.account).await.map_err(|error| down(&error))?;
                self.known.saw(visitor.address);
                slot.done(0);
                let _session = Arc::new(meters::CONNECTIONS.hold(&["ftp"]));
                Ok(Reader { holder, terms, _session })
            }
            Err(DoorError::Refused(refusal)) => {
                pending.brief(Outcome::Refused, refusal.name()).map_err(|error| down(&error))?;
                let sentence = refusal.to_string();
                Err(match refusal {
                    Refusal::Unknown | Refusal::TooManyTries { .. } | Refusal::TooManyCodes { .. } => {
                        LoginError::Refused(sentence)
                    }
                    // The password is right, and it is not its time or place: whoever tries again at the opening is not
                    // slow.
                    _ => LoginError::Unavailable(sentence),
                })
            }
            Err(DoorError::Ledger(error)) => {
                tracing::error!(error = %Chain(&error), "Could not look up an FTP login");
                let _ = pending.brief(Outcome::Failed, "accounts could not be read"); // refused either way
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
            // While the right cannot be checked, the transfer goes on, and nothing new is served.
            Ok(()) | Err(DoorError::Ledger(_)) => Ok(()),
        }
    }

    async fn stat(&self, visitor: &Visitor, reader: &Reader, path: &str) -> Result<Entry, ShelfError> {
        let slot = self.allow(visitor, reader, stat(path)).await?;
        let node = self.tree.find(&slot, path).await.map_err(|error| unavailable(&error))?;
        found_or_missing(slot, node.as_ref().map(entry))
    }

    async fn list(&self, visitor: &Visitor, reader: &Reader, path: &str) -> Result<Arc<Listing>, ShelfError> {
        let slot = self.allow(visitor, reader, Asked::new(Act::List, Object::Everything, path)).await?;
        let directory = self.tree.directory(&slot, path).await.map_err(|error| unavailable(&error))?;
        let Some(directory) = directory else { return found_or_missing(slot, None) };
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
        found_or_missing(slot, Some(rendered.listing))
    }

    async fn sums(&self, visitor: &Visitor, reader: &Reader, path: &str) -> Result<Sums, ShelfError> {
        let slot = self.allow(visitor, reader, stat(path)).await?;
        let found = self.tree.find(&slot, path).await.map_err(|error| unavailable(&error))?;
        let sized = found.and_then(|node| node.size().map(|size| (node, size)));
        let Some((node, size)) = sized else { return found_or_missing(slot, None) };
        let crc32 = self.tree.crc32(&slot, path).await.map_err(|error| unavailable(&error))?;
        found_or_missing(slot, Some(Sums { size, sha256: node.digest().map(|digest| *digest.as_bytes()), crc32 }))
    }

    async fn attempted(&self, visitor: &Visitor, reader: Option<&Reader>, attempt: Attempt) {
        let (deed, reason, object) = match attempt {
            Attempt::Bounce => (Deed::DataConnection, "bounce", String::new()),
            Attempt::Clear => (Deed::DataConnection, "not-encrypted", String::new()),
            Attempt::Stranger(address) => (Deed::DataConnection, "stranger", address.to_string()),
            Attempt::NotResumed => (Deed::DataConnection, "tls-not-resumed", String::new()),
            Attempt::TooMany => (Deed::Connect, "too-many-connections", String::new()),
            // What was sent is not a path and may be anything, so it is not written down.
            Attempt::Path => (Deed::Stat, "no-path", String::new()),
        };
        let access = Access { object, ..of_anybody(visitor, reader, deed) };
        // Refused either way; what cannot be written now is counted.
        let _ = self.audit.brief(access, Outcome::Refused, reason);
    }

    async fn open(&self, visitor: &Visitor, reader: &Reader, path: &str, offset: u64) -> Result<Opened, ShelfError> {
        let asked = Asked { start_at: offset, ..Asked::new(Act::Download, Object::Everything, path) };
        let slot = self.allow(visitor, reader, asked).await?;
        let found = self.tree.find(&slot, path).await.map_err(|error| unavailable(&error))?;
        let Some((node, size)) = found.and_then(|node| node.size().map(|size| (node, size))) else {
            return found_or_missing(slot, None);
        };
        if offset > size {
            slot.refused("offset past the end");
            return Err(ShelfError::NotYours("Başlangıç dosyanın sonundan ileride.".to_owned()));
        }
        let content = match self.content(visitor, &slot, &node, offset, size).await {
            Ok(content) => content,
            Err(error) => {
                slot.failed(error.reason());
                return Err(damaged(&error).unwrap_or_else(|| unavailable(&error)));
            }
        };
        let delivery = Ending::new(slot.delivery(size - offset));
        Ok(Opened { content, delivery: Box::new(delivery) })
    }

    async fn leave(&self, visitor: &Visitor, reader: Option<&Reader>, why: Leaving) {
        let why = why.to_string();
        if reader.is_none() {
            let _ = self.audit.brief(stranger(visitor, Deed::Disconnect), Outcome::Done, &why);
        } else if let Ok(slot) = self.audit.slot(of_anybody(visitor, reader, Act::LogOut.into())).await {
            slot.over(&why);
        }
    }
}

/// Why a row says that something was not there.
const MISSING: &str = "missing";

fn found_or_missing<T>(slot: RecordSlot, found: Option<T>) -> Result<T, ShelfError> {
    match found {
        Some(found) => {
            slot.done(0);
            Ok(found)
        }
        None => {
            slot.refused(MISSING);
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

/// What a client is told of a scan that is not as it was entered. The vault has raised the alarm.
fn damaged(error: &TreeError) -> Option<ShelfError> {
    let sentence = "Dosyanın saklanan kopyası bozuk ya da kayıp; gönderilmedi. Onarılınca yeniden deneyin.";
    error.is_of_the_object().then(|| ShelfError::Damaged(sentence.to_owned()))
}

fn way(visitor: &Visitor) -> Way {
    Way { protocol: if visitor.encrypted { Protocol::Ftps } else { Protocol::Ftp }, from: visitor.address }
}

/// Asking about one path, without its content.
fn stat(path: &str) -> Asked<'_> {
    Asked { deed: Deed::Stat, ..Asked::new(Act::List, Object::Everything, path) }
}

/// Of somebody who has not logged in.
fn stranger(visitor: &Visitor, deed: Deed) -> Access {
    let Way { protocol, from: address } = way(visitor);
    Access { channel: Some(Channel::Bulk), ..Access::of_a_stranger(protocol, address, deed, "") }
}

fn of_anybody(visitor: &Visitor, reader: Option<&Reader>, deed: Deed) -> Access {
    let Way { protocol, from } = way(visitor);
    match reader {
        Some(reader) => Access::by(&reader.holder.principal.account, Channel::Bulk, (protocol, from), deed, ""),
        None => stranger(visitor, deed),
    }
}

fn entry(node: &Node) -> Entry {
    let kind = match node.size() {
        None => EntryKind::Directory,
        Some(size) => EntryKind::File { size },
    };
    let sha256 = node.digest().map(|digest| *digest.as_bytes());
    Entry { modified: node.modified.map(SystemTime::from), name: node.name.clone(), kind, sha256 }
}
