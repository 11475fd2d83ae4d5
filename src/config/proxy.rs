//! Proxies in front of the service, and what of it cannot be right.

use ipnet::IpNet;
use serde::Deserialize;

use crate::access::addresses::{Announces, Proxies};

/// What stands in front.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// Addresses of the proxies, as CIDR ranges. What anybody else says about whom they pass on is ignored.
    pub trusted: Vec<IpNet>,
    /// How those before HTTPS announce clients.
    pub https: Announces,
    /// How those before FTP announce clients: `nothing` or `proxy-protocol`.
    pub ftp: Announces,
}

impl ProxyConfig {
    /// All that would let somebody in from elsewhere, or keep everybody out. `parties` are the addresses that the parties
    /// reported.
    pub fn faults(&self, parties: &[IpNet]) -> Vec<String> {
        let mut faults = Vec::new();
        for (listener, announces) in [("https", self.https), ("ftp", self.ftp)] {
            if announces != Announces::Nothing && self.trusted.is_empty() {
                faults.push(format!(
                    "proxy.{listener} says that a proxy is in front, and proxy.trusted names none: behind a proxy that is not \
                     trusted no address list can hold"
                ));
            }
        }
        if self.ftp == Announces::XForwardedFor {
            faults.push("proxy.ftp cannot be x-forwarded-for: FTP has no headers".to_owned());
        }
        if !self.trusted.is_empty() && self.https == Announces::Nothing && self.ftp == Announces::Nothing {
            faults.push(
                "proxy.trusted names proxies, and neither proxy.https nor proxy.ftp says how they announce clients: every \
                 client would seem to come from the proxy"
                    .to_owned(),
            );
        }
        for range in self.trusted.iter().filter(|range| range.prefix_len() == 0) {
            faults.push(format!("proxy.trusted holds {range}: everybody could claim to be anybody"));
        }
        for range in self.trusted.iter().filter(|range| range.prefix_len() > 0) {
            if let Err(overlap) = Proxies::new(vec![*range], Announces::Nothing).keep_apart(parties) {
                faults.push(overlap.to_string());
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, parties: &[&str]) -> usize {
        let config: ProxyConfig = toml::from_str(text).unwrap();
        config.faults(&parties.iter().map(|range| range.parse().unwrap()).collect::<Vec<_>>()).len()
    }

    #[test]
    fn an_address_list_behind_a_proxy_that_is_not_trusted_is_a_fault() {
        let party = ["192.0.2.0/28"];
        assert_eq!(faults("", &party), 0);
        assert_eq!(faults("trusted = ['10.0.0.1/32']\nhttps = 'x-forwarded-for'", &party), 0);
        assert_eq!(faults("trusted = ['10.0.0.1/32']\nhttps = 'proxy-protocol'", &party), 0);
        assert_eq!(faults("https = 'x-forwarded-for'", &party), 1);
        assert_eq!(faults("https = 'proxy-protocol'", &party), 1);
        assert_eq!(faults("trusted = ['10.0.0.1/32']", &party), 1);
        assert_eq!(faults("trusted = ['10.0.0.1/32']\nftp = 'x-forwarded-for'", &party), 1);
        assert_eq!(faults("trusted = ['0.0.0.0/0', '::/0']\nhttps = 'x-forwarded-for'", &party), 2);
        assert_eq!(faults("trusted = ['192.0.2.0/24']\nhttps = 'x-forwarded-for'", &party), 1);
        assert_eq!(faults("trusted = ['192.0.2.3/32']\nhttps = 'x-forwarded-for'", &party), 1);
    }
}
