//! Certificates: read for HTTPS and FTPS, and made for a service that has none yet. It must never print a private key.

mod client;
mod validity;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_util::sync::CancellationToken;
use tutanak_ftp::Certificate;

use crate::domain::Digest;
use crate::telemetry::Chain;
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
pub struct Shown {
    chain: PathBuf,
    key: PathBuf,
    certificate: Arc<Certificate>,
    /// When the two files were last changed, as of the last reading.
    changed: [Option<SystemTime>; 2],
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

impl Shown {
    /// Reads both files.
    pub fn open(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let changed = [chain, key].map(changed);
        let certificate = Certificate::new(read(chain, key)?);
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), certificate, changed })
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

    /// Shows a new certificate as soon as its files are there, until `stop`. Files that do not go together, as while one
    /// is being replaced, change nothing.
    pub async fn follow(mut self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            self.look();
        }
    }

    fn look(&mut self) {
        let now = [&self.chain, &self.key].map(changed);
        if now == self.changed {
            return;
        }
        match read(&self.chain, &self.key) {
            Ok(certificate) => {
                self.certificate.replace(certificate);
                self.changed = now;
                tracing::info!(certificate = %self.chain.display(), "Showing a new certificate");
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

/// A CA of one's own and a certificate it signed, as PEM.
#[derive(Debug)]
pub struct OwnCertificates {
    /// What clients must trust.
    pub ca: String,
    /// The server's certificate.
    pub certificate: String,
    /// The server's private key.
    pub key: String,
}

/// Makes a CA and a certificate for `names` (host names or addresses). For trying out and for closed networks.
pub fn own(names: &[String]) -> Result<OwnCertificates, TlsError> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "tutanak CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(names.to_vec())?;
    server.distinguished_name.push(DnType::CommonName, names.first().map_or("tutanak", String::as_str));
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer)?;
    Ok(OwnCertificates { ca: ca_certificate.pem(), certificate: certificate.pem(), key: key.serialize_pem() })
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
        let (first, second) = (own(&["a".into()]).unwrap(), own(&["b".into()]).unwrap());
        write(&chain, &first.certificate, 1);
        write(&key, &first.key, 1);
        let mut shown = Shown::open(&chain, &key).unwrap();
        let at_first = shown.changed;
        write(&chain, &second.certificate, 2);
        shown.look();
        assert_eq!(shown.changed, at_first, "half of a new certificate was taken");
        write(&key, &second.key, 3);
        shown.look();
        assert_ne!(shown.changed, at_first);
    }
}
