//! The command line: one file a command. Commands parse, call one room, and print; they decide nothing.

pub mod accounts;
pub mod audit;
pub mod certificates;
pub mod clock;
pub mod command;
pub mod consent;
pub mod demo;
pub mod documents;
pub mod election;
pub mod export;
pub mod figures;
pub mod ftp_check;
pub mod gate;
pub mod init;
pub mod key;
pub mod mirror;
pub mod node;
pub mod on_record;
mod open_files;
pub mod party_ftp;
pub mod read;
pub mod rebuild;
pub mod sample;
pub mod scrub;
pub mod serve;
pub mod status;
pub mod upload;
pub mod verify;

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::app::sealing;
use crate::beneath;
use crate::config::Config;
use crate::ledger::Ledger;

/// Bytes of a file of certificates or keys at most.
const PEM_BYTES: u64 = 1 << 20;

/// A command that has told everything itself, and ends with this status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ended with status {0}")]
pub struct Ended(pub u8);

/// Where a service is described. Taken before a command and behind it.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArg {
    /// The service's configuration file.
    #[arg(long, global = true, env = "TUTANAK_CONFIG", default_value = "tutanak.toml", value_name = "FILE")]
    pub config: PathBuf,
}

impl ConfigArg {
    /// Reads the file.
    pub fn read(&self) -> anyhow::Result<Config> {
        Ok(Config::from_file(&self.config)?)
    }

    /// Opens the ledger it names.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        let config = self.read()?;
        let ledger = Ledger::open(&config.database).await.context("cannot open the ledger")?;
        sealing::attach(&config, &ledger)?;
        Ok(ledger)
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn write_private(path: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    beneath::write_private(path, content.as_ref()).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file that others may read, whole or not at all.
pub fn write_public(path: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    beneath::write_named(path, content.as_ref()).with_context(|| format!("cannot write {}", path.display()))
}
