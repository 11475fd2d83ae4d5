//! What stands between a board and the service: a front that answers what it was told to before it passes anything on, and
//! a line that can be cut.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tutanak::tls::{Clients, ServerCertificate};

use crate::house::House;

/// What the front does with a request.
#[derive(Clone)]
pub enum Answer {
    /// Passes it on.
    Pass,
    /// Answers itself: status, a header, a body.
    Say(u16, Option<(&'static str, &'static str)>, &'static str),
    /// Passes it on, and changes the answer's text.
    Change(fn(String) -> String),
    /// Passes it on and then answers nothing: the answer is lost.
    Lose,
    /// Passes it on when somebody lets go of the gate.
    Hold(Arc<tokio::sync::Semaphore>),
}

/// A front over HTTPS. What `PUT`s are answered is taken from a list; all else, and what comes after, is passed on.
pub struct Front {
    pub address: String,
    pub puts: Arc<Mutex<VecDeque<Answer>>>,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Passing {
    to: String,
    client: reqwest::Client,
    puts: Arc<Mutex<VecDeque<Answer>>>,
}

impl Front {
    pub async fn of(house: &House, puts: impl IntoIterator<Item = Answer>) -> Self {
        let dir = house.dir.path();
        let (certificate, key) = (dir.join("tls/server.pem"), dir.join("tls/server.key"));
        let tls =
            ServerCertificate::open(&certificate, &key).unwrap().server(&["http/1.1"], Clients::AreNotAsked).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let puts = Arc::new(Mutex::new(puts.into_iter().collect()));
        let passing = Passing { to: house.url(""), client: house.client.clone(), puts: Arc::clone(&puts) };
        let stop = CancellationToken::new();
        let router = Router::new().fallback(pass).with_state(passing);
        let (tls, stopped) = (TlsAcceptor::from(tls), stop.clone());
        tokio::spawn(stopped.run_until_cancelled_owned(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, service) = (tls.clone(), TowerToHyperService::new(router.clone()));
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let http = Builder::new(TokioExecutor::new()).http1_only();
                    let _ = http.serve_connection(TokioIo::new(stream), service).await; // clients leave
                });
            }
        }));
        Self { address, puts, stop }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn pass(State(passing): State<Passing>, request: Request) -> Response {
    let answer = match request.method().as_str() {
        "PUT" => passing.puts.lock().unwrap().pop_front().unwrap_or(Answer::Pass),
        _ => Answer::Pass,
    };
    if let Answer::Say(status, header, body) = answer {
        let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        return response;
    }
    if let Answer::Hold(gate) = &answer {
        gate.acquire().await.unwrap().forget();
    }
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let mut on = passing.client.request(parts.method, format!("{}{path}", passing.to));
    for (name, value) in parts.headers.iter().filter(|(name, _)| !["host", "content-length"].contains(&name.as_str())) {
        on = on.header(name, value);
    }
    let on = on.body(to_bytes(body, 64 << 20).await.unwrap()).send().await.unwrap();
    let (status, text) = (on.status(), on.text().await.unwrap());
    match answer {
        Answer::Lose => panic!("the answer is lost, as it was meant to be"),
        Answer::Change(change) => (status, change(text)).into_response(),
        _ => (status, Body::from(text)).into_response(),
    }
}

/// A line to the service that can be cut and mended.
pub struct Cable {
    pub address: String,
    state: Arc<Mutex<CancellationToken>>,
    down: Arc<std::sync::atomic::AtomicBool>,
}

impl Cable {
    pub async fn to(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(CancellationToken::new()));
        let down = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (cut, is_down) = (Arc::clone(&state), Arc::clone(&down));
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                if is_down.load(std::sync::atomic::Ordering::SeqCst) {
                    continue; // dropped
                }
                let until = cut.lock().unwrap().clone();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(service).await else { return };
                    tokio::select! {
                        () = until.cancelled() => {}
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    }
                });
            }
        });
        Self { address, state, down }
    }

    /// Every connection ends here and now; new ones work.
    pub fn cut(&self) {
        std::mem::take(&mut *self.state.lock().unwrap()).cancel();
    }

    /// No connection works any more, or they work again.
    pub fn down(&self, down: bool) {
        self.down.store(down, std::sync::atomic::Ordering::SeqCst);
        self.cut();
    }
}
