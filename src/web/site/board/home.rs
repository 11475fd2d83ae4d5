//! The page of a board's people: scans are chosen or dropped, and what became of each is told; how many are there of how
//! many, where they wait, the service's clock and the gates. It works as a plain form; a script makes it say each file's
//! fate at once.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use serde::Serialize;

use super::counters::Counted;
use super::send;
use crate::access::gates::GateNow;
use crate::access::sessions::Visitor;
use crate::domain::Sender;
use crate::web::Services;
use crate::web::extract::{Extension, Json};
use crate::web::on_record::shows_nothing;
use crate::web::problem::Problem;
use crate::web::queued::Queued;
use crate::web::site::page::{Frame, show_with_script, time};

/// Where the page's script lies. A new one gets a new name.
pub(in crate::web) const SCRIPT: &str = "/kurul-2.js";

#[derive(Template)]
#[template(path = "web/site/board/home.html", config = ".askama.toml")]
struct BoardPage {
    frame: Frame,
    script: &'static str,
    state: Now,
    /// Largest file, in bytes, and files of one form without the script.
    largest: usize,
    most: usize,
}

/// What is told again and again.
#[derive(Serialize)]
pub(in crate::web) struct Now {
    /// The service's clock, in milliseconds since 1970, and as people read it.
    at: i64,
    time: String,
    counts: Counted,
    gates: Vec<GateNow>,
    /// Where the board's uploads wait, if they do.
    queue: Option<Queued>,
    /// What the page's own requests must carry: a new login has another.
    form_token: String,
}

async fn now(services: &Services, visitor: &Visitor, sender: &Sender) -> Result<Now, Problem> {
    let counts = services.counters.of(&services.ledger, sender, services.clock.now()).await?;
    let (gates, at) = (services.door.gates().await?, services.clock.now());
    Ok(Now {
        at: at.as_millisecond(),
        time: time(at.as_millisecond()),
        counts,
        gates: gates.now(at),
        queue: Queued::of(services, &sender.board),
        form_token: visitor.token.clone(),
    })
}

/// The page.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
) -> Result<Response, Problem> {
    let page = BoardPage {
        state: now(&services, &visitor, &sender).await?,
        frame: Frame::new(&services, "Tarama gönder", Some(&visitor)).await,
        script: SCRIPT,
        largest: services.intake.limits().scan_bytes,
        most: send::FILES,
    };
    Ok(show_with_script(&page))
}

/// The same without the page, for its script.
pub(in crate::web) async fn state_for_the_page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
) -> Result<Json<Now>, Problem> {
    Ok(Json(now(&services, &visitor, &sender).await?))
}

/// Where the board's uploads wait, and nothing else: what its script asks while nothing moves.
pub(in crate::web) async fn queue_for_the_page(
    State(services): State<Services>,
    Extension(sender): Extension<Sender>,
) -> Json<Option<Queued>> {
    Json(Queued::of(&services, &sender.board))
}

/// The script.
pub(in crate::web) async fn script() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    shows_nothing((headers, include_str!("home.js")))
}
