//! How a request of a session ended: written down in its row of the record, with what its handler says of it.

use std::borrow::Cow;

use axum::body::HttpBody;
use axum::response::Response;

use crate::audit::RecordSlot;
use crate::web::on_record::counted;

/// Writes down how it ended. An answer of unknown length is on record when its last byte is on its way.
pub(super) fn conclude(slot: RecordSlot, response: Response) -> Response {
    match ended(slot, &response) {
        None => response,
        Some(slot) => response.map(|body| counted(body, slot)),
    }
}

/// Writes down how it ended; gives the slot back where only the end of the body tells.
pub(super) fn ended(mut slot: RecordSlot, response: &Response) -> Option<RecordSlot> {
    let status = response.status();
    let detail = response.extensions().get::<RowDetail>();
    if let Some(detail) = detail {
        slot.about(detail.object.clone());
    }
    if status.is_server_error() {
        slot.failed(status.as_str());
    } else if status.is_client_error() {
        let reason = response.extensions().get::<Reason>().map_or("", |reason| &reason.0);
        slot.refused(if reason.is_empty() { status.as_str() } else { reason });
    } else if let Some(bytes) = detail.and_then(|detail| detail.bytes) {
        slot.done(bytes);
    } else if let Some(bytes) = response.body().size_hint().exact() {
        slot.done(bytes);
    } else {
        return Some(slot);
    }
    None
}

/// Why an answer is a refusal, for the record.
#[derive(Clone, Debug)]
pub(in crate::web::site) struct Reason(pub Cow<'static, str>);

/// What an answer was about, where the record says it better than the request's address does.
#[derive(Clone, Debug)]
pub(in crate::web::site) struct RowDetail {
    pub object: String,
    /// Bytes that were moved, where it is not the answer's own that count.
    pub bytes: Option<u64>,
}
