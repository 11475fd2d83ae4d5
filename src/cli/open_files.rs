//! Each connection is an open file, and shells and service managers allow 1,024 of them unless told otherwise: far fewer
//! than the connections that are configured. It must never allow more than the machine's owner does.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// What a node has open beside connections: databases, scans on their way, the log.
const BESIDE: u64 = 1024;

/// Raises this process's own limit as far as it goes. A sentence where that is too little for `config`.
pub fn raise(config: &Config) -> Option<String> {
    let (https, ftp) = (&config.https, &config.ftp);
    // Those of known addresses have twice as much room before the login as strangers'.
    let before_login = 3 * (https.connections_before_login + ftp.connections_before_login) as u64;
    // An FTP session may have a data connection beside its own.
    let needed = BESIDE + before_login + https.connections as u64 + 2 * ftp.connections as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = match current {
        Some(now) if now < needed => {
            let most = maximum.map_or(needed, |most| most.min(needed)).max(now);
            match setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum }) {
                Ok(()) => Some(most),
                Err(error) => {
                    tracing::warn!(%error, "Could not raise the limit of open files");
                    Some(now)
                }
            }
        }
        allowed => allowed,
    };
    let allowed = allowed.filter(|allowed| *allowed < needed)?;
    Some(format!(
        "{allowed} open files are allowed, and {needed} are needed for all connections of the configuration: raise the \
         hard limit (ulimit -n, LimitNOFILE) or configure fewer connections"
    ))
}
