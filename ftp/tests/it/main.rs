//! Speaks FTP, byte by byte, to a server over a made-up shelf.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]

mod client;
mod house;
mod known_limits;
mod limits;
mod listing;
mod login;
mod made_shelf;
mod paths;
mod programs;
mod stopping;
mod tls;
mod transfer;
mod writing;
