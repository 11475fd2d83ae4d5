//! The configuration file. One struct, unknown keys refused, secrets only from the environment or from key files.

mod proxy;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use self::proxy::ProxyConfig;
use crate::audit::TallyLimits;
use crate::beneath;
use crate::intake::IntakeLimits;
use crate::ledger::DatabaseConfig;
use crate::operation::alarms::AlarmConfig;
use crate::operation::metrics::MetricsConfig;
use crate::pictures::PicturesConfig;
use crate::space::SpaceConfig;
use crate::telemetry::LogConfig;
use crate::tls::OwnCa;
use crate::vault::VaultConfig;

/// Everything a node is told. Relative paths are meant from the file's own directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The service's public host name. It begins the log's origin, so it must not change during an election.
    pub host: String,
    /// Where the ledger lies.
    pub database: DatabaseConfig,
    /// Where scans lie.
    pub vault: VaultConfig,
    /// The boards' and parties' HTTPS.
    pub https: HttpsConfig,
    /// The parties' FTP and explicit FTPS.
    pub ftp: FtpConfig,
    /// The certificate of both.
    pub tls: TlsConfig,
    /// Keys that sign.
    pub keys: KeysConfig,
    /// Proxies in front.
    #[serde(default)]
    pub proxy: ProxyConfig,
    /// The record of accesses.
    #[serde(default)]
    pub audit: AuditConfig,
    /// The log that operators read.
    #[serde(default)]
    pub log: LogConfig,
    /// What intake may use.
    #[serde(default)]
    pub intake: IntakeLimits,
    /// What pictures of scans may take.
    #[serde(default)]
    pub pictures: PicturesConfig,
    /// What is kept free on the disks.
    #[serde(default)]
    pub space: SpaceConfig,
    /// Where metrics are told. Left out: nowhere.
    #[serde(default)]
    pub metrics: Option<MetricsConfig>,
    /// Who is told when something is wrong. Left out: nobody.
    #[serde(default)]
    pub alarm: Option<AlarmConfig>,
}

/// What is served over HTTPS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpsConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// The port that clients connect to, where it is another (NAT, a balancer). Addresses in Metalinks carry it.
    #[serde(default)]
    pub public_port: Option<u16>,
    /// Connections at a time with which somebody was let in.
    #[serde(default = "https_connections")]
    pub connections: usize,
    /// Connections at a time with which nobody was let in yet, from addresses that are not known; those that are have twice
    /// as many of their own.
    #[serde(default = "before_login")]
    pub connections_before_login: usize,
    /// A connection on which nothing is asked for so long is closed, in seconds; sooner while nobody was let in with it.
    #[serde(default = "https_idle_seconds")]
    pub idle_seconds: u64,
    /// Connections at a time from one address. One that passes on many clients by X-Forwarded-For is not counted.
    #[serde(default = "connections_per_address")]
    pub connections_per_address: usize,
    /// Requests a second of one account, with twenty seconds' worth at once. Who asks faster is paced, then told 429.
    #[serde(default = "requests_per_account")]
    pub requests_per_second_per_account: u32,
    /// The same of one address (of IPv6: one /64), for parties' programs and whoever has not logged in.
    #[serde(default = "requests_per_address")]
    pub requests_per_second_per_address: u32,
    /// Ask clients for a certificate: boards to which one is bound must show it.
    #[serde(default)]
    pub client_certificates: bool,
}

fn requests_per_account() -> u32 {
    500
}

fn requests_per_address() -> u32 {
    1000
}

fn before_login() -> usize {
    512
}

fn https_idle_seconds() -> u64 {
    75
}

fn https_connections() -> usize {
    4096
}

/// The record of accesses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Where every row is sent as well.
    pub syslog: Option<SyslogConfig>,
    /// How much of refusals that anybody can bring about is written in full.
    pub strangers: TallyLimits,
}

/// A collector of logs that speaks syslog over TLS (RFC 5424, RFC 5425).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyslogConfig {
    /// Its host name, which its certificate must have.
    pub host: String,
    /// Its port.
    #[serde(default = "syslog_port")]
    pub port: u16,
    /// Whom to trust: certificates, PEM.
    pub ca: PathBuf,
}

fn syslog_port() -> u16 {
    6514
}

/// What is served over FTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FtpConfig {
    /// Address and port of the control connection.
    pub listen: SocketAddr,
    /// Ports of data connections, as `50000-51999`. A firewall must let them in.
    pub passive_ports: PortRange,
    /// The address that clients outside see, where it is not the one they connect to (NAT).
    #[serde(default)]
    pub advertised: Option<IpAddr>,
    /// Address and port of a second control connection that begins with TLS (990 by custom).
    #[serde(default)]
    pub implicit: Option<SocketAddr>,
    /// Refuse sessions without TLS, and data connections without it, of the parties too that are allowed them (`tutanak
    /// party ftp --allow-plain`), but not of those that were given leave until a day (`--plain-until`).
    #[serde(default)]
    pub tls_required: bool,
    /// Connections at a time of parties that are logged in.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Connections at a time on which nobody is logged in yet, from addresses that are not known; those that are have twice
    /// as many of their own.
    #[serde(default = "before_login")]
    pub connections_before_login: usize,
    /// Connections at a time from one address.
    #[serde(default = "connections_per_address")]
    pub connections_per_address: usize,
    /// Connections at a time of one party.
    #[serde(default = "connections_per_party")]
    pub connections_per_party: usize,
    /// Bytes a second of all connections of one party together.
    #[serde(default)]
    pub bytes_per_second_per_party: Option<u64>,
    /// A client that takes no byte for so long is cut off, in seconds.
    #[serde(default = "stall_seconds")]
    pub stall_seconds: u64,
    /// A connection that says nothing for so long is closed, in seconds.
    #[serde(default = "idle_seconds")]
    pub idle_seconds: u64,
}

fn connections() -> usize {
    2048
}

fn connections_per_party() -> usize {
    512
}

fn connections_per_address() -> usize {
    256
}

fn stall_seconds() -> u64 {
    30
}

fn idle_seconds() -> u64 {
    300
}

/// A range of ports, written `first-last`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PortRange(pub RangeInclusive<u16>);

impl TryFrom<String> for PortRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{text:?} is no range of ports: 50000-51999 is expected");
        let (first, last) = text.split_once('-').ok_or_else(bad)?;
        let (first, last): (u16, u16) =
            (first.trim().parse().map_err(|_| bad())?, last.trim().parse().map_err(|_| bad())?);
        if first <= last { Ok(Self(first..=last)) } else { Err(bad()) }
    }
}

/// The certificate that HTTPS and FTPS show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// The CA that the service made for itself, PEM. With its key, a certificate of this CA is renewed before it ends.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// That CA's private key, PEM.
    #[serde(default)]
    pub ca_key: Option<PathBuf>,
}

impl TlsConfig {
    /// What renews the certificate, where it is given.
    pub fn own(&self) -> Option<OwnCa> {
        let (certificate, key) = (self.ca.clone()?, self.ca_key.clone()?);
        Some(OwnCa { certificate, key })
    }
}

/// Keys that sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The Ed25519 key of receipts and checkpoints (PKCS #8, PEM).
    pub signing: PathBuf,
    /// The key that was in force before, while it is on its way out: both sign checkpoints, so that a party that knows
    /// only the old one is led to the new one.
    #[serde(default)]
    pub previous: Option<PathBuf>,
    /// The key that seals the secrets of second factors, the same on every node: 32 bytes as a line of hexadecimal digits.
    /// Left out: `sealing.key` beside the signing key.
    #[serde(default)]
    pub sealing: Option<PathBuf>,
}

impl KeysConfig {
    /// Where the sealing key lies.
    pub fn sealing(&self) -> PathBuf {
        self.sealing.clone().unwrap_or_else(|| self.signing.with_file_name("sealing.key"))
    }
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// It does not say what it should.
    #[error("{path} is not as it should be")]
    Parse {
        /// The file.
        path: String,
        /// Where and why.
        #[source]
        cause: Box<toml::de::Error>,
    },
}

/// Bytes of the file at most.
const BYTES: u64 = 1 << 20;

impl Config {
    /// Reads a file.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let shown = || path.display().to_string();
        let read = beneath::read_named(path, BYTES);
        let utf8 = |bytes| String::from_utf8(bytes).map_err(|_| std::io::ErrorKind::InvalidData.into());
        let text = read.and_then(utf8).map_err(|cause| ConfigError::Read { path: shown(), cause })?;
        let directory = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, directory).map_err(|cause| ConfigError::Parse { path: shown(), cause: Box::new(cause) })
    }

    /// The service's public address, without a path.
    pub fn address(&self) -> String {
        match self.https.public_port.unwrap_or(self.https.listen.port()) {
            443 => format!("https://{}", self.host),
            port => format!("https://{}:{port}", self.host),
        }
    }

    /// All that is wrong with its numbers: what would keep everybody out, or nobody.
    pub fn faults(&self) -> Vec<String> {
        let https = &self.https;
        let strangers = &self.audit.strangers;
        let numbers = [
            ("https.requests_per_second_per_account", u64::from(https.requests_per_second_per_account)),
            ("https.requests_per_second_per_address", u64::from(https.requests_per_second_per_address)),
            ("audit.strangers.seconds", strangers.seconds),
        ];
        let none = numbers.iter().filter(|(_, number)| *number == 0);
        let mut faults: Vec<String> = none.map(|(name, _)| format!("{name} is 0: it must be at least 1")).collect();
        if self.pictures.memory_bytes < PicturesConfig::LEAST_MEMORY {
            faults.push(format!("pictures.memory_bytes is less than {}: no page fits", PicturesConfig::LEAST_MEMORY));
        }
        if strangers.seconds > 3600 {
            faults.push("audit.strangers.seconds is more than an hour: what is counted is written too late".to_owned());
        }
        faults
    }

    /// Reads a text; relative paths are meant from `directory`.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        let from = |path: &mut PathBuf| *path = directory.join(&path);
        if let DatabaseConfig::Sqlite { path } = &mut config.database {
            from(path);
        }
        match &mut config.vault {
            VaultConfig::Local { root, second, .. } => {
                from(root);
                second.iter_mut().for_each(from);
            }
            VaultConfig::S3 { near, .. } => near.disk.iter_mut().for_each(from),
        }
        config.pictures.disk.iter_mut().for_each(from);
        from(&mut config.tls.certificate);
        from(&mut config.tls.key);
        config.tls.ca.iter_mut().chain(&mut config.tls.ca_key).for_each(from);
        from(&mut config.keys.signing);
        config.keys.previous.iter_mut().for_each(from);
        config.keys.sealing.iter_mut().for_each(from);
        if let Some(syslog) = &mut config.audit.syslog {
            from(&mut syslog.ca);
        }
        Ok(config)
    }
}

/// The complete, commented configuration of one machine.
pub const EMBEDDED: &str = include_str!("../storage-config/embedded.toml");
/// The complete, commented configuration of a node among many.
pub const SCALE_OUT: &str = include_str!("../storage-config/scale-out.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shipped_profiles_are_complete() {
        for profile in [EMBEDDED, SCALE_OUT] {
            let config = Config::parse(profile, Path::new("/srv")).unwrap();
            assert!(config.tls.certificate.is_absolute());
        }
        let mut embedded = Config::parse(EMBEDDED, Path::new("/srv")).unwrap();
        assert_eq!(embedded.address(), "https://localhost:8443");
        embedded.https.public_port = Some(443);
        assert_eq!(embedded.address(), "https://localhost");
        assert!(matches!(embedded.vault, VaultConfig::Local { root, .. } if root == Path::new("/srv/vault")));
    }

    #[test]
    fn a_misspelt_key_is_refused_and_named() {
        let text = EMBEDDED.replace("listen", "lisen");
        let error = Config::parse(&text, Path::new(".")).unwrap_err();
        assert!(error.to_string().contains("lisen"), "{error}");
        assert!(PortRange::try_from("5-4".to_owned()).is_err());
        assert!(PortRange::try_from("5".to_owned()).is_err());
        assert_eq!(PortRange::try_from("4-5".to_owned()), Ok(PortRange(4..=5)));
    }
}
