//! After the registry grew: scans that were parked because nobody knew their code are linked, if somebody does now.
//!
//! It must never guess: the codes are those that were read when the scan came in, and the rules are the same.

use super::IntakeError;
use crate::domain::routing::{Claim, Finding, ParkReason};
use crate::domain::{Entry, ScanFacts};
use crate::ledger::Ledger;
use crate::ledger::append::{Appender, Submission};
use crate::registry;
use crate::vault::{Vault, VaultError};

/// Parked entries looked at a time.
const PAGE: u32 = 500;

/// Links every scan that was parked for an unknown code and whose code is known now. Gives how many were linked.
/// Asking again changes nothing.
pub async fn resolve_parked(ledger: &Ledger, vault: &Vault, appender: &Appender) -> Result<u64, IntakeError> {
    let (mut from, mut resolved) = (0, 0);
    loop {
        let page = ledger.parked_from(ParkReason::UnknownCode, from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(resolved) };
        from = last.position + 1;
        for line in &page {
            match resolve(ledger, vault, appender, line.position, &line.line).await {
                Ok(linked) => resolved += u64::from(linked),
                // The vault has raised the alarm. One lost scan must not hold back the others; once healed it is linked.
                Err(IntakeError::Vault(VaultError::Missing(key) | VaultError::Damaged(key))) => {
                    tracing::error!(
                        position = line.position,
                        "Could not link parked entry {}: {key} is lost",
                        line.position
                    );
                }
                Err(error) => return Err(error),
            }
        }
    }
}

async fn resolve(
    ledger: &Ledger,
    vault: &Vault,
    appender: &Appender,
    position: u64,
    line: &str,
) -> Result<bool, IntakeError> {
    let entry: Entry = crate::ledger::entries::parse(position, line)?;
    let Entry { sha256: Some(digest), size: Some(size), crc32: Some(crc32), board: Some(board), .. } = entry else {
        return Ok(false);
    };
    let Some(place) = ledger.board_place(&board).await? else { return Ok(false) };
    let finding = registry::resolve(ledger, &entry.codes, &place).await?;
    if !matches!(finding, Finding::Form { own: true, .. }) {
        return Ok(false);
    }
    let (width, height) = (entry.width.unwrap_or(0), entry.height.unwrap_or(0));
    let kept = vault.kept_already(ScanFacts { digest, size, crc32, width, height }).await?;
    let claim = Claim { digest, board, finding, replaces: entry.replaces, module: None };
    let recorded = appender.append(Submission::new(&kept, claim, entry.note)).await?;
    Ok(recorded.fresh)
}
