//! `/goruntu/…`: pictures of scans as the IIIF Image API 3.0 asks for them (level 2).
//!
//! A picture never changes, so browsers keep it. One row stands for what a session sees of a scan within a minute; see
//! `audit::View`.

use axum::extract::State;
use axum::http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::access::sessions::Visitor;
use crate::domain::Digest;
use crate::pictures::info::{self, CONTEXT, PROFILE};
use crate::pictures::request::{BadRequest, Request};
use crate::pictures::{PictureError, Scan};
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::extract::{Extension, Path};
use crate::web::problem::Problem;
use crate::web::site::session::ending::RowDetail;
use crate::web::site::session::seen::{PICTURES, PREVIEW};

const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// The scan of this digest, if it belongs to a form.
async fn scan(services: &Services, digest: &str) -> Result<Scan, Problem> {
    let digest: Digest = digest.parse().map_err(|_| Problem::missing())?;
    let (_, entry) = services.ledger.linked(digest).await?.ok_or_else(Problem::missing)?;
    match (entry.size, entry.width, entry.height) {
        (Some(size), Some(width), Some(height)) if width > 0 && height > 0 => Ok(Scan { digest, size, width, height }),
        _ => Err(Problem::broken("an entry of a scan does not say how large it is")),
    }
}

/// The page itself is no picture: viewers are led to what is told of it.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let Scan { digest, .. } = scan(&services, &digest).await?;
    Ok(open_to_viewers(Redirect::to(&format!("{PICTURES}/{digest}/info.json")).into_response()))
}

/// What a viewer is told of a page.
pub(in crate::web) async fn info(
    State(services): State<Services>,
    uri: Uri,
    headers: HeaderMap,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let Scan { digest, width, height, .. } = scan(&services, &digest).await?;
    // As the client names us: a viewer asks for tiles below this address.
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    let host = uri.authority().map_or_else(|| host.unwrap_or_default(), |authority| authority.as_str());
    let text = info::text(&format!("https://{host}{PICTURES}/{digest}"), width, height);
    let linked =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("ld+json"));
    let kind = match linked {
        true => format!("application/ld+json;profile=\"{CONTEXT}\""),
        false => "application/json".to_owned(),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::try_from(kind).map_err(|_| Problem::missing())?),
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400")),
        (VARY, HeaderValue::from_static("accept")),
    ];
    let mut response = (headers, text).into_response();
    response.extensions_mut().insert(RowDetail { object: format!("picture {digest}"), bytes: None });
    Ok(open_to_viewers(response))
}

/// A picture.
pub(in crate::web) async fn picture(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Path((digest, region, size, rotation, file)): Path<(String, String, String, String, String)>,
) -> Result<Response, Problem> {
    let scan = scan(&services, &digest).await?;
    let request = Request::parse(&region, &size, &rotation, &file).map_err(refused)?;
    let tag = format!("\"{}\"", request.plan(scan.width, scan.height).map_err(refused)?.key(scan.digest));
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let cached = [
        (ETAG, HeaderValue::try_from(tag).map_err(|_| Problem::missing())?),
        (CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    let made = services.pictures.picture(&visitor.principal.account, scan, &request).await.map_err(failed)?;
    let kind = [(CONTENT_TYPE, request.format.media_type())];
    let mut response = (cached, kind, made).into_response();
    let what = if format!("{region}/{size}/{rotation}/{file}") == PREVIEW { "preview" } else { "picture" };
    response.extensions_mut().insert(RowDetail { object: format!("{what} {}", scan.digest), bytes: None });
    Ok(open_to_viewers(response))
}

/// What level 2 wants beside the picture. `*` opens nothing: an answer to a request with a session's cookie is readable to
/// no other origin by it.
fn open_to_viewers(mut response: Response) -> Response {
    let profile =
        HeaderValue::try_from(format!("<{PROFILE}>;rel=\"profile\"")).expect("letters and punctuation of ASCII");
    let headers: [(HeaderName, HeaderValue); 2] =
        [(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")), (LINK, profile)];
    response.headers_mut().extend(headers);
    response
}

fn refused(error: BadRequest) -> Problem {
    let detail = "Görüntü adresi anlaşılamadı ya da sayfada olmayan bir bölümü istiyor (IIIF Image API 3.0, düzey 2).";
    match error {
        BadRequest::Bad(_) => Problem::new(StatusCode::BAD_REQUEST, "bad-picture", "Bad picture request", detail),
        BadRequest::NotMade(_) => Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "picture-not-made",
            "No such pictures are made here",
            "Bu türden görüntü burada hazırlanmıyor: büyütme yok, döndürme 90 derecenin katları, biçim jpg ya da png.",
        ),
    }
}

fn failed(error: PictureError) -> Problem {
    match error {
        PictureError::Request(error) => refused(error),
        PictureError::Vault(error) => error.into(),
        error => {
            tracing::error!(error = %Chain(&error), "Could not draw a picture");
            Problem::broken("a picture could not be drawn")
        }
    }
}
