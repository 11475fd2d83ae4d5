//! Commands at the machine itself are accesses like any other: who gave which, and how it ended, stands in the record.
//!
//! It must never write down a secret. Secrets are never arguments of a command, so the arguments can be.

use std::cell::RefCell;

use anyhow::Context;

use super::ConfigArg;
use crate::clock::Clock;
use crate::ledger::audit::AuditRow;

/// Longest command that is written down whole, in letters.
const LONGEST: usize = 500;

tokio::task_local! {
    static ABOUT: RefCell<Vec<String>>;
}

/// Says whose account or person the command that runs is about. It stands first in the row, so that it is found by it; each
/// one has a row of its own.
pub fn about(subject: &str) {
    // Outside of a command nobody writes anything down.
    let _ = ABOUT.try_with(|about| about.borrow_mut().push(subject.to_owned()));
}

/// Runs a command and writes down that it was given, by whom, and how it ended.
///
/// # Errors
/// The command's own; or that it cannot be put on record.
pub async fn recorded(config: &ConfigArg, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let (done, about) = ABOUT.scope(RefCell::default(), async { (work.await, ABOUT.with(RefCell::take)) }).await;
    let command = given(std::env::args().skip(1));
    let row = |object: String| AuditRow {
        at_ms: Clock::system().now().as_millisecond(),
        principal: format!("os:{}", who()),
        channel: "-".to_owned(),
        protocol: "cli".to_owned(),
        address: "-".to_owned(),
        act: "admin".to_owned(),
        object,
        start_at: 0,
        bytes: 0,
        complete: done.is_ok(),
        outcome: if done.is_ok() { "ok" } else { "failed" }.to_owned(),
        reason: done.as_ref().err().map(|error| clipped(&format!("{error:#}"))).unwrap_or_default(),
    };
    let rows: Vec<AuditRow> = match about.is_empty() {
        true => vec![row(command)],
        false => about.iter().map(|subject| row(clipped(&format!("{subject} {command}")))).collect(),
    };
    let written = async { Ok::<_, anyhow::Error>(config.ledger().await?.audit_add(&rows).await?) }.await;
    match (done, written) {
        (Err(error), _) => Err(error),
        (Ok(()), written) => written.context("The command was carried out, and cannot be put on record"),
    }
}

/// The command as it was typed, without the name of the configuration file, which is the same for all.
fn given(mut arguments: impl Iterator<Item = String>) -> String {
    let mut words = Vec::new();
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--config" => drop(arguments.next()),
            word if word.starts_with("--config=") => {}
            word => words.push(word.to_owned()),
        }
    }
    clipped(&words.join(" "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_written_without_the_file_that_all_have() {
        let words = |text: &str| given(text.split(' ').map(str::to_owned));
        assert_eq!(words("party --config /srv/t.toml add yeni"), "party add yeni");
        assert_eq!(words("party --config=t.toml add yeni --name Yeni"), "party add yeni --name Yeni");
    }
}
