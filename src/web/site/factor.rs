//! `/dogrulama`: the second factor, set up with an authenticator app. Operators must have one.

use askama::Template;
use axum::Extension;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::gate::Reason;
use super::page::{self, Frame, show};
use crate::access::sessions::Visitor;
use crate::access::totp;
use crate::telemetry::Chain;
use crate::web::Site;

#[derive(Template)]
#[template(path = "site/factor.html")]
struct FactorPage<'a> {
    frame: Frame,
    secret: &'a str,
    side: usize,
    picture: String,
    known: bool,
    required: bool,
    error: &'a str,
}

/// What the form sends. The secret goes to the browser and back: only who sees the page can prove it.
#[derive(Deserialize)]
pub(in crate::web) struct Set {
    gizli: String,
    kod: String,
}

async fn form(site: &Site, visitor: &Visitor, secret: &str, error: &str) -> Response {
    let title = if error.is_empty() { "Doğrulama kodu" } else { "Hata: Doğrulama kodu" };
    let frame = Frame::new(site, title, Some(visitor)).await;
    let Some((side, picture)) = totp::picture(&totp::address(secret, visitor.login())) else {
        return page::unavailable(false);
    };
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (known, required) = (visitor.second_factor, visitor.lacks_second_factor());
    let mut response = show(status, &FactorPage { frame, secret, side, picture, known, required, error });
    response.extensions_mut().insert(Reason("wrong-code".into()));
    response
}

/// A new secret to be set up.
pub(in crate::web) async fn page(State(site): State<Site>, Extension(visitor): Extension<Visitor>) -> Response {
    if visitor.first_password {
        return Redirect::to("/parola").into_response(); // a slip's finder must not bind an app to the account
    }
    match totp::generate() {
        Ok(secret) => form(&site, &visitor, &secret, "").await,
        Err(_) => page::unavailable(false),
    }
}

/// Sets it up, once the app has proved that it has the secret.
pub(in crate::web) async fn set(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Form(set): Form<Set>,
) -> Response {
    let sound = set.gizli.len() == 32 && set.gizli.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if visitor.first_password || !sound {
        return Redirect::to("/parola").into_response();
    }
    match site.sessions.set_second_factor(&visitor, &set.gizli, &set.kod).await {
        Ok(true) => Redirect::to("/hesap").into_response(),
        Ok(false) => {
            form(&site, &visitor, &set.gizli, "Kod doğru değil. Telefonun saatini denetleyip yeni kodu yazın.").await
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Could not set up a second factor");
            page::unavailable(false)
        }
    }
}
