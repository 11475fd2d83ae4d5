//! What operators do to who gets in, by program: done at once where it shuts somebody out, else asked for, as a request
//! that a second operator agrees to ([`super::requests`]).

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Done, accounts, conflict, people};
use crate::access::consent::Effect;
use crate::access::sessions::Visitor;
use crate::ledger::consent::{Consent, NewConsent};
use crate::web::Services;
use crate::web::about::About;
use crate::web::extract::Json;
use crate::web::problem::Problem;

/// How long a request may be agreed to.
const WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Everything that operators do to who gets in, by program. It is written down as it was asked for and carried out as it
/// was written down.
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

    /// Carries it out. Secrets are in the answer, this once.
    pub async fn carry_out(self, services: &Services, about: &About) -> Result<Done, Problem> {
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
    pub async fn do_or_ask(self, services: &Services, visitor: &Visitor, about: &About) -> Result<Response, Problem> {
        if self.effect(services, about).await? != Effect::Opens {
            let (status, body) = self.carry_out(services, about).await?;
            return Ok((status, Json(body)).into_response());
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
        Ok((StatusCode::ACCEPTED, place, Json(request_view(&request, now, false))).into_response())
    }
}

/// A request as programs see it; `whole`, with exactly what is wanted.
pub(super) fn request_view(request: &Consent, now: Timestamp, whole: bool) -> Value {
    let time = |ms: i64| Timestamp::from_millisecond(ms).ok();
    let state = match request.outcome.as_deref() {
        Some(outcome) => outcome,
        None if request.expires_ms <= now.as_millisecond() => "expired",
        None => "waiting",
    };
    let mut view = json!({
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
        view["wanted"] = serde_json::from_str(&request.deed).unwrap_or_default();
    }
    view
}
