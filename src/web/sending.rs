//! Files on their way to a client: conditions, ranges, what the record has of them, and the right to go on reading, which is
//! asked about again while a download lasts.

pub mod conditional;

use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use headers::{ETag, HeaderMapExt, LastModified};

use self::conditional::{Answer, answer};
use super::Services;
use super::allowances::Download;
use super::problem::Problem;
use super::who::BulkParty;
use crate::access::door::DoorError;
use crate::access::{Act, Object, Refusal};
use crate::admission::{Way, Who};
use crate::audit::{Delivery, RecordSlot};
use crate::domain::Digest;
use crate::tree::{Content, Node, TreeError};
use crate::vault::Chunks;

/// A file as a client is told of it.
pub(super) struct File {
    /// Size in bytes.
    pub size: u64,
    /// Its strong tag.
    pub tag: Digest,
    /// The digest of its content, where that is known.
    pub digest: Option<Digest>,
    /// When it last changed.
    pub modified: Option<SystemTime>,
    /// Whether it never changes.
    pub lasts: bool,
    /// What it is.
    pub media_type: &'static str,
    /// The name under which browsers save it; none where the address says it.
    pub save_as: Option<String>,
}

impl File {
    /// A file of the tree; none for a directory.
    pub fn of(node: &Node) -> Option<Self> {
        Some(Self {
            size: node.size()?,
            tag: node.etag()?,
            digest: node.digest(),
            modified: node.modified.map(SystemTime::from),
            // Paths of scans and packs, whole or partial, never change their content; the other files do.
            lasts: matches!(node.content, Content::Scan(_) | Content::Pack(_) | Content::Fixed(_)),
            media_type: media_type(node),
            save_as: None,
        })
    }
}

/// Who receives a file.
#[derive(Clone)]
pub(super) enum Receiver {
    /// A party's program.
    Bulk(BulkParty),
    /// A person in a session, of which this is the ticket.
    Person {
        /// The ticket.
        ticket: String,
        /// The account.
        account: String,
        /// What it takes the right to.
        act: Act,
        /// Where they come from.
        from: std::net::IpAddr,
    },
}

impl Receiver {
    fn account(&self) -> &str {
        match self {
            Self::Bulk(party) => &party.holder.principal.account,
            Self::Person { account, .. } => account,
        }
    }

    /// Asks about the account as it stands now, whatever held when the request came.
    pub async fn still(&self, services: &Services, act: Act) -> Result<(), DoorError> {
        match self {
            Self::Bulk(party) => {
                let (who, way) = (Who::Since(&party.holder), Way::https(party.from));
                services.admission.may(who, act, Object::Everything, way).await
            }
            Self::Person { ticket, from, .. } => match services.sessions.look(ticket).await? {
                Some(visitor) => services.sessions.allow(&visitor, act, *from).await,
                None => Err(DoorError::Refused(Refusal::Unknown)),
            },
        }
    }

    fn act(&self) -> Act {
        match self {
            Self::Bulk(_) => Act::Download,
            Self::Person { act, .. } => *act,
        }
    }
}

/// Sends a file, or the part of it that was asked for. `open` gives its bytes; the slot becomes the row.
///
/// # Errors
/// It could not be opened, or the account has as many downloads under way as it may.
pub(super) async fn send<F>(
    services: &Services,
    receiver: Receiver,
    file: File,
    mut slot: RecordSlot,
    (method, asked): (&Method, &HeaderMap),
    open: F,
) -> Result<Response, Problem>
where
    F: AsyncFnOnce(&RecordSlot, u64, u64) -> Result<Chunks, TreeError>,
{
    let File { size, tag, .. } = file;
    let etag: ETag = format!("\"{tag}\"").parse().map_err(|_| Problem::missing())?;
    // A date has whole seconds, and within one the small files change a hundred times: it proves nothing about them.
    let proof = file.modified.filter(|_| file.lasts);
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
        let Some(download) = services.allowances.download(receiver.account()) else {
            slot.refused("too-many-downloads");
            return Err(Problem::too_many_downloads());
        };
        let chunks = match open(&slot, range.start, range.end).await {
            Ok(chunks) => chunks,
            Err(error) => {
                slot.failed(error.reason());
                return Err(error.into());
            }
        };
        Body::from_stream(delivered(chunks, slot.delivery(length), download, Right::of(services, receiver)))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.typed_insert(etag);
    if let Some(modified) = file.modified {
        headers.typed_insert(LastModified::from(modified));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_policy(file.lasts)));
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
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(digest) = file.digest {
        insert(headers, header::HeaderName::from_static("repr-digest"), repr_digest(digest));
    }
    if let Some(name) = file.save_as {
        insert(headers, header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""));
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

/// Nothing is for shared caches: every access is recorded.
fn cache_policy(lasts: bool) -> &'static str {
    if lasts { "private, max-age=31536000, immutable" } else { "private, no-cache" }
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
        // Not as a Metalink: wget2 would take its files for the page's own links, and a recursive fetch never end. aria2 goes
        // by the name.
        Some("meta4") => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    }
}

/// How often the right to a long download is checked again.
const ASKED: Duration = Duration::from_millis(500);

/// The right to a download, while it lasts.
struct Right {
    services: Services,
    receiver: Receiver,
    asked: Instant,
}

impl Right {
    fn of(services: &Services, receiver: Receiver) -> Self {
        Self { services: services.clone(), receiver, asked: Instant::now() }
    }

    /// Whether the right is lost. While that cannot be found out, the download goes on, and nothing new is served.
    async fn is_lost(&mut self) -> bool {
        if self.asked.elapsed() < ASKED {
            return false;
        }
        self.asked = Instant::now();
        matches!(self.receiver.still(&self.services, self.receiver.act()).await, Err(DoorError::Refused(_)))
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
