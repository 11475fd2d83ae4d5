//! The service as a board's client sees it: who am I, what do you know, take this, what is missing.
//!
//! It follows no redirect, trusts only the given authority when one is given, and believes no answer: what is between a
//! board and the service (a proxy, a captive portal) answers too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::clocks::{GateState, ServerClock};
use super::receipt;
use crate::client::credentials::Token;
use crate::client::problem::printable;
use crate::client::progress::Progress;
use crate::client::transport::{TransportError, whole};
use crate::clock::Clock;
use crate::domain::Digest;

/// Digests of one question, as the service allows.
pub const QUESTION: usize = 1000;
/// Bytes handed to the line at a time.
const PIECE: usize = 32 << 10;
/// How long an upload may stand still: the service may let it wait in its queue.
const STALLED: Duration = Duration::from_secs(120);
/// How long the answer to a small question may take.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(15);
/// A line that acknowledges nothing for so long is dead.
const DEAD: Duration = Duration::from_secs(30);
/// Bytes of an answer that is no receipt, at most.
const ANSWER_BYTES: usize = 1 << 20;
/// What the types of our problems begin with. Others' are no verdict on a scan.
const PROBLEM: &str = "urn:tutanak:problem:";
/// Problems that lie in the file itself: sending it again is no use.
const OF_THE_FILE: [&str; 4] = ["not-a-png", "damaged-png", "too-many-pixels", "too-large"];

/// Why an address is no way to a service.
#[derive(Debug, thiserror::Error)]
pub enum BadServer {
    /// Not an address, or of another kind.
    #[error("{0}: the address of the service is https://HOST[:PORT]/")]
    Kind(String),
    /// It carries a name or a password, which every user of the machine could list.
    #[error("the address must not carry a secret: use TUTANAK_TOKEN")]
    Secret,
    /// The certificates of `--ca`, or the system's, cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// The workstation's certificate or its key is none, or they do not go together.
    #[error("the workstation's certificate cannot be shown: it must be PEM, with its private key, not encrypted: {0}")]
    Identity(String),
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The service does not let us: wrong token, wrong address, account not in use.
    #[error("the service refuses: {0}")]
    Refused(String),
    /// The file is no scan, in the service's words.
    #[error("the service says that the file is no scan: {0}")]
    NoScan(String),
    /// For now.
    #[error("{what}")]
    Later {
        /// What failed.
        what: String,
        /// When the service asks us to come again.
        after: Option<Duration>,
        /// Whether the service itself answered: then it may be this scan alone, and not the line.
        answered: bool,
    },
}

impl Failed {
    fn later(what: impl std::fmt::Display) -> Self {
        Self::Later { what: what.to_string(), after: None, answered: false }
    }
}

/// Who we are to the service.
#[derive(Clone, Debug, Deserialize)]
pub struct Greeting {
    /// The board's account.
    pub board: String,
    /// The election's name.
    pub name: Option<String>,
    /// The keys that sign receipts.
    pub keys: Vec<String>,
    /// The service's time when it answered.
    #[serde(default)]
    at: Option<Timestamp>,
    /// How the gates stand.
    #[serde(default)]
    pub gates: Vec<GateState>,
    /// The service's clock beside ours; none where it tells no time.
    #[serde(skip)]
    pub clock: Option<ServerClock>,
}

/// Where the board's uploads stand among those that wait for room at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct QueuePosition {
    /// From 1: that one's turn is next.
    pub place: u64,
    /// Boards that wait, with this one.
    pub of: u64,
}

/// A page of the walk over the board's forms.
#[derive(Clone, Debug, Deserialize)]
pub struct MissingPage {
    /// Forms that this page looked at.
    pub expected: u64,
    /// Those of them that have no scan.
    pub missing: Vec<MissingForm>,
    /// What to ask for next.
    pub next: Option<String>,
}

/// A form without a scan.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub struct MissingForm {
    /// Its karekod.
    pub code: String,
    /// The names of its places, the largest first.
    pub places: Vec<String>,
    /// What it is, as people say it.
    pub tr: String,
}

/// How TLS is spoken to the service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tls<'a> {
    /// Certificates to trust instead of the system's: a PEM bundle.
    pub ca: Option<&'a [u8]>,
    /// The workstation's certificate and its private key, in one PEM text: for boards to which one is bound.
    pub identity: Option<&'a [u8]>,
}

/// The service at one address, with a board's token.
#[derive(Clone, Debug)]
pub struct Server {
    client: Client,
    base: Url,
    token: Token,
}

impl Server {
    /// The service at `address`, such as `https://tutanak.example/`.
    ///
    /// # Errors
    /// When the address is none, or the certificates cannot be used.
    pub fn open(address: &str, tls: Tls<'_>, token: Token) -> Result<Self, BadServer> {
        let kind = || BadServer::Kind(printable(address));
        let mut base = Url::parse(address).map_err(|_| kind())?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(BadServer::Secret);
        }
        if base.scheme() != "https" || base.host_str().is_none() {
            return Err(kind());
        }
        base.set_query(None);
        base.set_fragment(None);
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_user_timeout(DEAD)
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(DEAD)
            .user_agent(concat!("tutanak/", env!("CARGO_PKG_VERSION")));
        let unusable = |error: reqwest::Error| BadServer::Certificates(error.to_string());
        if let Some(ca) = tls.ca {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(ca).map_err(unusable)?);
        }
        let Some(identity) = tls.identity else {
            return Ok(Self { client: builder.build().map_err(unusable)?, base, token });
        };
        // Whether the key is that of the certificate is seen only when both are put to use.
        let unfit = |error: reqwest::Error| BadServer::Identity(chain(error));
        let identity = reqwest::Identity::from_pem(identity).map_err(unfit)?;
        Ok(Self { client: builder.identity(identity).build().map_err(unfit)?, base, token })
    }

    /// Asks who we are.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn greet(&self) -> Result<Greeting, Failed> {
        let now = || Clock::system().now();
        let asked = now();
        let request = self.request(reqwest::Method::GET, "v1/board").timeout(PATIENCE);
        let mut greeting: Greeting = self.json(request).await?;
        greeting.clock = greeting.at.map(|at| ServerClock::measured(at, asked, now()));
        for gate in &mut greeting.gates {
            gate.name = printable(&gate.name);
            gate.told = printable(&gate.told);
        }
        Ok(greeting)
    }

    /// Where our uploads wait; none while none of them waits for others.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn queue_position(&self) -> Result<Option<QueuePosition>, Failed> {
        #[derive(Deserialize)]
        struct Turn {
            queue: Option<QueuePosition>,
        }
        let turn: Turn = self.json(self.request(reqwest::Method::GET, "v1/board/queue").timeout(PATIENCE)).await?;
        Ok(turn.queue)
    }

    /// The receipts of those of at most [`QUESTION`] digests that were sent before, each as text.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn known(&self, digests: &[Digest]) -> Result<Vec<String>, Failed> {
        let question = serde_json::json!({ "sha256": digests }).to_string();
        let request = self.request(reqwest::Method::POST, "v1/scans/known").timeout(PATIENCE);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(question);
        let text = text(sent(request).await?, digests.len() * receipt::BYTES).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Sends a scan and gives the answer's text, which should be its receipt.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn put(&self, digest: Digest, bytes: Bytes, progress: &Progress) -> Result<String, Failed> {
        let size = bytes.len();
        let moved = Arc::new(Mutex::new((Instant::now(), 0_u64)));
        let taken = (Arc::clone(&moved), progress.clone());
        let pieces = (0..size).step_by(PIECE).map(move |at| bytes.slice(at..(at + PIECE).min(size)));
        let pieces = stream::iter(pieces).map(move |piece| {
            let (moved, progress) = &taken;
            progress.came(piece.len() as u64);
            let mut moved = moved.lock().unwrap_or_else(PoisonError::into_inner);
            *moved = (Instant::now(), moved.1 + piece.len() as u64);
            Ok::<_, std::convert::Infallible>(piece)
        });
        let request = self.request(reqwest::Method::PUT, &format!("v1/scans/{digest}"));
        let request = request.header(header::CONTENT_TYPE, "image/png").header(header::CONTENT_LENGTH, size);
        let answer = async {
            let answer = sent(request.body(reqwest::Body::wrap_stream(pieces))).await?;
            text(answer, receipt::BYTES).await
        };
        tokio::pin!(answer);
        let answer = loop {
            tokio::select! {
                answer = &mut answer => break answer,
                () = tokio::time::sleep(Duration::from_secs(1)) => {
                    let since = moved.lock().unwrap_or_else(PoisonError::into_inner).0;
                    if since.elapsed() > STALLED {
                        break Err(Failed::later("the line stands still"));
                    }
                }
            }
        };
        if answer.is_err() {
            progress.back(moved.lock().unwrap_or_else(PoisonError::into_inner).1);
        }
        answer
    }

    /// A page of what is missing; the first one for `None`.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn missing(&self, after: Option<&str>) -> Result<MissingPage, Failed> {
        let path = after.map_or("v1/board/missing".to_owned(), |after| format!("v1/board/missing?after={after}"));
        self.json(self.request(reqwest::Method::GET, &path).timeout(PATIENCE)).await
    }

    fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let address = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        self.client.request(method, address).bearer_auth(&self.token.0)
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failed> {
        let text = text(sent(request).await?, ANSWER_BYTES).await?;
        serde_json::from_str(&text).map_err(|_| Failed::later("what answers is not the service"))
    }
}

async fn sent(request: RequestBuilder) -> Result<Response, Failed> {
    let answer = request.send().await.map_err(lost)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let after = retry_after(&answer);
    #[derive(Deserialize)]
    struct Problem {
        r#type: Option<String>,
        detail: Option<String>,
    }
    let text = text(answer, ANSWER_BYTES).await.unwrap_or_default();
    let problem: Option<Problem> = serde_json::from_str(&text).ok();
    let kind = problem.as_ref().and_then(|problem| problem.r#type.as_deref()?.strip_prefix(PROBLEM)).map(str::to_owned);
    let said = printable(&problem.and_then(|problem| problem.detail).unwrap_or_default());
    Err(match (status, kind.as_deref()) {
        (_, Some(kind)) if OF_THE_FILE.contains(&kind) => Failed::NoScan(said),
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Failed::Refused(format!("{status} {said}")),
        // Too many, or not now, concerns every scan; another problem may be this one's alone.
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE, _) => {
            Failed::Later { what: format!("{status} {said}"), after, answered: false }
        }
        (_, kind) => Failed::Later { what: format!("{status} {said}"), after, answered: kind.is_some() },
    })
}

/// When to come again, in seconds or as a date. A date is compared with the answer's own: our clock may be wrong.
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let after = text(header::RETRY_AFTER)?;
    match after.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let (at, now) =
                (httpdate::parse_http_date(after).ok()?, httpdate::parse_http_date(text(header::DATE)?).ok()?);
            at.duration_since(now).ok()
        }
    }
}

async fn text(answer: Response, limit: usize) -> Result<String, Failed> {
    let chunks = answer.bytes_stream().map_err(|error| TransportError::transient(chain(error))).boxed();
    let bytes = whole("the answer", chunks, limit).await.map_err(Failed::later)?;
    String::from_utf8(bytes.into()).map_err(|_| Failed::later("the answer is no text"))
}

fn lost(error: reqwest::Error) -> Failed {
    Failed::later(chain(error))
}

/// reqwest's own text names the address, which is not needed, and hides the cause, which is.
fn chain(error: reqwest::Error) -> String {
    crate::telemetry::Chain(&error.without_url()).to_string()
}
