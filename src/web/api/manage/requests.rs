//! What lets anybody in waits here for a second operator: asked for in one operator's session, agreed to in another's, taken
//! back in anyone's.
//!
//! Who agrees gets the secrets, in the answer and this once: they are made when it is carried out, so none is ever kept, and
//! whoever asked cannot come for them later.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{accounts, conflict, people};
use crate::access::consent::Effect;
use crate::access::sessions::Visitor;
use crate::ledger::consent::{Consent, NewConsent, NotAgreed};
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::extract::{Extension, Json, Path, Query};
use crate::web::problem::Problem;
use crate::web::site::session::told::About;

/// How long a request may be agreed to.
const WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Requests of one answer at most.
const PAGE: u32 = 100;

/// What became of it: status and body.
pub(super) type Done = (StatusCode, Value);

/// Everything that operators do to who gets in, by program. It is written down as it was asked for and carried out as it was
/// written down.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Deed {
    AddAccount(accounts::New),
    ChangeAccount { id: String, change: accounts::Changed },
    NewSecret { id: String, wanted: accounts::NewSecret },
    AddPerson(people::New),
    ChangePerson { login: String, change: people::Changed },
    NewSlip { login: String },
    TakeForm { form: people::TakenForm },
}

impl Deed {
    /// Its name in requests.
    fn act(&self) -> &'static str {
        match self {
            Self::AddAccount(_) => "add-account",
            Self::ChangeAccount { .. } => "change-account",
            Self::NewSecret { .. } => "new-secret",
            Self::AddPerson(_) => "add-person",
            Self::ChangePerson { .. } => "change-person",
            Self::NewSlip { .. } => "new-slip",
            Self::TakeForm { .. } => "take-form",
        }
    }

    /// Whose account or person it is about.
    fn subject(&self) -> &str {
        match self {
            Self::AddAccount(new) => new.subject(),
            Self::ChangeAccount { id, .. } | Self::NewSecret { id, .. } => id,
            Self::AddPerson(new) => new.subject(),
            Self::ChangePerson { login, .. } | Self::NewSlip { login } => login,
            Self::TakeForm { .. } => "",
        }
    }

    /// What it does to who gets in, if it could be done now.
    async fn effect(&self, services: &Services, about: &About) -> Result<Effect, Problem> {
        match self {
            Self::AddAccount(new) => new.effect(services, about).await,
            Self::ChangeAccount { id, change } => change.effect(services, about, id).await,
            Self::NewSecret { id, wanted } => wanted.effect(services, about, id).await,
            Self::AddPerson(new) => new.effect(services, about).await,
            Self::ChangePerson { login, change } => change.effect(services, about, login).await,
            Self::NewSlip { login } => people::effect_of_a_slip(services, about, login).await,
            Self::TakeForm { form } => form.effect(services).await,
        }
    }

    async fn carry_out(self, services: &Services, about: &About) -> Result<Done, Problem> {
        match self {
            Self::AddAccount(new) => new.carry_out(services, about).await,
            Self::ChangeAccount { id, change } => change.carry_out(services, about, &id).await,
            Self::NewSecret { id, wanted } => wanted.carry_out(services, about, &id).await,
            Self::AddPerson(new) => new.carry_out(services, about).await,
            Self::ChangePerson { login, change } => change.carry_out(services, about, &login).await,
            Self::NewSlip { login } => people::give_a_slip(services, about, &login).await,
            Self::TakeForm { form } => form.carry_out(services, about).await,
        }
    }

    /// Does at once what shuts somebody out; asks a second operator for what lets anybody in: 202, with the request.
    pub async fn done_or_asked_for(
        self,
        services: &Services,
        visitor: &Visitor,
        about: &About,
    ) -> Result<Response, Problem> {
        if self.effect(services, about).await? != Effect::Opens {
            let (status, told) = self.carry_out(services, about).await?;
            return Ok((status, Json(told)).into_response());
        }
        let now = services.clock.now();
        let new = NewConsent {
            asker: visitor.principal.account.clone(),
            act: self.act(),
            subject: self.subject().to_owned(),
            deed: serde_json::to_string(&self).map_err(|bug| Problem::unavailable(&bug))?,
            expires: now.saturating_add(WITHIN).unwrap_or(Timestamp::MAX),
        };
        let Some(id) = services.ledger.consent_ask(&new, now).await? else {
            return Err(conflict("Onay bekleyen çok fazla talep var; önce onlar sonuçlanmalı."));
        };
        let request = services.ledger.consent(id).await?.ok_or_else(Problem::missing)?;
        let place = [(LOCATION, format!("/v1/yonetim/talepler/{id}"))];
        Ok((StatusCode::ACCEPTED, place, Json(told(&request, now, false))).into_response())
    }
}

fn told(request: &Consent, now: Timestamp, whole: bool) -> Value {
    let time = |ms: i64| Timestamp::from_millisecond(ms).ok();
    let state = match request.outcome.as_deref() {
        Some(outcome) => outcome,
        None if request.expires_ms <= now.as_millisecond() => "expired",
        None => "waiting",
    };
    let mut told = json!({
        "request": request.id,
        "act": request.act,
        "subject": request.subject,
        "asker": request.asker,
        "at": time(request.at_ms),
        "expires": time(request.expires_ms),
        "state": state,
        "decider": request.decider,
        "decided": request.decided_ms.and_then(time),
    });
    if whole {
        told["wanted"] = serde_json::from_str(&request.deed).unwrap_or_default();
    }
    told
}

/// Where the list goes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct After {
    #[serde(default)]
    after: u64,
}

/// The requests, oldest first, without what exactly is wanted.
pub(in crate::web) async fn list(
    State(services): State<Services>,
    Query(After { after }): Query<After>,
) -> Result<Json<Vec<Value>>, Problem> {
    let now = services.clock.now();
    let requests = services.ledger.consents_after(after, PAGE).await?;
    Ok(Json(requests.iter().map(|request| told(request, now, false)).collect()))
}

/// What is no number is no request's either.
fn number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

/// One of them with exactly what is wanted: what would be agreed to.
pub(in crate::web) async fn show(
    State(services): State<Services>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let request = services.ledger.consent(number(&id)).await?.ok_or_else(Problem::missing)?;
    Ok(Json(told(&request, services.clock.now(), true)))
}

/// Agrees, in the name of whoever has logged in, and carries it out. The answer is what the request would have had.
pub(in crate::web) async fn agree(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id);
    let request = match services.ledger.consent_agree(id, &visitor.principal.account, services.clock.now()).await? {
        Ok(request) => request,
        Err(NotAgreed::Missing) => return Err(Problem::missing()),
        Err(why) => {
            let (kind, detail) = match why {
                NotAgreed::SamePerson => {
                    ("same-person", "Talep eden kendi talebini onaylayamaz; ikinci bir işletmen onaylamalı.")
                }
                NotAgreed::Expired => ("expired", "Talebin onay süresi geçti; yeniden talep edilmeli."),
                NotAgreed::AskerGone => ("asker-gone", "Talep eden işletmenin hesabı artık etkin değil."),
                NotAgreed::Decided | NotAgreed::Missing => ("decided", "Bu talep daha önce sonuçlandı."),
            };
            return Err(Problem::new(StatusCode::CONFLICT, kind, "Conflict", detail));
        }
    };
    if !request.subject.is_empty() {
        about.is(&request.subject);
    }
    let deed: Deed = serde_json::from_str(&request.deed).map_err(|bug| Problem::unavailable(&bug))?;
    match deed.carry_out(&services, &about).await {
        Ok((status, told)) => Ok((status, Json(told)).into_response()),
        Err(problem) => {
            if let Err(error) = services.ledger.consent_failed(id).await {
                tracing::error!(error = %Chain(&error), request = id, "Could not write down that a request was not carried out");
            }
            Err(problem)
        }
    }
}

/// Takes a request back, be it one's own or another's.
pub(in crate::web) async fn take_back(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = number(&id);
    let request = services.ledger.consent(id).await?.ok_or_else(Problem::missing)?;
    if !request.subject.is_empty() {
        about.is(&request.subject);
    }
    match services.ledger.consent_take_back(id, &visitor.principal.account, services.clock.now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(conflict("Bu talep daha önce sonuçlandı.")),
    }
}
