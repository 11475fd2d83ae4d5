//! The seam between the protocol and whoever keeps the files.
//!
//! The shelf decides who may log in, what is there and what the bytes are; this crate speaks FTP.
//! No type of an FTP library may appear here, and no method that writes: its absence is the
//! guarantee that nobody can change anything over FTP.

use std::fmt::{self, Debug};
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};

use crate::entry::{Entry, EntryKind};
use crate::listing::Listing;

/// One control connection, known before anybody logs in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Different for every connection of this process, across all calls of [`run`](crate::run).
    pub session: u64,
    /// The address of the other end, or what a trusted proxy says it is; an IPv4 address mapped into IPv6 is given as
    /// IPv4.
    pub address: IpAddr,
    /// Whether the control channel is encrypted.
    pub encrypted: bool,
}

/// What holds for an account, beside what it may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Sessions with the same name here share the two limits below.
    pub party: String,
    /// Data connections without TLS are refused.
    pub require_tls: bool,
    /// A data connection must resume the TLS session of its own control connection, so that nobody else gets it, from
    /// whatever address. It is refused without TLS too.
    pub require_session_reuse: bool,
    /// Sentences that are shown after the login.
    pub banner: Vec<String>,
    /// Bytes a second, for all sessions of the party together.
    pub bytes_per_second: Option<u64>,
    /// Sessions of the party at a time.
    pub connections: Option<usize>,
}

/// What stands behind the server. It has no method that writes: that is the read-only guarantee.
///
/// Paths are absolute, separated by `/`, in UTF-8, without `.`, `..`, empty parts, backslashes or
/// control characters, and `/` is the root. Every call may be dropped half-way when the session
/// ends, and one that takes longer than [`Settings::stall`](crate::Settings::stall) is dropped and
/// answered like [`ShelfError::Busy`].
#[async_trait]
pub trait Shelf: Send + Sync + 'static {
    /// A logged-in account; fixed for the session.
    type Reader: Clone + Debug + Send + Sync + 'static;

    /// Whether clients of this address were here before or are expected: strangers' connections never take the room of those.
    /// It is asked for each connection and must not wait.
    fn knows(&self, _address: IpAddr) -> bool {
        false
    }

    /// Called before the greeting.
    ///
    /// # Errors
    /// One sentence for a reply `421`, after which the connection closes.
    async fn admit(&self, visitor: &Visitor) -> Result<(), String>;

    /// Whether `user` may send a password over a connection that is not encrypted. It must not tell who exists.
    ///
    /// # Errors
    /// One sentence for a reply `534`.
    async fn may_be_plain(&self, _visitor: &Visitor, _user: &str) -> Result<(), String> {
        Ok(())
    }

    /// Decides about a name and a password. At most one call succeeds in a session.
    ///
    /// # Errors
    /// Both kinds are `530`; only [`LoginError::Refused`] counts as a wrong password.
    async fn log_in(&self, visitor: &Visitor, user: &str, password: &str) -> Result<Self::Reader, LoginError>;

    /// What holds for this reader. Asked once, after the login.
    fn terms(&self, _reader: &Self::Reader) -> Terms {
        Terms::default()
    }

    /// Whether the reader may still be here. Asked several times a second, so it must be cheap.
    ///
    /// # Errors
    /// One sentence for a reply `421`; whatever runs is cut.
    async fn still(&self, _visitor: &Visitor, _reader: &Self::Reader) -> Result<(), String> {
        Ok(())
    }

    /// Describes one path.
    ///
    /// # Errors
    /// See [`ShelfError`].
    async fn stat(&self, visitor: &Visitor, reader: &Self::Reader, path: &str) -> Result<Entry, ShelfError>;

    /// Names everything in one directory. A path that is a file is [`ShelfError::Missing`].
    ///
    /// # Errors
    /// See [`ShelfError`].
    async fn list(&self, visitor: &Visitor, reader: &Self::Reader, path: &str) -> Result<Arc<Listing>, ShelfError>;

    /// The sums of a file, as far as they are known without reading it.
    ///
    /// # Errors
    /// See [`ShelfError`].
    async fn sums(&self, visitor: &Visitor, reader: &Self::Reader, path: &str) -> Result<Sums, ShelfError> {
        let entry = self.stat(visitor, reader, path).await?;
        match entry.kind {
            EntryKind::Directory => Err(ShelfError::Missing),
            EntryKind::File { size } => Ok(Sums { size, sha256: entry.sha256, crc32: None }),
        }
    }

    /// Something was tried that is never done. It is told before it is answered, or as soon as it was seen.
    async fn attempted(&self, _visitor: &Visitor, _reader: Option<&Self::Reader>, _attempt: Attempt) {}

    /// Opens a file at `offset` bytes from its start. `offset` has been checked against nothing:
    /// the shelf refuses one past the end.
    ///
    /// # Errors
    /// See [`ShelfError`].
    async fn open(
        &self,
        visitor: &Visitor,
        reader: &Self::Reader,
        path: &str,
        offset: u64,
    ) -> Result<Opened, ShelfError>;

    /// The session is over, however it ended. Called once for everybody who was admitted, after
    /// the last [`Delivery`] of the session is gone.
    async fn leave(&self, visitor: &Visitor, reader: Option<&Self::Reader>, why: Leaving);
}

/// The sums of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Exact length in bytes.
    pub size: u64,
    /// The SHA-256, where it is known.
    pub sha256: Option<[u8; 32]>,
    /// The CRC-32, where it is known.
    pub crc32: Option<u32>,
}

/// Bytes from `offset` on, and the record of their delivery.
pub struct Opened {
    /// The bytes.
    pub content: Content,
    /// Told what was sent.
    pub delivery: Box<dyn Delivery>,
}

/// Where bytes come from.
pub enum Content {
    /// In pieces of any size; each piece is written as it comes, so the piece is the unit of memory. Its end is the end of
    /// the file: a shelf that runs out of bytes too early must give an `Err`, or the client will take the part for the whole.
    Pieces(BoxStream<'static, io::Result<Bytes>>),
    /// Bytes `from..to` of a file of this machine. It pays in the clear, where the kernel then sends them by itself.
    File {
        /// The file. Nobody may make it shorter.
        file: File,
        /// The first byte.
        from: u64,
        /// Behind the last.
        to: u64,
        /// Whether the file is still the one whose content was checked. Asked when all is sent and before the client is told
        /// that it was all; a no ends the transfer as an error of the source.
        unchanged: Unchanged,
    },
}

/// A question about a file that is being sent.
pub type Unchanged = Box<dyn Fn(&File) -> bool + Send + Sync>;

/// Bytes of a file that are read at a time where the kernel cannot send them by itself.
const PIECE: u64 = 256 * 1024;

impl Content {
    /// In pieces, whatever it is.
    pub(crate) fn pieces(self) -> BoxStream<'static, io::Result<Bytes>> {
        let (file, from, to, unchanged) = match self {
            Self::Pieces(pieces) => return pieces,
            Self::File { file, from, to, unchanged } => (file, from, to, unchanged),
        };
        let read = stream::try_unfold((file, unchanged, from), move |(file, unchanged, at)| async move {
            if at >= to {
                return Ok(None);
            }
            let reading = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; usize::try_from((to - at).min(PIECE)).map_err(io::Error::other)?];
                file.read_exact_at(&mut piece, at)?;
                let next = at + piece.len() as u64;
                if next >= to && !unchanged(&file) {
                    return Err(changed());
                }
                Ok::<_, io::Error>((piece, (file, unchanged, next)))
            });
            let (piece, rest) = reading.await.map_err(io::Error::other)??;
            Ok(Some((Bytes::from(piece), rest)))
        });
        read.boxed()
    }
}

/// What is wrong with a file that is not any more what was checked.
pub(crate) fn changed() -> io::Error {
    io::Error::other("the file changed while it was sent")
}

impl Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pieces(_) => f.write_str("Pieces"),
            Self::File { from, to, .. } => write!(f, "File({from}..{to})"),
        }
    }
}

/// Counts what reached the client. Dropped without `complete` = the transfer was cut.
///
/// "Sent" means that the operating system took the bytes for sending (over TLS: that the TLS layer
/// did, which holds back less than 64 KiB). FTP has no acknowledgement by the client.
pub trait Delivery: Send {
    /// This many more bytes were sent.
    fn sent(&mut self, bytes: u64);
    /// Everything was sent and flushed.
    fn complete(self: Box<Self>);
    /// It ended before that.
    fn cut(self: Box<Self>, cause: Cut);
}

/// Why a transfer ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// The client said `ABOR`.
    #[error("aborted by the client")]
    Aborted,
    /// The control connection is gone.
    #[error("the client is gone")]
    Vanished,
    /// The client did not open the data connection in time.
    #[error("no data connection")]
    NoConnection,
    /// The data connection could not be encrypted.
    #[error("no handshake on the data connection")]
    NoHandshake,
    /// The data connection did not resume the TLS session of its control connection, as this reader's must.
    #[error("the data connection did not resume the control connection's TLS session")]
    NotResumed,
    /// The data connection broke.
    #[error("the data connection broke")]
    Lost,
    /// The client took nothing for too long.
    #[error("the client took nothing for too long")]
    Stalled,
    /// The source of the bytes failed, or gave none for too long.
    #[error("the source failed")]
    Source,
    /// The reader may not be here any more.
    #[error("the right to read ended")]
    Revoked,
    /// The service is stopping, and the time for that is up.
    #[error("the service is stopping")]
    Stopping,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Leaving {
    /// The client said `QUIT`.
    #[error("quit")]
    Quit,
    /// The connection is gone.
    #[error("gone")]
    Gone,
    /// Nobody logged in, or nothing was asked for, for too long.
    #[error("idle")]
    Idle,
    /// Replies were not taken.
    #[error("stalled")]
    Stalled,
    /// Nobody logged in, and somebody else needed the room.
    #[error("displaced")]
    Displaced,
    /// Too many wrong passwords, or too many sessions.
    #[error("too many")]
    TooMany,
    /// What the client sent breaks the protocol.
    #[error("protocol")]
    Protocol,
    /// The reader may not be here any more.
    #[error("revoked")]
    Revoked,
    /// The service is stopping.
    #[error("stopping")]
    Stopping,
}

/// What nobody gets, and an attacker would try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Data were to go to an address of the client's choice (`PORT`, `EPRT`: the bounce of RFC 2577 §3).
    Bounce,
    /// Data, or a password, were to go in the clear where they must be encrypted.
    Clear,
    /// Somebody else came to a data connection (RFC 2577 §5); they were sent away. It is told once for each address in a
    /// session.
    Stranger(IpAddr),
    /// A data connection did not resume the TLS session of its control connection, as this reader's must.
    NotResumed,
    /// One connection more than there may be: of all, of an address, or of a party. It is told for the first of a row.
    TooMany,
    /// A path that no client of ours would say: a backslash, a control character, no UTF-8.
    Path,
}

/// Why a path was not served; the variant is the reply code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    /// `550`: there is nothing of that name.
    #[error("there is nothing of that name")]
    Missing,
    /// `550` with the sentence.
    #[error("{0}")]
    NotYours(String),
    /// `450` with the sentence: ask again later.
    #[error("{0}")]
    Busy(String),
    /// `451` with the sentence: it is there, and what it holds is not what it should.
    #[error("{0}")]
    Damaged(String),
}

/// Why a login failed; both are `530` with the sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The name or the password is wrong, or too many were. Slowed, and after ten the connection is cut.
    #[error("{0}")]
    Refused(String),
    /// Whatever the password is, it does not let this visitor in now: too early, from elsewhere, or the shelf cannot answer.
    /// A program that waits for the opening is not slowed for it.
    #[error("{0}")]
    Unavailable(String),
}
