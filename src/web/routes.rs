//! Every address of the service, in one table: its method, its path, and what whoever asks must have.
//!
//! A route without a line here does not exist, and a line says what it needs: no handler can be reached without it. A test
//! walks the table.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};

use super::site::{gate, headers};
use super::{Site, archive, board, health, known, manage, on_record, scans, service, site, who};
use crate::access::Act;

/// What whoever asks must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it shows nothing.
    Nobody,
    /// A board's token; the handler's argument asks for it.
    Board,
    /// A party's bulk secret; the handler's argument asks for it.
    Bulk,
    /// A party's web service token; the handler's argument asks for it.
    Service,
    /// A session, even of somebody whose first password is not replaced yet, and this right.
    Session(Act),
    /// A session of somebody who has replaced the first password, whoever it is.
    Person,
    /// A session of somebody who has replaced it, and this right.
    Right(Act),
    /// The same of a person of a board, who has shown the board's certificate where one is bound to it.
    Clerk(Act),
    /// The same, asked again and again by a page that stands open: it is no use of the session, which else would never end.
    Watching(Act),
}

/// One address.
pub struct Route {
    /// Its method. GET answers HEAD as well.
    pub method: Method,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    handler: MethodRouter<Site>,
}

fn route<H, T>(method: Method, path: &'static str, needs: Needs, handler: H) -> Route
where
    H: Handler<T, Site>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).expect("a method that axum knows");
    Route { method, path, needs, handler: on(filter, handler) }
}

/// Every address of the service.
pub fn table() -> Vec<Route> {
    use Needs::{Board, Bulk, Clerk, Nobody, Person, Right, Service, Session, Watching};
    let get = Method::GET;
    let post = Method::POST;
    vec![
        route(Method::PUT, "/v1/scans/{digest}", Board, scans::upload),
        route(post.clone(), "/v1/scans/known", Board, known::ask),
        route(get.clone(), "/v1/board", Board, board::greet),
        route(get.clone(), "/v1/board/missing", Board, board::missing),
        route(get.clone(), "/v1/board/queue", Board, board::queue),
        route(get.clone(), "/arsiv", Nobody, archive::without_slash),
        route(get.clone(), "/arsiv/", Bulk, archive::root),
        route(get.clone(), "/arsiv/{*path}", Bulk, archive::node),
        route(get.clone(), "/v1/durum", Service, service::status),
        route(get.clone(), "/healthz", Nobody, health::alive),
        route(get.clone(), "/readyz", Nobody, health::ready),
        route(get.clone(), "/", Nobody, site::root),
        route(get.clone(), site::STYLE, Nobody, site::style),
        route(get.clone(), site::help::HOME, Nobody, site::help::home),
        route(get.clone(), "/yardim/{name}", Nobody, site::help::page),
        route(get.clone(), "/giris", Nobody, site::login::page),
        route(post.clone(), "/giris", Nobody, site::login::enter),
        route(get.clone(), "/parola", Session(Act::ChangePassword), site::password::page),
        route(post.clone(), "/parola", Session(Act::ChangePassword), site::password::change),
        route(get.clone(), "/dogrulama", Session(Act::ChangePassword), site::factor::page),
        route(post.clone(), "/dogrulama", Session(Act::ChangePassword), site::factor::set),
        route(post.clone(), "/cikis", Session(Act::LogOut), site::account::leave),
        route(get.clone(), "/hesap", Person, site::account::page),
        route(post.clone(), "/hesap/oturum", Person, site::account::end),
        route(post.clone(), "/hesap/kodlar", Person, site::account::codes),
        route(get.clone(), "/hesap/erisimler", Right(Act::ReadOwnRecord), site::record::own),
        route(get.clone(), "/kurul", Clerk(Act::FollowUploads), site::board::page),
        route(get.clone(), site::board::SCRIPT, Nobody, site::board::script),
        route(post.clone(), "/kurul/gonder", Clerk(Act::Upload), site::board::send::form),
        route(Method::PUT, "/v1/kurul/taramalar/{digest}", Clerk(Act::Upload), site::board::send::one),
        route(get.clone(), "/v1/kurul/durum", Watching(Act::FollowUploads), site::board::state),
        route(get.clone(), "/v1/kurul/sira", Watching(Act::FollowUploads), site::board::queue),
        route(get.clone(), "/kurul/makbuz/{name}", Clerk(Act::FollowUploads), site::board::receipts::one),
        route(post.clone(), "/kurul/makbuzlar", Clerk(Act::FollowUploads), site::board::receipts::many),
        route(get.clone(), "/kurul/eksikler", Clerk(Act::FollowUploads), site::board::missing::page),
        route(get.clone(), "/kurul/eksikler.csv", Clerk(Act::FollowUploads), site::board::missing::csv),
        route(get.clone(), "/kurul/eslesmeyenler", Clerk(Act::FollowUploads), site::board::unmatched::list),
        route(
            get.clone(),
            "/kurul/eslesmeyen/{position}",
            Clerk(Act::FollowUploads),
            site::board::unmatched::desk::scan,
        ),
        route(
            post.clone(),
            "/kurul/eslesmeyen/{position}",
            Clerk(Act::Resolve),
            site::board::unmatched::desk::wish_link,
        ),
        route(post.clone(), "/kurul/baglanan/{position}", Clerk(Act::Resolve), site::board::unmatched::desk::wish_undo),
        route(post.clone(), "/kurul/oneri/{position}", Clerk(Act::Resolve), site::board::unmatched::desk::decide),
        route(get.clone(), "/kurul/goruntu/{position}", Clerk(Act::FollowUploads), site::board::pictures::whole),
        route(get.clone(), "/kurul/goruntu/{position}/kucuk", Clerk(Act::FollowUploads), site::board::pictures::small),
        route(get.clone(), "/denetim", Right(Act::ReadRecord), site::record::page),
        route(get.clone(), "/denetim.csv", Right(Act::ReadRecord), site::record::csv),
        route(get.clone(), "/denetim.jsonl", Right(Act::ReadRecord), site::record::jsonl),
        route(get.clone(), "/v1/yonetim/oturum", Right(Act::Administer), manage::session),
        route(get.clone(), "/v1/yonetim/hesaplar", Right(Act::Administer), manage::accounts::list),
        route(post.clone(), "/v1/yonetim/hesaplar", Right(Act::Administer), manage::accounts::add),
        route(get.clone(), "/v1/yonetim/hesaplar/{id}", Right(Act::Administer), manage::accounts::show),
        route(Method::PATCH, "/v1/yonetim/hesaplar/{id}", Right(Act::Administer), manage::accounts::change),
        route(post.clone(), "/v1/yonetim/hesaplar/{id}/anahtar", Right(Act::Administer), manage::accounts::new_secret),
        route(get.clone(), "/v1/yonetim/talepler", Right(Act::Administer), manage::requests::list),
        route(get.clone(), "/v1/yonetim/talepler/{id}", Right(Act::Administer), manage::requests::show),
        route(Method::DELETE, "/v1/yonetim/talepler/{id}", Right(Act::Administer), manage::requests::take_back),
        route(post.clone(), "/v1/yonetim/talepler/{id}/onay", Right(Act::Administer), manage::requests::agree),
        route(get.clone(), "/v1/yonetim/ortam-talepleri", Right(Act::Administer), manage::exports::list),
        route(post.clone(), "/v1/yonetim/ortam-talepleri", Right(Act::Administer), manage::exports::request),
        route(get.clone(), "/v1/yonetim/ortam-talepleri/{id}", Right(Act::Administer), manage::exports::show),
        route(post.clone(), "/v1/yonetim/ortam-talepleri/{id}/onay", Right(Act::Administer), manage::exports::approve),
        route(
            get.clone(),
            "/v1/yonetim/ortam-talepleri/{id}/teslim/{number}",
            Right(Act::Administer),
            manage::exports::receipt,
        ),
        route(get, "/v1/yonetim/kisiler", Right(Act::Administer), manage::people::list),
        route(post.clone(), "/v1/yonetim/kisiler", Right(Act::Administer), manage::people::add),
        route(Method::PATCH, "/v1/yonetim/kisiler/{login}", Right(Act::Administer), manage::people::change),
        route(post.clone(), "/v1/yonetim/kisiler/{login}/ilk-parola", Right(Act::Administer), manage::people::new_slip),
        route(post.clone(), "/v1/yonetim/secim-oncesi", Right(Act::Administer), manage::people::before_election),
        route(post, "/v1/yonetim/talep-formu", Right(Act::Administer), manage::people::form),
    ]
}

/// The table as a router.
pub fn router(site: Site) -> Router {
    let mut router = Router::new();
    for Route { path, needs, handler, .. } in table() {
        let handler = match needs {
            Needs::Nobody | Needs::Board | Needs::Bulk | Needs::Service => handler,
            Needs::Session(_) | Needs::Person | Needs::Right(_) | Needs::Clerk(_) | Needs::Watching(_) => {
                handler.route_layer(from_fn_with_state((site.clone(), needs), gate::pass))
            }
        };
        router = router.route(path, handler);
    }
    router
        .fallback(who::no_such_address)
        .method_not_allowed_fallback(who::no_such_method)
        // Scans are counted by intake itself; nothing else is larger than a request form.
        .layer(DefaultBodyLimit::max(crate::people::request_form::BYTES))
        .layer(from_fn(on_record::only))
        .layer(from_fn(headers::add))
        .with_state(site)
}
