//! The front door: takes connections from the listeners, counts them, and stops.
//!
//! It must never wait for anybody: everything slow happens in the connection's own task.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::permits::{Limits, Permits};
use crate::server::{Call, Server};
use crate::settings::{Engine, FtpError, Settings};
use crate::shelf::Shelf;
use crate::turning_away::turn_away;
use crate::{control, proxy, tls};

/// Numbers sessions across all servers of this process, as an audit may hold them side by side.
static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// After the grace for transfers, what sessions get to take leave.
const LEAVE_TAKING: Duration = Duration::from_secs(15);

/// Something to listen on.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    implicit: bool,
}

impl Listener {
    /// Begins in the clear; a client may say `AUTH TLS` (RFC 4217).
    pub fn explicit(socket: TcpListener) -> Self {
        Self { socket, implicit: false }
    }

    /// Begins with TLS, as on port 990.
    pub fn implicit(socket: TcpListener) -> Self {
        Self { socket, implicit: true }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> std::io::Result<std::net::SocketAddr> {
        self.socket.local_addr()
    }
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self::explicit(socket)
    }
}

/// Serves `shelf` on all `listeners` until `stop`.
///
/// After `stop`, no connection is taken, idle sessions are closed, running transfers get
/// [`Settings::grace`], and the rest is cut.
///
/// # Errors
/// Only before the first connection: [`FtpError`] if the settings cannot work or a listener has
/// no address. Troubles with single connections are logged.
pub async fn run<S: Shelf>(
    listeners: Vec<Listener>,
    shelf: Arc<S>,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), FtpError> {
    settings.check()?;
    if listeners.iter().any(|listener| listener.implicit) && settings.tls.is_none() {
        return Err(FtpError::Settings("a listener that begins with TLS needs tls"));
    }
    let tls = settings.tls.map(tls::with_tickets).transpose();
    let tls = tls.map_err(|_| FtpError::Settings("tls cannot have tickets"))?;
    let settings = Settings { tls, ..settings };
    let limit = settings.grace + LEAVE_TAKING;
    let patience = settings.stall;
    let limits = Limits::new(settings.max_connections, settings.max_per_address, settings.max_before_login);
    let front = Arc::new(Front {
        permits: Permits::new(limits),
        unnamed: Semaphore::new(limits.in_all().min(Semaphore::MAX_PERMITS)),
        connections: TaskTracker::new(),
        #[cfg(feature = "libunftp")]
        libunftp: crate::libunftp::Front::new(Arc::clone(&shelf), &settings, stop.clone()),
        server: Server::new(shelf, Arc::new(settings), stop),
    });
    let accepting = listeners.into_iter().map(|listener| front.accept(listener));
    let watch = front.server.watch.run(&front.server.shelf, patience);
    tokio::select! {
        done = join_all(accepting) => done.into_iter().collect::<Result<Vec<()>, _>>()?,
        () = watch => unreachable!("it watches for ever"),
    };

    front.connections.close();
    let waiting = timeout(limit, front.connections.wait());
    let watch = front.server.watch.run(&front.server.shelf, patience);
    let ended = tokio::select! {
        ended = waiting => ended,
        () = watch => unreachable!("it watches for ever"),
    };
    if ended.is_err() {
        tracing::error!(left = front.connections.len(), "FTP sessions did not end in time");
    }
    Ok(())
}

struct Front<S: Shelf> {
    server: Arc<Server<S>>,
    permits: Arc<Permits>,
    /// Connections of proxies that have not said yet whom they pass on.
    unnamed: Semaphore,
    connections: TaskTracker,
    #[cfg(feature = "libunftp")]
    libunftp: crate::libunftp::Front<S>,
}

impl<S: Shelf> Front<S> {
    async fn accept(self: &Arc<Self>, listener: Listener) -> Result<(), FtpError> {
        let Listener { socket, implicit } = listener;
        let address = socket.local_addr().map_err(FtpError::Listener)?;
        tracing::info!(%address, implicit, "FTP is open on {address}");
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.server.stop.cancelled() => break,
                accepted = socket.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Mostly out of open files: the queue keeps, and trying again at once would spin.
                    tracing::warn!(%error, "Could not take an FTP connection");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let peer = peer.ip().to_canonical();
            let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
            let span = tracing::info_span!("ftp", session = number, address = %peer);
            let front = Arc::clone(self);
            let Some(on_lane) = self.server.settings.lanes.as_ref().and_then(|lanes| lanes.join()) else {
                let visit = async move { front.receive(number, peer, implicit, stream).await };
                self.connections.spawn(visit.instrument(span));
                continue;
            };
            // From here on the lane waits for this connection, not the thread that took it.
            let Ok(stream) = stream.into_std() else { continue };
            let lane = on_lane.runtime.clone();
            let visit = async move {
                match TcpStream::from_std(stream) {
                    Ok(stream) => front.receive(number, peer, implicit, stream).await,
                    Err(error) => tracing::warn!(%error, "Could not carry an FTP connection"),
                }
                drop(on_lane);
            };
            self.connections.spawn_on(visit.instrument(span), &lane);
        }
        tracing::info!(%address, "FTP is closed on {address}");
        Ok(())
    }

    /// Finds out whose connection it is, and whether there is room for another of theirs.
    async fn receive(&self, number: u64, peer: IpAddr, implicit: bool, mut stream: TcpStream) {
        let settings = &self.server.settings;
        let mut call = Call { number, address: peer, via: None, implicit };
        if settings.trusted_proxies.iter().any(|range| range.contains(&peer)) {
            let Ok(_unnamed) = self.unnamed.try_acquire() else {
                return tracing::warn!("Too many connections of proxies that do not say whom they pass on");
            };
            match proxy::address_of(&mut stream, settings.handshake_within).await {
                Ok(Some(address)) => {
                    call = Call { address: address.ip().to_canonical(), via: Some(peer), ..call };
                }
                Ok(None) => return tracing::trace!("A proxy looked in"),
                Err(error) => return tracing::warn!(%error, "A proxy did not say whom it passes on"),
            }
        }
        let permit = match self.permits.enter(call.address, self.server.shelf.knows(call.address)) {
            Ok(permit) => permit,
            Err(full) => {
                turn_away(stream, "Too many connections, try again later");
                if full.first {
                    self.server.no_room(number, call.address).await;
                }
                return;
            }
        };
        match settings.engine {
            Engine::Own => control::receive(&self.server, call, stream, permit).await,
            #[cfg(feature = "libunftp")]
            Engine::Libunftp => {
                // It does not say when somebody logs in, so all are counted as if they had.
                permit.prove();
                self.libunftp.receive(number, call.address, stream).await;
            }
        }
    }
}
