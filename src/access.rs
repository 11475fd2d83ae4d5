//! Who may do what, when, from where: one pure decision, asked by every protocol.
//!
//! The decision itself must never do I/O; looking up who somebody is stands apart, in [`door`].

mod act;
pub mod addresses;
pub mod certificate;
mod codes;
pub mod consent;
mod decision;
pub mod door;
pub mod factor;
pub mod gate_change;
pub mod gates;
pub mod known_addresses;
pub mod own_password;
pub mod passwords;
mod principal;
mod refusal;
pub mod rights;
pub mod secrets;
pub mod sessions;
pub mod throttle;
pub mod totp;
pub mod tried;

pub use crate::domain::Act;
pub use act::Object;
pub use decision::{covers, may};
pub use gates::Gates;
pub use principal::{Class, Principal, Scope};
pub use refusal::Refusal;
