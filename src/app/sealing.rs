//! The key that seals the secrets of second factors: read from its file, made where there is none yet, and compared with the
//! one that the other nodes have.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::StartError;
use crate::config::Config;
use crate::ledger::Ledger;
use crate::ledger::seal::Seal;

/// Reads the key; none where there is no file.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn read(config: &Config) -> Result<Option<Seal>, StartError> {
    let path = config.keys.sealing();
    match std::fs::read_to_string(&path) {
        Ok(text) => Seal::from_text(&text).map(Some).map_err(|error| failed(&path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, &error)),
    }
}

/// Lets a command at the machine open and seal, where there is a key.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn attach(config: &Config, ledger: &Ledger) -> Result<(), StartError> {
    if let Some(seal) = read(config)? {
        ledger.use_seal(seal);
    }
    Ok(())
}

/// What `check-config` says of the key.
///
/// # Errors
/// What is wrong.
pub async fn check(config: &Config, ledger: &Ledger) -> Result<String, StartError> {
    let path = config.keys.sealing();
    let theirs = ledger.seal_name().await?;
    let Some(seal) = read(config)? else {
        return match theirs {
            None => Ok(format!("{} is missing; the first start makes it", path.display())),
            Some(theirs) => Err(failed(&path, &missing(&theirs))),
        };
    };
    if let Some(theirs) = theirs.filter(|theirs| theirs != seal.name()) {
        let cause = format!("it is {}, and the secrets in the database are sealed with {theirs}", seal.name());
        return Err(failed(&path, &cause));
    }
    let mode = std::fs::metadata(&path).map_err(|error| failed(&path, &error))?.mode();
    match mode & 0o077 {
        0 => Ok(format!("is the key {}", seal.name())),
        _ => {
            Err(failed(&path, &format!("others on this machine may read it (mode {:o}); 0600 is right", mode & 0o777)))
        }
    }
}

/// Begins to seal with this node's key, and seals what was written before there was one.
pub(super) async fn begin(config: &Config, ledger: &Ledger) -> Result<(), StartError> {
    let path = config.keys.sealing();
    let seal = match (read(config)?, ledger.seal_name().await?) {
        (Some(seal), _) => seal,
        (None, None) => make(&path)?,
        (None, Some(theirs)) => return Err(failed(&path, &missing(&theirs))),
    };
    match ledger.begin_sealing(seal).await? {
        Ok(0) => Ok(()),
        Ok(sealed) => {
            tracing::info!(sealed, key = %path.display(), "Sealed the secrets of {sealed} second factors");
            Ok(())
        }
        Err(wrong) => Err(failed(&path, &wrong)),
    }
}

fn make(path: &Path) -> Result<Seal, StartError> {
    let text = Seal::generate().map_err(|error| failed(path, &error))?;
    let written = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    written().map_err(|error| failed(path, &error))?;
    tracing::warn!(key = %path.display(), "Made the key that seals the secrets of second factors; every other node needs a copy, and so does whoever keeps the signing key");
    Seal::from_text(&text).map_err(|error| failed(path, &error))
}

fn missing(theirs: &str) -> String {
    format!(
        "it is missing, and the secrets in the database are sealed with the key {theirs}: copy the file from another node or \
         from where a copy is kept; if there is none, see `tutanak key lost-sealing --help`"
    )
}

fn failed(path: &Path, cause: &dyn std::fmt::Display) -> StartError {
    StartError::Seal { path: path.display().to_string(), cause: cause.to_string() }
}
