//! `tutanak rebuild`: a lost database made again from the vault's copy of the log, or an older copy of it completed.

use std::io::IsTerminal;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::ConfigArg;
use super::election::count_results;
use crate::app;
use crate::publication;
use crate::vault::Vault;

/// Rebuilds the configuration's database, which must hold no entry, or the log's first ones.
pub async fn run(config: &ConfigArg) -> anyhow::Result<()> {
    let settings = config.read()?;
    let signer = app::log_signer(&settings)?;
    let vault = Vault::open(&settings.vault).await.context("cannot open the vault")?;
    let ledger = config.ledger().await?;
    let bar = match std::io::stderr().is_terminal() {
        true => ProgressBar::new(0),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template("{msg:9} {wide_bar} {pos}/{len} {per_sec} {eta:>4}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let rebuilt = publication::rebuild(&ledger, &vault, &signer, &mut |progress| {
        bar.set_message(if progress.writing { "writing" } else { "checking" });
        bar.set_length(progress.of);
        bar.set_position(progress.entries);
    })
    .await;
    bar.finish_and_clear();
    let rebuilt = rebuilt.context("The database was not rebuilt")?;
    crate::out!("{} entries, checked against this checkpoint and written:\n\n{}", rebuilt.entries, rebuilt.checkpoint);
    if rebuilt.had > 0 {
        count_results(&ledger, false).await?;
        crate::out!(
            "The database had {} of them: it was an older copy. Accounts, people and the record are those of that copy.\n\
             Scans whose receipt is younger than this checkpoint are in the vault; their boards send them again and get\n\
             the same address.",
            rebuilt.had
        );
        ledger.close().await;
        return Ok(());
    }
    crate::out!(
        "What the log does not hold must come from elsewhere: import the election again (tutanak election import, which\n\
         must show the digest that the log names), and add boards and parties again. Scans whose receipt is younger\n\
         than this checkpoint are in the vault; their boards send them again and get the same address."
    );
    ledger.close().await;
    Ok(())
}
