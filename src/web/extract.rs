//! What handlers take from a request, with refusals of ours: axum's own name types of Rust and are in English.

use axum::extract::rejection::{BytesRejection, FormRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::words::shown_lines;

/// NUL, as addresses and forms write it. PostgreSQL keeps it in no text, so nothing that is kept or looked up may have it.
const NUL: &str = "%00";
const NUL_TOLD: &str = "NUL denetim karakteri (U+0000) kullanılamaz; yalnız görünen harflerle yazın.";

/// The parameters of a path. One that is not UTF-8, or not the number that it should be, names nothing.
pub(super) struct Path<T>(pub T);

/// What stands behind the `?`.
pub(super) struct Query<T>(pub T);

/// The fields of a form.
pub(super) struct Form<T>(pub T);

/// A JSON body, and a JSON answer.
pub(super) struct Json<T>(pub T);

/// A body, whatever it is.
pub(super) struct Whole(pub Bytes);

/// What the layers before the handler found out. Its absence is a mistake of ours.
pub(super) struct Extension<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.path().contains(NUL) {
            return Err(Problem::missing());
        }
        let path = <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(named)| Self(named)).map_err(|_| Problem::missing())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| query.contains(NUL)) {
            return Err(Problem::bad_query(NUL_TOLD));
        }
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let bad = |_| Problem::bad_query("Adresin ? işaretinden sonraki bölümü anlaşılamadı.");
        query.map(|axum::extract::Query(asked)| Self(asked)).map_err(bad)
    }
}

impl<S: Send + Sync, T: Clone + Send + Sync + 'static> FromRequestParts<S> for Extension<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<T>().cloned();
        found.map(Self).ok_or_else(|| Problem::broken("a handler stands behind the wrong layer"))
    }
}

impl<S: Send + Sync, T: Clone + Send + Sync + 'static> OptionalFromRequestParts<S> for Extension<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(parts.extensions.get::<T>().cloned().map(Self))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = without_nul(request, state, |body| body.contains(&0) || holds(body, NUL)).await?;
        match axum::extract::Form::<T>::from_request(request, state).await {
            Ok(axum::extract::Form(fields)) => Ok(Self(fields)),
            Err(FormRejection::InvalidFormContentType(_)) => {
                Err(Problem::wrong_media_type("application/x-www-form-urlencoded"))
            }
            Err(FormRejection::BytesRejection(error)) => Err(unread(&error)),
            Err(_) => Err(Problem::bad_content("Formun beklenen alanları eksik ya da geçersiz.")),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = without_nul(request, state, |body| holds(body, "\\u0000")).await?;
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::wrong_media_type("application/json")),
            Err(JsonRejection::BytesRejection(error)) => Err(unread(&error)),
            Err(JsonRejection::JsonSyntaxError(_)) => Err(Problem::bad_question("Gövde geçerli bir JSON değil.")),
            Err(_) => Err(Problem::bad_content("JSON gövdesindeki alanlar eksik, fazla ya da geçersiz.")),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Older rows may hold what is not seen. It stays the same JSON.
        match serde_json::to_string(&self.0) {
            Ok(text) => ([(CONTENT_TYPE, "application/json")], shown_lines(&text).into_owned()).into_response(),
            Err(mistake) => Problem::broken(&mistake.to_string()).into_response(),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(|error| unread(&error))
    }
}

/// The same request, unless its body holds NUL.
async fn without_nul<S: Send + Sync>(
    request: Request,
    state: &S,
    has_nul: impl Fn(&[u8]) -> bool,
) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
    let body = body.map_err(|error| unread(&error))?;
    if has_nul(&body) {
        return Err(Problem::bad_content(NUL_TOLD));
    }
    Ok(Request::from_parts(parts, body.into()))
}

fn holds(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window == what.as_bytes())
}

fn unread(error: &BytesRejection) -> Problem {
    match error.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => Problem::body_too_large(),
        _ => Problem::broken_off(),
    }
}
