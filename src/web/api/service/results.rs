//! `/v1/sonuclar` and `/v1/degisiklikler`: box results for a party's programs, whole or since a position.

mod asked;

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use tokio::time::{Instant, sleep_until, timeout_at};

use self::asked::Asked;
use super::ServiceUser;
use crate::access::{Act, Object};
use crate::admission::{self, Way, Who};
use crate::audit::RecordSlot;
use crate::results::reading::Since;
use crate::results::{LogNow, Selection, xml};
use crate::web::Services;
use crate::web::on_record::{counted, shows_nothing};
use crate::web::problem::Problem;
use crate::web::who::BEARER;

/// Longest row about a request.
const NAMED: usize = 512;
/// How long entries are gathered before whoever waits for one looks.
const MOMENT: Duration = Duration::from_millis(200);
const POSITION: HeaderName = HeaderName::from_static("tutanak-position");
const ROOT: HeaderName = HeaderName::from_static("tutanak-root");

/// The schema, for anybody.
pub(super) async fn schema() -> Response {
    let headers = [(CONTENT_TYPE, "application/xml; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    shows_nothing((headers, xml::SCHEMA))
}

/// Results that count now, or with `since` all that was entered from there on.
pub(super) async fn results(
    State(services): State<Services>,
    user: ServiceUser,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = Asked::read(uri.query().unwrap_or_default(), &headers)?;
    match asked.since {
        Some(since) => entered(&services, &user, &uri, &asked, since, false).await,
        None => whole(&services, &user, &uri, &headers, &asked).await,
    }
}

/// Later versions and results that were taken back, from a position on.
pub(super) async fn changes(
    State(services): State<Services>,
    user: ServiceUser,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = Asked::read(uri.query().unwrap_or_default(), &headers)?;
    entered(&services, &user, &uri, &asked, asked.since.unwrap_or(0), true).await
}

/// The leave to answer, which becomes the row.
async fn admitted(services: &Services, user: &ServiceUser, uri: &Uri) -> Result<RecordSlot, Problem> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let named: String = path.chars().take(NAMED).collect();
    let asked = admission::Asked::new(Act::ViewResults, Object::Everything, &named);
    let slot = services.admission.admit(Who::Current(&user.principal), asked, Way::https(user.from)).await;
    slot.map_err(|refused| Problem::not_admitted(refused, BEARER))
}

async fn whole(
    services: &Services,
    user: &ServiceUser,
    uri: &Uri,
    headers: &HeaderMap,
    asked: &Asked,
) -> Result<Response, Problem> {
    let slot = admitted(services, user, uri).await?;
    let answer = async {
        let selection = services.results.select(&asked.question).await?;
        let now = services.results.now().await?;
        let etag: ETag =
            format!("\"{}-{}\"", now.position, asked.format.ending()).parse().map_err(|_| Problem::missing())?;
        if headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&etag)) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            response.headers_mut().typed_insert(etag);
            return Ok((response, false));
        }
        let rows = services.results.whole(selection, asked.format, now, services.clock.now()).await?;
        let mut response = answer(asked, now, Body::from_stream(rows));
        response.headers_mut().typed_insert(etag);
        Ok::<_, Problem>((response, true))
    };
    match answer.await {
        Ok((response, true)) => Ok(response.map(|body| counted(body, slot))),
        Ok((response, false)) => {
            slot.done(0);
            Ok(response)
        }
        Err(problem) => Err(refused(slot, problem)),
    }
}

async fn entered(
    services: &Services,
    user: &ServiceUser,
    uri: &Uri,
    asked: &Asked,
    since: u64,
    changes: bool,
) -> Result<Response, Problem> {
    // Whoever waits holds no place in the record and no connection of the database; what they may is asked before and after.
    let way = Way::https(user.from);
    let may = services.admission.may(Who::Current(&user.principal), Act::ViewResults, Object::Everything, way).await;
    if may.is_ok()
        && asked.wait > Duration::ZERO
        && let Ok(selection) = services.results.select(&asked.question).await
    {
        // What fails here fails again below, on record.
        let _ = wait(services, &selection, since, asked, changes).await;
    }
    let slot = admitted(services, user, uri).await?;
    let answer = async {
        let selection = services.results.select(&asked.question).await?;
        let found = read(services, &selection, since, asked, changes).await?;
        let now = found.now;
        let bytes = services.results.since_as(&selection, asked.format, found, services.clock.now()).await?;
        Ok::<_, Problem>((bytes.len() as u64, answer(asked, now, Body::from(bytes))))
    };
    match answer.await {
        Ok((bytes, response)) => {
            slot.done(bytes);
            Ok(response)
        }
        Err(problem) => Err(refused(slot, problem)),
    }
}

async fn read(
    services: &Services,
    selection: &Selection,
    since: u64,
    asked: &Asked,
    changes: bool,
) -> Result<Since, Problem> {
    Ok(match changes {
        true => services.results.changes(selection, since, asked.limit).await?,
        false => services.results.since(selection, since, asked.limit).await?,
    })
}

/// Returns when something that is selected was entered from `since` on, or when the time is over.
async fn wait(
    services: &Services,
    selection: &Selection,
    since: u64,
    asked: &Asked,
    changes: bool,
) -> Result<(), Problem> {
    let until = Instant::now() + asked.wait;
    let (mut size, mut from) = (services.size.clone(), since);
    loop {
        size.mark_unchanged();
        let found = read(services, selection, from, asked, changes).await?;
        if !found.rows.is_empty() {
            return Ok(());
        }
        let behind = found.next < found.now.position;
        from = found.next;
        if Instant::now() >= until {
            return Ok(());
        }
        if !behind {
            if timeout_at(until, size.changed()).await.is_err() {
                return Ok(());
            }
            // Entries come in many times a second; whoever waits looks once for all of a moment.
            sleep_until(until.min(Instant::now() + MOMENT)).await;
        }
    }
}

fn answer(asked: &Asked, now: LogNow, body: Body) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(asked.format.media_type())),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (VARY, HeaderValue::from_static("accept, authorization")),
        (POSITION, HeaderValue::from(now.position)),
    ];
    let mut response = (headers, body).into_response();
    if let Ok(root) = HeaderValue::from_str(&hex::encode(now.root)) {
        response.headers_mut().insert(ROOT, root);
    }
    response
}

fn refused(slot: RecordSlot, problem: Problem) -> Problem {
    match problem.status().is_server_error() {
        true => slot.failed(problem.kind()),
        false => slot.refused(problem.kind()),
    }
    problem
}
