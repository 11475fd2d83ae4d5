//! From the codes on a page to what they name. The one rule: where codes do not agree, nothing is chosen.

use std::collections::BTreeSet;

use crate::domain::routing::Finding;
use crate::domain::{Form, Karekod, PlaceId};
use crate::ledger::{Ledger, LedgerError};

/// A form carries one code, twice. A page with more than this many different ones is not looked at further.
const CODES_LIMIT: usize = 8;

/// What the codes of one page name, and whether the board that sits at `board` may send it.
///
/// A code that is known beside one that is not is a disagreement: the second may be the other half of a misread.
pub async fn resolve(ledger: &Ledger, codes: &[Karekod], board: &PlaceId) -> Result<Finding, LedgerError> {
    let different: BTreeSet<&Karekod> = codes.iter().collect();
    let disagree = || Finding::Disagree(different.iter().take(CODES_LIMIT).map(|code| (*code).clone()).collect());
    if different.len() > CODES_LIMIT {
        return Ok(disagree());
    }
    let mut named: Option<Form> = None;
    let mut unknown = 0;
    for code in &different {
        match (ledger.form_by_code(code).await?, &named) {
            (None, _) => unknown += 1,
            (Some(form), Some(other)) if form.key() != other.key() => return Ok(disagree()),
            (Some(form), None) => named = Some(form),
            (Some(_), Some(_)) => {}
        }
    }
    let Some(form) = named else {
        return Ok(match different.iter().next() {
            None => Finding::NoCode,
            Some(code) if unknown == 1 => Finding::Unknown(vec![(*code).clone()]),
            Some(_) => disagree(),
        });
    };
    if unknown > 0 {
        return Ok(disagree());
    }
    let own = is_own(ledger, board, &form).await?;
    Ok(Finding::Form { form, own })
}

/// Whether the board that sits at `board` may send the form. Most scans are of a box of its own, which the form itself says.
async fn is_own(ledger: &Ledger, board: &PlaceId, form: &Form) -> Result<bool, LedgerError> {
    if form.nearest_board.as_ref() == Some(board) {
        return Ok(true);
    }
    let parent = ledger.place(&form.place).await?.and_then(|place| place.parent);
    Ok(ledger.reach(board).await?.covers(&form.place, parent.as_ref(), form.nearest_board.as_ref()))
}
