//! Accepting HTTPS connections: whose they are, TLS, limits on number and time, and a stop that lets running requests
//! finish.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::IntoResponse;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::drain::Drainable;
use super::frames::Counting;
use super::lines::{Addresses, Ownership};
use super::problem::Problem;
use super::{Peer, host, preface};
use crate::access::addresses::Proxies;
use crate::access::certificate::ShownCertificate;
use crate::audit::{Access, Audit, Deed, Outcome, Protocol};
use crate::domain::Digest;

/// Requests of one HTTP/2 connection at a time.
const STREAMS: u32 = 64;
/// Bytes of a request's body that may come before they are asked for. The connection takes as many of all its requests
/// together, so that bodies which wait for their turn never keep back one that is being read.
const STREAM_WINDOW: u32 = 128 << 10;

/// A client that has not finished the TLS handshake by then is dropped.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A client that has not sent its headers by then is dropped.
const HEADERS: Duration = Duration::from_secs(20);
/// How long running requests may take to finish after the stop signal.
const GRACE: Duration = Duration::from_secs(15);
/// How long sent bytes may stay unacknowledged, and a closed window closed.
const STALLED: Duration = Duration::from_secs(60);
/// Bytes of all headers at most.
const HEADER_BYTES: usize = 16 << 10;
/// Bytes up to which they are read at all: who sends somewhat too many is told so.
const HEADER_BUFFER: usize = 64 << 10;

/// What a listener is told.
pub struct Settings {
    /// The certificate, and whether clients are asked for theirs.
    pub tls: TlsAcceptor,
    /// Proxies in front.
    pub proxies: Proxies,
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time from one address.
    pub connections_per_address: usize,
    /// Where it is written that somebody was turned away before asking anything.
    pub audit: Audit,
}

/// What all connections share.
struct Front {
    settings: Settings,
    addresses: Addresses,
    router: Router,
    builder: Builder<TokioExecutor>,
    /// Requests whose X-Forwarded-For was ignored, because nobody who is trusted wrote it.
    ignored: Arc<AtomicU64>,
}

/// Serves until `stop`, then lets what runs finish.
pub async fn serve(listener: TcpListener, settings: Settings, router: Router, stop: CancellationToken) {
    let seats = Arc::new(Semaphore::new(settings.connections));
    let running = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(HEADER_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEADER_BUFFER as u32)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAMS * STREAM_WINDOW)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    let addresses = Addresses::new(settings.connections_per_address);
    let front = Arc::new(Front { settings, addresses, router, builder, ignored: Arc::default() });
    let (cut, tasks) = (CancellationToken::new(), TaskTracker::new());
    loop {
        // A connection waits in the kernel until a seat is free.
        let seat = Arc::clone(&seats).acquire_owned();
        let (seat, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            pair = async { (seat.await, listener.accept().await) } => pair,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors or the like: waiting is all that helps.
                tracing::warn!(%error, "Could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (front, watcher, cut) = (Arc::clone(&front), running.watcher(), cut.clone());
        tasks.spawn(async move {
            let _seat = seat;
            tokio::select! {
                () = cut.cancelled() => {} // what it was sending ends here, and is on record as cut
                () = front.receive(stream, peer.ip().to_canonical(), watcher) => {}
            }
        });
    }
    if tokio::time::timeout(GRACE, running.shutdown()).await.is_err() {
        tracing::warn!("Some requests did not finish within {GRACE:?} and are cut");
    }
    cut.cancel();
    tasks.close();
    tasks.wait().await;
}

impl Front {
    /// One connection from its first byte to its end.
    async fn receive(&self, mut stream: TcpStream, peer: IpAddr, watcher: Watcher) {
        let proxies = &self.settings.proxies;
        let mut from = peer;
        if proxies.begin_with_a_header(peer) {
            match tokio::time::timeout(HANDSHAKE, preface::read(&mut stream)).await {
                Ok(Ok(Some(client))) => from = client,
                Ok(Ok(None)) => {} // the balancer itself
                Ok(Err(error)) => return tracing::warn!(%peer, %error, "A proxy did not say whom it passes on"),
                Err(_) => return tracing::warn!(%peer, "A proxy was silent about whom it passes on"),
            }
        }
        // One that passes on many clients' requests has as many connections as it needs.
        let _place = match (proxies.carry_many(peer), self.addresses.take(from)) {
            (true, _) => None,
            (false, Ok(place)) => Some(place),
            (false, Err(full)) => {
                if full.first {
                    tracing::warn!(%from, "Too many connections from {from}");
                    self.turned_away(from, "too-many-connections");
                }
                return;
            }
        };
        match handshake(&self.settings.tls, stream).await {
            Handshake::Done(stream) => self.converse(*stream, from, watcher).await,
            Handshake::TooSlow => self.turned_away(from, "handshake-too-slow"),
            Handshake::Failed => {}
        }
    }

    async fn converse(&self, stream: TlsStream<TcpStream>, peer: IpAddr, watcher: Watcher) {
        let (_, session) = stream.get_ref();
        // The protocol is settled by now. Left to guess it from the first bytes, the server would wait for them for ever.
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        let builder = match is_http2 {
            true => self.builder.clone().http2_only(),
            false => self.builder.clone().http1_only(),
        };
        let shown = session.peer_certificates().and_then(|chain| chain.first());
        // What says of itself no time in which it is valid is taken for no certificate.
        let certificate =
            shown.and_then(|der| Some(ShownCertificate { digest: Digest::of(der), valid: crate::tls::validity(der)? }));
        let ownership = (!self.settings.proxies.carry_many(peer)).then(Arc::<Ownership>::default);
        let asked = Arc::<AtomicU32>::default();
        let asks = Arc::clone(&asked);
        let (router, proxies) = (self.router.clone(), self.settings.proxies.clone());
        let (audit, ignored) = (self.settings.audit.clone(), Arc::clone(&self.ignored));
        let service = TowerToHyperService::new(tower::service_fn(move |request: Request<Incoming>| {
            asks.fetch_add(1, Ordering::Relaxed);
            let address = client_of(&request, peer, &proxies, &ignored);
            answer(router.clone(), audit.clone(), Peer { address, certificate, ownership: ownership.clone() }, request)
        }));
        let (stream, opened) = Counting::around(stream, is_http2);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = watcher.watch(connection);
        tokio::pin!(connection);
        let first = tokio::time::sleep(HEADERS);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = async { first.await; if asked.load(Ordering::Relaxed) > 0 { std::future::pending().await } } => {
                return self.turned_away(peer, "no-request-in-time");
            }
        };
        // Requests that no handler saw: the protocol's library turned them away.
        let unseen = opened.load(Ordering::Relaxed).saturating_sub(asked.load(Ordering::Relaxed));
        if unseen > 0 {
            let object = format!("{unseen} requests");
            turned_away(&self.settings.audit, peer, &object, "refused-by-http2");
        }
        let Err(error) = ended else { return };
        tracing::debug!(%peer, error, "A connection ended early");
        match error.downcast_ref::<hyper::Error>() {
            Some(error) if error.is_parse_too_large() => self.turned_away(peer, "headers-too-large"),
            Some(error) if error.is_parse() => self.turned_away(peer, "malformed-request"),
            Some(error) if error.is_timeout() => self.turned_away(peer, "no-request-in-time"),
            _ => {}
        }
    }

    /// Puts on record that somebody was cut off before anything was asked.
    fn turned_away(&self, from: IpAddr, reason: &str) {
        turned_away(&self.settings.audit, from, "", reason);
    }
}

/// Whose request it is. Whom nobody can tell comes from an address that no list names.
fn client_of(request: &Request<Incoming>, peer: IpAddr, proxies: &Proxies, ignored: &AtomicU64) -> IpAddr {
    let lines = request.headers().get_all("x-forwarded-for").iter();
    if !proxies.carry_many(peer) && request.headers().contains_key("x-forwarded-for") {
        let before = ignored.fetch_add(1, Ordering::Relaxed);
        if (before + 1).is_power_of_two() {
            tracing::warn!(%peer, "X-Forwarded-For of {} requests was ignored: who wrote it is no trusted proxy", before + 1);
        }
    }
    proxies.client(peer, lines.map(HeaderValue::as_bytes)).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn turned_away(audit: &Audit, address: IpAddr, object: &str, reason: &str) {
    let access = Access::of_a_stranger(Protocol::Https, address, Deed::Connect, object);
    // What cannot be written now is counted, and written when it can.
    let _ = audit.brief(access, Outcome::Refused, reason);
}

enum Handshake {
    Done(Box<TlsStream<TcpStream>>),
    TooSlow,
    Failed,
}

async fn handshake(tls: &TlsAcceptor, stream: TcpStream) -> Handshake {
    // Small answers must not wait for the client's acknowledgement of the one before. A client that takes no byte for so
    // long is gone, or does not want any.
    let set = stream.set_nodelay(true);
    if set.and_then(|()| socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(STALLED))).is_err() {
        return Handshake::Failed;
    }
    // A client that ends its handshake in two writes (wget does, as all of GnuTLS) is held back by its kernel until the first
    // is acknowledged, which ours would put off for 40 ms.
    let mut shaking = tls.accept(stream);
    let promptly = poll_fn(|context| {
        let shaken = Pin::new(&mut shaking).poll(context);
        if shaken.is_pending()
            && let Some(stream) = shaking.get_ref()
        {
            let _ = socket2::SockRef::from(stream).set_tcp_quickack(true);
        }
        shaken
    });
    match tokio::time::timeout(HANDSHAKE, promptly).await {
        Ok(Ok(stream)) => Handshake::Done(Box::new(stream)),
        Ok(Err(_)) => Handshake::Failed,
        Err(_) => Handshake::TooSlow,
    }
}

async fn answer(
    router: Router,
    audit: Audit,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if headers + request.uri().path_and_query().map_or(0, |path| path.as_str().len()) > HEADER_BYTES {
        turned_away(&audit, peer.address, request.uri().path(), "headers-too-large");
        return Ok(Problem::headers_too_large().into_response());
    }
    if !host::is_named_once(request.version(), request.uri(), request.headers()) {
        turned_away(&audit, peer.address, request.uri().path(), "bad-host");
        return Ok(Problem::bad_host().into_response());
    }
    let waits = request.headers().contains_key(hyper::header::EXPECT);
    let (parts, body) = request.into_parts();
    let body = Drainable::new(body);
    let mut request = Request::from_parts(parts, Body::new(body.clone()));
    request.extensions_mut().insert(peer);
    let response = router.oneshot(request).await?;
    if response.status().is_client_error() || response.status().is_server_error() {
        body.drain(waits).await;
    }
    Ok(response)
}
