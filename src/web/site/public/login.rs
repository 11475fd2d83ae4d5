//! `/giris`. One sentence for every reason why somebody is not let in; the record has the true one.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::door::LoginError;
use crate::access::sessions::form_token;
use crate::admission::room_of;
use crate::audit::{Access, Deed, Outcome, Protocol};
use crate::domain::Channel;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::bodies::{Owner, Unread};
use crate::web::on_record::shows_nothing;
use crate::web::origin::{Origin, from_elsewhere};
use crate::web::problem::Problem;
use crate::web::site::form::field;
use crate::web::site::home;
use crate::web::site::page::{self, Frame, show};
use crate::web::site::session::cookies::{cookie, give, set_cookie, ticket};
use crate::web::who::of_address;

/// Binds the form to the browser that asked for it, before there is a session to bind it to.
const FORM_COOKIE: &str = "__Host-tutanak-giris";
/// Largest form, in bytes.
const FORM: usize = 16 << 10;
/// What everybody is told who is not let in.
const NOT_LET_IN: &str = "Giriş yapılamadı. Kullanıcı adı, parola ya da doğrulama kodu yanlış; hesap pasif; veya bu IP adresinden \
                          giriş tanımlı değil.";
const STALE: &str = "Giriş sayfası eskimiş. Bilgilerinizi yeniden girin.";
const BUSY: &str = "Şu an çok sayıda giriş yapılıyor. Birkaç saniye sonra yeniden deneyin.";

#[derive(Template)]
#[template(path = "web/site/public/login.html", config = ".askama.toml")]
struct LoginPage<'a> {
    frame: Frame,
    token: String,
    login: &'a str,
    error: &'a str,
}

async fn form(services: &Services, headers: &HeaderMap, status: StatusCode, login: &str, error: &str) -> Response {
    let known = cookie(headers, FORM_COOKIE).filter(|value| value.len() == 43);
    let mut raw = [0; 32];
    let value = match known {
        Some(value) => value,
        None if getrandom::fill(&mut raw).is_ok() => URL_SAFE_NO_PAD.encode(raw),
        None => return page::unavailable(false),
    };
    let title = if error.is_empty() { "Giriş" } else { "Hata: Giriş" };
    let page = LoginPage { frame: Frame::new(services, title, None).await, token: form_token(&value), login, error };
    let mut response = show(status, &page);
    set_cookie(&mut response, FORM_COOKIE, &value, "");
    response
}

/// The form.
pub(in crate::web) async fn page(State(services): State<Services>, headers: HeaderMap) -> Response {
    shows_nothing(form(&services, &headers, StatusCode::OK, "", "").await)
}

/// A session, or the form again.
pub(in crate::web) async fn enter(State(services): State<Services>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let origin = Origin::of(&parts);
    if let Err(too_many) = of_address(&services, &parts).await {
        return too_many.into_response();
    }
    if !services.audit.works() {
        return page::unavailable(false); // before the cost of comparing a password
    }
    let body = match services.bodies.whole(&Owner::address(origin.address), body, FORM).await {
        Ok(body) => body,
        Err(unread) => return not_read(&services, &origin, unread),
    };
    let field = |name| field(&body.bytes, name).unwrap_or_default();
    let (login, password, code) = (field("kullanici"), field("parola"), field("kod"));
    let login = login.trim();
    let tried = services.door.tried(Channel::Web, login).await;
    // Whose name it is; that it was them is what the row's end says.
    let access = Access::try_in(tried.principal, Channel::Web, (Protocol::Https, origin.address), tried.name);
    let mut pending = services.audit.pending(access);
    let own = cookie(headers, FORM_COOKIE).is_some_and(|value| field("_token") == form_token(&value));
    if !own || from_elsewhere(headers) {
        if pending.brief(Outcome::Refused, "not-sent-by-own-page").is_err() {
            return page::unavailable(false);
        }
        return form(&services, headers, StatusCode::FORBIDDEN, login, STALE).await;
    }
    match services.sessions.log_in(login, &password, &code, origin.caller()).await {
        Ok((new, principal)) => {
            pending.is(&principal.name(), room_of(principal.class));
            // Nobody gets the ticket of a session that cannot be put on record.
            let slot = match pending.slot().await {
                Ok(slot) => slot,
                Err(_) => return page::unavailable(false),
            };
            // What the browser brought is not gone on with: it ends.
            if let Some(old) = ticket(headers)
                && let Ok(Some(visitor)) = services.sessions.find(&old).await
                && let Err(error) = services.sessions.log_out(&visitor).await
            {
                tracing::error!(error = %Chain(&error), "Could not end the session of before");
            }
            slot.done(0);
            let mut response = Redirect::to(home(principal.class)).into_response();
            give(&mut response, &new);
            set_cookie(&mut response, FORM_COOKIE, "", "; Max-Age=0");
            response
        }
        Err(LoginError::Refused(refusal)) => {
            if pending.brief(Outcome::Refused, refusal.name()).is_err() {
                return page::unavailable(false);
            }
            let Some(retry_after) = refusal.retry_after() else {
                return form(&services, headers, StatusCode::FORBIDDEN, login, NOT_LET_IN).await;
            };
            let said = refusal.to_string();
            let mut response = form(&services, headers, StatusCode::TOO_MANY_REQUESTS, login, &said).await;
            response.headers_mut().insert(RETRY_AFTER, retry_after.into());
            response
        }
        Err(LoginError::Password(error)) => {
            let _ = pending.brief(Outcome::Failed, "password could not be compared"); // 503 either way
            tracing::warn!(error = %Chain(&error), "Could not compare a password");
            form(&services, headers, StatusCode::SERVICE_UNAVAILABLE, login, BUSY).await
        }
        Err(LoginError::Ledger(error)) => {
            let _ = pending.brief(Outcome::Failed, "accounts could not be read");
            tracing::error!(error = %Chain(&error), "Could not look up a login");
            page::unavailable(false)
        }
    }
}

/// A form that was not read: nobody knows yet whose it would have been.
fn not_read(services: &Services, origin: &Origin, unread: Unread) -> Response {
    let access = Access::of_a_stranger(Protocol::Https, origin.address, Deed::LogIn, "");
    let access = Access { channel: Some(Channel::Web), ..access };
    if services.audit.brief(access, Outcome::Refused, unread.name()).is_err() {
        return page::unavailable(false);
    }
    match unread {
        Unread::NoRoom => Problem::from(unread).into_response(),
        _ => page::refused(false, unread.name(), STALE),
    }
}
