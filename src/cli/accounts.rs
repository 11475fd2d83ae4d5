//! `tutanak party`, `candidate`, `board`, `feed`, `operator`, `auditor` and `user`: who there is, from where they come, and
//! what they log in with. Secrets are printed once.

mod board;
mod candidate;
mod feed;
mod office;
mod party;
mod shared;
mod user;

use std::io::{IsTerminal, stderr, stdin};
use std::path::Path;

use anyhow::{Context, bail};
use ipnet::IpNet;
use serde::Serialize;

pub use board::BoardCommand;
pub use candidate::CandidateCommand;
pub use feed::FeedCommand;
pub use office::OfficeCommand;
pub use party::PartyCommand;
pub use user::UserCommand;

use super::on_record::about;
use super::{ConfigArg, write_private};
use crate::access::addresses::{self, Proxies};
use crate::clock::Clock;
use crate::intake::quota::QuotaLimits;
use crate::ledger::Ledger;
use crate::people::enrol::PartySecrets;
use crate::people::slip::{self, Slip};

/// Runs a command about parties.
pub async fn party(command: PartyCommand, config: &ConfigArg) -> anyhow::Result<()> {
    party::run(command, &Books::open(config).await?).await
}

/// Runs a command about candidates.
pub async fn candidate(command: CandidateCommand, config: &ConfigArg) -> anyhow::Result<()> {
    candidate::run(command, &Books::open(config).await?).await
}

/// Runs a command about boards.
pub async fn board(command: BoardCommand, config: &ConfigArg) -> anyhow::Result<()> {
    board::run(command, &Books::open(config).await?).await
}

/// Runs a command about programs that give box results.
pub async fn feed(command: FeedCommand, config: &ConfigArg) -> anyhow::Result<()> {
    feed::run(command, &Books::open(config).await?).await
}

/// Runs a command about operators.
pub async fn operator(command: OfficeCommand, config: &ConfigArg) -> anyhow::Result<()> {
    office::run("operator", command, &Books::open(config).await?).await
}

/// Runs a command about auditors.
pub async fn auditor(command: OfficeCommand, config: &ConfigArg) -> anyhow::Result<()> {
    office::run("auditor", command, &Books::open(config).await?).await
}

/// Runs a command about people of parties, candidates and boards.
pub async fn user(command: UserCommand, config: &ConfigArg) -> anyhow::Result<()> {
    user::run(command, &Books::open(config).await?).await
}

/// What commands about accounts work with: the ledger, and what the configuration says of addresses and quotas.
struct Books {
    ledger: Ledger,
    site: String,
    proxies: Proxies,
    quota: QuotaLimits,
}

impl Books {
    async fn open(config: &ConfigArg) -> anyhow::Result<Self> {
        let read = config.read()?;
        let site = read.address();
        let proxies = Proxies::new(read.proxy.trusted.clone(), read.proxy.https);
        Ok(Self { ledger: config.ledger().await?, site, proxies, quota: read.intake.quota.clone() })
    }

    /// Addresses that a party or candidate reported, as they are typed: none of them half of the Internet, or a trusted
    /// proxy's.
    fn reported(&self, texts: &[String]) -> anyhow::Result<Vec<IpNet>> {
        let ranges = ranges(texts)?.into_iter().map(addresses::reported).collect::<Result<Vec<_>, _>>()?;
        self.proxies.keep_apart(&ranges)?;
        Ok(ranges)
    }
}

/// How something is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Json {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

impl Json {
    fn print(self, value: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        match self.json {
            true => crate::out!("{}", serde_json::to_string_pretty(value)?),
            false => crate::out!("{}", text().trim_end()),
        }
        Ok(())
    }
}

/// Prints a party's secrets, and its first user's slip into a directory where one is named.
fn print_secrets(
    books: &Books,
    name: &str,
    secrets: &PartySecrets,
    json: Json,
    slips: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(dir) = slips {
        let until = crate::access::own_password::slip_until(Clock::system().now());
        let (account, login) = (name.to_owned(), secrets.web.user.clone());
        let slip = Slip { account, name: name.to_owned(), login, password: secrets.web.password.clone(), until };
        write_slips(dir, &[slip], &books.site)?;
    }
    json.print(secrets, || {
        format!(
            "These are shown this once.\n\
             FTP, FTPS, {site}/arsiv/   user {}   password {}\n\
             web service                token {}\n\
             {site}/giris   user {}   first password {}   (72 hours, one use, must be changed)",
            secrets.bulk.user,
            secrets.bulk.password,
            secrets.service.token,
            secrets.web.user,
            secrets.web.password,
            site = books.site,
        )
    })
}

/// Writes slips as one PDF and, each by itself, as text. Only their owner may read them.
fn write_slips(dir: &Path, slips: &[Slip], site: &str) -> anyhow::Result<()> {
    if slips.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for slip in slips {
        write_private(&dir.join(format!("{}.txt", slip.login)), slip.text(site))?;
    }
    let name = match slips {
        [one] => format!("{}.pdf", one.login),
        _ => "slips.pdf".to_owned(),
    };
    write_private(&dir.join(name), slip::pdf(slips, site))
}

/// Addresses and CIDR ranges as they are typed.
fn ranges(texts: &[String]) -> anyhow::Result<Vec<IpNet>> {
    Ok(texts.iter().map(|text| addresses::range(text)).collect::<Result<_, _>>()?)
}

/// A password from the environment, or asked for at the terminal.
fn password(variable: &str, prompt: &str) -> anyhow::Result<String> {
    match std::env::var(variable).ok().filter(|value| !value.is_empty()) {
        Some(password) => Ok(password),
        None if stdin().is_terminal() && stderr().is_terminal() => Ok(rpassword::prompt_password(prompt)?),
        None => bail!("{variable} is not set, and there is no terminal to ask at"),
    }
}
