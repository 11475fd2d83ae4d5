//! How a request of a session ended: written down in its row of the record, with what its handler says of it.

use std::borrow::Cow;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;

use crate::audit::Seat;

/// Writes down how it ended. An answer of unknown length is on record when its last byte is on its way.
pub(super) fn conclude(seat: Seat, response: Response) -> Response {
    match ended(seat, &response) {
        None => response,
        Some(seat) => response.map(|body| counted(body, seat)),
    }
}

/// Writes down how it ended; gives the seat back where only the end of the body tells.
pub(super) fn ended(mut seat: Seat, response: &Response) -> Option<Seat> {
    let status = response.status();
    let told = response.extensions().get::<Told>();
    if let Some(told) = told {
        seat.about(told.object.clone());
    }
    if status.is_server_error() {
        seat.failed(status.as_str());
    } else if status.is_client_error() {
        let reason = response.extensions().get::<Reason>().map_or("", |reason| &reason.0);
        seat.refused(if reason.is_empty() { status.as_str() } else { reason });
    } else if let Some(bytes) = told.and_then(|told| told.bytes) {
        seat.done(bytes);
    } else if let Some(bytes) = response.body().size_hint().exact() {
        seat.done(bytes);
    } else {
        return Some(seat);
    }
    None
}

/// Why an answer is a refusal, for the record.
#[derive(Clone, Debug)]
pub(in crate::web::site) struct Reason(pub Cow<'static, str>);

/// What an answer was about, where the record says it better than the request's address does.
#[derive(Clone, Debug)]
pub(in crate::web::site) struct Told {
    pub object: String,
    /// Bytes that were moved, where it is not the answer's own that count.
    pub bytes: Option<u64>,
}

/// A body whose row in the record is written when its last byte is on its way, with their number.
fn counted(body: Body, seat: Seat) -> Body {
    let state = (body.into_data_stream(), Some(seat.delivery_to_the_end()));
    Body::from_stream(futures::stream::unfold(state, |(mut stream, mut delivery)| async move {
        let next: Option<Result<Bytes, axum::Error>> = stream.next().await;
        match next {
            Some(Ok(bytes)) => {
                if let Some(delivery) = &mut delivery {
                    delivery.sent(bytes.len() as u64);
                }
                Some((Ok(bytes), (stream, delivery)))
            }
            Some(Err(error)) => {
                if let Some(mut delivery) = delivery.take() {
                    delivery.fail("could not be read to its end");
                }
                Some((Err(error), (stream, None)))
            }
            None => {
                if let Some(delivery) = delivery.take() {
                    delivery.end();
                }
                None
            }
        }
    }))
}
