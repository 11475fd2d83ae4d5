//! Pictures of a board's own scans that people link by hand: the scan itself, and small ones for lists.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;

use crate::domain::{Digest, Entry, EntryKind, Sender};
use crate::export::preview::preview;
use crate::ledger::entries::parse;
use crate::web::Services;
use crate::web::extract::{Extension, Path};
use crate::web::problem::Problem;
use crate::web::site::session::ending::RowDetail;

/// The entry at a position, if it is of a scan that this board sent and that no code linked.
pub(super) async fn own(services: &Services, sender: &Sender, position: u64) -> Result<Option<Entry>, Problem> {
    if i64::try_from(position).is_err() {
        return Ok(None);
    }
    let lines = services.ledger.lines_from(position, 1).await?;
    let Some(line) = lines.into_iter().find(|line| line.position == position) else { return Ok(None) };
    let entry = parse(position, &line.line)?;
    let by_hand = entry.kind == EntryKind::Parked || (entry.kind == EntryKind::Resolved && !entry.by.is_empty());
    Ok(Some(entry).filter(|entry| by_hand && entry.board.as_ref() == Some(&sender.board)))
}

async fn found(services: &Services, sender: &Sender, position: u64) -> Result<(Digest, u64), Problem> {
    let entry = own(services, sender, position).await?;
    entry.and_then(|entry| Some((entry.sha256?, entry.size?))).ok_or_else(Problem::missing)
}

/// The scan as it was sent.
pub(in crate::web) async fn whole(
    State(services): State<Services>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
) -> Result<Response, Problem> {
    let (digest, size) = found(&services, &sender, position).await?;
    let chunks = services.intake.picture(digest, size).await?;
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(CONTENT_LENGTH, size.into());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response.extensions_mut().insert(RowDetail { object: digest.to_string(), bytes: None });
    Ok(response)
}

/// A small picture of it.
pub(in crate::web) async fn small(
    State(services): State<Services>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
) -> Result<Response, Problem> {
    let (digest, size) = found(&services, &sender, position).await?;
    // One at a time: a large page needs as much memory as an upload, and lists must not take the place of scans.
    let _permit = services.previews.acquire().await.map_err(|error| Problem::unavailable(&error))?;
    let chunks = services.intake.picture(digest, size).await?;
    let read = chunks.try_fold(Vec::with_capacity(size as usize), |mut bytes, chunk| async move {
        bytes.extend_from_slice(&chunk);
        Ok(bytes)
    });
    let bytes = read.await.map_err(|error| Problem::unavailable(&error))?;
    let small = tokio::task::spawn_blocking(move || preview(&bytes)).await;
    let small = small.map_err(|error| Problem::unavailable(&error))?.ok_or_else(Problem::missing)?;
    let headers = [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "private, max-age=3600")];
    let mut response = (headers, small).into_response();
    response.extensions_mut().insert(RowDetail { object: format!("preview {digest}"), bytes: None });
    Ok(response)
}
