//! Eksikler: every form that the board is to send, with its state; by mahalle, race and state, on pages, on paper and as CSV.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Deserialize;

use crate::access::sessions::Visitor;
use crate::archive::lists::comma_row;
use crate::domain::place::Reach;
use crate::domain::{Election, FormKey, Karekod, PlaceId, Race, Sender};
use crate::ledger::board::OnFileNow;
use crate::ledger::entries::parse;
use crate::ledger::registry::{ExpectedForm, FormCursor};
use crate::ledger::{Ledger, LedgerError};
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::problem::Problem;
use crate::web::site::form;
use crate::web::site::page::{Frame, show, time};

/// Forms that are looked at together.
const STEP: u32 = 500;
/// Rows of a page: it ends with the step that fills it.
const PAGE: usize = 300;
/// Scans that wait and are told apart by their codes. More of them are told on the page for them.
const WAITING: u32 = 2000;

/// What is looked for. What is empty fits everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct MissingQuery {
    /// A place's id.
    mahalle: String,
    /// A race's digit; `0` for sheets over all races.
    tur: String,
    /// `eksik`, `gelen`, `yeni` or `bekleyen`.
    durum: String,
    /// Where the page before ended.
    sonra: String,
}

impl MissingQuery {
    fn fits(&self, expected: &ExpectedForm) -> bool {
        let form = &expected.form;
        let race = form.race.map_or(0, Race::code).to_string();
        (self.mahalle.is_empty() || self.mahalle == form.place.as_str()) && (self.tur.is_empty() || self.tur == race)
    }

    /// The same question in an address, without where it goes on.
    fn query(&self) -> String {
        let fields = [("mahalle", &self.mahalle), ("tur", &self.tur), ("durum", &self.durum)];
        form::query(&fields)
    }
}

/// A form and its state.
pub(super) struct Row {
    pub place: String,
    pub sandik: String,
    pub race: &'static str,
    pub kind: &'static str,
    pub code: Karekod,
    /// `eksik`, `gelen`, `yeni` or `bekleyen`.
    pub state: &'static str,
    pub told: String,
    /// What it is in the ledger, where it may have many pages.
    pub many_pages: Option<FormKey>,
    /// The scan that waits for it.
    waits: Option<u64>,
}

/// Which codes scans that wait were read to have, and which forms somebody wishes to be linked.
pub(super) struct Waiting {
    read: HashMap<Karekod, u64>,
    wished: HashSet<Karekod>,
}

impl Waiting {
    pub async fn of(ledger: &Ledger, sender: &Sender) -> Result<Self, LedgerError> {
        let mut read = HashMap::new();
        for line in ledger.parked_of_board(&sender.board, None, WAITING).await? {
            for code in parse(line.position, &line.line)?.codes {
                read.insert(code, line.position);
            }
        }
        let wishes = ledger.hand_wishes(&sender.board, WAITING).await?;
        Ok(Self { read, wished: wishes.into_iter().map(|wish| wish.code).collect() })
    }

    pub fn row(&self, expected: &ExpectedForm, now: Option<&OnFileNow>) -> Row {
        let form = &expected.form;
        let waits = self.read.get(&form.code).copied();
        let (state, mut told) = match now {
            Some(now) if now.revision > 1 => ("yeni", format!("Geldi, {}. sürüm, {}", now.revision, time(now.at_ms))),
            Some(now) if now.pages > 1 => ("gelen", format!("Geldi, {} sayfa, {}", now.pages, time(now.at_ms))),
            Some(now) => ("gelen", format!("Geldi, {}", time(now.at_ms))),
            None if waits.is_some() => ("bekleyen", "Görüntüsü var, bağlanamadı".to_owned()),
            None => ("eksik", "Eksik".to_owned()),
        };
        if self.wished.contains(&form.code) {
            told.push_str("; elle bağlama onay bekliyor");
        }
        Row {
            place: expected.places.last().map(|place| place.name.clone()).unwrap_or_default(),
            sandik: form.sandik.map(|number| number.to_string()).unwrap_or_default(),
            race: form.race.map_or("Tüm seçimler", Race::turkish),
            kind: form.kind.turkish(),
            code: form.code.clone(),
            state,
            told,
            many_pages: form.many_pages.then(|| form.key()),
            waits: waits.filter(|_| now.is_none()),
        }
    }
}

/// A walk over the forms of one board.
#[derive(Clone)]
struct Walk {
    ledger: Ledger,
    election: Election,
    reach: Reach,
    asked: MissingQuery,
}

impl Walk {
    /// None before an election is loaded.
    async fn new(ledger: &Ledger, sender: &Sender, asked: MissingQuery) -> Result<Option<Self>, LedgerError> {
        let Some(stored) = ledger.election().await? else { return Ok(None) };
        let reach = ledger.reach(&sender.place).await?;
        Ok(Some(Self { ledger: ledger.clone(), election: stored.election, reach, asked }))
    }

    /// The rows that fit among the next forms, and where to go on.
    async fn step(&self, waiting: &Waiting, cursor: FormCursor) -> Result<(Vec<Row>, FormCursor), LedgerError> {
        let (mut forms, next) = self.ledger.forms_of_board(&self.reach, &self.election, cursor, STEP).await?;
        forms.retain(|expected| self.asked.fits(expected));
        let keys: Vec<FormKey> = forms.iter().map(|expected| expected.form.key()).collect();
        let mut now = HashMap::new();
        for keys in keys.chunks(1000) {
            now.extend(self.ledger.on_file_now(keys).await?);
        }
        let rows = forms.iter().zip(&keys).map(|(expected, key)| waiting.row(expected, now.get(key)));
        let fits = |row: &Row| self.asked.durum.is_empty() || self.asked.durum == row.state;
        Ok((rows.filter(fits).collect(), next))
    }
}

/// The forms of one box, or the sheets of places, each with its state.
pub(super) async fn forms_of_box(
    ledger: &Ledger,
    sender: &Sender,
    sandik: Option<u32>,
) -> Result<Vec<Row>, LedgerError> {
    let Some(walk) = Walk::new(ledger, sender, MissingQuery::default()).await? else { return Ok(Vec::new()) };
    let waiting = Waiting::of(ledger, sender).await?;
    let wanted = sandik.map(|number| number.to_string()).unwrap_or_default();
    let (mut found, mut cursor) = (Vec::new(), FormCursor::Start);
    while cursor != FormCursor::End && found.len() < PAGE {
        let rows;
        (rows, cursor) = walk.step(&waiting, cursor).await?;
        found.extend(rows.into_iter().filter(|row| row.sandik == wanted));
    }
    Ok(found)
}

#[derive(Template)]
#[template(path = "web/site/board/missing.html", config = ".askama.toml")]
struct MissingPage {
    frame: Frame,
    board: String,
    printed: String,
    asked: MissingQuery,
    query: String,
    places: Vec<(PlaceId, String)>,
    races: Vec<Race>,
    rows: Vec<Row>,
    next: Option<String>,
}

/// The page.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Query(asked): Query<MissingQuery>,
) -> Result<Response, Problem> {
    let mut cursor = match asked.sonra.as_str() {
        "" => FormCursor::Start,
        text => text.parse().map_err(|_| Problem::bad_query("Sayfa adresi anlaşılamadı."))?,
    };
    let walk = Walk::new(&services.ledger, &sender, asked.clone()).await?;
    let (mut rows, mut places, mut races) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(walk) = &walk {
        let waiting = Waiting::of(&services.ledger, &sender).await?;
        places = services.ledger.places_of_board(&walk.reach).await?;
        races = walk.election.races().iter().collect();
        while cursor != FormCursor::End && rows.len() < PAGE {
            let more;
            (more, cursor) = walk.step(&waiting, cursor).await?;
            rows.extend(more);
        }
    }
    let page = MissingPage {
        frame: Frame::new(&services, "Eksikler", Some(&visitor)).await,
        board: visitor.account_name.clone(),
        printed: time(services.clock.now().as_millisecond()),
        query: asked.query(),
        asked,
        places,
        races,
        rows,
        next: (walk.is_some() && cursor != FormCursor::End).then(|| cursor.to_string()),
    };
    Ok(show(StatusCode::OK, &page))
}

/// All that fits, as a table for spreadsheets.
pub(in crate::web) async fn csv(
    State(services): State<Services>,
    Extension(sender): Extension<Sender>,
    Query(asked): Query<MissingQuery>,
) -> Result<Response, Problem> {
    const HEADERS: [&str; 6] = ["YER", "SANDIK NO", "SEÇİM TÜRÜ", "TUTANAK", "KAREKOD", "DURUM"];
    let mut head = "\u{feff}".as_bytes().to_vec();
    comma_row(&mut head, &HEADERS);
    let walk = Walk::new(&services.ledger, &sender, asked).await?;
    let waiting = Waiting::of(&services.ledger, &sender).await?;
    let start = walk.map(|walk| (walk, waiting, FormCursor::Start));
    let steps = futures::stream::try_unfold(start, |state| async move {
        let Some((walk, waiting, cursor)) = state else { return Ok::<_, LedgerError>(None) };
        let (rows, next) = walk.step(&waiting, cursor).await?;
        let mut out = Vec::new();
        for row in rows {
            let cells = [&row.place, &row.sandik, row.race, row.kind, row.code.as_str(), &row.told];
            comma_row(&mut out, &cells);
        }
        Ok(Some((out, (next != FormCursor::End).then_some((walk, waiting, next)))))
    });
    let body = futures::stream::iter([Ok(head)]).chain(steps);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"eksikler.csv\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}
