//! `tutanak gate`: what is open, and opening or closing it in the name of operators who are present.

use std::io::{IsTerminal, Write, stderr, stdin};

use anyhow::{Context, bail};
use serde::Serialize;

use super::ConfigArg;
use crate::access::Act;
use crate::access::consent::Signature;
use crate::access::door::Door;
use crate::access::gate_change::{self, GateError};
use crate::audit::{self, Access, Ended, Outcome};
use crate::clock::Clock;
use crate::domain::{Channel, Gate};
use crate::ledger::Ledger;

/// The gates. Every change is an entry of the public log, with who and why; every node follows within a second.
///
/// Opening the parties' gate before its hour, lifting the ban and closing anything takes two operators. Each is asked for
/// name, password and the code of the second factor; a script gives them as TUTANAK_USER, TUTANAK_PASSWORD and
/// TUTANAK_CODE, and TUTANAK_SECOND_USER, TUTANAK_SECOND_PASSWORD and TUTANAK_SECOND_CODE. A code works once. Without a
/// second factor (`tutanak operator set-totp`) nobody moves a gate.
#[derive(Debug, clap::Subcommand)]
pub enum GateCommand {
    /// Show what is open, since when, by whom and why.
    Show {
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Let the parties in before their hour, or again after closing. At 17:00 it opens by itself.
    OpenParties(Why),
    /// The broadcast ban is lifted: parties that take no part may see scans, media may be written.
    LiftBan(Why),
    /// The embargo on passing on has ended: notices change.
    EndEmbargo(Why),
    /// Close a gate. The parties' gate then stays shut past its hour, until it is opened again.
    Close {
        /// parties-open, ban-lifted or embargo-ended.
        gate: Gate,
        /// The reason, for the record.
        #[command(flatten)]
        why: Why,
    },
}

/// The reason for a change of a gate.
#[derive(Debug, clap::Args)]
pub struct Why {
    /// The decision and its number. It stands in the public log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What `show --json` prints for a gate.
#[derive(Serialize)]
struct GateView {
    gate: Gate,
    open: bool,
    opens_at: Option<jiff::Timestamp>,
    changes: Vec<ShownChange>,
}

#[derive(Serialize)]
struct ShownChange {
    position: u64,
    at: jiff::Timestamp,
    open: bool,
    by: Vec<String>,
    reason: String,
}

/// Runs the command. An error means that nothing was moved.
pub async fn run(command: GateCommand, config: &ConfigArg) -> anyhow::Result<()> {
    let ledger = config.ledger().await?;
    let (gate, open, why) = match command {
        GateCommand::Show { json } => return show(&ledger, json).await,
        GateCommand::OpenParties(why) => (Gate::PartiesOpen, true, why),
        GateCommand::LiftBan(why) => (Gate::BanLifted, true, why),
        GateCommand::EndEmbargo(why) => (Gate::EmbargoEnded, true, why),
        GateCommand::Close { gate, why } => (gate, false, why),
    };
    let signatures = signatures(gate_change::operators_needed(gate, open))?;
    let clock = Clock::system();
    let door = Door::new(ledger.clone(), clock.clone());
    let moved = gate_change::change(&ledger, &door, gate, open, &why.reason, &signatures, clock.now()).await;
    record(&ledger, &door, &clock, (gate, open), &signatures, &moved)
        .await
        .context("The audit record cannot be written")?;
    match moved? {
        Some(position) => crate::out!("{gate} is {}: entry {position}", if open { "open" } else { "closed" }),
        None => crate::out!("{gate} was {} already; nothing was entered", if open { "open" } else { "closed" }),
    }
    Ok(())
}

/// Asks each operator in turn.
pub(super) fn signatures(needed: usize) -> anyhow::Result<Vec<Signature>> {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let ask = stdin().is_terminal() && stderr().is_terminal();
    let one = |prefix: &str, who: &str| -> anyhow::Result<Signature> {
        let user = match of(&format!("{prefix}_USER")) {
            Some(user) => user,
            None if ask => {
                crate::terminal::warn(format_args!("{who} işletmen / operator: "));
                stderr().flush()?;
                let mut line = String::new();
                stdin().read_line(&mut line)?;
                line.trim().to_owned()
            }
            None => bail!("{prefix}_USER and {prefix}_PASSWORD are not set, and there is no terminal to ask at"),
        };
        let password = match of(&format!("{prefix}_PASSWORD")) {
            Some(password) => password,
            None if ask => rpassword::prompt_password("Parola / Password: ")?,
            None => bail!("{prefix}_PASSWORD is not set, and there is no terminal to ask at"),
        };
        let code = match of(&format!("{prefix}_CODE")) {
            Some(code) => code,
            None if ask => rpassword::prompt_password("Doğrulama kodu / code: ")?,
            None => String::new(),
        };
        Ok(Signature { user, password, code })
    };
    let mut all = vec![one("TUTANAK", "Birinci / first")?];
    if needed > 1 {
        all.push(one("TUTANAK_SECOND", "İkinci / second")?);
    }
    Ok(all)
}

/// Whether it was done or refused, it is on record: a row for each operator, so that it is found by every name.
async fn record(
    ledger: &Ledger,
    door: &Door,
    clock: &Clock,
    (gate, open): (Gate, bool),
    signatures: &[Signature],
    moved: &Result<Option<u64>, GateError>,
) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for signature in signatures {
        let principal = door.tried(Channel::Operator, &signature.user).await.account;
        rows.push(row(principal, (gate, open), moved));
    }
    Ok(audit::write_down(ledger, clock.now(), rows).await?)
}

fn row(principal: String, (gate, open): (Gate, bool), moved: &Result<Option<u64>, GateError>) -> Ended {
    let object = format!("{gate} {}", if open { "open" } else { "close" });
    let access = Access::at_the_machine(principal, Some(Channel::Operator), Act::MoveGate, object);
    let outcome = if moved.is_ok() { Outcome::Done } else { Outcome::Refused };
    let reason = moved.as_ref().err().map(GateError::name).unwrap_or_default();
    Ended { access, outcome, bytes: 0, reason }
}

async fn show(ledger: &Ledger, json: bool) -> anyhow::Result<()> {
    let clock = Clock::system();
    let now = Door::new(ledger.clone(), clock.clone()).gates().await?;
    let changes = ledger.gate_changes().await?;
    let shown = Gate::ALL.map(|gate| {
        let changes = changes.iter().filter(|recorded| recorded.change.gate == gate).cloned();
        let changes = changes.map(|recorded| ShownChange {
            position: recorded.position,
            at: recorded.at,
            open: recorded.change.open,
            by: recorded.change.by,
            reason: recorded.change.reason,
        });
        GateView {
            gate,
            open: now.is_open(gate, clock.now()),
            opens_at: now.opens_at(gate),
            changes: changes.collect(),
        }
    });
    if json {
        crate::out!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    for gate in shown {
        let by_clock = gate.opens_at.map(|at| format!(" (by the clock at {at})")).unwrap_or_default();
        crate::out!("{:14} {}{by_clock}", gate.gate.name(), if gate.open { "open" } else { "closed" });
        for change in gate.changes {
            let what = if change.open { "opened" } else { "closed" };
            let by = change.by.join(" + ");
            crate::out!("    {what} {} by {by}: {} (entry {})", change.at, change.reason, change.position);
        }
    }
    Ok(())
}
