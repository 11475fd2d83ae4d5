//! People: the request form, slips, active and passive. Slips are told this once, in the answer.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Done, conflict, only_at_the_machine, unsound};
use crate::access::consent::Effect;
use crate::domain::person::Role;
use crate::ledger::people::{NotActivated, Person};
use crate::people::request_form::{self, Form, FormError};
use crate::people::slip::Slip;
use crate::people::{self, Wanted};
use crate::web::Services;
use crate::web::about::About;
use crate::web::extract::{Extension, Json, Query};
use crate::web::problem::Problem;

/// Whose people.
#[derive(Deserialize)]
pub(in crate::web) struct Whose {
    account: Option<String>,
}

/// A person as programs see them.
#[derive(Serialize)]
pub(in crate::web) struct PersonView {
    login: String,
    account: String,
    role: String,
    name: String,
    phone: String,
    email: String,
    active: bool,
    needs_form: bool,
    first_password: bool,
    second_factor: bool,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            active: person.seat.is_some(),
            login: person.id,
            account: person.account,
            role: person.role,
            name: person.name,
            phone: person.phone,
            email: person.email,
            needs_form: person.needs_form,
            first_password: person.must_change,
            second_factor: person.second_factor,
        }
    }
}

/// Somebody who is wanted.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct New {
    account: String,
    name: String,
    phone: String,
    email: String,
    role: Role,
}

/// What changes of somebody.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Changed {
    active: Option<bool>,
    role: Option<Role>,
}

/// What became of a form.
#[derive(Serialize)]
pub(in crate::web) struct Taken {
    logins: Vec<String>,
    slips: Vec<Slip>,
}

pub(in crate::web) async fn list(
    State(services): State<Services>,
    Query(Whose { account }): Query<Whose>,
) -> Result<Json<Vec<PersonView>>, Problem> {
    let people = services.ledger.people(account.as_deref()).await?;
    Ok(Json(people.into_iter().map(PersonView::from).collect()))
}

impl New {
    /// What it is about, for the request's row.
    pub fn subject(&self) -> &str {
        &self.account
    }

    async fn wanted(&self, services: &Services, about: &About) -> Result<Wanted, Problem> {
        let nobody = || unsound(format!("{} diye kullanıcısı olan etkin bir hesap yok.", self.account));
        let account = services.ledger.account(&self.account).await?.ok_or_else(nobody)?;
        if let Some(refusal) = only_at_the_machine(&account.kind) {
            about.is(&account.id);
            return Err(refusal);
        }
        Ok(Wanted {
            account: self.account.clone(),
            role: self.role,
            name: self.name.parse().map_err(|bad| unsound(format!("{bad}")))?,
            phone: self.phone.parse().map_err(|bad| unsound(format!("{bad}")))?,
            email: self.email.parse().map_err(|bad| unsound(format!("{bad}")))?,
        })
    }

    /// What it does to who gets in.
    pub async fn effect(&self, services: &Services, about: &About) -> Result<Effect, Problem> {
        let wanted = self.wanted(services, about).await?;
        about.is(&wanted.account);
        let people = services.ledger.people(Some(&wanted.account)).await?;
        if people.iter().any(|person| person.email == wanted.email.to_string()) {
            return Err(conflict("Bu e-posta adresiyle bir kullanıcı var."));
        }
        Ok(Effect::Opens)
    }

    /// Defines them. The slip is told this once.
    pub async fn carry_out(self, services: &Services, about: &About) -> Result<Done, Problem> {
        let wanted = self.wanted(services, about).await?;
        let slip = people::add(&services.ledger, services.door.passwords(), wanted, services.clock.now()).await?;
        about.is(&slip.login);
        Ok((StatusCode::CREATED, serde_json::to_value(slip).expect("text")))
    }
}

async fn find(services: &Services, login: &str) -> Result<Person, Problem> {
    services.ledger.person(login).await?.ok_or_else(Problem::missing)
}

/// Somebody who is to be changed: there is such a person, and one who is looked after from afar.
async fn may_be_changed(services: &Services, about: &About, login: &str) -> Result<(), Problem> {
    let person = find(services, login).await?;
    about.is(login);
    let account = services.ledger.account(&person.account).await?.ok_or_else(Problem::missing)?;
    match only_at_the_machine(&account.kind) {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

impl Changed {
    /// What it does to who gets in.
    pub async fn effect(&self, services: &Services, about: &About, login: &str) -> Result<Effect, Problem> {
        may_be_changed(services, about, login).await?;
        let person = find(services, login).await?;
        let wakes = self.active == Some(true) && person.seat.is_none();
        if wakes && person.needs_form {
            return Err(conflict(NEEDS_FORM));
        }
        // A representative stays active when all others are made passive.
        let rises = self.role == Some(Role::Representative) && person.role != Role::Representative.name();
        Ok(Effect::opens(wakes || rises))
    }

    /// Changes them.
    pub async fn carry_out(self, services: &Services, about: &About, login: &str) -> Result<Done, Problem> {
        may_be_changed(services, about, login).await?;
        if let Some(role) = self.role {
            services.ledger.person_set_role(login, role).await?;
        }
        match self.active {
            Some(true) => services.ledger.person_activate(login).await?.map_err(|why| match why {
                NotActivated::Missing => Problem::missing(),
                NotActivated::NoSeat => conflict("On kullanıcı var; on birincisi olamaz."),
                NotActivated::NeedsForm => conflict(NEEDS_FORM),
            })?,
            Some(false) => {
                services.ledger.person_passivate(login).await?;
            }
            None => {}
        }
        Ok((StatusCode::OK, serde_json::to_value(PersonView::from(find(services, login).await?)).expect("text")))
    }
}

const NEEDS_FORM: &str = "Bu kullanıcı ancak yeni bir talep formuyla etkin olur.";

/// What a new first password does to who gets in.
pub(super) async fn effect_of_a_slip(services: &Services, about: &About, login: &str) -> Result<Effect, Problem> {
    may_be_changed(services, about, login).await?;
    match find(services, login).await?.seat {
        Some(_) => Ok(Effect::Opens),
        None => Err(Problem::missing()),
    }
}

/// Gives somebody a new first password, told this once.
pub(super) async fn give_a_slip(services: &Services, about: &About, login: &str) -> Result<Done, Problem> {
    may_be_changed(services, about, login).await?;
    let slip = people::new_slip(&services.ledger, services.door.passwords(), login, services.clock.now()).await?;
    Ok((StatusCode::OK, serde_json::to_value(slip).expect("text")))
}

/// Everybody passive but the representatives, until a new form.
pub(in crate::web) async fn before_election(
    State(services): State<Services>,
    Extension(about): Extension<About>,
) -> Result<Json<Vec<String>>, Problem> {
    let passive = services.ledger.people_passivate_before_election().await?;
    passive.iter().for_each(|login| about.is(login));
    Ok(Json(passive))
}

/// A request form as it came, base 64.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(in crate::web) struct TakenForm(String);

impl TakenForm {
    pub fn new(form: &[u8]) -> Self {
        Self(STANDARD.encode(form))
    }

    async fn read(&self, services: &Services) -> Result<Form, Problem> {
        let bytes = STANDARD.decode(&self.0).map_err(|bad| Problem::unavailable(&bad))?;
        let (accounts, known) = (services.ledger.accounts(None).await?, services.ledger.people(None).await?);
        // Unpacking and checking may take a while, so it is kept off the async threads.
        let read = tokio::task::spawn_blocking(move || request_form::read(&bytes, &accounts, &known)).await;
        let form = match read {
            Ok(Ok(form)) => form,
            Ok(Err(FormError::Mistakes(mistakes))) => {
                let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                return Err(unsound(lines.join("\n")));
            }
            Ok(Err(error @ FormError::Unreadable(_))) => return Err(unsound(error.to_string())),
            Err(panicked) => return Err(Problem::unavailable(&panicked)),
        };
        services.proxies.keep_lists_apart(&form.addresses).map_err(|overlap| unsound(overlap.to_string()))?;
        Ok(form)
    }

    /// What it does to who gets in.
    pub async fn effect(&self, services: &Services) -> Result<Effect, Problem> {
        self.read(services).await?;
        Ok(Effect::Opens)
    }

    /// Defines everybody. The slips are told this once.
    pub async fn carry_out(self, services: &Services, about: &About) -> Result<Done, Problem> {
        let form = self.read(services).await?;
        let now = services.clock.now();
        let outcomes =
            people::define(&services.ledger, services.door.passwords(), &form.people, &form.addresses, now).await?;
        outcomes.iter().for_each(|outcome| about.is(&outcome.login));
        let (logins, slips): (Vec<_>, Vec<_>) =
            outcomes.into_iter().map(|outcome| (outcome.login, outcome.slip)).unzip();
        let taken = Taken { logins, slips: slips.into_iter().flatten().collect() };
        Ok((StatusCode::OK, serde_json::to_value(taken).expect("text")))
    }
}
