//! The second engine, for comparison: libunftp 0.24, one server value for each connection.
//!
//! This module and what is below it are the only ones that know libunftp. We take connections
//! ourselves and call `service`: its own accept loops leave Nagle's algorithm on, know no limits,
//! and can be frozen by one client. What it does wrong and cannot be mended from here stands in
//! `ftp/README.md`.

mod account;
mod connection;
mod facts;
mod handle;
mod life;
mod login;
mod ports;
mod pour;
mod refusal;
mod session;
mod storage;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use libunftp::ServerBuilder;
use libunftp::options::{FtpsRequired, PassiveHost};
use tokio::net::TcpStream;

pub(crate) use connection::Front;

use crate::settings::Settings;
use crate::shelf::Shelf;
use account::{Account, Accounts};
use login::Login;
use ports::{PassivePorts, PortRound};
use session::Session;
use storage::ReadOnly;

/// What the engine keeps between connections.
pub(crate) struct Engine {
    greeting: &'static str,
    ports: Arc<PortRound>,
}

impl Engine {
    /// libunftp wants a greeting that lives for ever, so one is given up for each server.
    pub(crate) fn new(settings: &Settings) -> Self {
        let greeting = Box::leak(settings.greeting.clone().into_boxed_str());
        Self { greeting, ports: Arc::new(PortRound::new(settings.passive_ports.clone())) }
    }
}

/// Speaks FTP on `stream` until the control connection ends.
pub(crate) async fn serve<S: Shelf>(engine: &Engine, session: &Arc<Session<S>>, stream: TcpStream) {
    let settings = &session.settings;
    let ports = PassivePorts::new(Arc::clone(&engine.ports), settings.stall);
    let storage = ReadOnly::new(Arc::clone(session), ports.clone());
    let accounts = Arc::new(Accounts::new(Arc::clone(session)));
    let storages = Box::new(move || storage.clone());

    let mut builder = ServerBuilder::<_, Account<S::Reader>>::with_user_detail_provider(storages, accounts)
        .authenticator(Arc::new(Login::new(Arc::clone(session))))
        .greeting(engine.greeting)
        .idle_session_timeout(settings.idle.as_secs_f64().ceil() as u64)
        .passive_ports(settings.passive_ports.clone())
        .binder(ports)
        // Its log has what ours has, without the session; and in release builds not all of it.
        .logger(slog::Logger::root(slog::Discard, slog::o!()));
    if let Some(IpAddr::V4(address)) = settings.advertised {
        builder = builder.passive_host(PassiveHost::Ip(address));
    }
    if let Some(tls) = &settings.tls {
        // The type parameter is not used by libunftp, but has to be named.
        builder = builder.ftps_manual::<PathBuf>(Arc::clone(tls));
    }
    if settings.tls_required {
        builder = builder.ftps_required(FtpsRequired::All, FtpsRequired::All);
    }
    let served = match builder.build() {
        Ok(server) => server.service(stream).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = served {
        tracing::error!(%error, "The FTP engine failed");
    }
}
