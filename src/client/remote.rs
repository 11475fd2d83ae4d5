//! From an address to a way there: `https://`, `ftps://` (explicit TLS) or `ftp://`.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Url;

use super::credentials::Credentials;
use super::ftp::{self, Ftp};
use super::https::Https;
use super::transport::{ByteStream, Transport, TransportError};

/// Why an address is no way to an archive.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    /// Not an address, or of another kind.
    #[error("{0}: an address is https://HOST[:PORT]/arsiv/, ftps://HOST[:PORT]/ or ftp://HOST[:PORT]/")]
    Kind(String),
    /// It carries a name or a password, which every user of the machine could list.
    #[error("the address must not carry a name or a password: use TUTANAK_USER and TUTANAK_PASSWORD")]
    Secret,
    /// The certificates of `--ca`, or the system's, cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
}

/// Any of the ways.
pub enum Remote {
    /// HTTPS.
    Https(Https),
    /// FTP, with or without TLS.
    Ftp(Ftp),
}

impl Remote {
    /// The way to `address`. An HTTPS address without a path means `/arsiv/`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(address: &str, ca: Option<&[u8]>, credentials: Credentials) -> Result<Self, BadAddress> {
        let kind = || BadAddress::Kind(super::problem::printable(address));
        let url = Url::parse(address).map_err(|_| kind())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Secret);
        }
        let host = url.host_str().ok_or_else(kind)?;
        match url.scheme() {
            "https" => {
                let mut base = url.clone();
                if matches!(base.path(), "" | "/") {
                    base.set_path("/arsiv/");
                }
                base.set_query(None);
                base.set_fragment(None);
                let https = Https::new(base.as_str(), ca, credentials);
                https.map(Self::Https).map_err(|error| BadAddress::Certificates(error.to_string()))
            }
            "ftps" | "ftp" => {
                let encrypted = url.scheme() == "ftps";
                let tls = encrypted.then(|| ftp::tls(ca)).transpose().map_err(BadAddress::Certificates)?;
                Ok(Self::Ftp(Ftp::new(host, url.port().unwrap_or(21), url.path(), tls, credentials)))
            }
            _ => Err(kind()),
        }
    }

    fn way(&self) -> &dyn Transport {
        match self {
            Self::Https(https) => https,
            Self::Ftp(ftp) => ftp,
        }
    }
}

#[async_trait]
impl Transport for Remote {
    async fn checkpoint(&self, after: Option<u64>) -> Result<Bytes, TransportError> {
        self.way().checkpoint(after).await
    }

    async fn range(&self, path: &str, range: Range<u64>) -> Result<ByteStream, TransportError> {
        self.way().range(path, range).await
    }

    async fn open(&self, path: &str) -> Result<ByteStream, TransportError> {
        self.way().open(path).await
    }
}
