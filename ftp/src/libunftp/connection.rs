//! The course of one connection: admit, serve, watch, take leave.
//!
//! Whatever the engine does or forgets to do, a connection ends here: by its own end, by the
//! clock, or by the stop of the server. Nothing here speaks FTP beyond `421`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::handle::Handle;
use super::life::Life;
use super::session::Session;
use super::{Engine, serve};
use crate::settings::Settings;
use crate::shelf::{Leaving, Shelf, Visitor};
use crate::turning_away::turn_away;

/// How long replies that are already decided get to reach the wire before the connection is cut.
const LINGER: Duration = Duration::from_millis(250);

/// How long the engine gets to notice that its connection was cut.
const LAST_CALL: Duration = Duration::from_secs(5);

/// What all connections of one server share.
pub(crate) struct Front<S: Shelf> {
    pub(crate) shelf: Arc<S>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) engine: Engine,
    pub(crate) stop: CancellationToken,
}

impl<S: Shelf> Front<S> {
    pub(crate) fn new(shelf: Arc<S>, settings: &Settings, stop: CancellationToken) -> Self {
        Self { shelf, settings: Arc::new(settings.clone()), engine: Engine::new(settings), stop }
    }

    /// Sees one connection through to its end.
    pub(crate) async fn receive(&self, number: u64, address: IpAddr, stream: TcpStream) {
        let patience = self.settings.stall;
        let visitor = Visitor { session: number, address, encrypted: false };
        match timeout(patience, self.shelf.admit(&visitor)).await {
            Ok(Ok(())) => {}
            Ok(Err(sentence)) => return turn_away(stream, &sentence),
            Err(_) => return turn_away(stream, "Try again later"),
        }
        match Handle::attach(stream, patience) {
            Ok((handle, stream)) => self.serve(&visitor, handle, stream).await,
            Err(error) => {
                tracing::debug!(%error, "Lost a connection before its greeting");
                let farewell = self.shelf.leave(&visitor, None, Leaving::Gone);
                let _ = timeout(patience, farewell).await;
            }
        }
    }

    async fn serve(&self, visitor: &Visitor, handle: Handle, stream: TcpStream) {
        let life = Life::new(self.stop.clone());
        let (shelf, settings) = (Arc::clone(&self.shelf), Arc::clone(&self.settings));
        let session = Arc::new(Session::new(shelf, settings, visitor, handle, life));

        tokio::select! {
            () = serve(&self.engine, &session, stream) => {}
            () = end_in_time(&session) => {}
            () = session.handle.pace(session.logged_in()) => {}
        }

        // A client may say goodbye on the heels of the last byte: let the bookkeeping finish.
        session.life.rest_within(LINGER).await;
        session.life.over().cancel();
        session.handle.hang_up();
        // Whoever holds the gate sees that it is over, so this is short; from here on nobody
        // can log in any more.
        let _gate = session.gate.lock().await;
        session.life.rest_within(LAST_CALL).await;
        let visitor = session.visitor();
        let farewell = self.shelf.leave(&visitor, session.reader(), Leaving::Gone);
        if timeout(self.settings.stall, farewell).await.is_err() {
            tracing::error!(session = visitor.session, "The shelf did not take leave in time");
        }
    }
}

/// Returns when the engine has been told to end and had its time to.
async fn end_in_time<S: Shelf>(session: &Session<S>) {
    let life = &session.life;
    let reason = tokio::select! {
        reason = life.asked_to_end() => reason,
        reason = overstay(session) => reason,
        reason = abandoned(session) => reason,
        () = life.stopping().cancelled() => {
            life.rest_within(session.settings.grace).await;
            "The service is closing"
        }
    };
    tracing::debug!(reason, "Ending a session");
    sleep(LINGER).await;
    if session.is_plain() {
        session.handle.reply(421, reason);
    }
    life.over().cancel();
    session.handle.hang_up();
    sleep(LAST_CALL).await;
}

/// Returns when the visitor has been here too long for what it does.
async fn overstay<S: Shelf>(session: &Session<S>) -> &'static str {
    let settings = &session.settings;
    sleep_until(session.connected() + settings.login_within).await;
    if session.reader().is_none() {
        return "Nobody logged in";
    }
    loop {
        // While something runs, its own limits hold; look again later.
        let since = session.life.quiet_since().unwrap_or_else(Instant::now);
        let until = since + settings.silence;
        if until <= Instant::now() {
            return "Nothing was asked for too long";
        }
        sleep_until(until).await;
    }
}

/// Returns when the client has gone and the engine has had time to see it. It does not see it
/// while it waits for a transfer, or for itself (it can, if a client does not wait for answers).
async fn abandoned<S: Shelf>(session: &Session<S>) -> &'static str {
    session.handle.closed_by_client().await;
    sleep(LAST_CALL).await;
    "The connection is closed"
}
