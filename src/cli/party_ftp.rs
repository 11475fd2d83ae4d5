//! `tutanak party ftp`: how one party's FTP may come, encrypted or not, and how its data connections are told from others'.

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;

use super::consent::given;
use super::on_record::about;
use crate::access::consent::Effect;
use crate::domain::PartyId;
use crate::ledger::Ledger;
use crate::ledger::rights::FtpTerms;

/// One party, and what holds for it. Without an option: with TLS only. Sessions that are open without TLS are cut when it
/// is no longer allowed.
#[derive(Debug, Args)]
pub struct PartyFtp {
    /// The party.
    id: String,
    /// Never without TLS, whatever else is said.
    #[arg(long, conflicts_with_all = ["allow_plain", "plain_until"])]
    require_tls: bool,
    /// Without TLS too, from its own addresses, where the service does not require it (`ftp.tls_required`). Passwords and
    /// scans can be read on the way.
    #[arg(long, conflicts_with_all = ["plain_until", "require_session_reuse"])]
    allow_plain: bool,
    /// Without TLS until then, from its own addresses, although the service requires it: `2024-04-02T00:00:00+03:00`.
    /// Passwords and scans can be read on the way; sessions that are open then are cut.
    #[arg(long, value_name = "TIME", conflicts_with = "require_session_reuse")]
    plain_until: Option<Timestamp>,
    /// Each data connection must resume the TLS session of its own control connection, so that nobody else behind the
    /// party's address can take it. curl and lftp do; Python's ftplib by itself does not.
    #[arg(long)]
    require_session_reuse: bool,
}

/// Runs the command.
pub async fn run(command: PartyFtp, ledger: &Ledger) -> anyhow::Result<()> {
    let PartyFtp { id, require_tls, allow_plain, plain_until, require_session_reuse: session_reuse } = command;
    let id: PartyId = id.parse()?;
    about(id.as_str());
    let Some(before) = ledger.rights_of_parties().await?.into_iter().find(|party| party.id == id.as_str()) else {
        bail!("there is no party {id}");
    };
    let later = plain_until.is_some_and(|until| before.plain_until_ms.is_none_or(|ms| until.as_millisecond() > ms));
    let looser = (allow_plain && !before.allow_plain)
        || (before.require_tls && !require_tls)
        || (before.session_reuse && !session_reuse);
    given(ledger, Effect::opens(later || looser)).await?;
    let plain_until_ms = plain_until.map(Timestamp::as_millisecond);
    let terms = FtpTerms { require_tls, allow_plain, plain_until_ms, session_reuse };
    if !ledger.party_ftp(id.as_str(), &terms).await? {
        bail!("there is no party {id}");
    }
    match (allow_plain, plain_until) {
        (true, _) => crate::out!("{id}: without TLS too, where the service does not require it"),
        (_, Some(until)) => crate::out!("{id}: without TLS until {until}"),
        _ => crate::out!("{id}: with TLS only"),
    }
    if session_reuse {
        crate::out!("{id}: data connections must resume the TLS session of their control connection");
    }
    Ok(())
}
