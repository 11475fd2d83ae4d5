//! The forms that a scan may be, as people choose one. Of a form of many pages they say whether the scan is a further page, or
//! which page's place it takes: that stands on the paper, and no rule can find it out.

use crate::domain::{Digest, Karekod, Sender};
use crate::ledger::board::PageNow;
use crate::ledger::{Ledger, LedgerError};
use crate::web::site::board::missing::forms_of_box;

/// One of them.
pub(super) struct Choice {
    /// As the page's form sends it: `CODE`, or `CODE/SHA256` of the scan whose page it takes.
    pub value: String,
    /// What it is called.
    pub form: String,
    /// How it stands, and what the scan becomes.
    pub told: String,
}

/// The choices of a box, or of the sheets of places.
pub(super) async fn of_box(ledger: &Ledger, sender: &Sender, sandik: Option<u32>) -> Result<Vec<Choice>, LedgerError> {
    let mut choices = Vec::new();
    for row in forms_of_box(ledger, sender, sandik).await? {
        let form = match row.sandik.as_str() {
            "" => format!("{}, {} ({})", row.race, row.kind, row.place),
            sandik => format!("Sandık {sandik}, {}, {}", row.race, row.kind),
        };
        let pages = match &row.many_pages {
            Some(key) => ledger.pages_now(key).await?,
            None => Vec::new(),
        };
        let told = match pages.is_empty() {
            true => format!("{} – {}", row.code, row.told),
            false => format!("{} – {}; yeni sayfa olarak", row.code, row.told),
        };
        choices.push(Choice { value: row.code.to_string(), form: form.clone(), told });
        choices.extend(pages.into_iter().map(|PageNow { page, revision, digest }| Choice {
            value: format!("{}/{digest}", row.code),
            form: form.clone(),
            told: format!("{} – {page}. sayfanın (şimdi {revision}. sürüm) yerine", row.code),
        }));
    }
    Ok(choices)
}

/// A choice as it comes back.
pub(super) fn read(value: &str) -> Option<(Karekod, Option<Digest>)> {
    match value.split_once('/') {
        None => Some((value.parse().ok()?, None)),
        Some((code, replaces)) => Some((code.parse().ok()?, Some(replaces.parse().ok()?))),
    }
}
