//! Nothing is answered off the record: an answer for whose making no place in the record was taken is not given out.
//!
//! A handler that forgets to ask `audit` is a mistake of ours; it must never become a hole.

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;

use super::problem::Problem;
use crate::audit::RecordSlot;
use crate::audit::watched::watched;

/// Says of an answer that it shows nothing of what the service keeps: a form to log in with, a style sheet, a sign of life.
#[derive(Clone, Copy, Debug)]
struct ShowsNothing;

/// An answer that shows nothing of what the service keeps, and so need not be on record.
pub(super) fn shows_nothing(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(ShowsNothing);
    response
}

/// Writes down how a request ended whose handler took the slot itself.
pub(super) fn finish<T>(slot: RecordSlot, answered: &Result<T, Problem>, bytes: impl FnOnce(&T) -> u64) {
    match answered {
        Ok(answer) => slot.done(bytes(answer)),
        Err(problem) if problem.status().is_server_error() => slot.failed(problem.kind()),
        Err(problem) => slot.refused(problem.kind()),
    }
}

/// A body whose row in the record is written when its last byte is on its way, with their number.
pub(super) fn counted(body: Body, slot: RecordSlot) -> Body {
    let state = (body.into_data_stream(), Some(slot.delivery_to_the_end()));
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

/// The layer around every handler.
pub(super) async fn only(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (response, noted) = watched(next.run(request)).await;
    // A refusal or a failure gives nothing away; those that must be on record are put there where they are decided.
    let gives = response.status().is_success() || response.status().is_redirection();
    if noted || !gives || response.extensions().get::<ShowsNothing>().is_some() {
        return response;
    }
    tracing::error!(%method, path, "An answer was made off the record; it is not given out");
    let detail = "İşlem kaydedilemediği için yanıt verilmedi.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "off-the-record", "Off the record", detail).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_off_the_record_is_not_given_out() {
        let router = Router::new()
            .route("/forgetful", get(|| async { "207.000 sandık" }))
            .route("/form", get(|| async { shows_nothing("Kullanıcı adı") }))
            .route("/refused", get(|| async { Problem::missing() }))
            .layer(axum::middleware::from_fn(only));
        for (path, status) in [("/forgetful", 500), ("/form", 200), ("/refused", 404)] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            assert!(!body.starts_with(b"207"), "{path}");
        }
    }
}
