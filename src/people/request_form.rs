//! The request form (SSPS Kullanım Talep Formu) as a table, CSV or XLSX: who shall log in for which party, and from where.
//!
//! It must list every mistake at once, with its line, and it must never act on a form that has one. Nothing in a form is
//! ever computed, expanded or fetched: formulas, entities and links are text or a mistake.

mod check;
mod sheet;

use std::fmt;

use serde::Serialize;

pub use sheet::{BYTES, INFLATED, ROWS};

use super::Wanted;
use crate::ledger::people::Person;
use crate::ledger::secrets::Account;

/// What a form asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// People, in the form's order.
    pub people: Vec<Wanted>,
    /// The address list of every party in the form that names any (account, CIDR ranges separated by spaces).
    pub addresses: Vec<(String, String)>,
}

/// Something in a form that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The line or row it stands on, counted from 1.
    pub line: usize,
    /// What is wrong, for whoever filled the form in.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. satır: {}", self.line, self.text)
    }
}

/// The form cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// It is no table, or larger than any such form.
    #[error("{0}")]
    Unreadable(String),
    /// It has mistakes: all of them.
    #[error("the form has {} mistakes:\n{}", .0.len(), .0.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<Mistake>),
}

/// Reads a form. `accounts` and `people` are those there are: parties are found by their id or name, and nobody's form may
/// ask for an eleventh.
///
/// # Errors
/// See [`FormError`].
pub fn read(bytes: &[u8], accounts: &[Account], people: &[Person]) -> Result<Form, FormError> {
    check::check(sheet::table(bytes)?, accounts, people)
}

/// A form to be filled in: the headers and one line that says what belongs below them.
pub const TEMPLATE: &str = "\
\u{feff}Siyasi parti;Adı soyadı;Telefon;E-posta;Sabit IP adresleri;Görev\r
ornek-parti;Ayşe Örnek;0532 123 45 67;ayse.ornek@example.org;203.0.113.0/28 2001:db8::7;temsilci\r
";
