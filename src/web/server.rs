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
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tutanak_ftp::permits::{Limits, Permit, Permits};
use tutanak_ftp::proxy;

use super::activity::{Activity, Over};
use super::allowances::Ownership;
use super::drain::Drainable;
use super::frames::Counting;
use super::problem::Problem;
use super::{Peer, host};
use crate::access::addresses::Proxies;
use crate::access::certificate::ShownCertificate;
use crate::access::known_addresses::KnownAddresses;
use crate::audit::{Access, Audit, Deed, Outcome, Protocol};
use crate::domain::Digest;
use crate::meters;

/// Requests of one HTTP/2 connection at a time.
const STREAMS: u32 = 64;
/// Bytes of a request's body that may come before they are asked for. The connection takes as many of all its requests
/// together, so that bodies which wait for their turn never keep back one that is being read.
const STREAM_WINDOW: u32 = 128 << 10;

/// A client that has not finished the TLS handshake by then is dropped.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A client that has not sent its headers by then is dropped; and one that nobody was let in with, when it asks for nothing
/// so long.
const HEADERS: Duration = Duration::from_secs(20);
/// How long running requests may take to finish after the stop signal.
const GRACE: Duration = Duration::from_secs(15);
/// How long a client has for taking leave when its connection is closed.
const FAREWELL: Duration = Duration::from_secs(5);
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
    /// Greatest numbers of connections.
    pub limits: Limits,
    /// How long a connection may be idle after an account was let in over it.
    pub idle: Duration,
    /// Addresses that strangers take no room from.
    pub known: KnownAddresses,
    /// Where it is written that somebody was turned away before asking anything.
    pub audit: Audit,
}

/// What all connections share.
struct Front {
    settings: Settings,
    permits: Arc<Permits>,
    /// Connections of proxies that have not said yet whom they pass on, and of those that pass on many clients.
    of_proxies: Semaphore,
    stop: CancellationToken,
    router: Router,
    builder: Builder<TokioExecutor>,
    /// Requests whose X-Forwarded-For was ignored, because nobody who is trusted wrote it.
    ignored: Arc<AtomicU64>,
}

/// Serves until `stop`, then lets what runs finish.
pub async fn serve(listener: TcpListener, settings: Settings, router: Router, stop: CancellationToken) {
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
    let front = Arc::new(Front {
        permits: Permits::new(settings.limits),
        of_proxies: Semaphore::new(settings.limits.in_all().min(Semaphore::MAX_PERMITS)),
        settings,
        stop: stop.clone(),
        router,
        builder,
        ignored: Arc::default(),
    });
    let (cut, tasks) = (CancellationToken::new(), TaskTracker::new());
    loop {
        // Everybody is taken: whether there is room is decided by whom it is, and nobody waits in the kernel behind others.
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors or the like: waiting is all that helps.
                tracing::warn!(%error, "Could not accept a connection");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (front, cut) = (Arc::clone(&front), cut.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = cut.cancelled() => {} // what it was sending ends here, and is on record as cut
                () = front.receive(stream, peer.ip().to_canonical()) => {}
            }
        });
    }
    tasks.close();
    if timeout(GRACE, tasks.wait()).await.is_err() {
        tracing::warn!("Some requests did not finish within {GRACE:?} and are cut");
    }
    cut.cancel();
    tasks.wait().await;
}

/// By what right a connection is here.
enum Room<'a> {
    /// It is counted as its client's.
    Client(Arc<Permit>),
    /// It is a proxy's that passes on many clients.
    Proxy { _held: SemaphorePermit<'a> },
}

impl Room<'_> {
    fn permit(&self) -> Option<&Arc<Permit>> {
        match self {
            Self::Client(permit) => Some(permit),
            Self::Proxy { .. } => None,
        }
    }

    /// Returns when the connection must make room for another.
    async fn displaced(&self) {
        match self {
            Self::Client(permit) => permit.displaced().await,
            Self::Proxy { .. } => std::future::pending().await,
        }
    }
}

impl Front {
    /// One connection from its first byte to its end.
    async fn receive(&self, mut stream: TcpStream, peer: IpAddr) {
        let _open = meters::CONNECTIONS.hold(&["https"]);
        let proxies = &self.settings.proxies;
        let mut from = peer;
        if proxies.begin_with_a_header(peer) {
            let Ok(_waits) = self.of_proxies.try_acquire() else { return };
            match timeout(HANDSHAKE, proxy::read(&mut stream)).await {
                Ok(Ok(Some(client))) => from = client.ip().to_canonical(),
                Ok(Ok(None)) => {} // the balancer itself
                Ok(Err(error)) => return tracing::warn!(%peer, %error, "A proxy did not say whom it passes on"),
                Err(_) => return tracing::warn!(%peer, "A proxy was silent about whom it passes on"),
            }
        }
        let Some(room) = self.room(peer, from) else { return };
        let shaken = tokio::select! {
            shaken = handshake(&self.settings.tls, stream) => shaken,
            () = self.stop.cancelled() => return,
            () = room.displaced() => return self.displaced(&room, from),
        };
        match shaken {
            Handshake::Done(stream) => self.converse(*stream, from, &room).await,
            Handshake::TooSlow => self.turned_away(from, "handshake-too-slow"),
            Handshake::Failed => {}
        }
    }

    /// Room for a connection from there. One that passes on many clients' requests has as many as it needs.
    fn room(&self, peer: IpAddr, from: IpAddr) -> Option<Room<'_>> {
        if self.settings.proxies.carry_many(peer) {
            return self.of_proxies.try_acquire().ok().map(|held| Room::Proxy { _held: held });
        }
        match self.permits.enter(from, self.settings.known.knows(from)) {
            Ok(permit) => Some(Room::Client(Arc::new(permit))),
            Err(full) => {
                if full.first {
                    self.too_many(from);
                }
                None
            }
        }
    }

    /// A connection had to make room for another.
    fn displaced(&self, room: &Room<'_>, from: IpAddr) {
        if room.permit().is_some_and(|permit| permit.worth_a_word()) {
            self.too_many(from);
        }
    }

    fn too_many(&self, from: IpAddr) {
        tracing::warn!(%from, "Too many connections from {from}");
        self.turned_away(from, "too-many-connections");
    }

    async fn converse(&self, stream: TlsStream<TcpStream>, peer: IpAddr, room: &Room<'_>) {
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
        let permit = room.permit().cloned();
        let known = self.settings.known.clone();
        let ownership = permit.clone().map(|permit| Arc::new(Ownership::of(permit, known, peer)));
        let asked = Arc::<AtomicU32>::default();
        let (asks, activity, owned) = (Arc::clone(&asked), Activity::new(), ownership.clone());
        let (router, proxies, acts) = (self.router.clone(), self.settings.proxies.clone(), Arc::clone(&activity));
        let (audit, ignored) = (self.settings.audit.clone(), Arc::clone(&self.ignored));
        let service = TowerToHyperService::new(tower::service_fn(move |request: Request<Incoming>| {
            asks.fetch_add(1, Ordering::Relaxed);
            let running = acts.begin(permit.as_ref().map(|permit| permit.busy()));
            let address = client_of(&request, peer, &proxies, &ignored);
            let peer = Peer { address, certificate, ownership: ownership.clone() };
            let answered = answer(router.clone(), audit.clone(), peer, request);
            async move { answered.await.map(|response| response.map(|body| running.answer(body))) }
        }));
        let (stream, opened) = Counting::around(stream, is_http2);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        tokio::pin!(connection);
        let idle = || match &owned {
            Some(ownership) if !ownership.is_owned() => HEADERS,
            _ => self.settings.idle,
        };
        let over = activity.over(idle);
        tokio::pin!(over);
        // When it is told to end: the service stops, or nothing is asked for any more.
        let (mut stopping, mut closing, mut until) = (false, false, Instant::now());
        let ended = loop {
            tokio::select! {
                ended = &mut connection => break ended,
                () = self.stop.cancelled(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = room.displaced() => return self.displaced(room, peer),
                over = &mut over, if !closing => match over {
                    Over::Idle if asked.load(Ordering::Relaxed) == 0 => {
                        return self.turned_away(peer, "no-request-in-time");
                    }
                    Over::Idle => {
                        (closing, until) = (true, Instant::now() + FAREWELL);
                        connection.as_mut().graceful_shutdown();
                    }
                    Over::Untaken => return tracing::debug!(%peer, "An answer was not taken"),
                },
                () = sleep_until(until), if closing => match activity.is_quiet() {
                    true => return,
                    // What was asked for in the last moment is answered.
                    false => until = Instant::now() + FAREWELL,
                },
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
    // A client that ends its handshake in two writes (wget does, as all of GnuTLS) is held back by its kernel until the
    // first is acknowledged, which ours would put off for 40 ms.
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
    match timeout(HANDSHAKE, promptly).await {
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
