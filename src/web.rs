//! HTTPS. Handlers parse, call one room, and answer.
//!
//! * `api`: what programs ask in JSON: boards' machines, parties' web service, an operator's session.
//! * `archive`: the tree of scans, the same paths and bytes as over FTP.
//! * `site`: the pages of people, by who they are: `public`, `account`, `board`, `party`, `auditor`. `site::session` is the one
//!   way to what needs a session.
//! * [`routes`]: every address, with what it needs ([`needs`]); each area lists its own.
//! * [`sending`]: files on their way, for whoever receives them.
//! * All else is for every request: connections ([`server`]), bodies, ceilings, refusals, `who`.
//!
//! They must never decide who may: they ask `access`, and tell `audit`.

mod about;
mod activity;
pub mod allowances;
mod api;
pub mod archive;
pub mod bodies;
pub mod ceiling;
mod drain;
mod extract;
mod frames;
mod health;
mod host;
pub mod needs;
mod on_record;
mod origin;
mod problem;
mod queued;
pub mod route;
pub mod routes;
pub mod sending;
pub mod server;
pub mod site;
mod who;

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use self::allowances::Ownership;
use crate::access::addresses::Proxies;
use crate::access::certificate::ShownCertificate;
use crate::access::door::Door;
use crate::access::sessions::Sessions;
use crate::admission::Admission;
use crate::archive::selections::Selections;
use crate::audit::Audit;
use crate::clock::Clock;
use crate::intake::Intake;
use crate::ledger::Ledger;
use crate::operation::readiness::Readiness;
use crate::pictures::Pictures;
use crate::results::{BoxResults, Figures};
use crate::tree::Tree;
pub use routes::router;
pub use site::board::Counters;

/// What the handlers work with. Clones share it.
#[derive(Clone, Debug)]
pub struct Services {
    /// Takes scans in.
    pub intake: Intake,
    /// Takes box results in.
    pub figures: Figures,
    /// Hands box results out.
    pub results: BoxResults,
    /// Hands scans out.
    pub tree: Tree,
    /// Draws pictures of them.
    pub pictures: Pictures,
    /// Finds what people select.
    pub selections: Selections,
    /// Lets somebody do something, on record.
    pub admission: Admission,
    /// Says who somebody is.
    pub door: Door,
    /// Keeps people's sessions.
    pub sessions: Sessions,
    /// Writes down what they did.
    pub audit: Audit,
    /// What there is to be asked.
    pub ledger: Ledger,
    /// Says whether this node can serve.
    pub readiness: Readiness,
    /// Wakes whoever waits for entries of this node.
    pub size: watch::Receiver<u64>,
    /// Says what time it is.
    pub clock: Clock,
    /// Counts running downloads.
    pub allowances: allowances::Allowances,
    /// Bounds how often somebody may ask.
    pub ceilings: ceiling::Ceilings,
    /// Reads forms and questions.
    pub bodies: bodies::Bodies,
    /// How many of a board's forms are there.
    pub counters: Counters,
    /// Small pictures that are being made.
    pub previews: Arc<Semaphore>,
    /// The proxies that are believed: no party's addresses may be theirs.
    pub proxies: Proxies,
}

/// Who is at the other end, as far as the connection shows it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The client's address: of the connection, or what a trusted proxy said.
    pub address: IpAddr,
    /// The certificate whose key the client has, if it showed one.
    pub certificate: Option<ShownCertificate>,
    /// Whose connection it is. None for a proxy's, which is many people's.
    pub ownership: Option<Arc<Ownership>>,
}
