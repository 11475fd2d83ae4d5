//! `tutanak ftp-check HOST`: what a client outside would see of the FTP service.

use clap::Args;

use super::{Ended, PEM_BYTES};
use crate::beneath;
use crate::client::credentials::Credentials;
use crate::client::ftp;
use crate::client::ftp_check::{self, Plan};

/// Where to look, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Run it from a party's network: on the server itself no firewall is in between. With TUTANAK_USER and
TUTANAK_PASSWORD set (or with --login, which asks) it logs in and tries data connections too.
It ends with status 0 when everything is as it should be."
)]
pub struct FtpCheck {
    /// HOST or HOST:PORT.
    #[arg(value_name = "HOST[:PORT]")]
    address: String,
    /// The port begins with TLS.
    #[arg(long)]
    implicit: bool,
    /// Certificates to trust, as PEM, instead of the system's.
    #[arg(long, value_name = "PEM")]
    ca: Option<std::path::PathBuf>,
    /// Log in, and ask for what the environment does not say.
    #[arg(long)]
    login: bool,
    /// Data connections to try, each on a port of its own.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=200))]
    ports: u16,
    /// One JSON array.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(check: &FtpCheck) -> anyhow::Result<()> {
    let (host, port) = host_and_port(&check.address, if check.implicit { 990 } else { 21 });
    let ca = check.ca.as_ref().map(|path| beneath::read_named(path, PEM_BYTES)).transpose()?;
    let tls = ftp::tls(ca.as_deref()).map_err(anyhow::Error::msg)?;
    let named = ["TUTANAK_USER", "TUTANAK_PASSWORD"].iter().all(|name| std::env::var_os(name).is_some());
    let credentials = if check.login || named { Some(Credentials::find()?) } else { None };
    let plan = Plan { host, port, implicit: check.implicit, tls, credentials, ports: check.ports };
    let found = ftp_check::check(&plan).await;
    if check.json {
        crate::out!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        for finding in &found {
            crate::out!("{}  {}: {}", if finding.good { "ok   " } else { "WRONG" }, finding.what, finding.seen);
        }
    }
    if found.iter().all(|finding| finding.good) { Ok(()) } else { Err(Ended(1).into()) }
}

/// An IPv6 address stands in brackets when a port is behind it.
fn host_and_port(address: &str, usual: u16) -> (String, u16) {
    let bare = |host: &str| host.trim_matches(['[', ']']).to_owned();
    match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (bare(host), port),
            Err(_) => (bare(address), usual),
        },
        _ => (bare(address), usual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_what_stands_behind_the_last_colon_of_a_host() {
        for (address, host, port) in [
            ("ftp.example.org", "ftp.example.org", 21),
            ("ftp.example.org:2121", "ftp.example.org", 2121),
            ("192.0.2.1:2121", "192.0.2.1", 2121),
            ("2001:db8::1", "2001:db8::1", 21),
            ("[2001:db8::1]:2121", "2001:db8::1", 2121),
            ("[2001:db8::1]", "2001:db8::1", 21),
        ] {
            assert_eq!(host_and_port(address, 21), (host.to_owned(), port), "{address}");
        }
    }
}
