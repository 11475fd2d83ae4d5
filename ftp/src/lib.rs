//! A read-only FTP and FTPS front over a shelf of files that somebody else keeps.
//!
//! ```text
//! listener ─▶ front ───▶ control ──▶ lines ─▶ command ─▶ state ─▶ what is to be done
//!             accept,    the loop    limit    parser     pure       │
//!             proxy,        ▲                                       ▼
//!             permits,      └── reply ◀── act: Shelf (yours) ◀──── effects
//!             lanes                       at_once: data; carry: data, tls, transfer, pace
//! ```
//!
//! The one thing to write is a [`Shelf`]: who may log in, what is there, what the bytes are. It has
//! no method that writes, so nothing can be changed over FTP. [`run`] does the rest until it is
//! told to stop. [`command`], [`state`], [`reply`], [`listing`], [`path`] and [`glob`] do no input or output: they
//! can be tried without a socket.
//!
//! Invariants: a path that reaches the shelf is absolute and normalised; a [`Delivery`] is complete
//! only after its last byte was flushed; every admitted connection is taken leave of once, after its
//! deliveries are gone; nothing is looked up before a login; no data go in the clear where TLS is required; memory, time
//! and number of connections are bounded by [`Settings`].
//!
//! # Example
//!
//! A shelf with one file, and a client that asks for its size:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use futures::{StreamExt, stream};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio_util::sync::CancellationToken;
//! use tutanak_ftp::{
//!     Content, Cut, Delivery, Entry, EntryKind, Leaving, Listing, LoginError, Opened, Settings, Shelf, ShelfError, Visitor,
//!     run,
//! };
//!
//! const NOTICE: &str = "Oku beni.\n";
//!
//! struct OneNotice;
//!
//! struct NotCounted;
//! impl Delivery for NotCounted {
//!     fn sent(&mut self, _bytes: u64) {}
//!     fn complete(self: Box<Self>) {}
//!     fn cut(self: Box<Self>, _cause: Cut) {}
//! }
//!
//! fn notice() -> Entry {
//!     let kind = EntryKind::File { size: NOTICE.len() as u64 };
//!     Entry { name: "OKU-BENI.txt".to_owned(), kind, modified: Some(SystemTime::UNIX_EPOCH), sha256: None }
//! }
//!
//! #[async_trait::async_trait]
//! impl Shelf for OneNotice {
//!     type Reader = String;
//!
//!     async fn admit(&self, _: &Visitor) -> Result<(), String> {
//!         Ok(())
//!     }
//!     async fn log_in(&self, _: &Visitor, user: &str, password: &str) -> Result<String, LoginError> {
//!         match password {
//!             "secret" => Ok(user.to_owned()),
//!             _ => Err(LoginError::Refused("Wrong name or password".to_owned())),
//!         }
//!     }
//!     async fn stat(&self, _: &Visitor, _: &String, path: &str) -> Result<Entry, ShelfError> {
//!         match path {
//!             "/OKU-BENI.txt" => Ok(notice()),
//!             "/" => Ok(Entry { name: String::new(), kind: EntryKind::Directory, ..notice() }),
//!             _ => Err(ShelfError::Missing),
//!         }
//!     }
//!     async fn list(&self, _: &Visitor, _: &String, path: &str) -> Result<Arc<Listing>, ShelfError> {
//!         if path == "/" { Ok(Arc::new(vec![notice()].into())) } else { Err(ShelfError::Missing) }
//!     }
//!     async fn open(&self, _: &Visitor, _: &String, path: &str, offset: u64) -> Result<Opened, ShelfError> {
//!         let rest = usize::try_from(offset).ok().and_then(|offset| NOTICE.as_bytes().get(offset..));
//!         match (path, rest) {
//!             ("/OKU-BENI.txt", Some(rest)) => {
//!                 let content = Content::Pieces(stream::iter([Ok(Bytes::from_static(rest))]).boxed());
//!                 Ok(Opened { content, delivery: Box::new(NotCounted) })
//!             }
//!             _ => Err(ShelfError::Missing),
//!         }
//!     }
//!     async fn leave(&self, _: &Visitor, _: Option<&String>, _: Leaving) {}
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let settings = Settings { greeting: "Hosgeldiniz".to_owned(), ..Settings::default() };
//! let stop = CancellationToken::new();
//! let server = tokio::spawn(run(vec![listener.into()], Arc::new(OneNotice), settings, stop.clone()));
//!
//! let mut client = TcpStream::connect(address).await?;
//! client.write_all(b"USER party\r\nPASS secret\r\nSIZE OKU-BENI.txt\r\nQUIT\r\n").await?;
//! let mut replies = String::new();
//! client.read_to_string(&mut replies).await?;
//! assert!(replies.starts_with("220 Hosgeldiniz\r\n") && replies.contains("\r\n213 10\r\n"));
//!
//! stop.cancel();
//! server.await??;
//! # Ok(())
//! # }
//! ```

mod calendar;
pub mod command;
mod control;
mod data;
mod entry;
mod front;
pub mod glob;
mod lanes;
#[cfg(feature = "libunftp")]
mod libunftp;
mod limits;
mod lines;
pub mod listing;
mod pace;
pub mod path;
pub mod permits;
pub mod proxy;
pub mod reply;
mod server;
mod settings;
mod shelf;
pub mod state;
mod tls;
mod transfer;
mod turning_away;
mod watch;
mod wire;

pub use entry::{Entry, EntryKind};
pub use front::{Listener, run};
pub use lanes::Lanes;
pub use listing::Listing;
pub use settings::{Engine, FtpError, Settings};
pub use shelf::{
    Attempt, Content, Cut, Delivery, Leaving, LoginError, Opened, Shelf, ShelfError, Sums, Terms, Unchanged, Visitor,
};
