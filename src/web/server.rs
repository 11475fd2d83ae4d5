//! Accepting HTTPS connections: TLS, limits on number and time, and a stop that lets running requests finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::Peer;
use super::drain::Drainable;

/// Connections at a time.
const CONNECTIONS: usize = 4096;
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

/// Serves until `stop`, then lets what runs finish.
pub async fn serve(listener: TcpListener, tls: TlsAcceptor, router: Router, stop: CancellationToken) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    let running = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(HEADER_BYTES * 4);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEADER_BYTES as u32)
        .max_concurrent_streams(64)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
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
        let (tls, router, builder, watcher) = (tls.clone(), router.clone(), builder.clone(), running.watcher());
        let cut = cut.clone();
        tasks.spawn(async move {
            let _seat = seat;
            tokio::select! {
                () = cut.cancelled() => {} // what it was sending ends here, and is on record as cut
                () = converse(tls, stream, peer, router, builder, watcher) => {}
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

/// One connection from its handshake to its end.
async fn converse(
    tls: TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    builder: Builder<TokioExecutor>,
    watcher: Watcher,
) {
    let Some(stream) = handshake(tls, stream).await else { return };
    // The protocol is settled by now. Left to guess it from the first bytes, the server would wait for them for ever.
    let builder = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => builder.http2_only(),
        _ => builder.http1_only(),
    };
    let asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&asked);
    let service = TowerToHyperService::new(tower::service_fn(move |request| {
        asks.store(true, Ordering::Relaxed);
        answer(router.clone(), peer, request)
    }));
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = watcher.watch(connection);
    tokio::pin!(connection);
    let first = tokio::time::sleep(HEADERS);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = async { first.await; if asked.load(Ordering::Relaxed) { std::future::pending().await } } => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, error, "A connection ended early");
    }
}

async fn handshake(tls: TlsAcceptor, stream: TcpStream) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    // Small answers must not wait for the client's acknowledgement of the one before.
    stream.set_nodelay(true).ok()?;
    // A client that takes no byte for so long is gone, or does not want any.
    socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(STALLED)).ok()?;
    tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await.ok()?.ok()
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let waits = request.headers().contains_key(hyper::header::EXPECT);
    let (parts, body) = request.into_parts();
    let body = Drainable::new(body);
    let mut request = Request::from_parts(parts, Body::new(body.clone()));
    request.extensions_mut().insert(Peer(peer));
    let response = router.oneshot(request).await?;
    if response.status().is_client_error() || response.status().is_server_error() {
        body.drain(waits).await;
    }
    Ok(response)
}
