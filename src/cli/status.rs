//! `tutanak status`: how the service is doing, in plain words, for whoever stands at the machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

use super::on_record::recorded;
use super::{ConfigArg, Ended};
use crate::app;
use crate::audit;
use crate::clock::Clock;
use crate::config::Config;
use crate::ledger::Ledger;
use crate::operation::condition::{CertificateFiles, Condition, LedgerCondition, Observer};
use crate::operation::readiness::{Failing, Readiness};
use crate::publication;
use crate::space::{Free, Space};
use crate::telemetry::Chain;
use crate::vault::Vault;

/// How long the vault and the service may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Status {
    /// Whether something answers where the service listens.
    running: bool,
    /// Entries that the vault's checkpoint covers; none where it cannot be read.
    published: Option<u64>,
    /// For how many seconds the oldest entry that it lacks has been there.
    behind_seconds: Option<u64>,
    #[serde(flatten)]
    condition: Condition,
}

/// Tells. Ends well only when the service runs and every part of it works.
pub async fn run(args: &StatusArgs, config: &ConfigArg) -> anyhow::Result<()> {
    let settings = config.read()?;
    match Ledger::open(&settings.database).await {
        // What the database holds is told on record, as every look at it.
        Ok(ledger) => recorded(config, tell(args, &settings, ledger)).await,
        Err(error) => {
            print(args, &without(&settings, Failing { what: "ledger", why: Chain(&error).to_string() }).await)
        }
    }
}

async fn tell(args: &StatusArgs, settings: &Config, ledger: Ledger) -> anyhow::Result<()> {
    let clock = Clock::system();
    let vault = match tokio::time::timeout(LIMIT, Vault::open(&settings.vault)).await {
        Ok(Ok(vault)) => vault,
        Ok(Err(error)) => {
            let failing = Failing { what: "vault", why: Chain(&error).to_string() };
            return print(args, &without(settings, failing).await);
        }
        Err(_) => {
            let why = format!("no answer within {} seconds", LIMIT.as_secs());
            return print(args, &without(settings, Failing { what: "vault", why }).await);
        }
    };
    let disks = vault.disks().into_iter().chain(settings.database.disk()).collect();
    let space = Space::new(&settings.space, disks);
    // Its writer is never run: it only says whether there is room, of which a command has its own.
    let (audit, _writer) = audit::audit(ledger.clone(), clock.clone(), settings.audit.strangers.clone());
    let readiness = Readiness::new(vault.clone(), ledger.clone(), audit, space.clone(), clock.clone());
    let files = CertificateFiles { certificate: settings.tls.certificate.clone(), key: settings.tls.key.clone() };
    let observer = Observer::new(ledger.clone(), space, readiness, clock, files);
    let mut condition = observer.condition().await;
    let signer = app::log_signer(settings).context("cannot read the signing key")?;
    let agreed = tokio::time::timeout(LIMIT, publication::agreement_at_start(&ledger, &vault, &signer)).await;
    let published = match agreed {
        Ok(Ok(agreed)) => Some(agreed.size),
        Ok(Err(error)) => {
            condition.failing.push(Failing { what: "log", why: Chain(&error).to_string() });
            None
        }
        Err(_) => None,
    };
    let behind_seconds = match published {
        Some(published) => Some(observer.behind(published).await?.as_secs()),
        None => None,
    };
    let running = listens(settings.https.listen).await;
    print(args, &Status { running, published, behind_seconds, condition })
}

/// What can be said where this part cannot even be opened.
async fn without(settings: &Config, failing: Failing) -> Status {
    let disks = Space::new(&settings.space, settings.database.disk().into_iter().collect()).free().await;
    let (version, failing) = (env!("CARGO_PKG_VERSION"), vec![failing]);
    let condition = Condition { version, failing, ledger: None, disks, certificate_ends: None };
    let running = listens(settings.https.listen).await;
    Status { running, published: None, behind_seconds: None, condition }
}

/// Whether something listens there.
async fn listens(mut address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(any) if any.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(any) if any.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let connected = tokio::time::timeout(Duration::from_secs(2), tokio::net::TcpStream::connect(address)).await;
    matches!(connected, Ok(Ok(_)))
}

fn print(args: &StatusArgs, status: &Status) -> anyhow::Result<()> {
    match args.json {
        true => crate::out!("{}", serde_json::to_string(status)?),
        false => words(status, Clock::system().now()).iter().for_each(|line| crate::out!("{line}")),
    }
    let well = status.running && status.condition.failing.is_empty();
    if well { Ok(()) } else { Err(Ended(1).into()) }
}

/// The same for people, a line each.
fn words(status: &Status, now: Timestamp) -> Vec<String> {
    let Condition { version, failing, ledger, disks, certificate_ends } = &status.condition;
    let mut lines = vec![match status.running {
        true => format!("service      runs; this program is version {version}"),
        false => format!("service      does not answer where it should listen; this program is version {version}"),
    }];
    match failing.is_empty() {
        true => lines.push("parts        all work".to_owned()),
        false => lines.extend(failing.iter().map(|part| format!("FAILS        {}: {}", part.what, part.why))),
    }
    if let Some(ledger) = ledger {
        lines.extend(of_ledger(ledger, now));
    }
    lines.extend(match (status.published, status.behind_seconds) {
        (Some(_), Some(0)) => Some("checkpoint   covers every entry".to_owned()),
        (Some(published), Some(behind)) => {
            Some(format!("checkpoint   covers {published} entries; the first that it lacks is {behind} seconds old"))
        }
        _ => None,
    });
    for Free { disk, bytes, of } in disks {
        lines.push(match (bytes, of) {
            (Some(bytes), Some(of)) if *of > 0 => format!(
                "space        {disk}: {:.1} GB free of {:.1} GB ({} %)",
                *bytes as f64 / 1e9,
                *of as f64 / 1e9,
                bytes * 100 / of
            ),
            _ => format!("space        {disk}: it does not tell"),
        });
    }
    if let Some(ends) = certificate_ends {
        let days = ends.duration_since(now).as_hours() / 24;
        lines.push(format!("certificate  ends on {}, in {days} days", ends.strftime("%Y-%m-%d")));
    }
    lines
}

fn of_ledger(ledger: &LedgerCondition, now: Timestamp) -> Vec<String> {
    let ago = |at: Timestamp| {
        format!("{} ({} minutes ago)", at.strftime("%Y-%m-%d %H:%M:%S UTC"), now.duration_since(at).as_mins())
    };
    let newest = ledger.newest_at.map_or("none".to_owned(), ago);
    let LedgerCondition { entries, linked, parked, resolved, scrub, findings, schema, .. } = ledger;
    let looked = match (scrub.pass, scrub.under_way) {
        (0, _) => "has not begun".to_owned(),
        (pass, true) => format!("pass {pass} is at entry {} of {entries}", scrub.position),
        (pass, false) => format!("pass {pass} ended {}", scrub.ended_at.map_or("early".to_owned(), ago)),
    };
    vec![
        format!("entries      {entries}, the newest at {newest}"),
        format!("scans        {linked} linked, {parked} parked, {resolved} of those linked later"),
        format!("scrub        {looked}; {} copies healed, {findings} findings open", scrub.healed),
        format!("database     its tables are of migration {schema}"),
    ]
}
