//! Speaks FTP, byte by byte, to a server over a made-up shelf.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]

mod abort;
mod client;
mod house;
#[cfg(feature = "libunftp")]
mod known_limits;
mod limits;
mod listing;
mod login;
mod long_files;
mod made_shelf;
mod paths;
mod programs;
#[cfg(not(feature = "libunftp"))]
mod proxy;
#[cfg(not(feature = "libunftp"))]
mod random;
mod replay;
#[cfg(not(feature = "libunftp"))]
mod resumption;
#[cfg(not(feature = "libunftp"))]
mod rights;
mod stopping;
#[cfg(not(feature = "libunftp"))]
mod strangers;
mod tls;
mod transfer;
mod writing;
