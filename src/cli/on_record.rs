//! Commands at the machine itself are accesses like any other: who gave which stands in the record before it is carried out,
//! and how it ended when it has.
//!
//! It must never carry out what cannot be put on record. Nor write down a secret. Secrets are never arguments of a command, so the arguments can be.

use std::cell::RefCell;

use anyhow::Context;

use super::ConfigArg;
use crate::audit::{self, Access, Deed, Ended, Outcome};
use crate::clock::Clock;
use crate::domain::Channel;
use crate::domain::words::shown_short;

/// Longest command that is written down whole, in letters.
const LONGEST: usize = 500;

/// What a command says of itself while it runs.
#[derive(Debug, Default)]
struct Said {
    /// Whose accounts or people it is about.
    about: Vec<String>,
    /// The operators who signed.
    by: Vec<String>,
    /// Whether it let somebody in without them: there are no two yet.
    set_up: bool,
}

/// The reason of rows about what was done before there were two operators.
const SET_UP: &str = "set-up";

tokio::task_local! {
    static SAID: RefCell<Said>;
}

/// Says whose account or person the command that runs is about. It stands first in the row, so that it is found by it; each
/// one has a row of its own.
pub fn about(subject: &str) {
    // Outside of a command nobody writes anything down.
    let _ = SAID.try_with(|said| said.borrow_mut().about.push(subject.to_owned()));
}

/// Says that an operator signed the command. Each has rows of their own, so that it is found by every name.
pub fn by(operator: &str) {
    let _ = SAID.try_with(|said| said.borrow_mut().by.push(operator.to_owned()));
}

/// Says that the command lets somebody in while the installation is set up, before there are two operators.
pub fn as_set_up() {
    let _ = SAID.try_with(|said| said.borrow_mut().set_up = true);
}

/// Writes down that a command is given and by whom, runs it, and writes down how it ended.
///
/// # Errors
/// The command's own; or that it cannot be put on record: then nothing was done.
pub async fn recorded(config: &ConfigArg, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let command = given(std::env::args().skip(1));
    write(config, vec![row(command.clone(), Outcome::Begun, String::new())])
        .await
        .context("The command cannot be put on record; nothing was done")?;
    let (done, said) = SAID.scope(RefCell::default(), async { (work.await, SAID.with(RefCell::take)) }).await;
    let Said { about, by, set_up } = said;
    let outcome = if done.is_ok() { Outcome::Done } else { Outcome::Failed };
    let reason = match &done {
        Err(error) => clipped(&format!("{error:#}")),
        Ok(()) if set_up => SET_UP.to_owned(),
        Ok(()) => String::new(),
    };
    let objects: Vec<String> = match about.is_empty() {
        true => vec![command],
        false => about.iter().map(|subject| format!("{subject} {command}")).collect(),
    };
    let of_machine = objects.iter().map(|object| row(object.clone(), outcome, reason.clone()));
    let of_operator = |operator: &String| {
        let signed = |object: &String| {
            let mut ended = row(object.clone(), outcome, reason.clone());
            (ended.access.principal, ended.access.channel) = (operator.clone(), Some(Channel::Operator));
            ended
        };
        objects.iter().map(signed).collect::<Vec<_>>()
    };
    let rows: Vec<Ended> = of_machine.chain(by.iter().flat_map(of_operator)).collect();
    match (done, write(config, rows).await) {
        (Err(error), _) => Err(error),
        (Ok(()), written) => {
            written.context("The command was carried out; the record says that it was begun, and not how it ended")
        }
    }
}

fn row(object: String, outcome: Outcome, reason: String) -> Ended {
    let access = Access::at_the_machine(format!("os:{}", who()), None, Deed::Command, object);
    Ended { access, outcome, bytes: 0, reason }
}

/// Each time by a ledger of its own: the command may close the one that it opens, or make its database first.
async fn write(config: &ConfigArg, rows: Vec<Ended>) -> anyhow::Result<()> {
    let ledger = config.ledger().await?;
    let written = audit::write_down(&ledger, Clock::system().now(), rows).await;
    ledger.close().await;
    Ok(written?)
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

/// What was typed, refused or not, as a line that can be shown.
fn clipped(text: &str) -> String {
    shown_short(text, LONGEST)
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
