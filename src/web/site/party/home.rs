//! `/anasayfa`: where a party's people begin: whether it is open yet, when the last scan came, and the ways in.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::access::Act;
use crate::access::door::DoorError;
use crate::access::sessions::Visitor;
use crate::web::Services;
use crate::web::extract::Extension;
use crate::web::origin::Origin;
use crate::web::problem::Problem;
use crate::web::site::page::{Frame, show, time};

#[derive(Template)]
#[template(path = "web/site/party/home/home.html", config = ".askama.toml")]
struct HomePage {
    frame: Frame,
    election: String,
    /// Why nothing is shown yet; empty once it is.
    closed: String,
    /// When the newest entry came; empty before the first.
    last: String,
    scans: u64,
}

/// The page. Before its gate is open it says when that is, and nothing else.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
) -> Result<Response, Problem> {
    let election = services.ledger.election().await?.map(|stored| stored.election.name().to_owned());
    let closed = match services.sessions.allow(&visitor, Act::ViewImages, origin.address).await {
        Ok(()) => String::new(),
        Err(DoorError::Refused(refusal)) => refusal.to_string(),
        Err(DoorError::Ledger(error)) => return Err(error.into()),
    };
    let (mut last, mut scans) = (String::new(), 0);
    if closed.is_empty() {
        let head = services.ledger.head().await?;
        scans = head.linked + head.resolved;
        last = if scans > 0 { time(head.at_ms) } else { String::new() };
    }
    let frame = Frame::new(&services, "Ana sayfa", Some(&visitor)).await;
    Ok(show(StatusCode::OK, &HomePage { frame, election: election.unwrap_or_default(), closed, last, scans }))
}
