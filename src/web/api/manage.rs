//! `/v1/yonetim/…`: what operators do to accounts, people and requests for media, for programs. JSON in and out.
//!
//! An operator logs in on the site (password and second factor) and the program goes on with that session: the cookie, and
//! `X-Form-Token` from `GET /v1/yonetim/oturum` with everything that changes something.
//!
//! What lets anybody in, or in earlier, from elsewhere, or to more, is only asked for: the answer is 202 with a request,
//! and a second operator's session agrees to it ([`requests`]). What shuts somebody out is done at once.
//!
//! What no session may do is done at the machine itself, by whoever has been let in there; it takes two operators there as
//! well:
//!
//! * Operators and auditors: their accounts, slips and second factors. One operator's session, or who stole it, must never
//!   become a second operator, nor take the place of the auditor who would see it.
//! * Gates, and writing a medium: both operators are present, each with password and code.
//! * Certificates of boards and plain FTP of parties: a file, or an exception with a date, which stand beside the
//!   configuration that they belong to. Removing a person's lost second factor: who asks for it is looked at, not believed.

mod accounts;
mod changes;
mod deed;
mod exports;
mod people;
mod requests;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::access::Act::Administer;
use crate::access::sessions::Visitor;
use crate::ledger::people::Refused;
use crate::people::PeopleError;
use crate::people::enrol::EnrolError;
use crate::web::extract::{Extension, Json};
use crate::web::needs::Needs::Right;
use crate::web::problem::Problem;
use crate::web::route::{Route, delete, get, patch, post};

pub(super) fn routes() -> Vec<Route> {
    let right = Right(Administer);
    vec![
        get("/v1/yonetim/oturum", right, session),
        get("/v1/yonetim/hesaplar", right, accounts::list),
        post("/v1/yonetim/hesaplar", right, changes::add_account),
        get("/v1/yonetim/hesaplar/{id}", right, accounts::show),
        patch("/v1/yonetim/hesaplar/{id}", right, changes::change_account),
        post("/v1/yonetim/hesaplar/{id}/anahtar", right, changes::new_secret),
        get("/v1/yonetim/talepler", right, requests::list),
        get("/v1/yonetim/talepler/{id}", right, requests::show),
        delete("/v1/yonetim/talepler/{id}", right, requests::take_back),
        post("/v1/yonetim/talepler/{id}/onay", right, requests::agree),
        get("/v1/yonetim/ortam-talepleri", right, exports::list),
        post("/v1/yonetim/ortam-talepleri", right, exports::request),
        get("/v1/yonetim/ortam-talepleri/{id}", right, exports::show),
        post("/v1/yonetim/ortam-talepleri/{id}/onay", right, exports::approve),
        get("/v1/yonetim/ortam-talepleri/{id}/teslim/{number}", right, exports::receipt),
        get("/v1/yonetim/kisiler", right, people::list),
        post("/v1/yonetim/kisiler", right, changes::add_person),
        patch("/v1/yonetim/kisiler/{login}", right, changes::change_person),
        post("/v1/yonetim/kisiler/{login}/ilk-parola", right, changes::new_slip),
        post("/v1/yonetim/secim-oncesi", right, people::before_election),
        post("/v1/yonetim/talep-formu", right, changes::take_form),
    ]
}

/// What came of a change: status and body.
type Done = (StatusCode, Value);

/// Who is logged in.
#[derive(Serialize)]
struct Session {
    login: String,
    form_token: String,
}

/// Who is logged in, and what changes must carry.
async fn session(Extension(visitor): Extension<Visitor>) -> Json<Session> {
    Json(Session { login: visitor.login().to_owned(), form_token: visitor.token.clone() })
}

fn conflict(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "conflict", "Conflict", detail)
}

/// The refusal where an account of this kind is looked after at the machine alone: operators and auditors.
fn only_at_the_machine(kind: &str) -> Option<Problem> {
    let detail =
        "İşletmen ve denetçi hesapları yalnız sunucunun kendisinde yönetilir (tutanak operator, tutanak auditor).";
    let refusal = || Problem::new(StatusCode::FORBIDDEN, "only-at-the-machine", "Only at the machine", detail);
    matches!(kind, "operator" | "auditor").then(refusal)
}

fn unsound(detail: impl Into<String>) -> Problem {
    Problem::bad_content(detail)
}

impl From<EnrolError> for Problem {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Taken(id) => conflict(format!("{id} adı kullanılıyor.")),
            EnrolError::NoSuchAccount(_) => Self::missing(),
            EnrolError::NoSuchPlace(place) => unsound(format!("{place} diye bir yer yok.")),
            EnrolError::NoBoardThere(place) => unsound(format!("{place} bir kurulun bulunduğu yer değil.")),
            EnrolError::NoConstituency(place) => unsound(format!("{place} bir seçim çevresi değil.")),
            EnrolError::Divided { place, constituencies } => {
                unsound(format!("{place} seçim çevrelerine ayrılmış; biri yazılmalı: {}.", constituencies.join(", ")))
            }
            EnrolError::BadName(bad) => unsound(format!("Ad (name): {bad}.")),
            EnrolError::Password(error) => Self::unavailable(&error),
            EnrolError::Secret(error) => Self::unavailable(&error),
            EnrolError::Ledger(error) => Self::unavailable(&error),
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Refused(Refused::NoSeat { account }) => {
                conflict(format!("{account} için on kullanıcı var; on birincisi olamaz."))
            }
            PeopleError::Refused(Refused::NoAccount { account }) => {
                unsound(format!("{account} diye kullanıcısı olan etkin bir hesap yok."))
            }
            PeopleError::Refused(Refused::AlreadyDefined { .. }) => conflict("Bu e-posta adresiyle bir kullanıcı var."),
            PeopleError::Refused(Refused::Taken { login }) => conflict(format!("{login} adı kullanılıyor.")),
            PeopleError::Nobody(_) => Self::missing(),
            PeopleError::Secret(error) => Self::unavailable(&error),
            PeopleError::Password(error) => Self::unavailable(&error),
            PeopleError::Ledger(error) => Self::unavailable(&error),
        }
    }
}
