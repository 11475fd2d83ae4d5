//! Whose address it is, where proxies stand between, and which ranges somebody may say to come from. What a proxy says is
//! believed only of proxies that were named.
//!
//! It must never take an address from anybody else's word: every address list depends on it. Nor take a list that keeps
//! nobody out.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
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

/// The shortest prefixes of a range that a party reports, IPv4 and IPv6: some static addresses, not a part of the Internet.
const SHORTEST: (u8, u8) = (16, 32);

/// What was reported is no address or range that anybody comes from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    /// It is written like none.
    #[error("{0} is no address and no CIDR range")]
    Unreadable(String),
    /// Wider than what one party can have.
    #[error("{range} is too wide a range: /{shortest} is the widest that a party may report")]
    TooWide {
        /// What was reported.
        range: String,
        /// The shortest prefix of its kind.
        shortest: u8,
    },
    /// Nobody's computer has it.
    #[error("{0} is not the address of a computer")]
    Nobodys(String),
}

impl BadRange {
    /// The same for election users.
    pub fn turkish(&self) -> String {
        match self {
            Self::Unreadable(text) => format!("IP adresi geçerli değil: {text:?}"),
            Self::TooWide { range, shortest } => {
                format!("{range} çok geniş bir aralık; en geniş /{shortest} olabilir")
            }
            Self::Nobodys(range) => format!("{range} bir bilgisayarın adresi olamaz"),
        }
    }
}

/// An address or a CIDR range as it is typed, in the one way in which it is kept.
///
/// # Errors
/// It is neither.
pub fn range(text: &str) -> Result<IpNet, BadRange> {
    let single = text.parse::<IpAddr>().map(IpNet::from);
    let range = single.or_else(|_| text.parse::<IpNet>()).map_err(|_| BadRange::Unreadable(text.to_owned()))?;
    Ok(canonical(range))
}

/// A range without the bits that it does not cover; of IPv4 as IPv4, however it is written: a client's address is compared so.
pub fn canonical(range: IpNet) -> IpNet {
    let range = range.trunc();
    let mapped = match range {
        IpNet::V6(range) if range.prefix_len() >= 96 => {
            range.addr().to_ipv4_mapped().zip(range.prefix_len().checked_sub(96))
        }
        _ => None,
    };
    match mapped.map(|(address, prefix)| Ipv4Net::new(address, prefix)) {
        Some(Ok(range)) => IpNet::V4(range),
        _ => range,
    }
}

/// A range that a party or candidate reported, as it is kept.
///
/// # Errors
/// Nobody comes from there, or half of the Internet does.
pub fn reported(range: IpNet) -> Result<IpNet, BadRange> {
    let range = canonical(range);
    if range.addr().is_loopback() {
        return Ok(range); // this machine itself, as in rehearsals: nobody comes from there
    }
    let shortest = if range.addr().is_ipv4() { SHORTEST.0 } else { SHORTEST.1 };
    if range.prefix_len() < shortest || holds_ipv4(&range) {
        return Err(BadRange::TooWide { range: range.to_string(), shortest });
    }
    if range.addr().is_unspecified() || range.addr().is_multicast() {
        return Err(BadRange::Nobodys(range.to_string()));
    }
    Ok(range)
}

/// Whether it is an IPv6 range in which the whole of IPv4 lies.
fn holds_ipv4(range: &IpNet) -> bool {
    const IPV4: Ipv6Addr = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0);
    Ipv6Net::new(IPV4, 96).is_ok_and(|all| range.contains(&IpNet::V6(all)))
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
    fn a_range_is_kept_in_one_way() {
        for (typed, kept) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/28", "192.0.2.0/28"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/124", "192.0.2.0/28"),
            ("2001:DB8::7", "2001:db8::7/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(range(typed).unwrap().to_string(), kept);
        }
        for typed in ["", "300.1.1.1", "192.0.2.0/33", "localhost", "192.0.2.1 192.0.2.2"] {
            assert_eq!(range(typed), Err(BadRange::Unreadable(typed.to_owned())));
        }
    }

    #[test]
    fn what_keeps_nobody_out_is_no_list() {
        let judged = |typed: &str| range(typed).and_then(reported);
        for wide in
            ["0.0.0.0/0", "128.0.0.0/1", "203.0.0.0/15", "::/0", "2001::/31", "::ffff:0:0/96", "::/64", "::ffff:0:0/95"]
        {
            assert!(matches!(judged(wide), Err(BadRange::TooWide { .. })), "{wide}: {:?}", judged(wide));
        }
        for nobodys in ["0.0.0.0", "0.0.0.0/24", "::", "224.0.0.1", "ff02::/32"] {
            assert!(matches!(judged(nobodys), Err(BadRange::Nobodys(_))), "{nobodys}: {:?}", judged(nobodys));
        }
        for some in ["203.0.0.0/16", "192.0.2.7", "2001:db8::/32", "127.0.0.0/8", "::1"] {
            assert!(judged(some).is_ok(), "{some}");
        }
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
