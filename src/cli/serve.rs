//! `tutanak serve` and `tutanak check-config`: running a node, and finding out beforehand whether it would run.

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use super::{ConfigArg, certificates, open_files};
use crate::app::{self, App, sealing};
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::space::Space;
use crate::telemetry::Chain;
use crate::tls;
use crate::vault::Vault;

/// Runs a node until SIGTERM or SIGINT.
pub async fn run(config: &ConfigArg) -> anyhow::Result<()> {
    let config = config.read()?;
    if let Some(warning) = open_files::raise(&config) {
        tracing::warn!("{warning}");
    }
    let app = App::open(config, Clock::system()).await?;
    for warning in certificates::warnings(&app.ledger, Clock::system().now()).await? {
        tracing::warn!("{warning}");
    }
    let (https, ftp) = app.listen().await?;
    tracing::info!(https = %https.local_addr()?, "Listening");
    app.serve(https, ftp, stop_signal()).await;
    tracing::info!("Stopped");
    Ok(())
}

/// A token that is cancelled by SIGTERM or SIGINT.
pub fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
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
    match Ledger::open(&config.database).await {
        Ok(ledger) => {
            let head = ledger.head().await.map(|head| format!("{} entries", head.size));
            report("database", head.map_err(|error| chain(&error)));
            let election = ledger.election().await;
            let election = election.map_err(|error| chain(&error)).and_then(|election| {
                election.map(|stored| stored.election.name().to_owned()).ok_or("none is imported yet".to_owned())
            });
            report("election", election);
            match app::edge_faults(&config, &ledger).await {
                Ok(faults) if faults.is_empty() => report("addresses", Ok("lists hold for who connects".to_owned())),
                Ok(faults) => faults.into_iter().for_each(|fault| report("addresses", Err(fault))),
                Err(error) => report("addresses", Err(chain(&error))),
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
    let vault = Vault::open(&config.vault).await;
    let disks = vault.iter().flat_map(Vault::disks).chain(config.database.disk()).collect();
    let room = Space::new(&config.space, disks).shortage().await;
    report("space", room.map_or(Ok("there is room for scans".to_owned()), |shortage| Err(shortage.to_string())));
    report("vault", vault.map(|_| "can be written and read".to_owned()).map_err(|error| chain(&error)));
    let certificate = tls::Shown::open(&config.tls.certificate, &config.tls.key)
        .and_then(|shown| shown.server(&[], tls::Clients::AreNotAsked));
    report("certificate", certificate.map(|_| "fits its key".to_owned()).map_err(|error| chain(&error)));
    if let Some(syslog) = &config.audit.syslog {
        let to = app::collector(syslog).map(|to| format!("{}, if it answers", to.address));
        report("audit.syslog", to.map_err(|error| chain(&error)));
    }
    let key = app::signing_key(&config.keys.signing);
    report("signing key", key.map(|_| "can sign".to_owned()).map_err(|error| chain(&error)));
    let implicit = config.ftp.implicit.map(|address| ("ftp with implicit TLS", address));
    for (what, address) in [("https", config.https.listen), ("ftp", config.ftp.listen)].into_iter().chain(implicit) {
        let bound = tokio::net::TcpListener::bind(address).await;
        report(what, bound.map(|_| format!("{address} is free")).map_err(|error| format!("{address}: {error}")));
    }
    if wrong > 0 {
        bail!("{wrong} things are wrong");
    }
    Ok(())
}
