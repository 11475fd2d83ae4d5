//! What the machine of a board asks, with its token. `/v1/scans` takes scans in; `/v1/board` says which board the token
//! belongs to, what time it is and which gates are open, where its uploads wait, and which of its forms are still missing.

mod known;
mod scans;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::gates::GateNow;
use crate::access::{Act, Object};
use crate::admission::{Asked, Way, Who};
use crate::audit::RecordSlot;
use crate::domain::{BoardId, FormKind, Karekod, PlaceId, Race, Sender};
use crate::ledger::registry::{ExpectedForm, FormCursor};
use crate::web::Services;
use crate::web::needs::Needs;
use crate::web::on_record::finish;
use crate::web::problem::Problem;
use crate::web::queued::Queued;
use crate::web::route::{Route, get, post, put};
use crate::web::who::{self, BoardMachine};

pub(super) fn routes() -> Vec<Route> {
    vec![
        put("/v1/scans/{digest}", Needs::BoardMachine, scans::upload_by_a_machine),
        post("/v1/scans/known", Needs::BoardMachine, known::known_of_a_machine),
        get("/v1/board", Needs::BoardMachine, greet_a_machine),
        get("/v1/board/missing", Needs::BoardMachine, missing_for_a_machine),
        get("/v1/board/queue", Needs::BoardMachine, queue_of_a_machine),
    ]
}

/// Forms looked at for one page.
const PAGE: u32 = 1000;

/// Who asks, as we know them.
#[derive(Debug, Serialize)]
struct Greeting {
    board: BoardId,
    place: PlaceId,
    /// The election's id and name; none before it is loaded.
    election: Option<String>,
    name: Option<String>,
    /// The keys that sign receipts, as a verifier is given them: `name+id+key`.
    keys: Vec<String>,
    /// The service's clock, and how the gates stand by it.
    at: Timestamp,
    gates: Vec<GateNow>,
    /// As [`Turn`] has it.
    queue: Option<Queued>,
}

/// Where a board's uploads wait at this node.
#[derive(Debug, Serialize)]
struct Turn {
    at: Timestamp,
    /// None while none of them waits for others.
    queue: Option<Queued>,
}

/// The board that a token belongs to, and the keys that sign its receipts: the first question of a client.
async fn greet_a_machine(State(services): State<Services>, board: BoardMachine) -> Result<Json<Greeting>, Problem> {
    let slot = follow(&services, &board, "board".to_owned()).await?;
    let greeting = greeting(&services, board.sender).await;
    finish(slot, &greeting, |_| 0);
    greeting.map(Json)
}

/// The queue position of the board's uploads. Every waiting client polls it on another stream or connection: apart from
/// the check of the token and the row in the record, it needs no database.
async fn queue_of_a_machine(State(services): State<Services>, board: BoardMachine) -> Result<Json<Turn>, Problem> {
    let slot = follow(&services, &board, "queue".to_owned()).await?;
    let turn = Ok(Turn { at: services.clock.now(), queue: Queued::of(&services, &board.sender.board) });
    finish(slot, &turn, |_| 0);
    turn.map(Json)
}

async fn greeting(services: &Services, Sender { board, place }: Sender) -> Result<Greeting, Problem> {
    let (at, queue) = (services.clock.now(), Queued::of(services, &board));
    let gates = services.door.gates().await?.now(at);
    let keys = services.tree.keys().await?;
    let election = services.ledger.election().await?.map(|stored| stored.election);
    let name = election.as_ref().map(|election| election.name().to_owned());
    let election = election.map(|election| election.id().to_owned());
    Ok(Greeting { board, place, election, name, keys, at, gates, queue })
}

/// What may stand behind the `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    after: Option<String>,
}

/// A page of the walk over the board's forms.
#[derive(Debug, Serialize)]
struct Page {
    /// Forms that this page looked at.
    expected: usize,
    /// Those of them that have no scan.
    missing: Vec<MissingForm>,
    /// What to ask for next: `?after=…`. None when this was the last page.
    next: Option<String>,
}

/// A form that no scan was linked to yet.
#[derive(Debug, Serialize)]
struct MissingForm {
    code: Karekod,
    kind: FormKind,
    race: Option<Race>,
    sandik: Option<u32>,
    /// The names of its places, the largest first.
    places: Vec<String>,
    /// As people say it: `Sandık 1001, Cumhurbaşkanı, Sandık Sonuç Tutanağı`.
    tr: String,
}

/// Which of the board's forms are missing: the boxes in the order of their import, then the sheets of places.
async fn missing_for_a_machine(
    State(services): State<Services>,
    board: BoardMachine,
    asked: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let after = asked.as_ref().ok().and_then(|asked| asked.after.clone()).unwrap_or_default();
    let slot = follow(&services, &board, format!("missing {after}")).await?;
    let page = page(&services, &board, asked).await;
    finish(slot, &page, |_| 0);
    page.map(Json)
}

async fn page(
    services: &Services,
    board: &BoardMachine,
    asked: Result<Query<Which>, QueryRejection>,
) -> Result<Page, Problem> {
    let bad = || Problem::bad_query("Yalnız after=<önceki yanıttaki next> yazılabilir.");
    let cursor = match asked.map_err(|_| bad())?.0.after {
        Some(text) => text.parse().map_err(|_| bad())?,
        None => FormCursor::Start,
    };
    let Some(stored) = services.ledger.election().await? else {
        return Ok(Page { expected: 0, missing: Vec::new(), next: None });
    };
    let reach = services.ledger.reach(&board.sender.place).await?;
    let (forms, next) = services.ledger.forms_of_board(&reach, &stored.election, cursor, PAGE).await?;
    let expected = forms.len();
    let missing = forms.into_iter().filter(|form| !form.on_file).map(MissingForm::from).collect();
    Ok(Page { expected, missing, next: (next != FormCursor::End).then(|| next.to_string()) })
}

impl From<ExpectedForm> for MissingForm {
    fn from(expected: ExpectedForm) -> Self {
        let ExpectedForm { form, places, .. } = expected;
        let tr = form.turkish();
        let places = places.into_iter().map(|place| place.name).collect();
        Self { code: form.code, kind: form.kind, race: form.race, sandik: form.sandik, places, tr }
    }
}

/// The slot of a board that follows what became of its uploads: `object` says what of it.
async fn follow(services: &Services, board: &BoardMachine, object: String) -> Result<RecordSlot, Problem> {
    let asked = Asked::new(Act::FollowUploads, Object::Of(&board.principal.account), &object);
    let admitted = services.admission.admit(Who::Current(&board.principal), asked, Way::https(board.from)).await;
    admitted.map_err(|refused| Problem::not_admitted(refused, who::BEARER))
}
