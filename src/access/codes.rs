//! Codes of second factors, limited for each person wherever they are tried: whoever knows a password must not try codes
//! from sixty addresses side by side.
//!
//! A try is counted before the code is looked at, so that no number of them at once, on no number of nodes, gets past the
//! count. It can make somebody wait whose password another one knows; that is meant, and they are told why.

use std::time::Duration;

use jiff::Timestamp;

use super::throttle;
use super::totp;
use crate::ledger::codes::CodeTries;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;

/// How often another one may come between looking and counting before the try is put off.
const AGAIN: usize = 16;

/// What was seen of a code.
#[derive(Debug)]
pub(super) enum Seen {
    /// It is right for this step. The ledger says whether the step was used before; if so, report [`CodeTry::wrong`].
    Right(CodeTry, i64),
    /// It is wrong, and counted.
    Wrong,
    /// It was not compared, and none will be for this long.
    NotNow(Duration),
}

/// A code that is right, as far as it can be computed.
#[derive(Debug)]
#[must_use = "a code that nobody judges counts as a try"]
pub(super) struct CodeTry {
    ledger: Ledger,
    person: String,
    now: Timestamp,
}

/// How long codes of this person are refused unseen; none where one would be compared now.
pub(super) async fn wait(ledger: &Ledger, person: &str, now: Timestamp) -> Result<Option<Duration>, LedgerError> {
    if person.contains('\0') {
        return Ok(None); // PostgreSQL's text cannot even be asked for it
    }
    Ok(ledger.code_tries(person).await?.and_then(|seen| left(seen, now)))
}

/// Counts a try, then looks at the code.
pub(super) async fn look(
    ledger: &Ledger,
    person: &str,
    secret: &str,
    code: &str,
    now: Timestamp,
) -> Result<Seen, LedgerError> {
    for _ in 0..AGAIN {
        let seen = ledger.code_tries(person).await?;
        if let Some(wait) = seen.and_then(|seen| left(seen, now)) {
            return Ok(Seen::NotNow(wait));
        }
        let before = seen.filter(|seen| !forgotten(*seen, now)).map_or(0, |seen| seen.tries);
        if ledger.code_try(person, seen, before, now.as_millisecond()).await? {
            let this = CodeTry { ledger: ledger.clone(), person: person.to_owned(), now };
            return Ok(match totp::step(secret, code, now) {
                Some(step) => Seen::Right(this, step),
                None => {
                    this.wrong().await;
                    Seen::Wrong
                }
            });
        }
    }
    Ok(Seen::NotNow(Duration::from_secs(1)))
}

impl CodeTry {
    /// The code let somebody in.
    pub async fn right(self) {
        self.log_failure(self.ledger.code_right(&self.person).await);
    }

    /// It did not: it was used before.
    pub async fn wrong(self) {
        self.log_failure(self.ledger.code_wrong(&self.person, self.now.as_millisecond()).await);
    }

    /// The try itself is counted in any case.
    fn log_failure(&self, written: Result<(), LedgerError>) {
        if let Err(error) = written {
            tracing::error!(error = %Chain(&error), "Could not write down how a code was");
        }
    }
}

fn forgotten(seen: CodeTries, now: Timestamp) -> bool {
    seen.last_ms < now.as_millisecond() - millis(throttle::REMEMBERED)
}

fn left(seen: CodeTries, now: Timestamp) -> Option<Duration> {
    let wait = millis(throttle::wait_after(u32::try_from(seen.tries).unwrap_or(u32::MAX)));
    // Clocks of nodes differ a little: nobody waits longer than the wait for that.
    let left = (seen.last_ms + wait - now.as_millisecond()).min(wait);
    (left > 0).then(|| Duration::from_millis(left.unsigned_abs()))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
