//! The front door: takes connections from the listener, counts them, and stops.
//!
//! It must never wait for anybody: everything slow happens in the connection's own task.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::connection::{Front, turn_away};
use crate::engine::Engine;
use crate::seats::Seats;
use crate::settings::{FtpError, Settings};
use crate::shelf::Shelf;

/// Numbers sessions across all servers of this process, as an audit may hold them side by side.
static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// After the grace for transfers, what sessions get to take leave.
const LEAVE_TAKING: Duration = Duration::from_secs(15);

/// Serves `shelf` on `listener` until `stop`.
///
/// After `stop`, no connection is taken, idle sessions are closed, running transfers get
/// [`Settings::grace`], and the rest is cut. To serve IPv4 and IPv6, call it once for each with
/// the same shelf: on a listener for both, `PASV` cannot name an address.
///
/// The greeting is kept until the process ends, so this is not to be called without end.
///
/// # Errors
/// Only before the first connection: [`FtpError`] if the settings cannot work or the listener has
/// no address. Troubles with single connections are logged.
pub async fn run<S: Shelf>(
    listener: TcpListener,
    shelf: Arc<S>,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), FtpError> {
    settings.check()?;
    let address = listener.local_addr().map_err(FtpError::Listener)?;
    let limit = settings.grace + LEAVE_TAKING;
    let seats = Seats::new(settings.max_connections, settings.max_per_address);
    let engine = Engine::new(&settings);
    let settings = Arc::new(settings);
    let front = Arc::new(Front { shelf, settings, engine, stop: stop.clone() });
    let connections = TaskTracker::new();
    tracing::info!(%address, "FTP is open on {address}");

    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
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
        let address = peer.ip().to_canonical();
        let seat = match seats.take(address) {
            Ok(seat) => seat,
            Err(full) => {
                tracing::warn!(%address, "No seat for {address}: {full}");
                turn_away(stream, &full.to_string());
                continue;
            }
        };
        let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
        let span = tracing::info_span!("ftp", session = number, %address);
        let front = Arc::clone(&front);
        let visit = async move {
            front.receive(number, address, stream).await;
            drop(seat);
        };
        connections.spawn(visit.instrument(span));
    }

    drop(listener);
    connections.close();
    if timeout(limit, connections.wait()).await.is_err() {
        tracing::error!(left = connections.len(), "FTP sessions did not end in time");
    }
    tracing::info!(%address, "FTP is closed on {address}");
    Ok(())
}
