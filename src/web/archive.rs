//! `/arsiv/`: the tree over HTTPS, for a party's bulk account. The same paths and bytes as over FTP.

mod directory;
mod wait;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Services;
use super::needs::Needs::{Bulk, Nobody};
use super::on_record::shows_nothing;
use super::problem::Problem;
use super::route::{Route, get};
use super::sending::{File, Receiver, send};
use super::who::{self, BulkParty};
use crate::access::{Act, Object};
use crate::admission::{Asked, Way, Who};
use crate::audit::RecordSlot;
use crate::tree::{Content, Node};

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
        && Receiver::Bulk(party.clone()).still(&services, Act::Download).await.is_ok()
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
        Some(node) => {
            let Some(file) = File::of(&node) else { return Err(missing(slot)) };
            let open = async |slot: &RecordSlot, from, to| services.tree.read(slot, &node, from, to).await;
            send(&services, Receiver::Bulk(party), file, slot, (&method, &headers), open).await
        }
    }
}

async fn allow(services: &Services, party: &BulkParty, act: Act, path: &str) -> Result<RecordSlot, Problem> {
    let path = format!("/{path}");
    let asked = Asked::new(act, Object::Everything, &path);
    let admitted = services.admission.admit(Who::Since(&party.holder), asked, Way::https(party.from)).await;
    admitted.map_err(|refused| Problem::not_admitted(refused, who::BASIC))
}

fn missing(slot: RecordSlot) -> Problem {
    slot.refused("missing");
    Problem::missing()
}
