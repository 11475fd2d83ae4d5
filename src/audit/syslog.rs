//! Sending the record on: every row as a message of syslog (RFC 5424) over TLS (RFC 5425), to a collector elsewhere.
//!
//! It must never hold up serving, so it reads rows where they already lie; and never lose its place: what was sent is noted
//! in the ledger, one page behind, so that a collector that dies is sent its last page again. The row's `id` tells twins.

mod message;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;

/// Rows sent before it is noted.
const PAGE: u32 = 500;
/// How often new rows are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How long a connection, a handshake or a page may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Waits between attempts grow from the first to the last.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long a node's claim on the sending lasts before it must be renewed.
const LEASE: Duration = Duration::from_secs(90);

/// Where to.
#[derive(Clone, Debug)]
pub struct Collector {
    /// Host and port.
    pub address: String,
    /// The name that its certificate must have.
    pub name: ServerName<'static>,
    /// Whom to trust.
    pub tls: Arc<ClientConfig>,
}

/// Why sending stopped.
#[derive(Debug, thiserror::Error)]
enum ShippingError {
    #[error("the collector cannot be reached")]
    Line(#[from] std::io::Error),
    #[error("the collector did not take it in time")]
    TooSlow,
    #[error("the collector closed the connection")]
    Closed,
    #[error("the record could not be read")]
    Ledger(#[from] LedgerError),
}

/// Sends rows on.
#[derive(Debug)]
pub struct Shipper {
    ledger: Ledger,
    clock: Clock,
    host: String,
    collector: Collector,
}

impl Shipper {
    /// From this ledger to that collector. `host` is how the sender is named.
    pub fn new(ledger: Ledger, clock: Clock, host: &str, collector: Collector) -> Self {
        // RFC 5424 §6.2.4: printable ASCII, at most 255.
        let host: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
        Self { ledger, clock, host: if host.is_empty() { "-".to_owned() } else { host }, collector }
    }

    /// Sends until `stop`, over and over again from where it was.
    pub async fn run(self, stop: CancellationToken) {
        let (first, last) = AGAIN;
        let mut wait = first;
        loop {
            let mut sent = false;
            let ended = tokio::select! {
                () = stop.cancelled() => break,
                ended = self.session(&mut sent) => ended,
            };
            wait = if sent { first } else { (wait * 2).min(last) };
            if let Err(error) = ended {
                let collector = &self.collector.address;
                tracing::warn!(collector, error = %Chain(&error), "Could not send the record on; trying again");
                // Another node may have more luck.
                let _ = self.ledger.audit_shipping_release().await;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
        if let Err(error) = self.ledger.audit_shipping_release().await {
            tracing::warn!(error = %Chain(&error), "Another node can send the record on only in a while");
        }
    }

    /// One connection. Ends when it breaks, or at once when another node has the sending.
    async fn session(&self, sent: &mut bool) -> Result<(), ShippingError> {
        let claimed = self.ledger.audit_shipping_claim(self.in_ms(Duration::ZERO), self.in_ms(LEASE)).await?;
        let Some(mut noted) = claimed else { return Ok(()) };
        let mut line = within(self.connect()).await?;
        let (mut after, mut written, mut renewed) = (noted, noted, Instant::now());
        loop {
            let rows = self.ledger.audit_from(after, PAGE).await?;
            if let Some(last) = rows.last() {
                let page: Vec<u8> = rows.iter().flat_map(|row| message::framed(row, &self.host)).collect();
                within(send(&mut line, &page)).await?;
                // The page before has arrived: otherwise the sending of this one would have failed.
                noted = after;
                after = last.id;
                *sent = true;
            } else {
                // Syslog has no answers, but a collector that is gone has closed the connection, which is noticed here.
                match tokio::time::timeout(LOOK, line.read_u8()).await {
                    Ok(Err(_)) => return Err(ShippingError::Closed),
                    Ok(Ok(_)) | Err(_) => noted = after,
                }
            }
            // Nothing is committed where nothing was sent.
            if noted > written || renewed.elapsed() > LEASE / 3 {
                self.ledger.audit_shipped(noted, self.in_ms(LEASE)).await?;
                (written, renewed) = (noted, Instant::now());
            }
        }
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>, ShippingError> {
        let stream = TcpStream::connect(&self.collector.address).await?;
        socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(PATIENCE))?;
        let connector = TlsConnector::from(Arc::clone(&self.collector.tls));
        Ok(connector.connect(self.collector.name.clone(), stream).await?)
    }

    fn in_ms(&self, later: Duration) -> i64 {
        self.clock.now().as_millisecond().saturating_add(later.as_millis() as i64)
    }
}

async fn send(line: &mut TlsStream<TcpStream>, page: &[u8]) -> Result<(), ShippingError> {
    line.write_all(page).await?;
    Ok(line.flush().await?)
}

async fn within<T>(work: impl Future<Output = Result<T, ShippingError>>) -> Result<T, ShippingError> {
    tokio::time::timeout(PATIENCE, work).await.map_err(|_| ShippingError::TooSlow)?
}
