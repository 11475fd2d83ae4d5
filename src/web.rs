//! HTTPS: the boards' upload, the parties' archive, health. Handlers parse, call one room, and answer.
//!
//! They must never decide who may: they ask `access`, and tell `audit`.

mod archive;
mod conditional;
mod directory;
mod drain;
mod health;
pub mod lines;
mod problem;
mod scans;
pub mod server;
mod wait;
mod who;

use std::net::SocketAddr;

use axum::Router;
use axum::routing::{get, put};
use tokio::sync::watch;

use crate::access::door::Door;
use crate::audit::Audit;
use crate::intake::Intake;
use crate::ledger::Ledger;
use crate::tree::Tree;

/// What the handlers work with. Clones share it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Takes scans in.
    pub intake: Intake,
    /// Hands them out.
    pub tree: Tree,
    /// Says who somebody is.
    pub door: Door,
    /// Writes down what they did.
    pub audit: Audit,
    /// Answers whether the database is there.
    pub ledger: Ledger,
    /// Wakes whoever waits for entries of this node.
    pub size: watch::Receiver<u64>,
    /// Counts running downloads.
    pub lines: lines::Lines,
}

/// The other end of the connection, as the server saw it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Every address of the service.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/v1/scans/{digest}", put(scans::upload))
        .route("/arsiv/", get(archive::root))
        .route("/arsiv/{*path}", get(archive::node))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::no_such_method)
        .with_state(site)
}
