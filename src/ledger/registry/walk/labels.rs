//! What the forms of a page of entries are called: the sheet, the box and the places that election users know.

use std::collections::{HashMap, HashSet};

use crate::domain::directory::{ABROAD, CUSTOMS};
use crate::domain::{Form, Karekod};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::registry::lookup::{RawForm, form};
use crate::ledger::{Ledger, LedgerError, corrupt};

use super::PlaceName;

/// A form with the names of its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The form.
    pub form: Form,
    /// The places it belongs to, the largest first.
    pub places: Vec<PlaceName>,
}

// As for one code, with all the codes of a page in the place of `$1`.
const ASKED: &str = "WITH asked (code) AS (VALUES ";
const FORMS: &str = "\
SELECT a.code AS asked, 0 AS by_rule, c.kind, c.many_pages, c.race, b.number, b.races, p.id, p.level, p.directory, p.board
  FROM asked a JOIN code c ON c.code = a.code JOIN place p ON p.id = c.place LEFT JOIN box b ON b.id = c.box
UNION ALL
SELECT a.code AS asked, 1 + length(r.prefix), r.kind, r.many_pages, CAST(NULL AS BIGINT), b.number, b.races, p.id, p.level,
       p.directory, p.board
  FROM asked a JOIN code_rule r ON r.prefix = substr(a.code, 1, length(r.prefix)) AND length(a.code) = length(r.prefix) + 8
  JOIN box b ON b.id = substr(a.code, length(r.prefix) + 2) JOIN place p ON p.id = b.place
 ORDER BY by_rule";

struct FormOfCode {
    asked: String,
    raw: RawForm,
}

from_row!(FormOfCode { asked } with raw);

impl Ledger {
    /// What these codes name. A code that nobody registered is left out. Meant for a page of about a thousand.
    pub async fn labels(&self, codes: &HashSet<Karekod>) -> Result<HashMap<Karekod, Label>, LedgerError> {
        if codes.is_empty() {
            return Ok(HashMap::new());
        }
        let asked: Vec<FormOfCode> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(ASKED);
            let mut list = query.separated(", ");
            for code in codes {
                list.push("(").push_bind_unseparated(code.as_str()).push_unseparated(")");
            }
            query.push(") ").push(FORMS);
            query.build_query_as().fetch_all(pool).await?
        });
        let (mut forms, mut decided) = (HashMap::new(), HashSet::new());
        for FormOfCode { asked, raw } in asked {
            // The first row of a code wins, as it does when one code is asked for.
            let code: Karekod = asked.parse().map_err(corrupt)?;
            if !decided.insert(code.clone()) {
                continue;
            }
            if let Some(form) = form(&code, raw)? {
                forms.insert(code, form);
            }
        }
        let places: HashSet<_> = forms.values().map(|form| &form.place).collect();
        let chains = self.chains(&places).await?;
        let label = |(code, form): (Karekod, Form)| {
            let places = chains.get(form.place.as_str()).cloned().unwrap_or_default();
            (code, Label { form, places })
        };
        Ok(forms.into_iter().map(label).collect())
    }

    /// The directories at the top of the scans that the registry's places lie in, by name.
    pub async fn parts(&self) -> Result<Vec<String>, LedgerError> {
        const AT_THE_TOP: &str = "SELECT DISTINCT directory FROM place WHERE directory NOT LIKE '%/%'";
        const INSIDE: &str = "SELECT directory FROM place WHERE directory LIKE $1 LIMIT 1";
        let tops: Vec<(String,)> = on_db!(&*self.db, |pool| sqlx::query_as(AT_THE_TOP).fetch_all(pool).await?);
        let mut parts: Vec<String> = tops.into_iter().map(|(directory,)| directory).collect();
        // Places abroad and customs gates lie in directories that are no places themselves.
        for part in [ABROAD, CUSTOMS] {
            let pattern = format!("{part}/%");
            let inside: Option<(String,)> =
                on_db!(&*self.db, |pool| sqlx::query_as(INSIDE).bind(&pattern).fetch_optional(pool).await?);
            parts.extend(inside.map(|_| part.to_owned()));
        }
        parts.sort();
        parts.dedup();
        Ok(parts)
    }
}
