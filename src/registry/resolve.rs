//! From the codes on a page to what they name. The one rule: where known codes do not agree, nothing is chosen.

use std::collections::BTreeSet;

use crate::domain::routing::Finding;
use crate::domain::{Form, Karekod, PlaceId};
use crate::ledger::{Ledger, LedgerError};

/// A form carries one code, twice. A page with more than this many different ones is not looked at further.
const CODES_LIMIT: usize = 8;

/// Digits in which a code that nobody knows may differ from a known one and still count as a misread of it, or the other
/// way round. Box ids are dense, so a code that is nearly another is not to be passed over.
const MISREAD_DIGITS: usize = 2;

/// What the codes of one page name, and whether the board that sits at `board` may send it.
///
/// A code that the registry does not know names no form, so it cannot disagree with one that does: the form is found and the
/// strange code reported. Only where the two are so alike that one may be a misread of the other is nothing chosen.
pub async fn resolve(ledger: &Ledger, codes: &[Karekod], board: &PlaceId) -> Result<Finding, LedgerError> {
    let different: BTreeSet<&Karekod> = codes.iter().collect();
    let disagree = || Finding::Disagree(different.iter().take(CODES_LIMIT).map(|code| (*code).clone()).collect());
    if different.len() > CODES_LIMIT {
        return Ok(disagree());
    }
    let mut named: Option<Form> = None;
    let mut known = Vec::new();
    let mut strange = Vec::new();
    for code in &different {
        match (ledger.form_by_code(code).await?, &named) {
            (None, _) => strange.push((*code).clone()),
            (Some(form), Some(other)) if form.key() != other.key() => return Ok(disagree()),
            (Some(form), None) => {
                known.push(*code);
                named = Some(form);
            }
            (Some(_), Some(_)) => known.push(*code),
        }
    }
    let Some(form) = named else {
        return Ok(if strange.is_empty() { Finding::NoCode } else { Finding::Unknown(strange) });
    };
    if strange.iter().any(|code| known.iter().any(|known| may_be_misread(code, known))) {
        return Ok(disagree());
    }
    let own = is_own(ledger, board, &form).await?;
    Ok(Finding::Form { form, own, strange })
}

fn may_be_misread(one: &Karekod, other: &Karekod) -> bool {
    let (one, other) = (one.as_str().as_bytes(), other.as_str().as_bytes());
    one.len() == other.len() && one.iter().zip(other).filter(|(one, other)| one != other).count() <= MISREAD_DIGITS
}

/// Whether the board that sits at `board` may send the form. Most scans are of a box of its own, which the form itself says.
async fn is_own(ledger: &Ledger, board: &PlaceId, form: &Form) -> Result<bool, LedgerError> {
    if form.nearest_board.as_ref() == Some(board) {
        return Ok(true);
    }
    let parent = ledger.place(&form.place).await?.and_then(|place| place.parent);
    Ok(ledger.reach(board).await?.covers(&form.place, parent.as_ref(), form.nearest_board.as_ref()))
}
