//! The keys that sign, as the configuration names them.

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey;

use super::StartError;
use crate::config::Config;
use crate::ledger::bind::Binding;
use crate::log::signer::LogSigner;

/// Who signs the log, from the configuration's keys.
pub fn log_signer(config: &Config) -> Result<LogSigner, StartError> {
    let paths = std::iter::once(&config.keys.signing).chain(&config.keys.previous);
    let keys: Result<Vec<_>, _> = paths.map(|path| signing_key(path)).collect();
    Ok(LogSigner::new(&config.host, keys?))
}

/// What the log must say of itself: the election, and these keys.
pub fn binding(signer: &LogSigner) -> Binding {
    let signer = signer.clone();
    Binding::new(Arc::new(move |election| signer.verifier_keys(election)))
}

/// Reads the key that signs receipts and checkpoints.
pub fn signing_key(path: &Path) -> Result<SigningKey, StartError> {
    let failed =
        |cause: &dyn std::fmt::Display| StartError::Key { path: path.display().to_string(), cause: cause.to_string() };
    let pem = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    SigningKey::from_pkcs8_pem(&pem).map_err(|error| failed(&error))
}
