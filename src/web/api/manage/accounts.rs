//! Accounts: parties, candidates, boards, senders of results. Operators and auditors are only shown.

use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Done, only_at_the_machine, unsound};
use crate::access::addresses;
use crate::access::consent::{self, Effect};
use crate::domain::{BoardId, Channel, Gate, PartyId, PlaceId};
use crate::ledger::secrets::Account;
use crate::people::enrol;
use crate::people::enrol::EnrolError;
use crate::web::Services;
use crate::web::about::About;
use crate::web::extract::{Extension, Json, Path, Query};
use crate::web::problem::Problem;

/// Which accounts.
#[derive(Deserialize)]
pub(in crate::web) struct Which {
    kind: Option<String>,
}

/// An account as programs see it.
#[derive(Serialize)]
pub(in crate::web) struct AccountView {
    id: String,
    kind: String,
    name: String,
    place: Option<String>,
    addresses: Vec<String>,
    opens_with: String,
    active: bool,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { id, kind, name, place, addresses, opens_with, active } = account;
        let addresses = addresses.split_whitespace().map(str::to_owned).collect();
        Self { id, kind, name, place, addresses, opens_with, active }
    }
}

/// An account that is wanted.
#[derive(Clone, Deserialize, Serialize)]
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
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Changed {
    active: Option<bool>,
    addresses: Option<Vec<IpNet>>,
}

/// A machine's secret that is wanted.
#[derive(Clone, Deserialize, Serialize)]
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
    State(services): State<Services>,
    Query(Which { kind }): Query<Which>,
) -> Result<Json<Vec<AccountView>>, Problem> {
    let accounts = services.ledger.accounts(kind.as_deref()).await?;
    Ok(Json(accounts.into_iter().map(AccountView::from).collect()))
}

async fn find(services: &Services, id: &str) -> Result<Account, Problem> {
    services.ledger.account(id).await?.ok_or_else(Problem::missing)
}

pub(in crate::web) async fn show(
    State(services): State<Services>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
) -> Result<Json<AccountView>, Problem> {
    let account = find(&services, &id).await?;
    about.is(&id);
    Ok(Json(account.into()))
}

/// An address list as it is kept: of a party or candidate some addresses of their own, and none of a trusted proxy.
fn kept(services: &Services, kind: &str, addresses: Vec<IpNet>) -> Result<Vec<IpNet>, String> {
    if !matches!(kind, "party" | "candidate") {
        return Ok(addresses.into_iter().map(addresses::canonical).collect());
    }
    let reported = addresses.into_iter().map(addresses::reported).collect::<Result<Vec<_>, _>>();
    let reported = reported.map_err(|bad| bad.turkish())?;
    services.proxies.keep_apart(&reported).map_err(|overlap| overlap.to_string())?;
    Ok(reported)
}

impl New {
    /// What it is about, for the request's row.
    pub fn subject(&self) -> &str {
        &self.id
    }

    /// Whether it could be added now.
    pub async fn effect(&self, services: &Services, about: &About) -> Result<Effect, Problem> {
        let bad = || unsound("Kısa ad 1–48 karakter olmalı: a–z, 0–9 ve '-'.");
        let _: PartyId = self.id.parse().map_err(|_| bad())?; // the same spelling as every account's
        about.is(&self.id);
        if let Some(refusal) = only_at_the_machine(&self.kind) {
            return Err(refusal);
        }
        if matches!(self.kind.as_str(), "party" | "candidate" | "feed") && self.addresses.is_empty() {
            return Err(unsound("Sabit IP adresleri (addresses) yazılmamış."));
        }
        kept(services, &self.kind, self.addresses.clone()).map_err(unsound)?;
        enrol::is_a_name(&self.name)?;
        let no_place = || unsound("Yer (place) yazılmamış.");
        let place = self.place.as_ref();
        match self.kind.as_str() {
            "party" | "candidate" | "feed" => {}
            "independent" => enrol::is_a_constituency(&services.ledger, place.ok_or_else(no_place)?).await?,
            "board" => enrol::seats_a_board(&services.ledger, place.ok_or_else(no_place)?).await?,
            _ => return Err(unsound("kind: party, candidate, independent, board ya da feed olabilir.")),
        }
        match services.ledger.account(&self.id).await? {
            Some(_) => Err(EnrolError::Taken(self.id.clone()).into()),
            None => Ok(Effect::Opens),
        }
    }

    /// Adds it. Its secrets are told this once.
    pub async fn carry_out(self, services: &Services, about: &About) -> Result<Done, Problem> {
        self.effect(services, about).await?;
        let New { kind, id, name, addresses, takes_no_part, place } = self;
        let ledger = &services.ledger;
        let bad = || unsound("Kısa ad geçersiz.");
        let (party, board): (PartyId, BoardId) = (id.parse().map_err(|_| bad())?, id.parse().map_err(|_| bad())?);
        let addresses = kept(services, &kind, addresses).map_err(unsound)?;
        let given = match (kind.as_str(), place) {
            ("party", _) => {
                let opens_with = if takes_no_part { Gate::BanLifted } else { Gate::PartiesOpen };
                serde_json::to_value(enrol::party(ledger, &party, &name, &addresses, opens_with).await?)
            }
            ("feed", _) => {
                let feed = id.parse().map_err(|_| bad())?;
                serde_json::to_value(enrol::feed(ledger, &feed, &name, &addresses).await?)
            }
            ("candidate", _) => serde_json::to_value(enrol::candidate(ledger, &party, &name, &addresses).await?),
            ("independent", Some(place)) => {
                enrol::independent(ledger, &party, &name, &place).await?;
                Ok(serde_json::json!({}))
            }
            (_, Some(place)) => serde_json::to_value(enrol::board(ledger, &board, &name, &place, &addresses).await?),
            (_, None) => return Err(unsound("Yer (place) yazılmamış.")),
        };
        Ok((StatusCode::CREATED, given.expect("text and numbers")))
    }
}

impl Changed {
    /// What it does to who gets in.
    pub async fn effect(&self, services: &Services, about: &About, id: &str) -> Result<Effect, Problem> {
        let account = find(services, id).await?;
        about.is(id);
        if let Some(refusal) = only_at_the_machine(&account.kind) {
            return Err(refusal);
        }
        let wakes = self.active == Some(true) && !account.active;
        let opens = match &self.addresses {
            None => wakes,
            Some(addresses) => {
                let after = kept(services, &account.kind, addresses.clone()).map_err(unsound)?;
                wakes || consent::of_addresses(&account.kind, &account.addresses, &after) == Effect::Opens
            }
        };
        Ok(Effect::opens(opens))
    }

    /// Changes it, and its people's sessions end.
    pub async fn carry_out(self, services: &Services, about: &About, id: &str) -> Result<Done, Problem> {
        self.effect(services, about, id).await?;
        let account = find(services, id).await?;
        if let Some(addresses) = self.addresses {
            let addresses = kept(services, &account.kind, addresses).map_err(unsound)?;
            let list: Vec<String> = addresses.iter().map(IpNet::to_string).collect();
            services.ledger.account_set_addresses(&account.kind, id, &list.join(" ")).await?;
        }
        if let Some(active) = self.active {
            services.ledger.account_set_active(&account.kind, id, active).await?;
        }
        let view = AccountView::from(find(services, id).await?);
        Ok((StatusCode::OK, serde_json::to_value(view).expect("text")))
    }
}

impl NewSecret {
    /// What it does to who gets in.
    pub async fn effect(&self, services: &Services, about: &About, id: &str) -> Result<Effect, Problem> {
        let account = find(services, id).await?;
        about.is(id);
        let fits = match account.kind.as_str() {
            "party" | "candidate" => matches!(self.channel, Channel::Bulk | Channel::Service),
            "board" => self.channel == Channel::Board,
            "feed" => self.channel == Channel::Feed,
            _ => false,
        };
        if fits { Ok(Effect::Opens) } else { Err(unsound("Bu hesabın böyle bir anahtarı yok.")) }
    }

    /// Puts it in force, told this once.
    pub async fn carry_out(self, services: &Services, about: &About, id: &str) -> Result<Done, Problem> {
        self.effect(services, about, id).await?;
        let account = find(services, id).await?;
        let overlap = SignedDuration::from_secs(self.overlap_seconds.into());
        let old_until = services.clock.now().saturating_add(overlap).unwrap_or(jiff::Timestamp::MAX);
        let secret = enrol::new_secret(&services.ledger, (&account.kind, id), self.channel, old_until).await?;
        Ok((StatusCode::OK, serde_json::to_value(GivenSecret { secret, old_until }).expect("text")))
    }
}
