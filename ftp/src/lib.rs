//! A read-only FTP and FTPS front over a shelf of files that somebody else keeps.
//!
//! ```text
//! listener ─▶ front ─▶ seats ─▶ connection ─▶ engine ──▶ session ─▶ Shelf
//!             accept   limits   admit, watch,  speaks     bounds      yours
//!                               take leave     FTP        each question
//! ```
//!
//! The one thing to write is a [`Shelf`]: who may log in, what is there, what the bytes are. It has
//! no method that writes, so nothing can be changed over FTP. [`run`] does the rest until it is
//! told to stop. `engine` is the only module that knows the library below, and may be replaced.
//!
//! Invariants: a path that reaches the shelf is absolute and normalised; a [`Delivery`] is complete
//! only after its last byte was flushed; every admitted connection is taken leave of once, after its
//! deliveries are gone; memory, time and number of connections are bounded by [`Settings`], but for
//! the exceptions that `README.md` lists.
//!
//! # Example
//!
//! A shelf with one file, and a client that asks for its size:
//!
//! ```
//! use std::net::IpAddr;
//! use std::sync::Arc;
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use futures::{StreamExt, stream};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio_util::sync::CancellationToken;
//! use tutanak_ftp::{
//!     Delivery, Entry, EntryKind, LoginError, Opened, Settings, Shelf, ShelfError, Visitor, run,
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
//! }
//!
//! fn notice() -> Entry {
//!     let kind = EntryKind::File { size: NOTICE.len() as u64 };
//!     Entry { name: "OKU-BENI.txt".to_owned(), kind, modified: SystemTime::UNIX_EPOCH }
//! }
//!
//! #[async_trait::async_trait]
//! impl Shelf for OneNotice {
//!     type Reader = String;
//!
//!     async fn admit(&self, _address: IpAddr) -> Result<(), String> {
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
//!     async fn list(&self, _: &Visitor, _: &String, path: &str) -> Result<Vec<Entry>, ShelfError> {
//!         if path == "/" { Ok(vec![notice()]) } else { Err(ShelfError::Missing) }
//!     }
//!     async fn open(&self, _: &Visitor, _: &String, path: &str, offset: u64) -> Result<Opened, ShelfError> {
//!         let rest = usize::try_from(offset).ok().and_then(|offset| NOTICE.as_bytes().get(offset..));
//!         match (path, rest) {
//!             ("/OKU-BENI.txt", Some(rest)) => {
//!                 let chunks = stream::iter([Ok(Bytes::from_static(rest))]).boxed();
//!                 Ok(Opened { chunks, delivery: Box::new(NotCounted) })
//!             }
//!             _ => Err(ShelfError::Missing),
//!         }
//!     }
//!     async fn leave(&self, _: &Visitor, _: Option<&String>) {}
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let settings = Settings { greeting: "Hosgeldiniz".to_owned(), ..Settings::default() };
//! let stop = CancellationToken::new();
//! let server = tokio::spawn(run(listener, Arc::new(OneNotice), settings, stop.clone()));
//!
//! let mut client = TcpStream::connect(address).await?;
//! client.write_all(b"USER party\r\n").await?;
//! # tokio::time::sleep(std::time::Duration::from_millis(50)).await;
//! client.write_all(b"PASS secret\r\n").await?;
//! # tokio::time::sleep(std::time::Duration::from_millis(50)).await;
//! client.write_all(b"SIZE OKU-BENI.txt\r\n").await?;
//! # tokio::time::sleep(std::time::Duration::from_millis(50)).await;
//! client.write_all(b"QUIT\r\n").await?;
//! let mut replies = String::new();
//! client.read_to_string(&mut replies).await?;
//! assert!(replies.starts_with("220 Hosgeldiniz\r\n") && replies.contains("\r\n213 10\r\n"));
//!
//! stop.cancel();
//! server.await??;
//! # Ok(())
//! # }
//! ```

mod connection;
mod engine;
mod front;
mod life;
mod line;
mod path;
mod seats;
mod session;
mod settings;
mod shelf;

pub use front::run;
pub use settings::{FtpError, Settings};
pub use shelf::{Delivery, Entry, EntryKind, LoginError, Opened, Shelf, ShelfError, Visitor};
