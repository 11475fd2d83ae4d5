//! Pages: a frame with the notice of the 2019 circular, art. 3/2, around what each of them shows.

use std::borrow::Cow;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::headers::{PAGE, WITH_SCRIPT};
use super::navigation::{self, Link};
use crate::access::Refusal;
use crate::access::sessions::Visitor;
use crate::clock;
use crate::domain::Gate;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::problem::Problem;

const BEFORE: &str = "Buradaki sonuçlar ve görüntüler, YSK’ca belirlenen süre sona ermeden hiçbir kişi veya kuruluşa verilemez, yayımlanamaz.";
const AFTER: &str = "YSK’ca belirlenen yayın süresi sona ermiştir.";

/// Where the style sheet lies. A new one gets a new name.
pub(super) const STYLE: &str = "/stil-5.css";

/// What stands around every page.
pub(super) struct Frame {
    pub title: Cow<'static, str>,
    /// The notice of rule 2.
    pub notice: &'static str,
    pub style: &'static str,
    pub person: Option<Person>,
}

/// Who is logged in, as the head of the page says it.
pub(super) struct Person {
    pub name: String,
    pub account: String,
    pub login: String,
    pub token: String,
    /// Whether only the first password's page is open.
    pub first: bool,
    /// The pages that they may open.
    pub links: &'static [Link],
    /// What is told of wrong codes.
    pub wrong_codes: Option<WrongCodesView>,
}

/// Wrong codes of a second factor, as their person reads of them.
pub(super) struct WrongCodesView {
    pub wrong: i64,
    pub since: String,
    pub last: String,
}

impl From<&Visitor> for Person {
    fn from(visitor: &Visitor) -> Self {
        Self {
            name: visitor.name.clone(),
            account: visitor.account_name.clone(),
            login: visitor.login().to_owned(),
            token: visitor.token.clone(),
            first: visitor.principal.must_change,
            links: navigation::of(&visitor.principal),
            wrong_codes: visitor.wrong_codes.map(|codes| WrongCodesView {
                wrong: codes.wrong,
                since: time(codes.since_ms),
                last: time(codes.last_ms),
            }),
        }
    }
}

impl Frame {
    pub async fn new(services: &Services, title: impl Into<Cow<'static, str>>, visitor: Option<&Visitor>) -> Self {
        // Where it cannot be found out, what forbids more stands.
        let ended =
            services.door.gates().await.is_ok_and(|gates| gates.is_open(Gate::EmbargoEnded, services.clock.now()));
        let notice = if ended { AFTER } else { BEFORE };
        Self { title: title.into(), notice, style: STYLE, person: visitor.map(Person::from) }
    }

    /// A page of nobody, where nothing can be asked.
    fn bare(title: &'static str) -> Self {
        Self { title: title.into(), notice: BEFORE, style: STYLE, person: None }
    }
}

/// A page with its headers.
pub(super) fn show(status: StatusCode, page: &impl Template) -> Response {
    shown_under(PAGE, status, page)
}

/// A page with a script of ours.
pub(super) fn show_with_script(page: &impl Template) -> Response {
    shown_under(WITH_SCRIPT, StatusCode::OK, page)
}

fn shown_under(policy: &'static str, status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (status, headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Could not write a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "web/site/message.html", config = ".askama.toml")]
struct Message<'a> {
    frame: Frame,
    text: &'a str,
}

/// A refusal: a page for people, a problem for programs.
pub(super) fn refused(program: bool, kind: &str, text: &str) -> Response {
    match program {
        true => Problem::new(StatusCode::FORBIDDEN, kind, "Forbidden", text).into_response(),
        false => show(StatusCode::FORBIDDEN, &Message { frame: Frame::bare("İzin yok"), text }),
    }
}

/// Too many wrong tries: nothing was looked at.
pub(super) fn not_now(retry_after: u32) -> Response {
    let text = Refusal::TooManyTries { retry_after }.to_string();
    let page = Message { frame: Frame::bare("Biraz sonra yeniden deneyin"), text: &text };
    let mut response = show(StatusCode::TOO_MANY_REQUESTS, &page);
    response.headers_mut().insert(RETRY_AFTER, retry_after.into());
    response
}

/// We cannot answer now.
pub(super) fn unavailable(program: bool) -> Response {
    let text = "Hizmet şu an yanıt veremiyor. Biraz sonra yeniden deneyin.";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = match program {
        true => Problem::new(status, "unavailable", "Temporarily unavailable", text).into_response(),
        false => show(status, &Message { frame: Frame::bare("Hizmet yanıt veremiyor"), text }),
    };
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// A time as people in Türkiye read it, to the second.
pub(super) fn time(ms: i64) -> String {
    clock::turkish(jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}
