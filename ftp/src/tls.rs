//! TLS 1.2 and 1.3 on connections for commands and for data, with certificates that may change while the service runs.
//!
//! One configuration serves both kinds of connection, so a client may resume on a data connection what it began on the
//! control connection; none has to (RFC 4217 §10.2 leaves it to the server): the data connection is bound to the client by
//! its address instead.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::wire::Wire;

/// The certificate that is shown to clients. Give it to `ServerConfig::with_cert_resolver`; [`Certificate::replace`] puts
/// another in its place, for all connections that begin from then on.
pub struct Certificate {
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Shows this one.
    pub fn new(current: CertifiedKey) -> Arc<Self> {
        Arc::new(Self { current: RwLock::new(Arc::new(current)) })
    }

    /// Shows another from now on.
    pub fn replace(&self, next: CertifiedKey) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

/// Speaks TLS on a connection of which nothing encrypted has been read yet.
///
/// Many clients (lftp among them) end their handshake in two writes, and their kernel holds the second back until the first
/// is acknowledged, which ours would put off for 40 ms: so long each file would take. What came is acknowledged at once
/// while the handshake waits for the client.
pub(crate) async fn accept(config: &Arc<ServerConfig>, stream: TcpStream, patience: Duration) -> io::Result<Wire> {
    let mut shaking = TlsAcceptor::from(Arc::clone(config)).accept(stream);
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
    let shaken = timeout(patience, promptly).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    Ok(Wire::Tls(Box::new(shaken?)))
}
