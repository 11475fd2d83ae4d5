//! `tutanak party ftp`: how one party's FTP may come, encrypted or not.

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;

use super::consent::given;
use super::on_record::about;
use crate::access::consent::Effect;
use crate::domain::PartyId;
use crate::ledger::Ledger;

/// One party, and what holds for it. Without an option, the service's own rule holds again.
#[derive(Debug, Args)]
pub struct PartyFtp {
    /// The party.
    id: String,
    /// Never without TLS, even where the service does not require it.
    #[arg(long, conflicts_with = "plain_until")]
    require_tls: bool,
    /// Without TLS until then, from its own addresses, although the service requires it: `2024-04-02T00:00:00+03:00`.
    /// Passwords and scans can be read on the way; sessions that are open then are cut.
    #[arg(long, value_name = "TIME")]
    plain_until: Option<Timestamp>,
}

/// Runs the command.
pub async fn run(command: PartyFtp, ledger: &Ledger) -> anyhow::Result<()> {
    let PartyFtp { id, require_tls, plain_until } = command;
    let id: PartyId = id.parse()?;
    about(id.as_str());
    let Some(before) = ledger.standings().await?.into_iter().find(|party| party.id == id.as_str()) else {
        bail!("there is no party {id}");
    };
    let later = plain_until.is_some_and(|until| before.plain_until_ms.is_none_or(|ms| until.as_millisecond() > ms));
    given(ledger, Effect::opens(later || (before.require_tls && !require_tls))).await?;
    let until = plain_until.map(Timestamp::as_millisecond);
    if !ledger.party_ftp(id.as_str(), require_tls, until).await? {
        bail!("there is no party {id}");
    }
    match (require_tls, plain_until) {
        (true, _) => crate::out!("{id}: never without TLS"),
        (_, Some(until)) => crate::out!("{id}: without TLS until {until}"),
        _ => crate::out!("{id}: as the service requires"),
    }
    Ok(())
}
