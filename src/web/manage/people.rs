//! People: the request form, slips, active and passive. Slips are told this once, in the answer.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{conflict, only_at_the_machine, unsound};
use crate::access::people::{self, Wanted};
use crate::access::request_form::{self, FormError};
use crate::access::slip::Slip;
use crate::domain::person::Role;
use crate::ledger::people::{NotActivated, Person};
use crate::web::Site;
use crate::web::extract::{Extension, Json, Path, Query, Whole};
use crate::web::problem::Problem;
use crate::web::site::gate::About;

/// Whose people.
#[derive(Deserialize)]
pub(in crate::web) struct Whose {
    account: Option<String>,
}

/// A person as they are told.
#[derive(Serialize)]
pub(in crate::web) struct Told {
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

impl From<Person> for Told {
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct New {
    account: String,
    name: String,
    phone: String,
    email: String,
    role: Role,
}

/// What changes of somebody.
#[derive(Deserialize)]
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
    State(site): State<Site>,
    Query(Whose { account }): Query<Whose>,
) -> Result<Json<Vec<Told>>, Problem> {
    let people = site.ledger.people(account.as_deref()).await?;
    Ok(Json(people.into_iter().map(Told::from).collect()))
}

pub(in crate::web) async fn add(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Json(new): Json<New>,
) -> Result<(StatusCode, Json<Slip>), Problem> {
    let nobody = || unsound(format!("{} diye kullanıcısı olan etkin bir hesap yok.", new.account));
    let account = match new.account.contains('\0') {
        true => None, // PostgreSQL's text cannot even be asked for it
        false => site.ledger.account(&new.account).await?,
    };
    let account = account.ok_or_else(nobody)?;
    if let Some(refusal) = only_at_the_machine(&account.kind) {
        about.is(&account.id);
        return Err(refusal);
    }
    let wanted = Wanted {
        account: new.account,
        role: new.role,
        name: new.name.parse().map_err(|bad| unsound(format!("{bad}")))?,
        phone: new.phone.parse().map_err(|bad| unsound(format!("{bad}")))?,
        email: new.email.parse().map_err(|bad| unsound(format!("{bad}")))?,
    };
    let slip = people::add(&site.ledger, site.door.passwords(), wanted, site.sessions.now()).await?;
    about.is(&slip.login);
    Ok((StatusCode::CREATED, Json(slip)))
}

async fn find(site: &Site, login: &str) -> Result<Person, Problem> {
    if login.contains('\0') {
        return Err(Problem::missing());
    }
    site.ledger.person(login).await?.ok_or_else(Problem::missing)
}

/// Somebody who is to be changed: there is such a person, and one who is looked after from afar.
async fn may_be_changed(site: &Site, about: &About, login: &str) -> Result<(), Problem> {
    let person = find(site, login).await?;
    about.is(login);
    let account = site.ledger.account(&person.account).await?.ok_or_else(Problem::missing)?;
    match only_at_the_machine(&account.kind) {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

/// Makes somebody active or passive, representative or user. Their sessions end, but for who is made active.
pub(in crate::web) async fn change(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Path(login): Path<String>,
    Json(Changed { active, role }): Json<Changed>,
) -> Result<Json<Told>, Problem> {
    may_be_changed(&site, &about, &login).await?;
    if let Some(role) = role {
        site.ledger.person_set_role(&login, role).await?;
    }
    match active {
        Some(true) => site.ledger.person_activate(&login).await?.map_err(|why| match why {
            NotActivated::Missing => Problem::missing(),
            NotActivated::NoSeat => conflict("On kullanıcı var; on birincisi olamaz."),
            NotActivated::NeedsForm => conflict("Bu kullanıcı ancak yeni bir talep formuyla etkin olur."),
        })?,
        Some(false) => {
            site.ledger.person_passivate(&login).await?;
        }
        None => {}
    }
    Ok(Json(find(&site, &login).await?.into()))
}

pub(in crate::web) async fn new_slip(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Path(login): Path<String>,
) -> Result<Json<Slip>, Problem> {
    may_be_changed(&site, &about, &login).await?;
    Ok(Json(people::new_slip(&site.ledger, site.door.passwords(), &login, site.sessions.now()).await?))
}

/// Everybody passive but the representatives, until a new form.
pub(in crate::web) async fn before_election(
    State(site): State<Site>,
    Extension(about): Extension<About>,
) -> Result<Json<Vec<String>>, Problem> {
    let passive = site.ledger.people_passivate_before_election().await?;
    passive.iter().for_each(|login| about.is(login));
    Ok(Json(passive))
}

/// The request form, CSV or XLSX: all of it or nothing.
pub(in crate::web) async fn form(
    State(site): State<Site>,
    Extension(about): Extension<About>,
    Whole(form): Whole,
) -> Result<Json<Taken>, Problem> {
    let (accounts, known) = (site.ledger.accounts(None).await?, site.ledger.people(None).await?);
    // Unpacking and checking may take a while, on nobody's async thread.
    let read = tokio::task::spawn_blocking(move || request_form::read(&form, &accounts, &known)).await;
    let form = match read {
        Ok(Ok(form)) => form,
        Ok(Err(FormError::Mistakes(mistakes))) => {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            return Err(unsound(lines.join("\n")));
        }
        Ok(Err(error @ FormError::Unreadable(_))) => return Err(unsound(error.to_string())),
        Err(panicked) => return Err(Problem::unavailable(&panicked)),
    };
    site.proxies.keep_lists_apart(&form.addresses).map_err(|overlap| unsound(overlap.to_string()))?;
    let now = site.sessions.now();
    let outcomes = people::define(&site.ledger, site.door.passwords(), &form.people, &form.addresses, now).await?;
    outcomes.iter().for_each(|outcome| about.is(&outcome.login));
    let (logins, slips): (Vec<_>, Vec<_>) = outcomes.into_iter().map(|outcome| (outcome.login, outcome.slip)).unzip();
    Ok(Json(Taken { logins, slips: slips.into_iter().flatten().collect() }))
}
