//! The web site of parties, boards, operators and auditors: pages that work without JavaScript, of their own style sheet
//! alone. The board's page for sending has a script beside, for those who have it.
//!
//! Handlers here are reached through `gate` only, which has asked `access` and told `audit` before they run.

pub(super) mod account;
pub(super) mod board;
pub(super) mod factor;
pub mod files;
pub(super) mod gate;
pub(super) mod headers;
pub(super) mod help;
pub(super) mod login;
mod page;
pub(super) mod password;
pub(super) mod record;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Redirect, Response};

use super::Site;
use super::on_record::shows_nothing;
use crate::access::Class;

/// Where the style sheet lies. A new one gets a new name.
pub(super) const STYLE: &str = "/stil-3.css";

/// The site's door.
pub(super) async fn root(State(site): State<Site>, headers: axum::http::HeaderMap) -> Response {
    let known = match gate::ticket(&headers) {
        Some(ticket) => site.sessions.find(&ticket).await.ok().flatten(),
        None => None,
    };
    shows_nothing(Redirect::to(known.map_or("/giris", |visitor| home(visitor.principal.class))))
}

/// Where somebody who has logged in begins.
fn home(class: Class) -> &'static str {
    if class == Class::Board { "/kurul" } else { "/hesap" }
}

/// The style sheet.
pub(super) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    shows_nothing((headers, include_str!("site/style.css")))
}
