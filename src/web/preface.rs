//! The PROXY protocol, version 2: before the client's first byte, a balancer says whose connection it passes on.

use std::net::IpAddr;

use ppp::v2::{Addresses, Command, Header, PROTOCOL_PREFIX};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The fixed part; its last two bytes are the length of the rest.
const FIXED: usize = 16;
/// The longest rest that is read: addresses, and what balancers add to them.
const MOST: usize = 2048;

/// It is no header that names an address.
#[derive(Debug, thiserror::Error)]
pub enum BadPreface {
    /// It does not begin as one, or is longer than any balancer's.
    #[error("no PROXY header of version 2")]
    Other,
    /// It contradicts itself.
    #[error("a broken PROXY header: {0}")]
    Broken(ppp::v2::ParseError),
    /// It names no Internet address.
    #[error("a PROXY header without an Internet address")]
    NoAddress,
    /// The connection broke off.
    #[error("the PROXY header broke off")]
    BrokenOff(#[from] std::io::Error),
}

/// Reads a header and not a byte more.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<IpAddr>, BadPreface> {
    let mut header = vec![0; FIXED];
    stream.read_exact(&mut header).await?;
    header.resize(FIXED + rest(&header)?, 0);
    stream.read_exact(&mut header[FIXED..]).await?;
    parse(&header)
}

/// Bytes that follow the fixed part.
fn rest(header: &[u8]) -> Result<usize, BadPreface> {
    let length = header.last_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
    if header.starts_with(PROTOCOL_PREFIX) && length <= MOST { Ok(length) } else { Err(BadPreface::Other) }
}

/// The address that a whole header names; none where the balancer speaks for itself, as when it looks whether we live.
///
/// # Errors
/// The bytes are no header, or name no address.
pub fn parse(header: &[u8]) -> Result<Option<IpAddr>, BadPreface> {
    let header = Header::try_from(header).map_err(BadPreface::Broken)?;
    match (header.command, header.addresses) {
        (Command::Local, _) => Ok(None),
        (Command::Proxy, Addresses::IPv4(pair)) => Ok(Some(IpAddr::V4(pair.source_address))),
        (Command::Proxy, Addresses::IPv6(pair)) => Ok(Some(IpAddr::V6(pair.source_address).to_canonical())),
        (Command::Proxy, Addresses::Unix(_) | Addresses::Unspecified) => Err(BadPreface::NoAddress),
    }
}

#[cfg(test)]
mod tests {
    use ppp::v2::{Builder, Protocol, Version};

    use super::*;

    fn header(command: Command, source: &str) -> Vec<u8> {
        let family = Version::Two | command;
        let pair: (std::net::SocketAddr, std::net::SocketAddr) = (
            source.parse().unwrap(),
            if source.starts_with('[') { "[::1]:443" } else { "10.0.0.1:443" }.parse().unwrap(),
        );
        Builder::with_addresses(family, Protocol::Stream, pair).write_tlv(4_u8, &[0; 100]).unwrap().build().unwrap()
    }

    async fn read_all(mut bytes: &[u8]) -> (Result<Option<IpAddr>, BadPreface>, usize) {
        let read = read(&mut bytes).await;
        (read, bytes.len())
    }

    #[tokio::test]
    async fn a_header_is_read_to_its_last_byte_and_no_further() {
        for (source, address) in [
            ("192.0.2.7:4711", "192.0.2.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[::ffff:192.0.2.7]:4711", "192.0.2.7"),
        ] {
            let mut bytes = header(Command::Proxy, source);
            bytes.extend_from_slice(b"\x16\x03\x01");
            let (read, left) = read_all(&bytes).await;
            assert_eq!((read.unwrap(), left), (Some(address.parse().unwrap()), 3));
        }
        assert_eq!(read_all(&header(Command::Local, "192.0.2.7:1")).await.0.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_header_is_none() {
        let good = header(Command::Proxy, "192.0.2.7:4711");
        for cut in 0..good.len() {
            assert!(read_all(&good[..cut]).await.0.is_err(), "cut at {cut}");
        }
        let first_version = b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\n";
        assert!(matches!(read_all(first_version).await.0, Err(BadPreface::Other)));
        let mut endless = good.clone();
        endless[14..16].copy_from_slice(&u16::MAX.to_be_bytes());
        assert!(matches!(read_all(&endless).await.0, Err(BadPreface::Other)), "nobody makes us wait for 64 KiB");
    }
}
