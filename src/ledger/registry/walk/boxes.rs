//! The forms of boxes, in the order in which the boxes were imported.

use std::collections::{HashMap, HashSet};

use crate::domain::directory::box_directory;
use crate::domain::{BoxId, Election, Form, FormKind, Karekod, Level, Race};
use crate::ledger::db::on_db;
use crate::ledger::from_row::from_row;
use crate::ledger::registry::rows::{self, CodeRow, RawCode};
use crate::ledger::{Ledger, LedgerError, corrupt};

use super::{ExpectedForm, FormCursor, Whose, among};

struct BoxAtPlace {
    seq: i64,
    id: String,
    number: i64,
    races: String,
    place: String,
    level: String,
    directory: String,
    board: Option<String>,
}

from_row!(BoxAtPlace { seq, id, number, races, place, level, directory, board });

/// The boxes of the places that satisfy a condition over `p`, `$3`, `$4` and `$5`.
macro_rules! boxes_after {
    ($condition:literal) => {
        concat!(
            "SELECT b.seq, b.id, b.number, b.races, b.place, p.level, p.directory, p.board ",
            "FROM box b JOIN place p ON p.id = b.place WHERE b.seq > $1 AND (",
            $condition,
            ") ORDER BY b.seq LIMIT $2"
        )
    };
}
const BOXES_BELOW: &str = boxes_after!("p.directory = $3 OR p.directory LIKE $4 OR p.id = $5");
const BOXES_OF_A_BOARD: &str = boxes_after!("p.board = $3 OR p.id = $4 OR p.parent = $5");
const CODES_OF: &str = "SELECT code, kind, race, box, place, many_pages FROM code WHERE box";
const LISTED: &str = "SELECT code FROM code WHERE code";

/// A code and the sheet of its box that it names.
struct Named {
    code: Karekod,
    kind: FormKind,
    race: Option<Race>,
    many_pages: bool,
}

impl Ledger {
    pub(super) async fn forms_of_boxes(
        &self,
        whose: &Whose<'_>,
        election: &Election,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<ExpectedForm>, FormCursor), LedgerError> {
        let forms_each = (election.code_rules().len() * election.races().iter().count()).max(1);
        let at_most = i64::from(limit).div_euclid(forms_each as i64).max(1);
        let statement = if whose.is_a_board() { BOXES_OF_A_BOARD } else { BOXES_BELOW };
        let [one, two, three] = whose.values();
        let boxes: Vec<BoxAtPlace> = on_db!(&*self.db, |pool| {
            let query = sqlx::query_as(statement).bind(after).bind(at_most).bind(&one).bind(&two);
            let query = query.bind(&three);
            query.fetch_all(pool).await?
        });
        let Some(last) = boxes.last().map(|at| at.seq) else {
            return Ok((Vec::new(), FormCursor::Sheet(String::new())));
        };
        let mut by_rule = boxes.iter().map(|at| made(election, at)).collect::<Result<Vec<_>, _>>()?;
        let mut listed = self.listed_of(&boxes).await?;
        // A code made by rule that is listed for another form names that other form.
        let taken = self.taken(by_rule.iter().flatten()).await?;
        let mut forms = Vec::new();
        for (at, by_rule) in boxes.iter().zip(&mut by_rule) {
            by_rule.retain(|named| !taken.contains(named.code.as_str()));
            let listed = listed.remove(&at.id).unwrap_or_default();
            let mut seen = HashSet::new();
            for named in listed.into_iter().chain(by_rule.drain(..)) {
                let expected = expected(at, named)?;
                if seen.insert(expected.form.key()) {
                    forms.push(expected);
                }
            }
        }
        Ok((forms, FormCursor::Box(last)))
    }

    async fn listed_of(&self, boxes: &[BoxAtPlace]) -> Result<HashMap<String, Vec<Named>>, LedgerError> {
        let ids = || boxes.iter().map(|at| at.id.as_str());
        let raw: Vec<RawCode> = on_db!(&*self.db, |pool| among!(pool, CODES_OF, ids(), "ORDER BY code"));
        let mut listed: HashMap<String, Vec<Named>> = HashMap::new();
        for raw in raw {
            let CodeRow { code, kind, race, box_id, many_pages, .. } = rows::code(raw)?;
            if let Some(id) = box_id {
                listed.entry(id.to_string()).or_default().push(Named { code, kind, race, many_pages });
            }
        }
        Ok(listed)
    }

    async fn taken(&self, by_rule: impl Iterator<Item = &Named>) -> Result<HashSet<String>, LedgerError> {
        let codes: Vec<&str> = by_rule.map(|named| named.code.as_str()).collect();
        let mut taken = HashSet::new();
        for codes in codes.chunks(5_000) {
            let found: Vec<(String,)> = on_db!(&*self.db, |pool| among!(pool, LISTED, codes.iter().copied(), ""));
            taken.extend(found.into_iter().map(|(code,)| code));
        }
        Ok(taken)
    }
}

/// The codes that rules make for a box.
fn made(election: &Election, at: &BoxAtPlace) -> Result<Vec<Named>, LedgerError> {
    let box_id: BoxId = at.id.parse().map_err(corrupt)?;
    let races = rows::race_set(&at.races)?;
    let name = |rule: &crate::domain::election::CodeRule, race| {
        let code = rule.code(race, &box_id)?;
        Some(Named { code, kind: rule.kind.clone(), race: Some(race), many_pages: rule.many_pages })
    };
    Ok(election.code_rules().iter().flat_map(|rule| races.iter().filter_map(move |race| name(rule, race))).collect())
}

fn expected(at: &BoxAtPlace, named: Named) -> Result<ExpectedForm, LedgerError> {
    let number = u32::try_from(at.number).map_err(corrupt)?;
    let level: Level = at.level.parse().map_err(corrupt)?;
    let form = Form {
        code: named.code,
        kind: named.kind,
        race: named.race,
        sandik: Some(number),
        place: at.place.parse().map_err(corrupt)?,
        directory: box_directory(level, &at.directory, number),
        nearest_board: at.board.as_deref().map(|id| id.parse().map_err(corrupt)).transpose()?,
        many_pages: named.many_pages,
    };
    Ok(ExpectedForm::new(form, Some(at.id.parse().map_err(corrupt)?)))
}
