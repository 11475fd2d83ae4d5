//! Watches the clock, so that operators hear of a wrong one before a board does.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::ledger::brake::TOLERANCE;
use crate::telemetry::Chain;

/// How often it is compared.
const ROUND: Duration = Duration::from_secs(10);

/// Says in the log when the clock is wrong, as long as it is, and when it is right again.
pub async fn watch(ledger: Ledger, clock: Clock, stop: CancellationToken) {
    let mut wrong = false;
    loop {
        match ledger.clock_fault(&clock).await {
            Ok(Some(fault)) => {
                wrong = true;
                tracing::error!(error = %fault, "ALARM: The clock is wrong; uploads are refused");
            }
            Ok(None) if wrong => {
                wrong = false;
                tracing::info!("The clock is right again; uploads are taken");
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %Chain(&error), "Could not ask the database for the time"),
        }
        if let Some(by) = ledger.database_time().await.ok().and_then(|database| clock.behind(database))
            && by > TOLERANCE
        {
            tracing::warn!("This machine's clock is more than a minute behind the database's");
        }
        if stop.run_until_cancelled(tokio::time::sleep(ROUND)).await.is_none() {
            return;
        }
    }
}
