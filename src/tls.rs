//! Certificates: read for HTTPS and FTPS, and made for a service that has none yet. It must never print a private key.

mod certificate;
mod client;
mod own;
mod validity;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::Digest;
use crate::telemetry::Chain;
use certificate::Certificate;
pub use own::{OwnCa, OwnCertificates, own};
pub use validity::{Validity, validity};

/// Certificates could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("{path} cannot be read as PEM: {cause}")]
    Pem {
        /// The file.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// Certificate and key do not go together, or are of a kind that is not served.
    #[error("certificate and key cannot be used")]
    Unusable(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("a certificate could not be made")]
    Make(#[from] rcgen::Error),
}

/// Whether a server asks its clients for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clients {
    /// It does not.
    AreNotAsked,
    /// It does, and takes any whose key the client has. Who it is must be bound to that certificate elsewhere.
    MayShowACertificate,
}

/// The certificate of the service, from two PEM files, and again from them when they change.
#[derive(Debug)]
pub struct ServerCertificate {
    chain: PathBuf,
    key: PathBuf,
    certificate: Arc<Certificate>,
    /// When the two files were last changed, as of the last reading.
    changed: [Option<SystemTime>; 2],
    /// Renews it, where the service made it itself.
    own: Option<OwnCa>,
    /// Wakes who reads the files again at once.
    again: Arc<Notify>,
    /// When it was last warned that it ends.
    warned: Option<Timestamp>,
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// So long before it ends it is warned of.
pub const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How often.
const WARNED_EVERY: SignedDuration = SignedDuration::from_hours(24);

impl ServerCertificate {
    /// Reads both files.
    pub fn open(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let changed = [chain, key].map(changed);
        let certificate = Certificate::new(read(chain, key)?);
        let (chain, key) = (chain.to_owned(), key.to_owned());
        Ok(Self { chain, key, certificate, changed, own: None, again: Arc::default(), warned: None })
    }

    /// It is renewed with this CA before it ends, if that one gave it.
    #[must_use]
    pub fn renewed_with(self, own: Option<OwnCa>) -> Self {
        Self { own, ..self }
    }

    /// Telling it has the files read again at once.
    pub fn again(&self) -> Arc<Notify> {
        Arc::clone(&self.again)
    }

    /// From when until when it is valid.
    pub fn validity(&self) -> Option<Validity> {
        own::first(&self.chain).ok().and_then(|der| validity(&der))
    }

    /// Whether it renews itself.
    pub fn is_renewed(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.renews(&self.chain))
    }

    /// TLS 1.2 and 1.3 with it. `protocols` is what is offered by ALPN.
    pub fn server(&self, protocols: &[&str], clients: Clients) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions()?;
        let builder = match clients {
            Clients::AreNotAsked => builder.with_no_client_auth(),
            Clients::MayShowACertificate => builder.with_client_cert_verifier(Arc::new(client::HolderOfKey(provider))),
        };
        let mut config = builder.with_cert_resolver(Arc::<Certificate>::clone(&self.certificate));
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        // Tickets serve clients that open one data connection after another.
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
        Ok(Arc::new(config))
    }

    /// Shows a new certificate as soon as its files are there, until `stop`, and renews it where it can. Files that do not go
    /// together, as while one is being replaced, change nothing.
    pub async fn follow(mut self, clock: Clock, stop: CancellationToken) {
        let again = self.again();
        loop {
            self.tend(clock.now());
            self.look();
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
                () = again.notified() => self.read_again(),
            }
        }
    }

    /// Renews the certificate when it is time, and warns where that cannot be done.
    fn tend(&mut self, now: Timestamp) {
        let Some((_, ends)) = self.validity() else { return };
        let renewed = self.own.as_ref().map(|own| own.renew(&self.chain, &self.key, now));
        match renewed {
            Some(Ok(Some(until))) => return tracing::info!(%until, "Renewed the certificate"),
            Some(Err(error)) if self.warn_now(ends, now) => {
                tracing::error!(error = %Chain(&error), "The certificate cannot be renewed");
            }
            _ => {}
        }
        if self.warn_now(ends, now) {
            self.warned = Some(now);
            tracing::warn!(%ends, "WARNING: The certificate ends on {ends}; no client takes it after that");
        }
    }

    fn warn_now(&self, ends: Timestamp, now: Timestamp) -> bool {
        let due = self.warned.is_none_or(|warned| now.duration_since(warned) >= WARNED_EVERY);
        ends.duration_since(now) < WARNED_BEFORE && due
    }

    fn look(&mut self) {
        if [&self.chain, &self.key].map(changed) != self.changed {
            self.read_again();
        }
    }

    fn read_again(&mut self) {
        // Before the reading: what is written meanwhile is read the next time.
        let now = [&self.chain, &self.key].map(changed);
        match read(&self.chain, &self.key) {
            Ok(certificate) => {
                self.certificate.replace(certificate);
                self.changed = now;
                tracing::info!(certificate = %self.chain.display(), "Read the certificate again");
            }
            Err(error) => {
                tracing::error!(error = %Chain(&error), "The new certificate cannot be used; the old one stays")
            }
        }
    }
}

fn changed(path: impl AsRef<Path>) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let failed = |path: &Path, cause: &dyn std::fmt::Display| TlsError::Pem {
        path: path.display().to_string(),
        cause: cause.to_string(),
    };
    let chain =
        CertificateDer::pem_file_iter(certificate).and_then(|certificates| certificates.collect::<Result<Vec<_>, _>>());
    let chain = chain.map_err(|error| failed(certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    Ok(CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider())?)
}

/// A client's side of TLS that trusts the certificates in a PEM file and nothing else.
pub fn trusting(ca: &Path) -> Result<Arc<ClientConfig>, TlsError> {
    let failed =
        |cause: &dyn std::fmt::Display| TlsError::Pem { path: ca.display().to_string(), cause: cause.to_string() };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?)?;
    }
    if roots.is_empty() {
        return Err(failed(&"there is no certificate in it"));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// SHA-256 of the first certificate in a PEM file, which is what a client is bound by, and from when until when it is valid.
pub fn fingerprint(certificate: &Path) -> Result<(Digest, Option<Validity>), TlsError> {
    let der = CertificateDer::from_pem_file(certificate)
        .map_err(|cause| TlsError::Pem { path: certificate.display().to_string(), cause: cause.to_string() })?;
    Ok((Digest::of(&der), validity(&der)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_does_not_fit_its_key_changes_nothing_until_it_does() {
        let dir = tempfile::tempdir().unwrap();
        let (chain, key) = (dir.path().join("server.pem"), dir.path().join("server.key"));
        let write = |path: &Path, text: &str, age: u64| {
            std::fs::write(path, text).unwrap();
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(age)).unwrap();
        };
        let made = |name: &str| own(&[name.into()], Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24)).unwrap();
        let (first, second) = (made("a"), made("b"));
        write(&chain, &first.certificate, 1);
        write(&key, &first.key, 1);
        let mut shown = ServerCertificate::open(&chain, &key).unwrap();
        let at_first = shown.changed;
        write(&chain, &second.certificate, 2);
        shown.look();
        assert_eq!(shown.changed, at_first, "half of a new certificate was taken");
        write(&key, &second.key, 3);
        shown.look();
        assert_ne!(shown.changed, at_first);
    }
}
