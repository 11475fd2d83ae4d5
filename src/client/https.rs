//! The tree over HTTPS: `/arsiv/` with Basic authentication, HTTP/2 where the server speaks it.
//!
//! It follows no redirect, trusts only the given authority when one is given, and never sends the password elsewhere.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{StreamExt, TryStreamExt};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};

use super::credentials::Credentials;
use super::transport::{ByteStream, Transport, TransportError, whole};
use crate::domain::naming;
use crate::log::note::NOTE_BYTES;

/// A server that says nothing for so long has failed. A long poll answers within 25 s.
const SILENCE: Duration = Duration::from_secs(40);
const CONNECT: Duration = Duration::from_secs(15);
/// Of a refusal's text so much is shown.
const PROBLEM_BYTES: usize = 16 * 1024;

/// The archive at one address.
#[derive(Debug)]
pub struct Https {
    client: Client,
    base: String,
    credentials: Credentials,
}

impl Https {
    /// The archive below `base`, such as `https://arsiv.example/arsiv/`. `ca` is a PEM bundle to trust instead of the
    /// system's.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub fn new(base: &str, ca: Option<&[u8]>, credentials: Credentials) -> Result<Self, reqwest::Error> {
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("tutanak/", env!("CARGO_PKG_VERSION")));
        if let Some(ca) = ca {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(ca)?);
        }
        Ok(Self { client: builder.build()?, base: format!("{}/", base.trim_end_matches('/')), credentials })
    }

    fn get(&self, path: &str) -> RequestBuilder {
        let Credentials { user, password } = &self.credentials;
        self.client.get(format!("{}{path}", self.base)).basic_auth(user, Some(password))
    }

    async fn send(&self, path: &str, request: RequestBuilder) -> Result<Response, TransportError> {
        let answer = request.send().await.map_err(failed)?;
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(answer),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(TransportError::Missing(path.to_owned())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(TransportError::Refused(reason(answer).await)),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                let after = answer.headers().get(header::RETRY_AFTER);
                let after = after.and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs);
                Err(TransportError::Transient { what: format!("{path}: the server answers {status}"), after })
            }
            status => Err(TransportError::unsound(path, format!("the server answers {status}"))),
        }
    }
}

#[async_trait]
impl Transport for Https {
    async fn checkpoint(&self, after: Option<u64>) -> Result<Bytes, TransportError> {
        let path = format!("{}/{}", naming::LOG, naming::CHECKPOINT);
        let asked = after.map_or_else(|| path.clone(), |after| format!("{path}?after={after}"));
        let answer = self.send(&path, self.get(&asked)).await?;
        whole(&path, body(answer), NOTE_BYTES).await
    }

    async fn range(&self, path: &str, range: Range<u64>) -> Result<ByteStream, TransportError> {
        let last = range.end.saturating_sub(1);
        let request = self.get(path).header(header::RANGE, format!("bytes={}-{last}", range.start));
        let answer = self.send(path, request).await?;
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            return Err(TransportError::unsound(path, "the server sends the whole file where a part was asked for"));
        }
        let told = answer.headers().get(header::CONTENT_RANGE).and_then(|told| told.to_str().ok()).unwrap_or("");
        if !told.starts_with(&format!("bytes {}-{last}/", range.start)) {
            return Err(TransportError::unsound(path, format!("another part than was asked for: {told}")));
        }
        Ok(body(answer))
    }

    async fn open(&self, path: &str) -> Result<ByteStream, TransportError> {
        Ok(body(self.send(path, self.get(path)).await?))
    }
}

fn body(answer: Response) -> ByteStream {
    answer.bytes_stream().map_err(failed).boxed()
}

/// What the server says in words, as RFC 9457 has it or as plain text.
async fn reason(answer: Response) -> String {
    #[derive(serde::Deserialize)]
    struct Problem {
        detail: Option<String>,
        title: Option<String>,
    }
    let status = answer.status();
    let text = whole("", body(answer), PROBLEM_BYTES).await.unwrap_or_default();
    let problem = serde_json::from_slice::<Problem>(&text).ok();
    let said = problem.and_then(|problem| problem.detail.or(problem.title));
    format!("{status} {}", super::problem::printable(&said.unwrap_or_default()))
}

/// reqwest's own text names the address, which is not needed, and hides the cause, which is.
fn failed(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    TransportError::transient(crate::telemetry::Chain(&error))
}
