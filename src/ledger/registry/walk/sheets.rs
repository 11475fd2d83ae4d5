//! The sheets of places: check sheets, merged sheets. All of them are listed one by one.

use std::collections::HashSet;

use crate::domain::Form;
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::registry::rows;
use crate::ledger::{Ledger, LedgerError, corrupt};

use super::{ExpectedForm, FormCursor, Whose, among};

struct Sheet {
    code: String,
    kind: String,
    race: Option<i64>,
    many_pages: bool,
    place: String,
    directory: String,
    board: Option<String>,
}

from_row!(Sheet { code, kind, race, many_pages, place, directory, board });

/// The sheets of the places that satisfy a condition over `p`, `$3`, `$4` and `$5`.
macro_rules! sheets_after {
    ($condition:literal) => {
        concat!(
            "SELECT c.code, c.kind, c.race, c.many_pages, p.id AS place, p.directory, p.board ",
            "FROM code c JOIN place p ON p.id = c.place WHERE c.box IS NULL AND c.code > $1 AND (",
            $condition,
            ") ORDER BY c.code LIMIT $2"
        )
    };
}
const SHEETS_BELOW: &str = sheets_after!("p.directory = $3 OR p.directory LIKE $4 OR p.id = $5");
const SHEETS_OF_A_BOARD: &str = sheets_after!("p.board = $3 OR p.id = $4 OR p.parent = $5");

// Another code of the same sheet that comes earlier in this order, so that each sheet is given once.
const EARLIER: &str = "\
SELECT c.code FROM code c
 WHERE EXISTS (SELECT 1 FROM code o
                WHERE o.place = c.place AND o.box IS NULL AND o.kind = c.kind
                  AND COALESCE(o.race, 0) = COALESCE(c.race, 0) AND o.code < c.code)
   AND c.code";

impl Ledger {
    pub(super) async fn sheets_of_places(
        &self,
        whose: &Whose<'_>,
        after: &str,
        limit: u32,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        let statement = if whose.is_a_board() { SHEETS_OF_A_BOARD } else { SHEETS_BELOW };
        let [one, two, three] = whose.values();
        let sheets: Vec<Sheet> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(statement).bind(after).bind(i64::from(limit)).bind(&one).bind(&two);
            let query = query.bind(&three);
            query.fetch_all(pool).await?
        });
        let Some(last) = sheets.last().map(|sheet| sheet.code.clone()) else {
            return Ok((Vec::new(), FormCursor::End));
        };
        let codes = || sheets.iter().map(|sheet| sheet.code.as_str());
        let repeated: Vec<(String,)> = on_db!(&*self.db, |pool| among!(pool, EARLIER, codes(), ""));
        let repeated: HashSet<String> = repeated.into_iter().map(|(code,)| code).collect();
        let new = sheets.into_iter().filter(|sheet| !repeated.contains(&sheet.code));
        Ok((new.map(expected).collect::<Result<_, _>>()?, FormCursor::Sheet(last)))
    }
}

fn expected(sheet: Sheet) -> Result<ExpectedForm, LedgerError> {
    let form = Form {
        code: sheet.code.parse().map_err(corrupt)?,
        kind: sheet.kind.parse().map_err(corrupt)?,
        race: sheet.race.map(rows::race).transpose()?,
        sandik: None,
        place: sheet.place.parse().map_err(corrupt)?,
        directory: sheet.directory,
        nearest_board: sheet.board.map(|id| id.parse().map_err(corrupt)).transpose()?,
        many_pages: sheet.many_pages,
    };
    Ok(ExpectedForm::new(form, None))
}
