//! `/arsiv/`: the tree over HTTPS, for a party's bulk account. The same paths and bytes as over FTP.

pub mod conditional;
mod directory;
mod wait;

use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use headers::{ETag, HeaderMapExt, LastModified};

use self::conditional::{Answer, answer};
use super::Services;
use super::allowances::Download;
use super::needs::Needs::{Bulk, Nobody};
use super::on_record::shows_nothing;
use super::problem::Problem;
use super::route::{Route, get};
use super::who::{self, BulkParty};
use crate::access::door::DoorError;
use crate::access::{Act, Object};
use crate::admission::{Asked, Way, Who};
use crate::audit::{Delivery, RecordSlot};
use crate::domain::Digest;
use crate::tree::{Content, Node};
use crate::vault::Chunks;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/arsiv", Nobody, without_slash), get("/arsiv/", Bulk, root), get("/arsiv/{*path}", Bulk, node)]
}

/// The root directory.
async fn root(
    services: State<Services>,
    party: BulkParty,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    node(services, party, Ok(Path(String::new())), RawQuery(None), method, headers).await
}

/// The root without its slash, which relative links need.
async fn without_slash() -> Response {
    // Relative, so that it holds behind any prefix.
    shows_nothing((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "arsiv/")]))
}

/// A directory or a file.
async fn node(
    State(services): State<Services>,
    party: BulkParty,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // A path that is not UTF-8 names nothing; the request is on record all the same.
    let path = path.map_or_else(|_| "\u{fffd}".to_owned(), |Path(path)| path);
    if let Some(after) = wait::asked(&path, query.as_deref())
        && still(&services, &party, Act::Download).await.is_ok()
    {
        // Before the door is asked again for the record: a right may be lost while somebody waits.
        wait::for_more_than(after, &services.ledger, services.size.clone()).await;
    }
    let directory = path.is_empty() || path.ends_with('/');
    let slot = allow(&services, &party, if directory { Act::List } else { Act::Download }, &path).await?;
    if directory {
        return match services.tree.list(&slot, &path).await? {
            Some(nodes) => {
                let page = directory::page(&path, &nodes, &headers);
                let (response, size) = page.map_err(|_| Problem::broken("a listing could not be written"))?;
                slot.done(if method == Method::HEAD { 0 } else { size });
                Ok(response)
            }
            None => Err(missing(slot)),
        };
    }
    match services.tree.find(&slot, &path).await? {
        None => Err(missing(slot)),
        Some(Node { content: Content::Directory, name, .. }) => {
            slot.done(0);
            // Relative, so that it holds behind any prefix. Clients that join paths need the slash.
            let location = HeaderValue::try_from(format!("{name}/")).map_err(|_| Problem::missing())?;
            Ok((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response())
        }
        Some(file) => send(&services, &party, &file, slot, &method, &headers).await,
    }
}

async fn allow(services: &Services, party: &BulkParty, act: Act, path: &str) -> Result<RecordSlot, Problem> {
    let path = format!("/{path}");
    let asked = Asked::new(act, Object::Everything, &path);
    let admitted = services.admission.admit(Who::Since(&party.holder), asked, Way::https(party.from)).await;
    admitted.map_err(|refused| Problem::not_admitted(refused, who::BASIC))
}

/// Asks about the account as it stands now, whatever held when the request came.
async fn still(services: &Services, party: &BulkParty, act: Act) -> Result<(), DoorError> {
    services.admission.may(Who::Since(&party.holder), act, Object::Everything, Way::https(party.from)).await
}

fn missing(slot: RecordSlot) -> Problem {
    slot.refused("missing");
    Problem::missing()
}

async fn send(
    services: &Services,
    party: &BulkParty,
    file: &Node,
    mut slot: RecordSlot,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Response, Problem> {
    let (Some(size), Some(tag)) = (file.size(), file.etag()) else { return Err(missing(slot)) };
    let etag: ETag = format!("\"{tag}\"").parse().map_err(|_| Problem::missing())?;
    let modified = file.modified.map(SystemTime::from);
    // A date has whole seconds, and within one the small files change a hundred times: it proves nothing about them.
    let proof = modified.filter(|_| is_immutable(file));
    let (status, range) = match answer(method, asked, &etag, proof, size) {
        Answer::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
        Answer::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, 0..0),
        Answer::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
        Answer::Whole => (StatusCode::OK, 0..size),
        Answer::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
    };
    slot.starts_at(range.start);
    let length = range.end - range.start;
    let body = if *method == Method::HEAD || length == 0 {
        slot.done(0);
        Body::empty()
    } else {
        let Some(download) = services.allowances.download(&party.holder.principal.account) else {
            slot.refused("too-many-downloads");
            return Err(Problem::too_many_downloads());
        };
        let chunks = match services.tree.read(&slot, file, range.start, range.end).await {
            Ok(chunks) => chunks,
            Err(error) => {
                slot.failed(error.reason());
                return Err(error.into());
            }
        };
        Body::from_stream(delivered(chunks, slot.delivery(length), download, Right::of(services, party)))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.typed_insert(etag);
    if let Some(modified) = modified {
        headers.typed_insert(LastModified::from(modified));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_policy(file)));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    match status {
        StatusCode::NOT_MODIFIED | StatusCode::PRECONDITION_FAILED => return Ok(response),
        StatusCode::RANGE_NOT_SATISFIABLE => insert(headers, header::CONTENT_RANGE, format!("bytes */{size}")),
        StatusCode::PARTIAL_CONTENT => {
            insert(headers, header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end - 1));
        }
        _ => {}
    }
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(file)));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(digest) = file.digest() {
        insert(headers, header::HeaderName::from_static("repr-digest"), repr_digest(digest));
    }
    Ok(response)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    headers.insert(name, HeaderValue::try_from(value).expect("digits, letters and punctuation of ASCII"));
}

/// RFC 9530: the digest of the whole file, whatever part of it is sent.
fn repr_digest(digest: Digest) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest.as_bytes()))
}

/// Paths of scans and packs, whole or partial, never change their content; the other files do.
fn is_immutable(file: &Node) -> bool {
    matches!(file.content, Content::Scan(_) | Content::Pack(_) | Content::Fixed(_))
}

/// Nothing is for shared caches: every access is recorded.
fn cache_policy(file: &Node) -> &'static str {
    if is_immutable(file) { "private, max-age=31536000, immutable" } else { "private, no-cache" }
}

fn media_type(file: &Node) -> &'static str {
    if matches!(file.content, Content::Fixed(_)) {
        return "application/octet-stream"; // C2SP tlog-tiles
    }
    match file.name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("zip") => "application/zip",
        Some("csv") => "text/csv; charset=utf-8",
        // Not as a Metalink: wget2 would take its files for the page's own links, and a recursive fetch never end. aria2
        // goes by the name.
        Some("meta4") => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    }
}

/// How often the right to a long download is checked again.
const ASKED: Duration = Duration::from_millis(500);

/// The right to a download, while it lasts.
struct Right {
    services: Services,
    party: BulkParty,
    asked: Instant,
}

impl Right {
    fn of(services: &Services, party: &BulkParty) -> Self {
        Self { services: services.clone(), party: party.clone(), asked: Instant::now() }
    }

    /// Whether the right is lost. While that cannot be found out, the download goes on, and nothing new is served.
    async fn is_lost(&mut self) -> bool {
        if self.asked.elapsed() < ASKED {
            return false;
        }
        self.asked = Instant::now();
        matches!(still(&self.services, &self.party, Act::Download).await, Err(DoorError::Refused(_)))
    }
}

/// Counts what the connection takes. An error of the vault, or a right that was lost, breaks the connection: a short file
/// must not look whole.
fn delivered(
    chunks: Chunks,
    delivery: Delivery,
    download: Download,
    right: Right,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures::stream::unfold(Some((chunks, delivery, download, right)), |sending| async move {
        let (mut chunks, mut delivery, download, mut right) = sending?;
        let chunk = chunks.next().await?;
        let failed = match &chunk {
            _ if right.is_lost().await => Err("the right to read ended"),
            Err(error) => {
                tracing::error!(%error, "Could not read on in the middle of a download");
                Err("the vault failed in the middle")
            }
            Ok(chunk) => Ok(chunk.len()),
        };
        match failed {
            Ok(sent) => {
                delivery.sent(sent as u64);
                Some((chunk, Some((chunks, delivery, download, right))))
            }
            Err(reason) => {
                delivery.fail(reason);
                Some((Err(std::io::Error::other(reason)), None))
            }
        }
    })
}
