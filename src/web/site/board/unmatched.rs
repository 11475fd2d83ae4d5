//! Eşleşmeyenler: scans that no code could link, with their picture; one person links them by hand with a reason, a second
//! one agrees; and the same way back. Here is the list; `scan` has one scan and what is done with it.

mod choices;
pub(super) mod scan;

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::access::sessions::Visitor;
use crate::domain::routing::ParkReason;
use crate::domain::{Entry, Form, Karekod, Sender};
use crate::ledger::LedgerError;
use crate::ledger::append::Recorded;
use crate::ledger::entries::parse;
use crate::ledger::hand_links::{HandAct, Wish};
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::problem::Problem;
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
#[template(path = "web/site/board/unmatched.html", config = ".askama.toml")]
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
pub(in crate::web) struct UnmatchedQuery {
    sonra: Option<u64>,
    #[serde(default)]
    bilgi: String,
}

/// What codes name.
struct Forms(HashMap<Karekod, Form>);

impl Forms {
    async fn of(services: &Services, codes: impl Iterator<Item = &Karekod>) -> Result<Self, LedgerError> {
        let codes: HashSet<Karekod> = codes.cloned().collect();
        let labels = services.ledger.labels(&codes).await?;
        Ok(Self(labels.into_iter().map(|(code, label)| (code, label.form)).collect()))
    }

    /// What a form is called, or its code.
    fn name(&self, code: &Karekod) -> String {
        self.0.get(code).map_or_else(|| code.to_string(), Form::turkish)
    }

    fn linked(&self, position: u64, entry: &Entry) -> Linked {
        let mut form = entry.form.as_ref().map(|code| self.name(code)).unwrap_or_default();
        let many_pages = entry.form.as_ref().and_then(|code| self.0.get(code)).is_some_and(|form| form.many_pages);
        if let Some(page) = entry.page.filter(|_| many_pages) {
            form.push_str(&format!(", {page}. sayfa"));
        }
        Linked {
            position,
            form,
            path: entry.path.clone().unwrap_or_default(),
            reason: entry.reason.clone().unwrap_or_default(),
            by: entry.by.join(", "),
            at: time(entry.at.as_millisecond()),
        }
    }

    /// The form of a wish, and of many pages which one the scan shall be: who agrees must see it.
    async fn wished(&self, services: &Services, wish: &Wish) -> Result<String, LedgerError> {
        let name = self.name(&wish.code);
        let form = self.0.get(&wish.code).filter(|form| form.many_pages && wish.act == HandAct::Link);
        Ok(match (form, wish.replaces) {
            (None, _) => name,
            (Some(_), None) => format!("{name}, yeni sayfa"),
            (Some(form), Some(digest)) => {
                let pages = services.ledger.pages_now(&form.key()).await?;
                match pages.iter().find(|page| page.digest == digest) {
                    Some(page) => format!("{name}, {}. sayfanın yerine", page.page),
                    None => format!("{name}, bu arada değişen bir sayfanın yerine"),
                }
            }
        })
    }
}

/// The list.
pub(in crate::web) async fn list(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Query(asked): Query<UnmatchedQuery>,
) -> Result<Response, Problem> {
    let lines = services.ledger.parked_of_board(&sender.board, asked.sonra, PAGE).await?;
    let next = lines.last().filter(|_| lines.len() == PAGE as usize).map(|last| last.position);
    let scans = lines.iter().map(|line| Ok(waits(line.position, &parse(line.position, &line.line)?)));
    let scans = scans.collect::<Result<Vec<_>, LedgerError>>()?;
    let wishes = services.ledger.hand_wishes(&sender.board, SHOWN).await?;
    let links = services.ledger.links_by_hand(&sender.board, None, SHOWN).await?;
    let codes = wishes.iter().map(|wish| &wish.code).chain(links.iter().filter_map(|link| link.entry.form.as_ref()));
    let forms = Forms::of(&services, codes).await?;
    let mut wished = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let form = forms.wished(&services, &wish).await?;
        let Wish { id, act, position, reason, proposer, at_ms, .. } = wish;
        let (undo, own) = (act == HandAct::Undo, proposer == visitor.login());
        wished.push(Wished { id, position, undo, form, reason, own, proposer, at: time(at_ms) });
    }
    let linked = |Recorded { position, entry, .. }: &Recorded| forms.linked(*position, entry);
    let page = UnmatchedPage {
        frame: Frame::new(&services, "Eşleşmeyenler", Some(&visitor)).await,
        done: done(&asked.bilgi),
        wishes: wished,
        scans,
        next,
        links: links.iter().map(linked).collect(),
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
