//! `/parola`: the own password, replaced. With a first password it is the only page there is.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::access::own_password::ChangeError;
use crate::access::passwords::{LEAST, MOST};
use crate::access::sessions::Visitor;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::extract::{Extension, Form};
use crate::web::origin::Origin;
use crate::web::site::home;
use crate::web::site::page::{self, Frame, not_now, show};
use crate::web::site::session::cookies::give;
use crate::web::site::session::ending::Reason;

#[derive(Template)]
#[template(path = "web/site/account/password.html", config = ".askama.toml")]
struct PasswordPage<'a> {
    frame: Frame,
    least: usize,
    most: usize,
    error: &'a str,
}

/// What the form sends.
#[derive(Deserialize)]
pub(in crate::web) struct Change {
    simdiki: String,
    yeni: String,
    yeniden: String,
}

const WRONG_PASSWORD: &str = "Şimdiki parola doğru değil ya da verilen ilk parolanın süresi dolmuş.";

async fn form(services: &Services, visitor: &Visitor, error: &str) -> Response {
    let title = if error.is_empty() { "Parola değiştirme" } else { "Hata: Parola değiştirme" };
    let frame = Frame::new(services, title, Some(visitor)).await;
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = show(status, &PasswordPage { frame, least: LEAST, most: MOST, error });
    response.extensions_mut().insert(Reason("password-not-changed".into()));
    response
}

/// The form.
pub(in crate::web) async fn page(State(services): State<Services>, Extension(visitor): Extension<Visitor>) -> Response {
    form(&services, &visitor, "").await
}

/// A new password and a new session, or the form again.
pub(in crate::web) async fn change(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Form(change): Form<Change>,
) -> Response {
    if change.yeni != change.yeniden {
        return form(&services, &visitor, "Yeni parola iki kez aynı yazılmadı.").await;
    }
    match services.sessions.change_password(&visitor, &change.simdiki, &change.yeni, origin.caller()).await {
        Ok(ticket) => {
            let mut response = Redirect::to(home(visitor.principal.class)).into_response();
            give(&mut response, &ticket);
            response
        }
        Err(ChangeError::BadPassword(bad)) => form(&services, &visitor, &bad.to_string()).await,
        Err(ChangeError::WrongPassword) => form(&services, &visitor, WRONG_PASSWORD).await,
        Err(ChangeError::NotNow { retry_after }) => {
            let mut response = not_now(retry_after);
            response.extensions_mut().insert(Reason("too-many-tries".into()));
            response
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Could not change a password");
            page::unavailable(false)
        }
    }
}
