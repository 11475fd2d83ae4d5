//! Commands at the machine itself are accesses like any other: who gave which, and how it ended, stands in the record.
//!
//! It must never write down a secret. Secrets are never arguments of a command, so the arguments can be.

use anyhow::Context;

use super::ConfigArg;
use crate::clock::Clock;
use crate::ledger::audit::AuditRow;

/// Longest command that is written down whole, in letters.
const LONGEST: usize = 500;

/// Runs a command and writes down that it was given, by whom, and how it ended.
///
/// # Errors
/// The command's own; or that it cannot be put on record.
pub async fn recorded(config: &ConfigArg, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let done = work.await;
    let row = AuditRow {
        at_ms: Clock::system().now().as_millisecond(),
        principal: format!("os:{}", who()),
        channel: "-".to_owned(),
        protocol: "cli".to_owned(),
        address: "-".to_owned(),
        act: "admin".to_owned(),
        object: given(std::env::args().skip(1)),
        start_at: 0,
        bytes: 0,
        complete: done.is_ok(),
        outcome: if done.is_ok() { "ok" } else { "failed" }.to_owned(),
        reason: done.as_ref().err().map(|error| clipped(&format!("{error:#}"))).unwrap_or_default(),
    };
    let written = async { Ok::<_, anyhow::Error>(config.ledger().await?.audit_add(&[row]).await?) }.await;
    match (done, written) {
        (Err(error), _) => Err(error),
        (Ok(()), written) => written.context("The command was carried out, and cannot be put on record"),
    }
}

/// The command as it was typed.
fn given(arguments: impl Iterator<Item = String>) -> String {
    clipped(&arguments.collect::<Vec<_>>().join(" "))
}

fn clipped(text: &str) -> String {
    text.chars().filter(|letter| *letter != '\0').take(LONGEST).collect()
}

/// The login name of who gave it: whoever became root says who they were. It is what the machine's own accounts say, no more.
fn who() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    named("SUDO_USER").or_else(|| named("LOGNAME")).or_else(|| named("USER")).unwrap_or_else(|| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata("/proc/self").map_or_else(|_| "?".to_owned(), |process| process.uid().to_string())
    })
}
