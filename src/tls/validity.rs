//! Until when a certificate is valid, as it says itself. It proves nothing: who holds its key is proved in the handshake.

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

/// From when and until when a certificate is valid.
pub type Validity = (Timestamp, Timestamp);

/// What a certificate says; none for bytes that are no certificate, or say it in no time that there is.
pub fn validity(der: &[u8]) -> Option<Validity> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let at = |seconds| Timestamp::from_second(seconds).ok();
    Some((at(validity.not_before.timestamp())?, at(validity.not_after.timestamp())?))
}
