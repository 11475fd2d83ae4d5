//! One scan that no code could link: its picture, the forms that it may be, and the two steps of two people.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::choices::{self, Choice};
use super::{Forms, Linked, Waits, waits};
use crate::access::sessions::Visitor;
use crate::domain::{EntryKind, Sender};
use crate::intake::IntakeError;
use crate::intake::by_hand::{ByHandError, Person, REASON};
use crate::ledger::hand_links::NotAgreed;
use crate::web::Services;
use crate::web::extract::{Extension, Form, Path, Query};
use crate::web::problem::Problem;
use crate::web::site::board::pictures;
use crate::web::site::page::{Frame, show};
use crate::web::site::session::ending::{Reason, RowDetail};

#[derive(Template)]
#[template(path = "web/site/board/unmatched/scan.html", config = ".askama.toml")]
struct ScanPage<'a> {
    frame: Frame,
    scan: Waits,
    /// The link by hand that this page can take back; none for a scan that waits.
    linked: Option<Linked>,
    /// The box that was asked for, and its forms; `0` for sheets of places.
    sandik: &'a str,
    choices: Vec<Choice>,
    /// What the form held that was sent.
    chosen: String,
    reason: &'a str,
    longest: usize,
    error: &'a str,
}

/// The box whose forms are offered.
#[derive(Deserialize)]
pub(in crate::web) struct Which {
    #[serde(default)]
    sandik: String,
}

/// What a wish's form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Wanted {
    sandik: String,
    kod: String,
    gerekce: String,
}

/// Who asks, for what.
struct Asker<'a> {
    services: &'a Services,
    visitor: &'a Visitor,
    sender: &'a Sender,
}

impl Asker<'_> {
    async fn scan(&self, position: u64, wanted: &Wanted, error: &str) -> Result<Response, Problem> {
        let Self { services, visitor, sender } = self;
        let entry = pictures::own(services, sender, position).await?.ok_or_else(Problem::missing)?;
        let in_force = match entry.kind {
            EntryKind::Parked => services.ledger.parked_at(&sender.board, position).await?.is_some(),
            _ => services.intake.link_at(&sender.board, position).await?.is_some(),
        };
        if !in_force {
            return Ok(message(StatusCode::CONFLICT, services, visitor, "overtaken", OVERTAKEN).await);
        }
        let linked = match &entry.form {
            None => None,
            Some(code) => Some(Forms::of(services, [code].into_iter()).await?.linked(position, &entry)),
        };
        let sandik = wanted.sandik.trim();
        let choices = match (&linked, sandik) {
            (Some(_), _) | (None, "") => Vec::new(),
            (None, "0") => choices::of_box(&services.ledger, sender, None).await?,
            (None, number) => match number.parse() {
                Ok(number) => choices::of_box(&services.ledger, sender, Some(number)).await?,
                Err(_) => Vec::new(),
            },
        };
        // Who sent it may have said which page it replaces.
        let said = entry.replaces.map(|digest| format!("/{digest}"));
        let said = said.and_then(|said| choices.iter().find(|choice| choice.value.ends_with(&said)));
        let chosen = match (wanted.kod.is_empty(), said) {
            (true, Some(choice)) => choice.value.clone(),
            _ => wanted.kod.clone(),
        };
        let title = match (linked.is_some(), error.is_empty()) {
            (false, true) => "Eşleşmeyen görüntü",
            (true, true) => "Elle bağlanan görüntü",
            (_, false) => "Hata: Eşleşmeyen görüntü",
        };
        let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = ScanPage {
            frame: Frame::new(services, title, Some(visitor)).await,
            scan: waits(position, &entry),
            linked,
            sandik,
            choices,
            chosen,
            reason: &wanted.gerekce,
            longest: REASON,
            error,
        };
        Ok(show(status, &page))
    }

    fn person(&self) -> Person<'_> {
        Person { sender: self.sender, login: self.visitor.login() }
    }

    /// What was wished, or why not.
    async fn wished(
        &self,
        wish: Result<u64, ByHandError>,
        position: u64,
        wanted: &Wanted,
    ) -> Result<Response, Problem> {
        match wish {
            Ok(id) => {
                let mut response = Redirect::to("/kurul/eslesmeyenler?bilgi=onerildi").into_response();
                response
                    .extensions_mut()
                    .insert(RowDetail { object: format!("wish {id} {position} {}", wanted.kod), bytes: None });
                Ok(response)
            }
            Err(ByHandError::NoReason(bad)) => {
                let text = format!("Gerekçe yazın, en çok {REASON} harf, tek satır: {bad}.");
                self.refused(position, wanted, "no-reason", &text).await
            }
            Err(ByHandError::NoForm(_)) => {
                self.refused(position, wanted, "no-form", "Kurulunuzun tutanaklarından birini seçin.").await
            }
            Err(ByHandError::NoPage) => {
                let text = "Tutanağın böyle bir sayfası yok ya da bu arada değişti. Yeniden seçin.";
                self.refused(position, wanted, "no-page", text).await
            }
            Err(ByHandError::Waits) => {
                let text = "Bu görüntü için onay bekleyen bir öneri var. Önce o sonuçlanmalı.";
                self.refused(position, wanted, "waits", text).await
            }
            Err(error) => self.not_done(error).await,
        }
    }

    async fn refused(
        &self,
        position: u64,
        wanted: &Wanted,
        kind: &'static str,
        text: &str,
    ) -> Result<Response, Problem> {
        let mut response = self.scan(position, wanted, text).await?;
        response.extensions_mut().insert(Reason(kind.into()));
        Ok(response)
    }

    async fn not_done(&self, error: ByHandError) -> Result<Response, Problem> {
        let (kind, text) = match error {
            ByHandError::Intake(error) => return Err(IntakeError::into(error)),
            ByHandError::NotAgreed(NotAgreed::SamePerson) => (
                "same-person",
                "Öneren kişi kendi önerisini onaylayamaz: kuruldan ikinci bir kişi kendi hesabıyla girip onaylamalı.",
            ),
            ByHandError::NotAgreed(NotAgreed::Overtaken) => ("overtaken", OVERTAKEN),
            ByHandError::NotAgreed(NotAgreed::Gone) => {
                ("gone", "Böyle bir öneri yok: onaylanmış ya da kaldırılmış olabilir.")
            }
            ByHandError::NoScan => return Err(Problem::missing()),
            ByHandError::NoForm(_) | ByHandError::NoPage | ByHandError::NoReason(_) | ByHandError::Waits => {
                ("no-form", OVERTAKEN)
            }
        };
        Ok(message(StatusCode::CONFLICT, self.services, self.visitor, kind, text).await)
    }
}

const OVERTAKEN: &str = "Durum bu arada değişti: görüntü bağlanmış ya da bağlantı geri alınmış. Listeyi yenileyin.";

#[derive(Template)]
#[template(path = "web/site/message.html", config = ".askama.toml")]
struct Message<'a> {
    frame: Frame,
    text: &'a str,
}

async fn message(
    status: StatusCode,
    services: &Services,
    visitor: &Visitor,
    kind: &'static str,
    text: &str,
) -> Response {
    let frame = Frame::new(services, "Yapılamadı", Some(visitor)).await;
    let mut response = show(status, &Message { frame, text });
    response.extensions_mut().insert(Reason(kind.into()));
    response
}

/// One scan: its picture, why it waits, and the forms of a box.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
    Query(Which { sandik }): Query<Which>,
) -> Result<Response, Problem> {
    let asker = Asker { services: &services, visitor: &visitor, sender: &sender };
    asker.scan(position, &Wanted { sandik, ..Wanted::default() }, "").await
}

/// Wishes that it is linked.
pub(in crate::web) async fn wish_link(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let asker = Asker { services: &services, visitor: &visitor, sender: &sender };
    let wish = match choices::read(&wanted.kod) {
        Some((code, replaces)) => {
            services.intake.wish_link(asker.person(), position, &code, replaces, &wanted.gerekce).await
        }
        None => return asker.refused(position, &wanted, "no-form", "Kurulunuzun tutanaklarından birini seçin.").await,
    };
    asker.wished(wish, position, &wanted).await
}

/// Wishes that a link by hand is taken back.
pub(in crate::web) async fn wish_undo(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let asker = Asker { services: &services, visitor: &visitor, sender: &sender };
    let wish = services.intake.wish_undo(asker.person(), position, &wanted.gerekce).await;
    asker.wished(wish, position, &wanted).await
}

/// What is decided about a wish: `onay` or `vazgec`.
#[derive(Deserialize)]
pub(in crate::web) struct Decided {
    karar: String,
}

/// Agrees to a wish, or gives it up.
pub(in crate::web) async fn decide(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(wish): Path<u64>,
    Form(Decided { karar }): Form<Decided>,
) -> Result<Response, Problem> {
    let asker = Asker { services: &services, visitor: &visitor, sender: &sender };
    let (said, object) = match karar.as_str() {
        "onay" => match services.intake.agree(asker.person(), wish).await {
            Ok(done) => {
                let said = if done.entry.kind == EntryKind::Withdrawn { "geri-alindi" } else { "baglandi" };
                (said, format!("agree {wish} entry {}", done.position))
            }
            Err(error) => return asker.not_done(error).await,
        },
        "vazgec" => match services.intake.give_up(asker.person(), wish).await {
            Ok(()) => ("vazgecildi", format!("give up {wish}")),
            Err(error) => return asker.not_done(error).await,
        },
        _ => return Err(Problem::bad_question("Karar anlaşılamadı.")),
    };
    let mut response = Redirect::to(&format!("/kurul/eslesmeyenler?bilgi={said}")).into_response();
    response.extensions_mut().insert(RowDetail { object, bytes: None });
    Ok(response)
}
