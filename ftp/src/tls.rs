//! TLS 1.2 and 1.3 on connections for commands and for data.
//!
//! One configuration serves both kinds of connection, so a client may resume on a data connection what it began on the
//! control connection. RFC 4217 §10.2 leaves it to the server whether it has to. Here it has to for readers who are told so
//! ([`Terms::require_session_reuse`](crate::Terms)); for others the data connection is bound to the client by its address
//! alone, because many clients resume nothing.
//!
//! What a resumption proves: each session that a client may resume has a [`Mark`], in its ticket, sealed with the server's
//! key, or in the server's own store; and a client can resume it only with its secrets. Where data connections must resume,
//! only sessions with a mark of their own control connection are resumed. So such a data connection was opened by the holder of
//! that control connection's secrets, and by nobody else behind the same address. It holds for TLS 1.2 (by ticket, or by
//! session number as curl does) and 1.3 alike.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::server::{ProducesTickets, StoresServerSessions};
use rustls::{HandshakeKind, ServerConfig};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What sessions of one connection are known by when they are resumed. It is random and never leaves the server unsealed.
pub(crate) type Mark = [u8; 16];

/// Marks of one session's own connections: a data connection that resumes one of them is its client's.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    control: Option<Mark>,
    /// Of data connections, each resumed from one of these. Clients of TLS 1.3 use what they were given last.
    recent: VecDeque<Mark>,
}

/// Data connections whose marks are kept.
const RECENT: usize = 16;

impl Marks {
    /// A new one.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn fresh(config: &ServerConfig) -> io::Result<Mark> {
        let mut mark = Mark::default();
        let filled = config.crypto_provider().secure_random.fill(&mut mark);
        filled.map_err(|_| io::Error::other("the system has no random numbers"))?;
        Ok(mark)
    }

    /// The control connection begins with this one.
    pub(crate) fn begin(&mut self, mark: Mark) {
        *self = Self { control: Some(mark), recent: VecDeque::new() };
    }

    /// A data connection that resumed one of these has this one.
    pub(crate) fn add(&mut self, mark: Mark) {
        self.recent.truncate(RECENT - 1);
        self.recent.push_front(mark);
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Mark> {
        self.control.iter().chain(&self.recent).copied().collect()
    }
}

/// What one connection lets its client resume by, with its mark in it.
#[derive(Debug)]
struct Marked {
    tickets: Arc<dyn ProducesTickets>,
    sessions: Arc<dyn StoresServerSessions>,
    mark: Mark,
    /// Only what has one of these marks is resumed; any, where none are named.
    only: Option<Vec<Mark>>,
}

impl Marked {
    fn with_mark(&self, plain: &[u8]) -> Vec<u8> {
        [&self.mark, plain].concat()
    }

    fn without_mark(&self, mut marked: Vec<u8>) -> Option<Vec<u8>> {
        let mark: Mark = *marked.first_chunk()?;
        if self.only.as_ref().is_some_and(|only| !only.contains(&mark)) {
            return None;
        }
        marked.drain(..mark.len());
        Some(marked)
    }
}

impl ProducesTickets for Marked {
    fn enabled(&self) -> bool {
        self.tickets.enabled()
    }

    fn lifetime(&self) -> u32 {
        self.tickets.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.tickets.encrypt(&self.with_mark(plain))
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        self.without_mark(self.tickets.decrypt(cipher)?)
    }
}

impl StoresServerSessions for Marked {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.sessions.put(key, self.with_mark(&value))
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.without_mark(self.sessions.get(key)?)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.without_mark(self.sessions.take(key)?)
    }

    fn can_cache(&self) -> bool {
        self.sessions.can_cache()
    }
}

/// The same, able to give tickets.
///
/// # Errors
/// No key can be made for them.
pub(crate) fn with_tickets(config: Arc<ServerConfig>) -> Result<Arc<ServerConfig>, rustls::Error> {
    if config.ticketer.enabled() {
        return Ok(config);
    }
    let mut config = ServerConfig::clone(&config);
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    Ok(Arc::new(config))
}

/// A connection's configuration: what the client may resume by has `mark`, and where `only` names some, it resumes by those.
fn marking(config: &ServerConfig, mark: &Mark, only: Option<Vec<Mark>>) -> Arc<ServerConfig> {
    let mut marking = config.clone();
    let (tickets, sessions) = (Arc::clone(&config.ticketer), Arc::clone(&config.session_storage));
    let marked = Arc::new(Marked { tickets, sessions, mark: *mark, only });
    marking.ticketer = Arc::<Marked>::clone(&marked);
    marking.session_storage = marked;
    Arc::new(marking)
}

/// Speaks TLS on a connection of which nothing encrypted has been read yet. The client gets tickets with `mark`; where `only`
/// names some, it resumes by none but those.
///
/// Many clients (lftp among them) end their handshake in two writes, and their kernel holds the second back until the first
/// is acknowledged, which ours would put off for 40 ms: so long each file would take. What came is acknowledged at once
/// while the handshake waits for the client.
pub(crate) async fn accept(
    config: &Arc<ServerConfig>,
    stream: TcpStream,
    patience: Duration,
    mark: &Mark,
    only: Option<Vec<Mark>>,
) -> io::Result<TlsStream<TcpStream>> {
    let mut shaking = TlsAcceptor::from(marking(config, mark, only)).accept(stream);
    let promptly = poll_fn(|context| {
        let shaken = Pin::new(&mut shaking).poll(context);
        if shaken.is_pending()
            && let Some(stream) = shaking.get_ref()
        {
            // Not for long, in Linux: it goes back to putting off when something is sent.
            let _ = SockRef::from(stream).set_tcp_quickack(true);
        }
        shaken
    });
    timeout(patience, promptly).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Whether a connection resumed an earlier session.
pub(crate) fn resumed(stream: &TlsStream<TcpStream>) -> bool {
    matches!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed))
}
