//! `/dogrulama`: the second factor, set up with an authenticator app. Operators must have one.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::access::factor::{FactorError, FactorProof};
use crate::access::sessions::Visitor;
use crate::access::totp;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::extract::{Extension, Form};
use crate::web::origin::Origin;
use crate::web::site::page::{self, Frame, not_now, show};
use crate::web::site::session::cookies::give;
use crate::web::site::session::ending::Reason;

#[derive(Template)]
#[template(path = "web/site/account/factor.html", config = ".askama.toml")]
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
    #[serde(default)]
    simdiki: String,
    #[serde(default)]
    simdiki_kod: String,
    gizli: String,
    kod: String,
}

const WRONG_PASSWORD: &str = "Şimdiki parola doğru değil.";
const WRONG_PRESENT_CODE: &str =
    "Kurulu doğrulama kodu doğru değil ya da daha önce kullanılmış. Uygulama yeni bir kod gösterince yeniden deneyin.";
const WRONG_CODE: &str = "Kod doğru değil. Telefonun saatini denetleyip yeni kodu yazın.";

async fn form(services: &Services, visitor: &Visitor, secret: &str, error: &str) -> Response {
    let title = if error.is_empty() { "Doğrulama kodu" } else { "Hata: Doğrulama kodu" };
    let frame = Frame::new(services, title, Some(visitor)).await;
    let Some((side, picture)) = totp::picture(&totp::address(secret, visitor.login())) else {
        return page::unavailable(false);
    };
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (known, required) = (visitor.second_factor, visitor.lacks_second_factor());
    show(status, &FactorPage { frame, secret, side, picture, known, required, error })
}

/// A new secret to be set up.
pub(in crate::web) async fn page(State(services): State<Services>, Extension(visitor): Extension<Visitor>) -> Response {
    if visitor.first_password {
        return Redirect::to("/parola").into_response(); // a slip's finder must not bind an app to the account
    }
    match totp::generate() {
        Ok(secret) => form(&services, &visitor, &secret, "").await,
        Err(_) => page::unavailable(false),
    }
}

/// Sets it up, once the person has proved to be the person, and the app to have the secret.
pub(in crate::web) async fn set(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Form(set): Form<Set>,
) -> Response {
    if visitor.first_password || !totp::is_secret(&set.gizli) {
        return Redirect::to("/parola").into_response();
    }
    let shown =
        FactorProof { password: &set.simdiki, present_code: &set.simdiki_kod, secret: &set.gizli, code: &set.kod };
    let error = match services.sessions.set_second_factor(&visitor, shown, origin.caller()).await {
        Ok(ticket) => {
            let mut response = Redirect::to("/hesap").into_response();
            give(&mut response, &ticket);
            return response;
        }
        Err(error) => error,
    };
    let mut response = match &error {
        FactorError::WrongPassword => form(&services, &visitor, &set.gizli, WRONG_PASSWORD).await,
        FactorError::WrongPresentCode => form(&services, &visitor, &set.gizli, WRONG_PRESENT_CODE).await,
        FactorError::WrongCode => form(&services, &visitor, &set.gizli, WRONG_CODE).await,
        FactorError::NotNow { retry_after } => not_now(*retry_after),
        FactorError::Password(_) | FactorError::Ledger(_) => {
            tracing::error!(error = %Chain(&error), "Could not set up a second factor");
            page::unavailable(false)
        }
    };
    response.extensions_mut().insert(Reason(error.name().into()));
    response
}
