//! Certificates that the service makes for itself: a CA of its own, and a certificate that is renewed before it ends.
//!
//! Clients trust the CA, so renewing changes nothing for them. It must never replace a certificate that another CA gave.

use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

use super::{TlsError, validity};

/// How long a server's certificate may be valid at most: Apple's clients take none that is valid for longer than 825 days.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 800);
/// How long the CA is: clients pin it, and nothing renews it.
const CA_LIFE: SignedDuration = SignedDuration::from_hours(24 * 365 * 20);
/// It is valid from a little before it was made, for clients whose clocks are behind.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// So long before it ends it is renewed.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 60);

/// A CA of one's own and a certificate it signed, as PEM.
#[derive(Debug)]
pub struct OwnCertificates {
    /// What clients must trust.
    pub ca: String,
    /// The CA's private key, with which the certificate is renewed.
    pub ca_key: String,
    /// The server's certificate.
    pub certificate: String,
    /// The server's private key.
    pub key: String,
}

/// Where the CA of one's own lies.
#[derive(Clone, Debug)]
pub struct OwnCa {
    /// Its certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Makes a CA and a certificate for `names` (host names or addresses). For trying out and for closed networks.
pub fn own(names: &[String], now: Timestamp) -> Result<OwnCertificates, TlsError> {
    let ca_key = KeyPair::generate()?;
    let mut ca = ca_parameters();
    valid(&mut ca, now - BEFORE, now + CA_LIFE);
    let ca_certificate = ca.self_signed(&ca_key)?;
    let ca_pem = ca_key.serialize_pem();
    let key = KeyPair::generate()?;
    let certificate = signed(names, &key, &Issuer::new(ca, ca_key), now, now + LIFE)?;
    Ok(OwnCertificates { ca: ca_certificate.pem(), ca_key: ca_pem, certificate, key: key.serialize_pem() })
}

impl OwnCa {
    /// Writes a new certificate for the same names and the same key in the place of `chain`, if that one is of this CA and
    /// ends soon. Gives until when the new one is valid.
    ///
    /// # Errors
    /// It is due and could not be made; the old one stays.
    pub fn renew(&self, chain: &Path, key: &Path, now: Timestamp) -> Result<Option<Timestamp>, TlsError> {
        let old = first(chain)?;
        let Some((_, ends)) = validity(&old) else { return Ok(None) };
        if ends.duration_since(now) > RENEWED_BEFORE {
            return Ok(None);
        }
        let ca = first(&self.certificate)?;
        if !self.issued(&ca, &old)? {
            return Ok(None);
        }
        let ca_ends = validity(&ca).map_or(now, |(_, ends)| ends);
        let until = (now + LIFE).min(ca_ends);
        if until <= ends {
            return Ok(None); // the CA ends too
        }
        let names = names(&old).ok_or_else(|| unusable(chain, &"it names no host"))?;
        let (key, ca_key) = (pair(key)?, pair(&self.key)?);
        let certificate = signed(&names, &key, &Issuer::new(ca_parameters(), ca_key), now, until)?;
        replace(chain, &certificate).map_err(|error| unusable(chain, &error))?;
        Ok(Some(until))
    }

    /// Whether this CA, of which the key is here, issued the certificate.
    pub(super) fn issued(&self, ca: &[u8], certificate: &[u8]) -> Result<bool, TlsError> {
        let (Ok((_, ca)), Ok((_, certificate))) =
            (X509Certificate::from_der(ca), X509Certificate::from_der(certificate))
        else {
            return Ok(false);
        };
        // The names alone are those of every CA that was made here.
        let identified = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(by) => by.key_identifier.as_ref().map(|id| id.0),
            _ => None,
        });
        let own = ca.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
            _ => None,
        });
        Ok(certificate.issuer().as_raw() == ca.subject().as_raw()
            && identified.is_some()
            && identified == own
            && pair(&self.key)?.subject_public_key_info() == ca.public_key().raw)
    }

    /// Whether it renews the certificate in `chain`: it issued it, and its key is here.
    pub fn renews(&self, chain: &Path) -> bool {
        let issued = first(&self.certificate).and_then(|ca| self.issued(&ca, &first(chain)?));
        issued.unwrap_or(false)
    }
}

fn ca_parameters() -> CertificateParams {
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "tutanak CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca
}

fn signed(
    names: &[String],
    key: &KeyPair,
    issuer: &Issuer<'_, KeyPair>,
    now: Timestamp,
    until: Timestamp,
) -> Result<String, TlsError> {
    let mut server = CertificateParams::new(names.to_vec())?;
    valid(&mut server, now - BEFORE, until);
    server.distinguished_name.push(DnType::CommonName, names.first().map_or("tutanak", String::as_str));
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    Ok(server.signed_by(key, issuer)?.pem())
}

/// The names a certificate holds for.
fn names(der: &[u8]) -> Option<Vec<String>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let listed = certificate.subject_alternative_name().ok()??;
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        },
        _ => None,
    };
    Some(listed.value.general_names.iter().filter_map(name).collect())
}

fn valid(certificate: &mut CertificateParams, from: Timestamp, until: Timestamp) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |time: Timestamp| epoch + Duration::from_secs(time.as_second().unsigned_abs());
    (certificate.not_before, certificate.not_after) = (at(from), at(until));
}

/// The first certificate of a PEM file.
pub(super) fn first(chain: &Path) -> Result<CertificateDer<'static>, TlsError> {
    CertificateDer::from_pem_file(chain).map_err(|error| unusable(chain, &error))
}

fn pair(key: &Path) -> Result<KeyPair, TlsError> {
    let text = std::fs::read_to_string(key).map_err(|error| unusable(key, &error))?;
    KeyPair::from_pem(&text).map_err(|error| unusable(key, &error))
}

fn unusable(path: &Path, cause: &dyn std::fmt::Display) -> TlsError {
    TlsError::Pem { path: path.display().to_string(), cause: cause.to_string() }
}

/// Whole or not at all: a service that looks in between must not find half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let part = path.with_added_extension("part");
    let mut file = std::fs::File::create(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dir: &Path, made: &OwnCertificates) -> (OwnCa, PathBuf, PathBuf) {
        let paths = ["ca.pem", "ca.key", "server.pem", "server.key"].map(|name| dir.join(name));
        for (path, text) in paths.iter().zip([&made.ca, &made.ca_key, &made.certificate, &made.key]) {
            std::fs::write(path, text).unwrap();
        }
        let [ca, ca_key, chain, key] = paths;
        (OwnCa { certificate: ca, key: ca_key }, chain, key)
    }

    fn days(n: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * n)
    }

    #[test]
    fn an_own_certificate_is_valid_for_825_days_at_most_and_renewed_for_the_same_names_and_key() {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2024-03-31T12:00:00Z".parse().unwrap();
        let hosts = ["example.org".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let (ca, chain, key) = written(dir.path(), &own(&hosts, now).unwrap());
        let old = first(&chain).unwrap();
        let (from, until) = validity(&old).unwrap();
        assert!(until.duration_since(from) <= days(825), "{from} to {until}");
        let (_, ca_until) = validity(&first(&ca.certificate).unwrap()).unwrap();
        assert!(ca_until.duration_since(now) > days(3650));

        assert_eq!(ca.renew(&chain, &key, until - days(61)).unwrap(), None, "not yet");
        let due = until - days(59);
        let again = ca.renew(&chain, &key, due).unwrap().expect("it is due");
        let new = first(&chain).unwrap();
        assert_eq!(validity(&new).unwrap().1, again);
        assert!(again > due + days(700));
        assert_eq!(names(&new).unwrap(), hosts);
        let public = |der: &[u8]| X509Certificate::from_der(der).unwrap().1.public_key().raw.to_vec();
        assert_eq!(public(&new), public(&old));
        assert!(ca.renew(&chain, &key, again + days(10)).unwrap().is_some(), "one that has ended too");
    }

    #[test]
    fn a_renewed_certificate_is_trusted_by_who_trusted_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let (ca, chain, key) = written(dir.path(), &own(&["localhost".to_owned()], now - days(780)).unwrap());
        ca.renew(&chain, &key, now).unwrap().expect("it is due");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(first(&ca.certificate).unwrap()).unwrap();
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(
            roots.into(),
            rustls::crypto::aws_lc_rs::default_provider().into(),
        );
        let time = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(now.as_second() as u64));
        let verifier = verifier.build().unwrap();
        let (name, new) = ("localhost".try_into().unwrap(), first(&chain).unwrap());
        rustls::client::danger::ServerCertVerifier::verify_server_cert(&*verifier, &new, &[], &name, &[], time)
            .unwrap();
    }

    #[test]
    fn a_certificate_of_another_ca_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let (ca, chain, key) = written(dir.path(), &own(&["localhost".to_owned()], now).unwrap());
        let given = own(&["localhost".to_owned()], now - days(790)).unwrap();
        std::fs::write(&chain, &given.certificate).unwrap();
        std::fs::write(&key, &given.key).unwrap();
        assert!(!ca.renews(&chain) || ca.renew(&chain, &key, now).unwrap().is_none());
        assert_eq!(std::fs::read_to_string(&chain).unwrap(), given.certificate);
    }
}
