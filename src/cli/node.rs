//! `tutanak node share` and `tutanak init --join`: a further node of the same service gets what all nodes must have alike.
//!
//! Nodes with keys of their own would sign different logs. The file holds private keys: it is readable by its owner alone,
//! and never overwrites anything.

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::init::{CA, CA_KEY, CONFIG};
use super::{ConfigArg, write_private, write_public};
use crate::app;
use crate::beneath;
use crate::config::Config;
use crate::ledger::DatabaseConfig;
use crate::vault::VaultConfig;

/// The nodes of a service.
#[derive(Debug, clap::Subcommand)]
pub enum NodeCommand {
    /// Write what another machine needs to join this service into FILE: configuration, signing keys, certificate.
    ///
    /// FILE holds the private keys: carry it by a safe way, give `tutanak init DIR --join FILE` on the other machine, and
    /// delete it. What the environment holds (the database's address, the bucket's keys) is not in it.
    Share {
        /// Where to write it. It must not exist.
        file: PathBuf,
    },
}

/// What a node gives to another one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    /// The format's version.
    tutanak_node: u32,
    /// The configuration file's text.
    config: String,
    /// Files that it names, by their path from the configuration's directory.
    files: BTreeMap<String, String>,
    /// Files that it names and that lie elsewhere: they must be put there by hand.
    elsewhere: Vec<PathBuf>,
}

const VERSION: u32 = 1;
/// Bytes of a file to join with at most. Real ones have 20 KiB.
const MOST: u64 = 4 << 20;

/// Runs the command.
pub async fn run(command: NodeCommand, config: &ConfigArg) -> anyhow::Result<()> {
    match command {
        NodeCommand::Share { file } => {
            if file.exists() {
                bail!("{} is there already; nothing was changed", file.display());
            }
            let shared = Shared::of(&config.config)?;
            write_private(&file, serde_json::to_vec_pretty(&shared)?)?;
            crate::out!(
                "{} holds this service's private keys. On the other machine: tutanak init DIR --join {}. Then delete it.",
                file.display(),
                file.display()
            );
            tell_elsewhere(&shared.elsewhere);
            Ok(())
        }
    }
}

/// Sets `dir` up as a further node of the service that `from` is of: its file, or the directory of its first node.
pub fn join(dir: &Path, from: &Path) -> anyhow::Result<()> {
    if dir.join(CONFIG).exists() {
        bail!("{} is there already; nothing was changed", dir.join(CONFIG).display());
    }
    let shared = if from.is_dir() { Shared::of(&from.join(CONFIG))? } else { Shared::read(from)? };
    for name in shared.files.keys() {
        let path = dir.join(name);
        if path.exists() {
            bail!("{} is there already; nothing was changed", path.display());
        }
    }
    for (name, text) in &shared.files {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent);
        made.with_context(|| format!("cannot make {}", parent.display()))?;
        // Only certificates are for everybody.
        match text.contains("BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY") {
            true => write_public(&path, text)?,
            false => write_private(&path, text)?,
        }
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot make {}", dir.display()))?;
    // Last, because its presence says that the directory is complete.
    write_public(&dir.join(CONFIG), &shared.config)?;
    crate::out!("{} is a further node of {}.", dir.display(), Config::from_file(&dir.join(CONFIG))?.host);
    crate::out!("What its environment must hold, as on the first node: {}.", environment(&dir.join(CONFIG))?);
    crate::out!("Its own addresses ([https], [ftp] advertised) stand in {CONFIG}. Next: tutanak check-config, serve.");
    tell_elsewhere(&shared.elsewhere);
    Ok(())
}

impl Shared {
    /// What the node with this configuration gives to others.
    fn of(config: &Path) -> anyhow::Result<Self> {
        let settings = Config::from_file(config)?;
        if matches!(settings.database, DatabaseConfig::Sqlite { .. })
            || matches!(settings.vault, VaultConfig::Local { .. })
        {
            bail!(
                "this service runs on one machine: its database or its vault lies on a disk that other nodes do not see. \
                 Move it to PostgreSQL and a bucket first (storage-config/README.md, \"From one profile to the other\")"
            );
        }
        app::log_signer(&settings)?;
        let directory = config.parent().unwrap_or(Path::new(".")).to_owned();
        let named = [&settings.tls.certificate, &settings.tls.key, &settings.keys.signing].into_iter();
        let named = named.chain(&settings.keys.previous).chain(settings.audit.syslog.as_ref().map(|log| &log.ca));
        let sealing = Some(settings.keys.sealing()).filter(|path| path.exists());
        let named = named.chain(&sealing);
        let (mut files, mut elsewhere) = (BTreeMap::new(), Vec::new());
        let read =
            |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        for path in named {
            match path.strip_prefix(&directory).ok().filter(|name| stays_inside(name)).and_then(Path::to_str) {
                Some(name) => drop(files.insert(name.to_owned(), read(path)?)),
                None => elsewhere.push(path.clone()),
            }
        }
        for name in [CA, CA_KEY] {
            if directory.join(name).exists() {
                files.insert(name.to_owned(), read(&directory.join(name))?);
            }
        }
        Ok(Self { tutanak_node: VERSION, config: read(config)?, files, elsewhere })
    }

    /// Reads what another node wrote.
    fn read(file: &Path) -> anyhow::Result<Self> {
        let no_such = || format!("{} was not written by `tutanak node share`", file.display());
        let text = match beneath::read_named(file, MOST) {
            Err(error) if beneath::why(&error).is_some() => bail!(no_such()),
            read => read.with_context(|| format!("cannot read {}", file.display()))?,
        };
        let shared: Self = serde_json::from_slice(&text).with_context(no_such)?;
        if shared.tutanak_node != VERSION {
            bail!("{} was written by another version of tutanak", file.display());
        }
        // The names are paths to be written.
        if let Some(name) = shared.files.keys().find(|name| !stays_inside(Path::new(name)) || *name == CONFIG) {
            bail!("{} names a file outside of the directory: {name:?}", file.display());
        }
        Ok(shared)
    }
}

fn stays_inside(name: &Path) -> bool {
    name.components().all(|part| matches!(part, Component::Normal(_))) && name.file_name().is_some()
}

fn environment(config: &Path) -> anyhow::Result<String> {
    let database = match Config::from_file(config)?.database {
        DatabaseConfig::Postgres { url_from, .. } => url_from,
        DatabaseConfig::Sqlite { .. } | DatabaseConfig::PostgresAt { .. } => "none".to_owned(),
    };
    Ok(format!("{database}, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"))
}

fn tell_elsewhere(elsewhere: &[PathBuf]) {
    for path in elsewhere {
        crate::out!(
            "The same {} must be put on the other machine by hand: it lies outside of the directory.",
            path.display()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_to_join_with_writes_nowhere_else() {
        for outside in ["../a", "/etc/a", "a/../../b", "", "."] {
            assert!(!stays_inside(Path::new(outside)), "{outside:?}");
        }
        assert!(stays_inside(Path::new("keys/signing.pem")));
    }
}
