//! `/hesap`: who is logged in, and where; `/cikis`.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::access::sessions::Visitor;
use crate::ledger::LedgerError;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::extract::{Extension, Form};
use crate::web::site::page::{self, Frame, show, time};
use crate::web::site::session::cookies::take_away;

#[derive(Template)]
#[template(path = "web/site/account/sessions.html", config = ".askama.toml")]
struct AccountPage {
    frame: Frame,
    login: String,
    second_factor: bool,
    sessions: Vec<SessionView>,
}

/// A session as its person sees it.
struct SessionView {
    id: String,
    address: String,
    agent: String,
    began: String,
    seen: String,
    this: bool,
}

/// Which session ends: one, or with `hepsi` all.
#[derive(Deserialize)]
pub(in crate::web) struct End {
    oturum: String,
}

fn failed(error: &LedgerError) -> Response {
    tracing::error!(error = %Chain(error), "Could not read or end sessions");
    page::unavailable(false)
}

/// The page.
pub(in crate::web) async fn page(State(services): State<Services>, Extension(visitor): Extension<Visitor>) -> Response {
    let sessions = match services.sessions.list(&visitor).await {
        Ok(sessions) => sessions,
        Err(error) => return failed(&error),
    };
    let shown = sessions.into_iter().map(|session| SessionView {
        this: session.id == visitor.session,
        id: session.id,
        address: session.address,
        agent: session.agent,
        began: time(session.began_ms),
        seen: time(session.seen_ms),
    });
    let page = AccountPage {
        frame: Frame::new(&services, "Hesap", Some(&visitor)).await,
        login: visitor.login().to_owned(),
        second_factor: visitor.second_factor,
        sessions: shown.collect(),
    };
    show(StatusCode::OK, &page)
}

/// Ends a session, or all.
pub(in crate::web) async fn end(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Form(End { oturum }): Form<End>,
) -> Response {
    let one = (oturum != "hepsi").then_some(oturum.as_str());
    match services.sessions.end(&visitor, one).await {
        Ok(_) => Redirect::to("/hesap").into_response(), // which is the login, where it was this one
        Err(error) => failed(&error),
    }
}

/// How many wrong codes the person knows of.
#[derive(Deserialize)]
pub(in crate::web) struct SeenCodes {
    sayi: i64,
}

/// The person knows of wrong codes: they are not told of them again.
pub(in crate::web) async fn codes(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Form(SeenCodes { sayi }): Form<SeenCodes>,
) -> Response {
    match services.sessions.knows_of_codes(&visitor, sayi).await {
        Ok(()) => Redirect::to("/hesap").into_response(),
        Err(error) => failed(&error),
    }
}

/// Ends this session.
pub(in crate::web) async fn leave(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    if let Err(error) = services.sessions.log_out(&visitor).await {
        return failed(&error);
    }
    let mut response = Redirect::to("/giris").into_response();
    take_away(&mut response);
    response
}
