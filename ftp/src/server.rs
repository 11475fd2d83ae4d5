//! What all connections of one server share.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::data::Ports;
use crate::limits::{Parties, Throttle};
use crate::settings::Settings;
use crate::shelf::{Attempt, Shelf, Visitor};
use crate::watch::Watch;

pub(crate) struct Server<S: Shelf> {
    pub(crate) shelf: Arc<S>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) ports: Ports,
    pub(crate) parties: Arc<Parties>,
    pub(crate) throttle: Throttle,
    pub(crate) watch: Arc<Watch<S>>,
    pub(crate) stop: CancellationToken,
}

impl<S: Shelf> Server<S> {
    pub(crate) fn new(shelf: Arc<S>, settings: Arc<Settings>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            shelf,
            ports: Ports::new(settings.passive_ports.clone()),
            parties: Arc::default(),
            throttle: Throttle::new(settings.first_penalty),
            watch: Watch::new(),
            settings,
            stop,
        })
    }
}

impl<S: Shelf> Server<S> {
    /// Puts on record that this address has more connections than there is room for.
    pub(crate) async fn no_room(&self, session: u64, address: IpAddr) {
        tracing::warn!(%address, "No room for connections of {address}");
        let visitor = Visitor { session, address, encrypted: false };
        if timeout(self.settings.stall, self.shelf.attempted(&visitor, None, Attempt::TooMany)).await.is_err() {
            tracing::error!(session, "The shelf did not take note in time");
        }
    }
}

/// A connection as the listener gave it, and what is known of it before the first word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// Different for every connection of the process.
    pub(crate) number: u64,
    /// The client, canonical.
    pub(crate) address: IpAddr,
    /// The proxy that passed it on.
    pub(crate) via: Option<IpAddr>,
    /// Whether TLS comes before the greeting.
    pub(crate) implicit: bool,
}
