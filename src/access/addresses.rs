//! Whose address it is, where proxies stand between. What a proxy says is believed only of proxies that were named.
//!
//! It must never take an address from anybody else's word: every address list depends on it.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::Deserialize;

use super::covers;

/// How a proxy in front of a listener says whom it passes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announces {
    /// Nothing is in front: the other end of a connection is the client.
    #[default]
    Nothing,
    /// By the header `X-Forwarded-For`. The proxy speaks HTTP and ends the clients' TLS.
    XForwardedFor,
    /// By the PROXY protocol, version 2, before the first byte of the client. The proxy passes TLS through.
    ProxyProtocol,
}

/// The proxies that are believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    announces: Announces,
}

impl Proxies {
    /// These proxies, which announce clients so.
    pub fn new(trusted: Vec<IpNet>, announces: Announces) -> Self {
        Self { trusted, announces }
    }

    /// Whether a connection from there begins with a PROXY header.
    pub fn begin_with_a_header(&self, peer: IpAddr) -> bool {
        self.announces == Announces::ProxyProtocol && covers(&self.trusted, peer)
    }

    /// Whether a connection from there carries requests of many clients.
    pub fn carry_many(&self, peer: IpAddr) -> bool {
        self.announces == Announces::XForwardedFor && covers(&self.trusted, peer)
    }

    /// Whose request it is that came from `peer` with these `X-Forwarded-For` lines, in their order.
    ///
    /// Each proxy adds, at the right end, the address that it saw. So the rightmost one that is no trusted proxy's is the
    /// client's, and whatever stands to the left of it is only what that client said. None where a trusted proxy passed on
    /// something that is no address: then nobody can tell.
    pub fn client<'a>(&self, peer: IpAddr, lines: impl DoubleEndedIterator<Item = &'a [u8]>) -> Option<IpAddr> {
        let mut nearest = peer.to_canonical();
        if !self.carry_many(peer) {
            return Some(nearest);
        }
        for named in lines.rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            let named = named.trim_ascii();
            if named.is_empty() {
                continue; // RFC 9110 §5.6.1.2: empty elements of a list mean nothing
            }
            nearest = address(named)?;
            if !covers(&self.trusted, nearest) {
                return Some(nearest);
            }
        }
        Some(nearest)
    }
}

/// A party's addresses are a trusted proxy's as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("proxy.trusted holds {proxy}, and a party reported {party}: that party could claim to be any other")]
pub struct Overlap {
    proxy: IpNet,
    party: IpNet,
}

impl Proxies {
    /// Whether no party that comes from these ranges could speak as one of these proxies.
    ///
    /// # Errors
    /// The first range that could.
    pub fn keep_apart(&self, ranges: &[IpNet]) -> Result<(), Overlap> {
        for proxy in &self.trusted {
            let overlaps = |party: &&IpNet| proxy.contains(*party) || party.contains(proxy);
            if let Some(party) = ranges.iter().find(overlaps) {
                return Err(Overlap { proxy: *proxy, party: *party });
            }
        }
        Ok(())
    }

    /// The same of several parties' lists, as they are kept.
    ///
    /// # Errors
    /// The first range that could.
    pub fn keep_lists_apart(&self, lists: &[(String, String)]) -> Result<(), Overlap> {
        let ranges = lists.iter().flat_map(|(_, list)| list.split_whitespace()).flat_map(str::parse);
        self.keep_apart(&ranges.collect::<Vec<_>>())
    }
}

/// An address as proxies write it: bare, or with a port, IPv6 in brackets or not.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let found = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(found.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48"].map(|range| range.parse().unwrap()).to_vec();
        Proxies::new(trusted, Announces::XForwardedFor)
    }

    fn client(peer: &str, lines: &[&str]) -> Option<String> {
        let lines = lines.iter().map(|line| line.as_bytes());
        proxies().client(peer.parse().unwrap(), lines).map(|address| address.to_string())
    }

    #[test]
    fn the_rightmost_that_is_no_proxy_of_ours_is_the_client() {
        let is = |address: &str| Some(address.to_owned());
        assert_eq!(client("10.1.1.1", &["192.0.2.7"]), is("192.0.2.7"));
        assert_eq!(client("10.1.1.1", &["203.0.113.9, 192.0.2.7"]), is("192.0.2.7"), "what stands before is a claim");
        assert_eq!(client("10.1.1.1", &["203.0.113.9", "192.0.2.7, 10.2.2.2"]), is("192.0.2.7"), "through two proxies");
        assert_eq!(client("10.1.1.1", &["203.0.113.9", "192.0.2.7"]), is("192.0.2.7"), "lines are one list");
        assert_eq!(client("10.1.1.1", &["192.0.2.7:4711"]), is("192.0.2.7"));
        assert_eq!(client("10.1.1.1", &["[2001:db8:2::7]:4711"]), is("2001:db8:2::7"));
        assert_eq!(client("10.1.1.1", &["[2001:db8:2::7]"]), is("2001:db8:2::7"));
        assert_eq!(client("10.1.1.1", &["::ffff:192.0.2.7,, "]), is("192.0.2.7"));
        assert_eq!(client("::ffff:10.1.1.1", &["192.0.2.7"]), is("192.0.2.7"), "a socket for both families");
        assert_eq!(client("10.1.1.1", &[]), is("10.1.1.1"), "the proxy itself looks in");
        assert_eq!(client("10.1.1.1", &["10.2.2.2, 10.3.3.3"]), is("10.2.2.2"));
        assert_eq!(client("10.1.1.1", &["192.0.2.7, unknown"]), None, "nobody can tell");
        assert_eq!(client("10.1.1.1", &["unknown, 192.0.2.7"]), is("192.0.2.7"));
    }

    #[test]
    fn nobody_elses_word_is_taken() {
        let is = |address: &str| Some(address.to_owned());
        assert_eq!(client("192.0.2.66", &["203.0.113.9"]), is("192.0.2.66"));
        assert_eq!(client("192.0.2.66", &["10.1.1.1"]), is("192.0.2.66"));
        let direct = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()], Announces::Nothing);
        let got = direct.client("10.1.1.1".parse().unwrap(), [&b"203.0.113.9"[..]].into_iter());
        assert_eq!(got, Some("10.1.1.1".parse().unwrap()), "nothing is in front, so nothing announces");
        assert!(!direct.begin_with_a_header("10.1.1.1".parse().unwrap()));
        let tunnel = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()], Announces::ProxyProtocol);
        assert!(tunnel.begin_with_a_header("10.1.1.1".parse().unwrap()));
        assert!(!tunnel.begin_with_a_header("192.0.2.66".parse().unwrap()));
        let got = tunnel.client("192.0.2.66".parse().unwrap(), [&b"203.0.113.9"[..]].into_iter());
        assert_eq!(got, Some("192.0.2.66".parse().unwrap()));
    }

    proptest! {
        /// A client may write what it likes before what the proxy adds: it is never taken for somebody else.
        #[test]
        fn no_claim_of_a_client_changes_who_it_is(claims in proptest::collection::vec(any::<Vec<u8>>(), 0..4), client: u32) {
            let client = IpAddr::from(client.to_be_bytes());
            prop_assume!(!covers(&proxies().trusted, client));
            let own = client.to_string();
            let lines = claims.iter().map(Vec::as_slice).chain([own.as_bytes()]);
            prop_assert_eq!(proxies().client("10.1.1.1".parse().unwrap(), lines.collect::<Vec<_>>().into_iter()), Some(client));
            let mut one_line = claims.join(&b","[..]);
            one_line.extend_from_slice(format!(", {own}").as_bytes());
            prop_assert_eq!(proxies().client("10.1.1.1".parse().unwrap(), [one_line.as_slice()].into_iter()), Some(client));
        }
    }
}
