//! `tutanak serve` and `tutanak check-config`: running a node, and finding out beforehand whether it would run.

use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{ConfigArg, certificates, open_files};
use crate::access::consent;
use crate::app::{self, App, sealing};
use crate::clock::Clock;
use crate::config::Config;
use crate::ledger::Ledger;
use crate::log::signer::LogSigner;
use crate::operation::supervisor::{Asked, Supervisor};
use crate::publication;
use crate::space::Space;
use crate::telemetry::{self, Chain};
use crate::tls;
use crate::vault::Vault;

/// Runs a node until SIGTERM or SIGINT.
pub async fn run(config: &ConfigArg) -> anyhow::Result<()> {
    // Before anything else: without a handler the signal ends the process at once.
    let hangups = signal(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
    let file = config;
    let config = file.read()?;
    telemetry::set_level(&config.log)?;
    if let Some(warning) = open_files::raise(&config) {
        tracing::warn!("{warning}");
    }
    let mut app = App::open(config, Clock::system()).await?;
    for warning in certificates::warnings(&app.ledger, Clock::system().now()).await? {
        tracing::warn!("{warning}");
    }
    let (https, ftp) = app.listen().await?;
    if let Some(address) = app.listen_for_metrics().await? {
        tracing::info!(%address, "Telling metrics at http://{address}/metrics");
    }
    tracing::info!(https = %https.local_addr()?, "Listening");
    tokio::spawn(read_again(hangups, file.clone(), app.reads_again()));
    let stop = stop_signal();
    if let Some(supervisor) = Supervisor::open(&Asked::from_environment()).context("cannot reach the supervisor")? {
        tokio::spawn(supervisor.follow(stop.clone()));
    }
    app.serve(https, ftp, stop).await;
    tracing::info!("Stopped");
    Ok(())
}

/// On each SIGHUP the certificate is read again, and the log's level. What cannot be used changes nothing and is told.
async fn read_again(mut hangups: Signal, file: ConfigArg, certificate: Arc<Notify>) {
    while hangups.recv().await.is_some() {
        tracing::info!("SIGHUP: reading the certificate and the log's level again");
        certificate.notify_one();
        let level = file.read().and_then(|config| Ok(telemetry::set_level(&config.log)?));
        if let Err(error) = level {
            tracing::error!(error = format!("{error:#}"), "The log's level stays as it was");
        }
    }
}

/// A token that is cancelled by SIGTERM or SIGINT.
pub fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
            tracing::error!("Cannot wait for signals");
            return;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tracing::info!("Stopping: running requests may finish");
        signalled.cancel();
    });
    stop
}

/// Opens everything the file names and says all that is wrong, at once.
pub async fn check(config: &ConfigArg) -> anyhow::Result<()> {
    let config = config.read()?;
    let mut wrong = 0;
    let mut report = |what: &str, result: Result<String, String>| match result {
        Ok(good) => crate::out!("ok     {what}: {good}"),
        Err(bad) => {
            wrong += 1;
            crate::out!("WRONG  {what}: {bad}");
        }
    };
    let chain = |error: &(dyn std::error::Error + 'static)| Chain(error).to_string();
    match open_files::raise(&config) {
        None => report("open files", Ok("enough for all connections".to_owned())),
        Some(warning) => report("open files", Err(warning)),
    }
    let vault = Vault::open(&config.vault).await;
    match Ledger::open(&config.database).await {
        Ok(ledger) => {
            let head = ledger.head().await.map(|head| format!("{} entries", head.size));
            report("database", head.map_err(|error| chain(&error)));
            let election = ledger.election().await;
            let election = election.map_err(|error| chain(&error)).and_then(|election| {
                election.map(|stored| stored.election.name().to_owned()).ok_or("none is imported yet".to_owned())
            });
            report("election", election);
            if let (Ok(vault), Ok(signer)) = (&vault, app::log_signer(&config)) {
                report("log", one_log(&config, &ledger, vault, &signer).await);
            }
            let fault = ledger.clock_fault(&Clock::system()).await.map_err(|error| chain(&error));
            let time = fault.and_then(|fault| fault.map_or(Ok(()), |fault| Err(fault.to_string())));
            report("clock", time.map(|()| "not ahead of the database's".to_owned()));
            match app::edge_faults(&config, &ledger).await {
                Ok(faults) if faults.is_empty() => report("addresses", Ok("lists hold for who connects".to_owned())),
                Ok(faults) => faults.into_iter().for_each(|fault| report("addresses", Err(fault))),
                Err(error) => report("addresses", Err(chain(&error))),
            }
            match consent::too_few_left(&ledger).await {
                Ok(None) => {}
                Ok(Some(few)) => report("operators", Err(few)),
                Err(error) => report("operators", Err(chain(&error))),
            }
            match certificates::warnings(&ledger, Clock::system().now()).await {
                Ok(warnings) if warnings.is_empty() => report("boards' certificates", Ok("none ends soon".to_owned())),
                Ok(warnings) => {
                    warnings.into_iter().for_each(|warning| crate::out!("soon   boards' certificates: {warning}"))
                }
                Err(error) => report("boards' certificates", Err(chain(&error))),
            }
            report("sealing key", sealing::check(&config, &ledger).await.map_err(|error| chain(&error)));
        }
        Err(error) => report("database", Err(chain(&error))),
    }
    let disks = vault.iter().flat_map(Vault::disks).chain(config.database.disk()).collect();
    let room = Space::new(&config.space, disks).shortage().await;
    report("space", room.map_or(Ok("there is room for scans".to_owned()), |shortage| Err(shortage.to_string())));
    report("vault", vault.map(|_| "can be written and read".to_owned()).map_err(|error| chain(&error)));
    let (certificate, soon) = shown(&config);
    report("certificate", certificate);
    if let Some(soon) = soon {
        crate::out!("soon   certificate: {soon}");
    }
    let level = config.log.filter().map(|_| "can be used".to_owned());
    report("log.level", level.map_err(|error| error.to_string()));
    if let Some(syslog) = &config.audit.syslog {
        let to = app::collector(syslog).map(|to| format!("{}, if it answers", to.address));
        report("audit.syslog", to.map_err(|error| chain(&error)));
    }
    let key = app::signing_key(&config.keys.signing);
    report("signing key", key.map(|_| "can sign".to_owned()).map_err(|error| chain(&error)));
    let implicit = config.ftp.implicit.map(|address| ("ftp with implicit TLS", address));
    let metrics = config.metrics.as_ref().map(|metrics| ("metrics", metrics.listen));
    let listened = [("https", config.https.listen), ("ftp", config.ftp.listen)].into_iter().chain(implicit);
    for (what, address) in listened.chain(metrics) {
        let bound = tokio::net::TcpListener::bind(address).await;
        report(what, bound.map(|_| format!("{address} is free")).map_err(|error| format!("{address}: {error}")));
    }
    if wrong > 0 {
        bail!("{wrong} things are wrong");
    }
    Ok(())
}

/// Whether database, vault and keys are of the same log.
async fn one_log(config: &Config, ledger: &Ledger, vault: &Vault, signer: &LogSigner) -> Result<String, String> {
    let chain = |error: &(dyn std::error::Error + 'static)| Chain(error).to_string();
    let agreed = publication::agreement_at_start(ledger, vault, signer).await.map_err(|error| chain(&error))?;
    if let Some(stored) = ledger.election().await.map_err(|error| chain(&error))? {
        let keys = signer.verifier_keys(stored.election.id());
        if let Some(stranger) = ledger.stranger(&keys).await.map_err(|error| chain(&error))? {
            return Err(stranger.to_string());
        }
    }
    publication::scans_lie_there(ledger, vault, &agreed).await.map_err(|error| chain(&error))?;
    Ok(format!("of {}; the vault's copy has {} entries", config.host, agreed.size))
}

/// Whether the certificate can be shown and until when, and what is to be done soon.
fn shown(config: &Config) -> (Result<String, String>, Option<String>) {
    let opened = tls::ServerCertificate::open(&config.tls.certificate, &config.tls.key)
        .and_then(|shown| shown.server(&[], tls::Clients::AreNotAsked).map(|_| shown.renewed_with(config.tls.own())));
    let shown = match opened {
        Ok(shown) => shown,
        Err(error) => return (Err(Chain(&error).to_string()), None),
    };
    let Some((_, ends)) = shown.validity() else { return (Ok("fits its key".to_owned()), None) };
    let (left, renewed) = (ends.duration_since(Clock::system().now()), shown.is_renewed());
    if left.is_negative() && !renewed {
        return (Err(format!("it ended on {ends}")), None);
    }
    let renewed = if renewed { ", renewed by itself before" } else { "" };
    let soon = (left < tls::WARNED_BEFORE && renewed.is_empty()).then(|| format!("WARNING: it ends on {ends}"));
    (Ok(format!("fits its key, until {ends}{renewed}")), soon)
}
