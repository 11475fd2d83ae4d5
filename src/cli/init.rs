//! `tutanak init DIR`: a working configuration, keys and empty stores. It never overwrites anything.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, bail};

use super::{write_private, write_public};
use crate::clock::Clock;
use crate::config;
use crate::intake::ReceiptSigner;
use crate::ledger::seal::Seal;
use crate::tls;

/// Name of the configuration file in a service's directory.
pub const CONFIG: &str = "tutanak.toml";
/// What clients of a service with its own certificates must trust.
pub const CA: &str = "ca.pem";
/// The key of that CA, with which the service renews its certificate.
pub const CA_KEY: &str = "tls/ca.key";
const CERTIFICATE: &str = "tls/server.pem";
const SERVER_KEY: &str = "tls/server.key";
const SIGNING: &str = "keys/signing.pem";
const SIGNING_PUBLIC: &str = "keys/signing.pub.pem";
const SEALING: &str = "keys/sealing.key";

/// Sets `dir` up. `host` is the name that clients use; the certificate also holds for this machine itself.
pub fn run(dir: &Path, host: &str) -> anyhow::Result<()> {
    // A key that is written over is lost for ever, and with it the log that it signed.
    for file in [CONFIG, CA, CERTIFICATE, SERVER_KEY, CA_KEY, SIGNING, SIGNING_PUBLIC, SEALING] {
        if dir.join(file).symlink_metadata().is_ok() {
            bail!("{} is there already; nothing was changed", dir.join(file).display());
        }
    }
    // Scans, the audit record and keys are nobody else's business on this machine.
    let private = |path: &Path| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    for part in ["tls", "keys"] {
        private(&dir.join(part)).with_context(|| format!("cannot make {}", dir.join(part).display()))?;
    }
    let mut names = vec![host.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.dedup();
    let own = tls::own(&names, Clock::system().now())?;
    write_public(&dir.join(CA), own.ca)?;
    write_public(&dir.join(CERTIFICATE), own.certificate)?;
    write_private(&dir.join(SERVER_KEY), &own.key)?;
    write_private(&dir.join(CA_KEY), &own.ca_key)?;
    let (private, public) = ReceiptSigner::generate()?;
    write_private(&dir.join(SIGNING), &private)?;
    write_public(&dir.join(SIGNING_PUBLIC), public)?;
    write_private(&dir.join(SEALING), Seal::generate()?)?;
    let text = config::EMBEDDED.replacen("host = \"localhost\"", &format!("host = {host:?}"), 1);
    // Last, because its presence says that the directory is complete.
    write_public(&dir.join(CONFIG), text)?;
    Ok(())
}
