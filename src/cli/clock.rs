//! `tutanak clock`: what the clocks say, and how entries get the right time again after one was wrong.

use anyhow::bail;
use jiff::Timestamp;

use super::ConfigArg;
use crate::clock::Clock;
use crate::ledger::Ledger;

/// The time that entries carry.
#[derive(Debug, clap::Subcommand)]
pub enum ClockCommand {
    /// Print this machine's clock, the database's, and the time of the newest entry.
    Show,
    /// Let new entries carry the right time again, after a clock was ahead and entries were dated in the future.
    ///
    /// An entry is never dated earlier than the one before it; this makes one exception. Set the clock right first. The
    /// entries that are dated wrongly stay as they are, because an entry never changes.
    Resume {
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Runs the command.
pub async fn run(command: ClockCommand, config: &ConfigArg) -> anyhow::Result<()> {
    let ledger = config.ledger().await?;
    match command {
        ClockCommand::Show => show(&ledger).await,
        ClockCommand::Resume { reason } => {
            if reason.trim().is_empty() {
                bail!("say why: it is put on record");
            }
            match ledger.resume_time().await? {
                Some(newest) => {
                    crate::out!("The newest entry is dated {newest}; the next one gets the time of the clock")
                }
                None => crate::out!("No entry is dated ahead of the database's clock; nothing was changed"),
            }
            Ok(())
        }
    }
}

async fn show(ledger: &Ledger) -> anyhow::Result<()> {
    let clock = Clock::system();
    crate::out!("this machine  {}", clock.now());
    crate::out!("database      {}", ledger.database_time().await?);
    let head = ledger.head().await?;
    match head.size {
        0 => crate::out!("newest entry  none"),
        _ => crate::out!("newest entry  {}", Timestamp::from_millisecond(head.at_ms)?),
    }
    if let Some(fault) = ledger.clock_fault(&clock).await? {
        crate::out!("WRONG         {fault}");
    }
    Ok(())
}
