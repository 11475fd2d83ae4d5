//! The tree over FTP with explicit TLS, or without, through suppaftp: one control connection a download at a time, kept
//! for the next when it ended well.
//!
//! FTP ends a broken download quietly, and has no end of a range: whoever reads counts, and nothing is believed here.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use suppaftp::tokio::{AsyncRustlsConnector, AsyncRustlsFtpStream, AsyncRustlsStream, TransferStream};
use suppaftp::types::{FileType, FtpError, Mode};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::unconstrained;
use tokio_rustls::TlsConnector;

use super::credentials::Credentials;
use super::transport::{ByteStream, Transport, TransportError, small};
use crate::domain::naming;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::NOTE_BYTES;

/// A server that says nothing for so long has failed.
const SILENCE: Duration = Duration::from_secs(40);
const CONNECT: Duration = Duration::from_secs(15);
/// How often `durum.json` is looked at while waiting, and for how long at once.
const LOOK: Duration = Duration::from_secs(3);
const WAIT: Duration = Duration::from_secs(25);
/// So much is read past the end of a range, to end the transfer well and keep the connection.
const DRAIN: u64 = 256 << 10;
const CHUNK: usize = 256 << 10;
/// Bytes of `durum.json` at most: a checkpoint, as JSON text, and some numbers.
const STATUS_BYTES: usize = 4 * NOTE_BYTES;

/// What is read of `durum.json`.
#[derive(serde::Deserialize)]
struct Status {
    checkpoint: Option<String>,
}

type Connection = AsyncRustlsFtpStream;

/// The tree on one server.
pub struct Ftp {
    pool: Arc<Pool>,
}

struct Pool {
    host: String,
    port: u16,
    base: String,
    tls: Option<Arc<ClientConfig>>,
    credentials: Credentials,
    idle: Mutex<Vec<Connection>>,
}

impl Ftp {
    /// The tree below `base` on a server. `tls` is none for FTP without encryption.
    pub fn new(host: &str, port: u16, base: &str, tls: Option<Arc<ClientConfig>>, credentials: Credentials) -> Self {
        let base = base.trim_matches('/');
        let base = if base.is_empty() { "/".to_owned() } else { format!("/{base}/") };
        let (host, idle) = (host.trim_matches(['[', ']']).to_owned(), Mutex::default());
        Self { pool: Arc::new(Pool { host, port, base, tls, credentials, idle }) }
    }

    async fn transfer(&self, path: &str, from: u64, left: Option<u64>) -> Result<ByteStream, TransportError> {
        let file = format!("{}{path}", self.pool.base);
        // A connection that idled may have been closed meanwhile: then a new one is tried at once.
        let idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            match begin(connection, &file, from).await {
                Err(TransportError::Transient { .. }) => {}
                begun => return begun.map(|(connection, transfer)| self.stream(path, connection, transfer, left)),
            }
        }
        let (connection, transfer) = begin(self.pool.connect().await?, &file, from).await?;
        Ok(self.stream(path, connection, transfer, left))
    }

    fn stream(
        &self,
        path: &str,
        connection: Connection,
        transfer: TransferStream<AsyncRustlsStream>,
        left: Option<u64>,
    ) -> ByteStream {
        let reading = Reading { pool: Arc::clone(&self.pool), path: path.to_owned(), connection, transfer, left };
        stream::try_unfold(Some(reading), |reading| async move {
            match reading {
                Some(reading) => reading.next().await,
                None => Ok(None),
            }
        })
        .boxed()
    }
}

async fn begin(
    mut connection: Connection,
    file: &str,
    from: u64,
) -> Result<(Connection, TransferStream<AsyncRustlsStream>), TransportError> {
    let asked = async {
        if from > 0 {
            let offset = usize::try_from(from).map_err(|_| FtpError::BadResponse)?;
            connection.resume_transfer(offset).await?;
        }
        connection.retr_as_stream(file).await
    };
    let transfer = in_time(SILENCE, asked).await.map_err(|error| failed(file, error))?;
    Ok((connection, transfer))
}

/// A download under way.
struct Reading {
    pool: Arc<Pool>,
    path: String,
    connection: Connection,
    transfer: TransferStream<AsyncRustlsStream>,
    left: Option<u64>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Option<Self>)>, TransportError> {
        if self.left == Some(0) {
            self.drain().await;
            return Ok(None);
        }
        let mut bytes = self.read().await?;
        if bytes.is_empty() {
            let path = self.path.clone();
            let cut = self.left.is_some();
            self.finish().await?;
            let early = || TransportError::transient(format!("{path} ended early"));
            return if cut { Err(early()) } else { Ok(None) };
        }
        if let Some(left) = &mut self.left {
            bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= bytes.len() as u64;
        }
        Ok(Some((bytes, Some(self))))
    }

    async fn read(&mut self) -> Result<Bytes, TransportError> {
        let mut buffer = BytesMut::with_capacity(CHUNK);
        match tokio::time::timeout(SILENCE, self.transfer.read_buf(&mut buffer)).await {
            Ok(Ok(_)) => Ok(buffer.freeze()),
            Ok(Err(error)) => Err(TransportError::transient(format!("{}: {error}", self.path))),
            Err(_) => Err(TransportError::transient(format!("{}: the server fell silent", self.path))),
        }
    }

    /// Reads a little further if that ends the file; else the connection is dropped.
    async fn drain(mut self) {
        let mut read = 0;
        while read < DRAIN {
            match self.read().await {
                Ok(bytes) if bytes.is_empty() => {
                    let _ = self.finish().await;
                    return;
                }
                Ok(bytes) => read += bytes.len() as u64,
                Err(_) => return,
            }
        }
    }

    async fn finish(self) -> Result<(), TransportError> {
        in_time(SILENCE, self.transfer.finish()).await.map_err(|error| failed(&self.path, error))?;
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
        Ok(())
    }
}

impl Pool {
    async fn connect(&self) -> Result<Connection, TransportError> {
        let connect = async {
            let mut addresses = lookup_host((self.host.as_str(), self.port)).await?;
            let address: SocketAddr = addresses.next().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        };
        let connected = async {
            let stream = connect.await.map_err(FtpError::ConnectionError)?;
            let mut connection = Connection::connect_with_stream(stream).await?;
            if let Some(tls) = &self.tls {
                let connector = AsyncRustlsConnector::from(TlsConnector::from(Arc::clone(tls)));
                connection = connection.into_secure(connector, &self.host).await?;
            }
            connection.login(self.credentials.user.as_str(), self.credentials.password.as_str()).await?;
            connection.transfer_type(FileType::Binary).await?;
            connection.set_mode(Mode::ExtendedPassive);
            Ok(connection)
        };
        in_time(CONNECT, connected).await.map_err(|error| failed(&self.host, error))
    }
}

#[async_trait]
impl Transport for Ftp {
    /// Waits by `durum.json`, the one small file that is made to be asked for again and again: it carries the checkpoint.
    async fn checkpoint(&self, after: Option<u64>) -> Result<Bytes, TransportError> {
        let Some(after) = after else {
            return small(self, &format!("{}/{}", naming::LOG, naming::CHECKPOINT), NOTE_BYTES).await;
        };
        let until = Instant::now() + WAIT;
        loop {
            let status = small(self, naming::STATUS, STATUS_BYTES).await?;
            let note = serde_json::from_slice::<Status>(&status).ok().and_then(|status| status.checkpoint);
            let Some(note) = note else {
                return Err(TransportError::unsound(naming::STATUS, "it carries no checkpoint"));
            };
            let same = Checkpoint::unverified(&note).is_ok_and(|found| found.size == after);
            if !same || Instant::now() >= until {
                return Ok(note.into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn range(&self, path: &str, range: Range<u64>) -> Result<ByteStream, TransportError> {
        self.transfer(path, range.start, Some(range.end - range.start)).await
    }

    async fn open(&self, path: &str) -> Result<ByteStream, TransportError> {
        self.transfer(path, 0, None).await
    }
}

/// The library does not flush what it says over TLS, which takes a command before it is sent: where the turn of this task
/// is used up, the command would stay here until [`SILENCE`]. So its work has turns without an end; the socket of a
/// control connection always has room for a line.
async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, FtpError>>) -> Result<T, FtpError> {
    let timed_out = || FtpError::ConnectionError(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(limit, unconstrained(work)).await.unwrap_or_else(|_| Err(timed_out()))
}

/// The reply's code is what can be acted on: 550 is not there, 530 is refused, the other 4xx and lines that break pass.
fn failed(what: &str, error: FtpError) -> TransportError {
    match error {
        FtpError::UnexpectedResponse(reply) => {
            let said = super::problem::printable(String::from_utf8_lossy(&reply.body).trim());
            match reply.status.code() {
                550 | 551 => TransportError::Missing(what.to_owned()),
                code @ (430 | 500..=599) => TransportError::Refused(format!("{code} {said}")),
                code => TransportError::transient(format!("{what}: {code} {said}")),
            }
        }
        FtpError::SecureError(said) if said.contains("certificate") => TransportError::Refused(said),
        other => TransportError::transient(format!("{what}: {other}")),
    }
}

/// TLS that trusts the authorities in `ca`, or the system's when none are given.
///
/// # Errors
/// When the certificates cannot be read.
pub fn tls(ca: Option<&[u8]>) -> Result<Arc<ClientConfig>, String> {
    let wrong = |error: &dyn std::fmt::Display| error.to_string();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| wrong(&error))?;
    let builder = match ca {
        None => builder.with_platform_verifier().map_err(|error| wrong(&error))?,
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(ca) {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}
