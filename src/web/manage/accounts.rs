//! Accounts: parties, candidates, boards. Operators and auditors are only shown.

use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{only_at_the_machine, unsound};
use crate::access::{addresses, enrol};
use crate::domain::{BoardId, Channel, Gate, PartyId, PlaceId};
use crate::ledger::secrets::Account;
use crate::web::Site;
use crate::web::extract::{Extension, Json, Path, Query};
use crate::web::problem::Problem;
use crate::web::site::gate::About;

/// Which accounts.
#[derive(Deserialize)]
pub(in crate::web) struct Which {
    kind: Option<String>,
}

/// An account as it is told.
#[derive(Serialize)]
pub(in crate::web) struct Told {
    id: String,
    kind: String,
    name: String,
    place: Option<String>,
    addresses: Vec<String>,
    opens_with: String,
    active: bool,
}

impl From<Account> for Told {
    fn from(account: Account) -> Self {
        let Account { id, kind, name, place, addresses, opens_with, active } = account;
        let addresses = addresses.split_whitespace().map(str::to_owned).collect();
        Self { id, kind, name, place, addresses, opens_with, active }
    }
}

/// An account that is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct New {
    kind: String,
    id: String,
    name: String,
    #[serde(default)]
    addresses: Vec<IpNet>,
    #[serde(default)]
    takes_no_part: bool,
    place: Option<PlaceId>,
}

/// What changes of an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Changed {
    active: Option<bool>,
    addresses: Option<Vec<IpNet>>,
}

/// A machine's secret that is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewSecret {
    channel: Channel,
    /// How long the one before still works.
    overlap_seconds: u32,
}

/// A machine's secret, told this once.
#[derive(Serialize)]
pub(in crate::web) struct GivenSecret {
    secret: String,
    old_until: jiff::Timestamp,
}

pub(in crate::web) async fn list(
    State(site): State<Site>,
    Query(Which { kind }): Query<Which>,
) -> Result<Json<Vec<Told>>, Problem> {
    let accounts = site.ledger.accounts(kind.as_deref()).await?;
    Ok(Json(accounts.into_iter().map(Told::from).collect()))
}

async fn find(site: &Site, id: &str) -> Result<Account, Problem> {
    if id.contains('\0') {
        return Err(Problem::missing());
    }
    site.ledger.account(id).await?.ok_or_else(Problem::missing)
}

pub(in crate::web) async fn show(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
) -> Result<Json<Told>, Problem> {
    let account = find(&site, &id).await?;
    about.is(&id);
    Ok(Json(account.into()))
}

/// An address list as it is kept: of a party or candidate some addresses of their own, and none of a trusted proxy.
fn kept(site: &Site, kind: &str, addresses: Vec<IpNet>) -> Result<Vec<IpNet>, String> {
    if !matches!(kind, "party" | "candidate") {
        return Ok(addresses.into_iter().map(addresses::canonical).collect());
    }
    let reported = addresses.into_iter().map(addresses::reported).collect::<Result<Vec<_>, _>>();
    let reported = reported.map_err(|bad| bad.turkish())?;
    site.proxies.keep_apart(&reported).map_err(|overlap| overlap.to_string())?;
    Ok(reported)
}

/// Adds one. Its secrets are told this once.
pub(in crate::web) async fn add(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Json(new): Json<New>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let New { kind, id, name, addresses, takes_no_part, place } = new;
    let ledger = &site.ledger;
    let bad = || unsound("Kısa ad 1–48 karakter olmalı: a–z, 0–9 ve '-'.");
    let (party, board): (PartyId, BoardId) = (id.parse().map_err(|_| bad())?, id.parse().map_err(|_| bad())?);
    about.is(&id);
    if let Some(refusal) = only_at_the_machine(&kind) {
        return Err(refusal);
    }
    let no_place = || unsound("Yer (place) yazılmamış.");
    if matches!(kind.as_str(), "party" | "candidate") && addresses.is_empty() {
        return Err(unsound("Sabit IP adresleri (addresses) yazılmamış."));
    }
    let addresses = kept(&site, &kind, addresses).map_err(unsound)?;
    let given = match kind.as_str() {
        "party" => {
            let opens_with = if takes_no_part { Gate::BanLifted } else { Gate::PartiesOpen };
            serde_json::to_value(enrol::party(ledger, &party, &name, &addresses, opens_with).await?)
        }
        "candidate" => serde_json::to_value(enrol::candidate(ledger, &party, &name, &addresses).await?),
        "independent" => {
            enrol::independent(ledger, &party, &name, &place.ok_or_else(no_place)?).await?;
            Ok(serde_json::json!({}))
        }
        "board" => {
            let place = place.ok_or_else(no_place)?;
            serde_json::to_value(enrol::board(ledger, &board, &name, &place, &addresses).await?)
        }
        _ => return Err(unsound("kind: party, candidate, independent ya da board olabilir.")),
    };
    Ok((StatusCode::CREATED, Json(given.expect("text and numbers"))))
}

/// Takes it out of use or into it, and replaces its address list. Its people's sessions end.
pub(in crate::web) async fn change(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
    Json(changed): Json<Changed>,
) -> Result<Json<Told>, Problem> {
    let account = find(&site, &id).await?;
    about.is(&id);
    if let Some(refusal) = only_at_the_machine(&account.kind) {
        return Err(refusal);
    }
    if let Some(addresses) = changed.addresses {
        let addresses = kept(&site, &account.kind, addresses).map_err(unsound)?;
        let list: Vec<String> = addresses.iter().map(IpNet::to_string).collect();
        site.ledger.account_set_addresses(&account.kind, &id, &list.join(" ")).await?;
    }
    if let Some(active) = changed.active {
        site.ledger.account_set_active(&account.kind, &id, active).await?;
    }
    Ok(Json(find(&site, &id).await?.into()))
}

/// Puts a new machine's secret in force, told this once.
pub(in crate::web) async fn new_secret(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
    Json(NewSecret { channel, overlap_seconds }): Json<NewSecret>,
) -> Result<Json<GivenSecret>, Problem> {
    let account = find(&site, &id).await?;
    about.is(&id);
    let fits = match account.kind.as_str() {
        "party" | "candidate" => matches!(channel, Channel::Bulk | Channel::Service),
        "board" => channel == Channel::Board,
        _ => false,
    };
    if !fits {
        return Err(unsound("Bu hesabın böyle bir anahtarı yok."));
    }
    let overlap = SignedDuration::from_secs(overlap_seconds.into());
    let old_until = site.sessions.now().saturating_add(overlap).unwrap_or(jiff::Timestamp::MAX);
    let secret = enrol::new_secret(&site.ledger, (&account.kind, &id), channel, old_until).await?;
    Ok(Json(GivenSecret { secret, old_until }))
}
