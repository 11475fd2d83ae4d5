//! `tutanak audit`: searching the record of every access, and checking that it is what was written.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use jiff::Timestamp;

use super::ConfigArg;
use crate::app;
use crate::archive::lists::comma_row;
use crate::audit::table;
use crate::beneath;
use crate::ledger::Ledger;
use crate::ledger::audit::{AuditHead, AuditQuestion};
use crate::log::note::NOTE_BYTES;
use crate::log::signer::LogSigner;
use crate::terminal;

/// Rows read at a time.
const PAGE: u32 = 2000;

/// The record of every access: who did what, from where, when, how much of it, and how it ended.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Print the rows that fit, oldest first.
    ///
    /// One JSON object a line; with --csv a table that spreadsheets open. Times are UTC, for example 2024-03-31T14:00:00Z.
    Search(Search),
    /// Hash every row again: none was changed, left out or added later.
    ///
    /// With --checkpoint also against what somebody was given: parties find it as defter/denetim.
    Verify {
        /// A checkpoint of this record that was given to somebody.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print the record's signed checkpoint of this moment, to be kept elsewhere.
    Checkpoint,
}

/// What to look for.
#[derive(Debug, clap::Args)]
pub struct Search {
    /// The account: a party, a board, …; all of its people with it.
    #[arg(long, alias = "party")]
    account: Option<String>,
    /// One person of it.
    #[arg(long, requires = "account")]
    person: Option<String>,
    /// The address.
    #[arg(long)]
    address: Option<String>,
    /// What was done: login, list, download, upload, gate, …
    #[arg(long)]
    act: Option<String>,
    /// What path, digest or login name begins with; where accounts and people are looked after, whose.
    #[arg(long)]
    object: Option<String>,
    /// How it ended: ok, cut, refused or failed; or begun, of a transfer that took a while.
    #[arg(long)]
    outcome: Option<String>,
    /// Only rows from this time on.
    #[arg(long)]
    since: Option<Timestamp>,
    /// Only rows before this time.
    #[arg(long)]
    until: Option<Timestamp>,
    /// A table instead of JSON lines.
    #[arg(long)]
    csv: bool,
}

/// Runs the command.
pub async fn run(command: AuditCommand, config: &ConfigArg) -> anyhow::Result<()> {
    let ledger = config.ledger().await?;
    match command {
        AuditCommand::Search(search) => self::search(&ledger, search).await,
        AuditCommand::Verify { checkpoint } => {
            let given = match checkpoint {
                Some(file) => {
                    let text = beneath::read_named(&file, NOTE_BYTES as u64)
                        .with_context(|| format!("cannot read {}", file.display()))?;
                    let text = String::from_utf8(text).context("a checkpoint is UTF-8")?;
                    let signer = app::log_signer(&config.read()?)?;
                    let said = signer.signed(&text).context("this checkpoint is not signed by this service's key")?;
                    anyhow::ensure!(
                        said.origin.ends_with("/denetim"),
                        "this is the checkpoint of another log: {}",
                        said.origin
                    );
                    Some(AuditHead { size: said.size, root: said.root })
                }
                None => None,
            };
            let rows = ledger.audit_verify(given.as_ref()).await.context("THE AUDIT RECORD IS NOT WHAT WAS WRITTEN")?;
            crate::out!("{rows} rows, each as it was written");
            Ok(())
        }
        AuditCommand::Checkpoint => {
            let stored = ledger.election().await?.context("No election has been imported yet")?;
            let (signer, head) = (app::log_signer(&config.read()?)?, ledger.audit_head().await?);
            crate::terminal::print(format_args!(
                "{}",
                signer.checkpoint(&LogSigner::audit(stored.election.id()), head.size, &head.root)
            ));
            Ok(())
        }
    }
}

async fn search(ledger: &Ledger, search: Search) -> anyhow::Result<()> {
    let question = AuditQuestion {
        account: search.account,
        person: search.person,
        address: search.address,
        act: search.act,
        object: search.object,
        outcome: search.outcome,
        since_ms: search.since.map(Timestamp::as_millisecond),
        until_ms: search.until.map(Timestamp::as_millisecond),
    };
    let mut out = std::io::BufWriter::new(terminal::Output);
    let mut line = Vec::new();
    if search.csv {
        comma_row(&mut line, &table::HEADERS);
    }
    let mut after = i64::MIN;
    loop {
        let rows = ledger.audit_search(&question, after, PAGE).await?;
        for found in &rows {
            match search.csv {
                true => comma_row(&mut line, &table::cells(found, table::when(&found.row).to_string())),
                false => table::json_line(&mut line, found),
            }
            out.write_all(&line)?;
            line.clear();
        }
        match rows.last() {
            Some(last) => after = last.id,
            None => break,
        }
    }
    out.write_all(&line)?; // headers alone, where nothing fits
    Ok(out.flush()?)
}
