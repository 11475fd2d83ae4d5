//! What an operator may choose, and whether the choices fit together.
//!
//! Nothing here reads a file or an environment: the caller does, and hands over values.

use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::lanes::Lanes;

/// How the server behaves. Start from [`Settings::default`] and change what differs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Ports for data connections. Each transfer needs one for a moment, so a thousand is a good
    /// number; `0..=0` lets the system choose (for tests: a firewall cannot be told).
    pub passive_ports: RangeInclusive<u16>,
    /// Who speaks the protocol.
    pub engine: Engine,
    /// Threads that carry the sessions; `None` = the threads of the runtime that [`run`](crate::run) is called on.
    pub lanes: Option<Arc<Lanes>>,
    /// Proxies that are believed, and expected, to say whom they pass on (PROXY protocol, version 2).
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// The IPv4 address that `PASV` names. `None` = the address of the control connection, which
    /// is right unless there is address translation in between. `EPSV` names no address.
    pub advertised: Option<IpAddr>,
    /// Makes `AUTH TLS` possible. Its ticket keys and session store serve control and data
    /// connections alike, so data connections can resume.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Refuse passwords on a plain control channel and data connections without `PROT P`, for everybody. What holds for
    /// some only is said by [`Shelf::may_be_plain`](crate::Shelf::may_be_plain) and [`Terms`](crate::Terms).
    pub tls_required: bool,
    /// One line after `220 `.
    pub greeting: String,
    /// A control connection that says nothing for so long, with no transfer running, is closed
    /// with `421`.
    pub idle: Duration,
    /// A client that takes no byte for so long is cut off; a shelf that gives none, likewise.
    pub stall: Duration,
    /// Whoever has not logged in so long after connecting is cut off.
    pub login_within: Duration,
    /// A session that has asked for nothing so long is cut off, even if it says `NOOP` all the time.
    pub silence: Duration,
    /// How long a client has for a TLS handshake, and a proxy for saying whom it passes on.
    pub handshake_within: Duration,
    /// How long a client has for opening its data connection.
    pub data_within: Duration,
    /// The wait after the first wrong password of a name from an address. It doubles up to eight times this; after the
    /// tenth wrong password the connection closes.
    pub first_penalty: Duration,
    /// How long running transfers may go on after the stop signal.
    pub grace: Duration,
    /// Sessions at a time of clients that are logged in. Each may have one data connection beside it, so the limit
    /// of open files must be above twice this. The next one gets `421`.
    pub max_connections: usize,
    /// Control connections at a time from one address.
    pub max_per_address: usize,
    /// Connections at a time on which nobody is logged in, from addresses that [`Shelf::knows`](crate::Shelf::knows) nothing
    /// of; those it knows have twice as many of their own. When they are all taken, the longest waiting connection of the
    /// address that has most of them gets `421`.
    pub max_before_login: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            passive_ports: 50_000..=51_999,
            engine: Engine::Own,
            lanes: None,
            trusted_proxies: Vec::new(),
            advertised: None,
            tls: None,
            tls_required: false,
            greeting: "Ready".to_owned(),
            idle: Duration::from_secs(300),
            stall: Duration::from_secs(30),
            login_within: Duration::from_secs(60),
            silence: Duration::from_secs(900),
            handshake_within: Duration::from_secs(10),
            data_within: Duration::from_secs(15),
            first_penalty: Duration::from_millis(250),
            grace: Duration::from_secs(10),
            max_connections: 1000,
            max_per_address: 50,
            max_before_login: 256,
        }
    }
}

impl Settings {
    /// Tells the first thing that cannot work.
    ///
    /// # Errors
    /// [`FtpError::Settings`] with a sentence about it.
    pub fn check(&self) -> Result<(), FtpError> {
        let ports = &self.passive_ports;
        let any_port = *ports.start() == 0;
        let wrong = if ports.is_empty() || (any_port && *ports.end() != 0) {
            "passive_ports must be a range from low to high, without port 0 (or exactly 0..=0)"
        } else if matches!(self.advertised, Some(IpAddr::V6(_))) {
            "advertised must be an IPv4 address: PASV cannot name another"
        } else if self.tls_required && self.tls.is_none() {
            "tls_required needs tls"
        } else if self.greeting.chars().any(char::is_control) {
            "greeting must be one line"
        } else if self.times().iter().any(Duration::is_zero) {
            "idle, stall, login_within, handshake_within and data_within must be longer than nothing"
        } else if self.max_connections == 0 || self.max_per_address == 0 || self.max_before_login == 0 {
            "max_connections, max_per_address and max_before_login must be at least 1"
        } else {
            return Ok(());
        };
        Err(FtpError::Settings(wrong))
    }

    fn times(&self) -> [Duration; 5] {
        [self.idle, self.stall, self.login_within, self.handshake_within, self.data_within]
    }
}

/// What speaks the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// This crate.
    #[default]
    Own,
    /// The library libunftp, for comparison. `README.md` lists what it does not do well.
    #[cfg(feature = "libunftp")]
    Libunftp,
}

/// Why [`run`](crate::run) did not run.
#[derive(Debug, thiserror::Error)]
pub enum FtpError {
    /// The settings contradict themselves.
    #[error("the FTP settings cannot work: {0}")]
    Settings(&'static str),
    /// The listener is not usable.
    #[error("the FTP listener has no address")]
    Listener(#[source] io::Error),
}
