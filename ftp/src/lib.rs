//! A read-only FTP and FTPS front over a shelf of files that somebody else keeps.
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
