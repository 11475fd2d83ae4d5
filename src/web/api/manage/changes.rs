//! The addresses by which operators' programs change accounts and people: each makes a [`Deed`] of what was sent.

use axum::extract::State;
use axum::response::Response;

use super::deed::Deed;
use super::people::TakenForm;
use super::{accounts, people};
use crate::access::sessions::Visitor;
use crate::web::Services;
use crate::web::about::About;
use crate::web::extract::{Extension, Json, Path, Whole};
use crate::web::problem::Problem;

/// Asks for an account to be added.
pub(in crate::web) async fn add_account(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Json(new): Json<accounts::New>,
) -> Result<Response, Problem> {
    Deed::AddAccount(new).do_or_ask(&services, &visitor, &about).await
}

/// Takes an account out of use, or takes addresses away from it; asks for the reverse. Its people's sessions end.
pub(in crate::web) async fn change_account(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
    Json(change): Json<accounts::Changed>,
) -> Result<Response, Problem> {
    Deed::ChangeAccount { id, change }.do_or_ask(&services, &visitor, &about).await
}

/// Asks for a new secret of a machine.
pub(in crate::web) async fn new_secret(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
    Json(wanted): Json<accounts::NewSecret>,
) -> Result<Response, Problem> {
    Deed::NewSecret { id, wanted }.do_or_ask(&services, &visitor, &about).await
}

/// Asks for a person to be defined.
pub(in crate::web) async fn add_person(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Json(new): Json<people::New>,
) -> Result<Response, Problem> {
    Deed::AddPerson(new).do_or_ask(&services, &visitor, &about).await
}

/// Makes a person passive, or a user like the others; asks for the reverse. Their sessions end.
pub(in crate::web) async fn change_person(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(login): Path<String>,
    Json(change): Json<people::Changed>,
) -> Result<Response, Problem> {
    Deed::ChangePerson { login, change }.do_or_ask(&services, &visitor, &about).await
}

/// Asks for a new first password.
pub(in crate::web) async fn new_slip(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    Deed::NewSlip { login }.do_or_ask(&services, &visitor, &about).await
}

/// Asks for everybody on a request form to be defined, CSV or XLSX: all of it or nothing.
pub(in crate::web) async fn take_form(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Whole(form): Whole,
) -> Result<Response, Problem> {
    let form = TakenForm::new(&form);
    Deed::TakeForm { form }.do_or_ask(&services, &visitor, &about).await
}
