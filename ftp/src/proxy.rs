//! The PROXY protocol, version 2: a balancer in front says whose connection it passes on. It must be believed only of
//! addresses that the operator named, and asked of all of those.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ppp::v2::{Addresses, Command, Header, PROTOCOL_PREFIX};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// The fixed part of a header, whose last two bytes are the length of the rest.
const FIXED: usize = 16;
/// The longest rest that is read: addresses, and what a balancer adds to them.
const MOST: usize = 2048;

/// It is no header that names an address.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
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
    BrokenOff(#[from] io::Error),
}

/// Reads a header, not a byte more, and gives the address it names. `None` is the balancer itself: a test of health.
///
/// # Errors
/// The bytes are no header, or name no address.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, BadHeader> {
    let mut header = vec![0; FIXED];
    stream.read_exact(&mut header).await?;
    header.resize(FIXED + rest(&header)?, 0);
    stream.read_exact(&mut header[FIXED..]).await?;
    parse(&header)
}

/// The same within some time.
pub(crate) async fn address_of(
    stream: &mut (impl AsyncRead + Unpin),
    patience: Duration,
) -> io::Result<Option<SocketAddr>> {
    match timeout(patience, read(stream)).await {
        Ok(Ok(address)) => Ok(address),
        Ok(Err(BadHeader::BrokenOff(error))) => Err(error),
        Ok(Err(bad)) => Err(io::Error::new(io::ErrorKind::InvalidData, bad)),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Bytes that follow the fixed part.
fn rest(header: &[u8]) -> Result<usize, BadHeader> {
    let length = header.last_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
    if header.starts_with(PROTOCOL_PREFIX) && length <= MOST { Ok(length) } else { Err(BadHeader::Other) }
}

/// The address that a whole header names.
///
/// # Errors
/// The bytes are no header, or name no address.
pub fn parse(header: &[u8]) -> Result<Option<SocketAddr>, BadHeader> {
    let header = Header::try_from(header).map_err(BadHeader::Broken)?;
    match (header.command, header.addresses) {
        (Command::Local, _) => Ok(None),
        (Command::Proxy, Addresses::IPv4(pair)) => Ok(Some((pair.source_address, pair.source_port).into())),
        (Command::Proxy, Addresses::IPv6(pair)) => Ok(Some((pair.source_address, pair.source_port).into())),
        (Command::Proxy, Addresses::Unix(_) | Addresses::Unspecified) => Err(BadHeader::NoAddress),
    }
}

#[cfg(test)]
mod tests {
    use ppp::v2::{Builder, Protocol, Version};

    use super::*;

    fn header(command: Command, source: &str) -> Vec<u8> {
        let family = Version::Two | command;
        let pair: (SocketAddr, SocketAddr) = (
            source.parse().unwrap(),
            if source.starts_with('[') { "[::1]:443" } else { "10.0.0.1:443" }.parse().unwrap(),
        );
        Builder::with_addresses(family, Protocol::Stream, pair).write_tlv(4_u8, &[0; 100]).unwrap().build().unwrap()
    }

    async fn read_all(mut bytes: &[u8]) -> (Result<Option<SocketAddr>, BadHeader>, usize) {
        let read = read(&mut bytes).await;
        (read, bytes.len())
    }

    #[tokio::test]
    async fn a_header_is_read_to_its_last_byte_and_no_further() {
        for source in ["192.0.2.7:4711", "[2001:db8::7]:4711"] {
            let mut bytes = header(Command::Proxy, source);
            bytes.extend_from_slice(b"\x16\x03\x01");
            let (read, left) = read_all(&bytes).await;
            assert_eq!((read.unwrap(), left), (Some(source.parse().unwrap()), 3));
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
        assert!(matches!(read_all(first_version).await.0, Err(BadHeader::Other)));
        let mut endless = good.clone();
        endless[14..16].copy_from_slice(&u16::MAX.to_be_bytes());
        assert!(matches!(read_all(&endless).await.0, Err(BadHeader::Other)), "nobody makes us wait for 64 KiB");
    }
}
