//! `tutanak key`: the keys that sign the log.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{ConfigArg, write_private, write_public};
use crate::access::consent;
use crate::app;
use crate::formats::sign;
use crate::intake::ReceiptSigner;

/// The keys that sign receipts and the log's checkpoints.
#[derive(Debug, clap::Subcommand)]
pub enum KeyCommand {
    /// Print the keys in force as parties are given them: name+id+key (C2SP signed-note), one a line.
    ///
    /// Give them to the parties on paper or by a channel of its own: who pins the key needs to trust nobody on the way.
    Show {
        /// As `ssh-keygen -Y verify` wants the key that signs media, and below it the fingerprint.
        #[arg(long)]
        ssh: bool,
    },
    /// Make a new key, readable by its owner alone.
    ///
    /// To change over: name FILE as `signing` and the old one as `previous` under `[keys]` on every node, then restart them.
    /// The log says which key is new, under the old one's signature, and both sign until `previous` is taken away.
    New {
        /// Where it shall lie. It must not exist.
        file: PathBuf,
    },
    /// The key that seals second factors is lost, everywhere: remove every second factor that it sealed.
    ///
    /// Stop every node first. The next start makes a new key; copy it to the other nodes. Whoever had a second factor sets one
    /// up anew. What took two operators before goes on taking two.
    LostSealing,
}

/// Runs the command.
pub async fn run(command: KeyCommand, config: &ConfigArg) -> anyhow::Result<()> {
    match command {
        KeyCommand::Show { ssh } => {
            let file = config.read()?;
            let signer = app::log_signer(&file)?;
            let election = config.ledger().await?.election().await?;
            let election =
                election.context("No election has been imported yet, and its id is part of the key's name")?;
            if ssh {
                let key = app::signing_key(&file.keys.signing)?.verifying_key();
                crate::terminal::print(format_args!(
                    "{}",
                    sign::allowed_signer(&signer.origin(election.election.id()), &key)
                ));
                crate::out!("{}", sign::fingerprint(&key));
                return Ok(());
            }
            signer.verifier_keys(election.election.id()).iter().for_each(|key| crate::out!("{key}"));
            Ok(())
        }
        KeyCommand::New { file } => new(&file),
        KeyCommand::LostSealing => lost_sealing(config).await,
    }
}

async fn lost_sealing(config: &ConfigArg) -> anyhow::Result<()> {
    let file = config.read()?.keys.sealing();
    if file.exists() {
        bail!("{} is there; nothing was changed", file.display());
    }
    let ledger = config.ledger().await?;
    let whose = ledger.forget_seal().await?;
    whose.iter().for_each(|login| crate::out!("{login} has no second factor any more"));
    if consent::in_force(&ledger).await? {
        crate::out!(
            "Letting anybody in still takes two operators: each sets a second factor up anew (tutanak operator set-totp)"
        );
    }
    crate::out!("The next start makes {}", file.display());
    Ok(())
}

fn new(file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!("{} is there already; nothing was changed", file.display());
    }
    let (private, public) = ReceiptSigner::generate()?;
    write_private(file, &private)?;
    let beside = file.with_extension("pub.pem");
    write_public(&beside, public)?;
    crate::out!("{} and {}", file.display(), beside.display());
    Ok(())
}
