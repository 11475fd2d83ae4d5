//! Eşleşmeyenler: scans that no code could link, with their picture; one person links them by hand with a reason, a second
//! one agrees; and the same way back.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::missing::{Row, forms_of_box};
use super::pictures;
use crate::access::sessions::Visitor;
use crate::domain::routing::ParkReason;
use crate::domain::{Entry, EntryKind, Karekod, Sender};
use crate::intake::IntakeError;
use crate::intake::by_hand::{ByHandError, Person, REASON};
use crate::ledger::LedgerError;
use crate::ledger::append::Recorded;
use crate::ledger::entries::parse;
use crate::ledger::hand_links::{HandAct, NotAgreed, Wish};
use crate::web::Site;
use crate::web::problem::Problem;
use crate::web::site::gate::{Reason, Told};
use crate::web::site::page::{Frame, show, time};

/// Scans of a page: each has a picture.
const PAGE: u32 = 12;
/// Wishes, and links by hand, that are shown.
const SHOWN: u32 = 100;

/// A scan that waits.
struct Waits {
    position: u64,
    at: String,
    why: &'static str,
    codes: String,
}

fn waits(position: u64, entry: &Entry) -> Waits {
    let why = entry.reason.as_deref().and_then(ParkReason::from_name).map_or("Bağlanamadı.", ParkReason::turkish);
    let codes: Vec<&str> = entry.codes.iter().map(Karekod::as_str).collect();
    Waits { position, at: time(entry.at.as_millisecond()), why, codes: codes.join(", ") }
}

/// A wish that waits.
struct Wished {
    id: u64,
    position: u64,
    undo: bool,
    form: String,
    reason: String,
    proposer: String,
    at: String,
    own: bool,
}

/// A link by hand.
struct Linked {
    position: u64,
    form: String,
    path: String,
    reason: String,
    by: String,
    at: String,
}

#[derive(Template)]
#[template(path = "site/board-unmatched.html")]
struct UnmatchedPage {
    frame: Frame,
    /// What was done just now.
    done: &'static str,
    wishes: Vec<Wished>,
    scans: Vec<Waits>,
    next: Option<u64>,
    links: Vec<Linked>,
}

/// Where the list begins, and what was done just now.
#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    sonra: Option<u64>,
    #[serde(default)]
    bilgi: String,
}

/// What a form is called, or its code.
type Names = HashMap<Karekod, String>;

async fn names(site: &Site, codes: impl Iterator<Item = &Karekod>) -> Result<Names, LedgerError> {
    let codes: HashSet<Karekod> = codes.cloned().collect();
    let labels = site.ledger.labels(&codes).await?;
    let name = |code: &Karekod| labels.get(code).map_or_else(|| code.to_string(), |label| label.form.turkish());
    Ok(codes.iter().map(|code| (code.clone(), name(code))).collect())
}

/// The list.
pub(in crate::web) async fn list(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let lines = site.ledger.parked_of_board(&sender.board, asked.sonra, PAGE).await?;
    let next = lines.last().filter(|_| lines.len() == PAGE as usize).map(|last| last.position);
    let scans = lines.iter().map(|line| Ok(waits(line.position, &parse(line.position, &line.line)?)));
    let scans = scans.collect::<Result<Vec<_>, LedgerError>>()?;
    let wishes = site.ledger.hand_wishes(&sender.board, SHOWN).await?;
    let links = site.ledger.links_by_hand(&sender.board, None, SHOWN).await?;
    let codes = wishes.iter().map(|wish| &wish.code).chain(links.iter().filter_map(|link| link.entry.form.as_ref()));
    let names = names(&site, codes).await?;
    let named = |code: &Karekod| names.get(code).cloned().unwrap_or_default();
    let wished = |Wish { id, act, position, code, reason, proposer, at_ms }| Wished {
        id,
        position,
        undo: act == HandAct::Undo,
        form: named(&code),
        reason,
        own: proposer == visitor.login(),
        proposer,
        at: time(at_ms),
    };
    let linked = |Recorded { position, entry, .. }: Recorded| Linked {
        position,
        form: entry.form.as_ref().map(&named).unwrap_or_default(),
        path: entry.path.unwrap_or_default(),
        reason: entry.reason.unwrap_or_default(),
        by: entry.by.join(", "),
        at: time(entry.at.as_millisecond()),
    };
    let page = UnmatchedPage {
        frame: Frame::new(&site, "Eşleşmeyenler", Some(&visitor)).await,
        done: done(&asked.bilgi),
        wishes: wishes.into_iter().map(wished).collect(),
        scans,
        next,
        links: links.into_iter().map(linked).collect(),
    };
    Ok(show(StatusCode::OK, &page))
}

fn done(told: &str) -> &'static str {
    match told {
        "onerildi" => "Öneriniz kaydedildi. Kuruldan ikinci bir kişi onaylayınca deftere yazılır.",
        "baglandi" => "Onaylandı ve deftere yazıldı: görüntü tutanağa bağlandı.",
        "geri-alindi" => "Onaylandı ve deftere yazıldı: bağlantı geri alındı, görüntü yeniden eşleşmeyenler arasında.",
        "vazgecildi" => "Öneri kaldırıldı; hiçbir şey değişmedi.",
        _ => "",
    }
}

#[derive(Template)]
#[template(path = "site/board-scan.html")]
struct ScanPage<'a> {
    frame: Frame,
    scan: Waits,
    /// The link by hand that this page can take back; none for a scan that waits.
    linked: Option<Linked>,
    /// The box that was asked for, and its forms; `0` for sheets of places.
    sandik: &'a str,
    forms: Vec<Row>,
    /// What the form held that was sent.
    chosen: &'a str,
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
struct Desk<'a> {
    site: &'a Site,
    visitor: &'a Visitor,
    sender: &'a Sender,
}

impl Desk<'_> {
    async fn scan(&self, position: u64, wanted: &Wanted, error: &str) -> Result<Response, Problem> {
        let Self { site, visitor, sender } = self;
        let entry = pictures::own(site, sender, position).await?.ok_or_else(Problem::missing)?;
        let in_force = match entry.kind {
            EntryKind::Parked => site.ledger.parked_at(&sender.board, position).await?.is_some(),
            _ => site.intake.link_at(&sender.board, position).await?.is_some(),
        };
        if !in_force {
            return Ok(told(StatusCode::CONFLICT, site, visitor, "overtaken", OVERTAKEN).await);
        }
        let linked = match &entry.form {
            None => None,
            Some(code) => Some(Linked {
                position,
                form: names(site, [code].into_iter()).await?.remove(code).unwrap_or_default(),
                path: entry.path.clone().unwrap_or_default(),
                reason: entry.reason.clone().unwrap_or_default(),
                by: entry.by.join(", "),
                at: time(entry.at.as_millisecond()),
            }),
        };
        let sandik = wanted.sandik.trim();
        let forms = match (&linked, sandik) {
            (Some(_), _) | (None, "") => Vec::new(),
            (None, "0") => forms_of_box(&site.ledger, sender, None).await?,
            (None, number) => match number.parse() {
                Ok(number) => forms_of_box(&site.ledger, sender, Some(number)).await?,
                Err(_) => Vec::new(),
            },
        };
        let title = match (linked.is_some(), error.is_empty()) {
            (false, true) => "Eşleşmeyen görüntü",
            (true, true) => "Elle bağlanan görüntü",
            (_, false) => "Hata: Eşleşmeyen görüntü",
        };
        let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = ScanPage {
            frame: Frame::new(site, title, Some(visitor)).await,
            scan: waits(position, &entry),
            linked,
            sandik,
            forms,
            chosen: &wanted.kod,
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
                    .insert(Told { object: format!("wish {id} {position} {}", wanted.kod), bytes: None });
                Ok(response)
            }
            Err(ByHandError::NoReason) => {
                let text = format!("Gerekçe yazın: en çok {REASON} harf, tek satır.");
                self.refused(position, wanted, "no-reason", &text).await
            }
            Err(ByHandError::NoForm(_)) => {
                self.refused(position, wanted, "no-form", "Kurulunuzun tutanaklarından birini seçin.").await
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
            ByHandError::NoForm(_) | ByHandError::NoReason | ByHandError::Waits => ("no-form", OVERTAKEN),
        };
        Ok(told(StatusCode::CONFLICT, self.site, self.visitor, kind, text).await)
    }
}

const OVERTAKEN: &str = "Durum bu arada değişti: görüntü bağlanmış ya da bağlantı geri alınmış. Listeyi yenileyin.";

#[derive(Template)]
#[template(path = "site/message.html")]
struct Message<'a> {
    frame: Frame,
    text: &'a str,
}

async fn told(status: StatusCode, site: &Site, visitor: &Visitor, kind: &'static str, text: &str) -> Response {
    let frame = Frame::new(site, "Yapılamadı", Some(visitor)).await;
    let mut response = show(status, &Message { frame, text });
    response.extensions_mut().insert(Reason(kind.into()));
    response
}

/// One scan: its picture, why it waits, and the forms of a box.
pub(in crate::web) async fn scan(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
    Query(Which { sandik }): Query<Which>,
) -> Result<Response, Problem> {
    let desk = Desk { site: &site, visitor: &visitor, sender: &sender };
    desk.scan(position, &Wanted { sandik, ..Wanted::default() }, "").await
}

/// Wishes that it is linked.
pub(in crate::web) async fn wish_link(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let desk = Desk { site: &site, visitor: &visitor, sender: &sender };
    let wish = match wanted.kod.parse::<Karekod>() {
        Ok(code) => site.intake.wish_link(desk.person(), position, &code, &wanted.gerekce).await,
        Err(_) => return desk.refused(position, &wanted, "no-form", "Kurulunuzun tutanaklarından birini seçin.").await,
    };
    desk.wished(wish, position, &wanted).await
}

/// Wishes that a link by hand is taken back.
pub(in crate::web) async fn wish_undo(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(position): Path<u64>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let desk = Desk { site: &site, visitor: &visitor, sender: &sender };
    let wish = site.intake.wish_undo(desk.person(), position, &wanted.gerekce).await;
    desk.wished(wish, position, &wanted).await
}

/// What is decided about a wish: `onay` or `vazgec`.
#[derive(Deserialize)]
pub(in crate::web) struct Decided {
    karar: String,
}

/// Agrees to a wish, or gives it up.
pub(in crate::web) async fn decide(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(wish): Path<u64>,
    Form(Decided { karar }): Form<Decided>,
) -> Result<Response, Problem> {
    let desk = Desk { site: &site, visitor: &visitor, sender: &sender };
    let (said, object) = match karar.as_str() {
        "onay" => match site.intake.agree(desk.person(), wish).await {
            Ok(done) => {
                let said = if done.entry.kind == EntryKind::Withdrawn { "geri-alindi" } else { "baglandi" };
                (said, format!("agree {wish} entry {}", done.position))
            }
            Err(error) => return desk.not_done(error).await,
        },
        "vazgec" => match site.intake.give_up(desk.person(), wish).await {
            Ok(()) => ("vazgecildi", format!("give up {wish}")),
            Err(error) => return desk.not_done(error).await,
        },
        _ => return Err(Problem::bad_question("Karar anlaşılamadı.")),
    };
    let mut response = Redirect::to(&format!("/kurul/eslesmeyenler?bilgi={said}")).into_response();
    response.extensions_mut().insert(Told { object, bytes: None });
    Ok(response)
}
