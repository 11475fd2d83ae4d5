//! The web site of parties, operators and auditors: pages that work without JavaScript, of their own style sheet alone.
//!
//! Handlers here are reached through [`gate`] only, which has asked `access` and told `audit` before they run.

pub(super) mod account;
pub(super) mod factor;
pub(super) mod gate;
pub(super) mod headers;
pub(super) mod login;
mod page;
pub(super) mod password;
pub(super) mod record;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Redirect, Response};

use super::Site;
use super::on_record::shows_nothing;

/// Where the style sheet lies. A new one gets a new name.
pub(super) const STYLE: &str = "/stil-1.css";

/// The site's door.
pub(super) async fn root(State(site): State<Site>, headers: axum::http::HeaderMap) -> Response {
    let known = match gate::ticket(&headers) {
        Some(ticket) => matches!(site.sessions.find(&ticket).await, Ok(Some(_))),
        None => false,
    };
    shows_nothing(Redirect::to(if known { "/hesap" } else { "/giris" }))
}

/// The style sheet.
pub(super) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    shows_nothing((headers, include_str!("site/style.css")))
}
