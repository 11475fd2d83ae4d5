//! Opening a data connection: whoever comes to the port is looked at until one is the client's.
//!
//! From the address of the client (its NAT's, or a proxy's) others may come as well. Where it can be told whose a connection
//! is, by what a proxy says or by the TLS session that it resumes, somebody else's does not spoil the transfer.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::data::{Port, Strangers};
use crate::shelf::Cut;
use crate::tls::{Mark, Marks};
use crate::wire::Wire;
use crate::{proxy, tls};

/// Connections that are looked at side by side.
const CANDIDATES: usize = 8;
/// After one that was not the client's, how long another is waited for.
const AFTER_A_WRONG_ONE: Duration = Duration::from_secs(2);

/// The data connection.
pub(super) enum Coming {
    /// It comes to this port.
    To(Port),
    /// It is here.
    Here(std::net::TcpStream),
}

/// How a data connection is encrypted.
pub(super) struct Encryption {
    pub(super) config: Arc<ServerConfig>,
    /// Where a session of this client must be resumed: the marks of its tickets.
    pub(super) only: Option<Vec<Mark>>,
}

/// How the data connection is to be opened.
pub(super) struct Opening {
    /// From where it comes.
    pub(super) peer: IpAddr,
    /// Whose it must be, where a proxy passes it on.
    pub(super) behind: Option<IpAddr>,
    pub(super) encryption: Option<Encryption>,
    pub(super) data_within: Duration,
    pub(super) handshake_within: Duration,
}

/// A data connection of the client.
pub(super) struct Opened {
    pub(super) wire: Wire,
    /// The mark of the session that it gave to the client, where it resumed an earlier one.
    pub(super) mark: Option<Mark>,
}

impl Opening {
    pub(super) async fn open(&self, coming: Coming, strangers: &mut Strangers) -> Result<Opened, Cut> {
        let mut port = match coming {
            Coming::Here(stream) => {
                let stream = TcpStream::from_std(stream).map_err(|error| cut(&error, Cut::NoConnection))?;
                return self.look_at(stream).await;
            }
            Coming::To(port) => port,
        };
        let can_tell = self.behind.is_some() || self.encryption.as_ref().is_some_and(|tls| tls.only.is_some());
        let mut candidates = FuturesUnordered::new();
        let mut until = Instant::now() + self.data_within;
        let mut outcome = Cut::NoConnection;
        let mut more = true;
        loop {
            tokio::select! {
                biased;
                Some(looked_at) = candidates.next() => match looked_at {
                    Ok(opened) => return Ok(opened),
                    Err(wrong) => {
                        outcome = wrong;
                        until = until.min(Instant::now() + AFTER_A_WRONG_ONE);
                    }
                },
                coming = port.accept(self.peer, strangers), if more && candidates.len() < CANDIDATES => {
                    let stream = coming.map_err(|error| cut(&error, Cut::NoConnection))?;
                    candidates.push(self.look_at(stream));
                    more = can_tell;
                }
                () = sleep_until(until), if more => more = false,
                else => return Err(outcome),
            }
        }
    }

    /// Whether a connection is the client's.
    async fn look_at(&self, mut stream: TcpStream) -> Result<Opened, Cut> {
        if let Some(client) = self.behind {
            match proxy::address_of(&mut stream, self.handshake_within).await {
                Ok(Some(address)) if address.ip().to_canonical() == client => {}
                Ok(_) => return Err(Cut::NoConnection),
                Err(error) => return Err(cut(&error, Cut::NoConnection)),
            }
        }
        let Some(Encryption { config, only }) = &self.encryption else {
            return Ok(Opened { wire: Wire::Plain(stream), mark: None });
        };
        // One for each that comes: what somebody else is given must not count as the client's.
        let mark = Marks::fresh(config).map_err(|error| cut(&error, Cut::NoHandshake))?;
        let shaken = tls::accept(config, stream, self.handshake_within, &mark, only.clone()).await;
        let shaken = shaken.map_err(|error| cut(&error, Cut::NoHandshake))?;
        let resumed = tls::resumed(&shaken);
        let wire = Wire::Tls(Box::new(shaken));
        if only.is_some() && !resumed {
            wire.break_off();
            return Err(Cut::NotResumed);
        }
        Ok(Opened { wire, mark: resumed.then_some(mark) })
    }
}

fn cut(error: &io::Error, cut: Cut) -> Cut {
    tracing::debug!(%error, "{cut}");
    cut
}
