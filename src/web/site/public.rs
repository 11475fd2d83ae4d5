//! What is open to anybody and shows nothing of the election: the site's door, the login, the handbooks, the style sheet.

pub(super) mod help;
pub(super) mod login;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Redirect, Response};

use super::page::STYLE;
use super::{home, session};
use crate::web::Services;
use crate::web::needs::Needs::Nobody;
use crate::web::on_record::shows_nothing;
use crate::web::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/", Nobody, root),
        get(STYLE, Nobody, style),
        get("/yardim", Nobody, help::home),
        get("/yardim/{name}", Nobody, help::page),
        get("/giris", Nobody, login::page),
        post("/giris", Nobody, login::enter),
    ]
}

/// The site's door.
async fn root(State(services): State<Services>, headers: HeaderMap) -> Response {
    let known = match session::cookies::ticket(&headers) {
        Some(ticket) => services.sessions.find(&ticket).await.ok().flatten(),
        None => None,
    };
    shows_nothing(Redirect::to(known.map_or("/giris", |visitor| home(visitor.principal.class))))
}

/// The style sheet.
async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    shows_nothing((headers, include_str!("style.css")))
}
