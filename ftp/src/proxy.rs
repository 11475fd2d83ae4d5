//! The PROXY protocol, version 2: a balancer in front says whose connection it passes on. It is believed only of
//! addresses that the operator named, and asked of all of those.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use ppp::v2::{Addresses, Command, Header};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The fixed part of a header, whose last two bytes are the length of the rest.
const FIXED: usize = 16;
/// The longest rest that is read: addresses, and what a balancer adds to them.
const MOST: usize = 2048;

/// Reads the header, not a byte more, and gives the address it names. `None` is the balancer itself: a test of health.
pub(crate) async fn address_of(stream: &mut TcpStream, patience: Duration) -> io::Result<Option<SocketAddr>> {
    let reading = async {
        let mut header = vec![0; FIXED];
        stream.read_exact(&mut header).await?;
        let rest = usize::from(u16::from_be_bytes([header[FIXED - 2], header[FIXED - 1]]));
        if header[..12] != ppp::v2::PROTOCOL_PREFIX[..12] || rest > MOST {
            return Err(bad("no PROXY header of version 2"));
        }
        header.resize(FIXED + rest, 0);
        stream.read_exact(&mut header[FIXED..]).await?;
        parse(&header)
    };
    timeout(patience, reading).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn parse(bytes: &[u8]) -> io::Result<Option<SocketAddr>> {
    let header = Header::try_from(bytes).map_err(|error| bad(&error.to_string()))?;
    match (header.command, header.addresses) {
        (Command::Local, _) => Ok(None),
        (Command::Proxy, Addresses::IPv4(v4)) => Ok(Some((v4.source_address, v4.source_port).into())),
        (Command::Proxy, Addresses::IPv6(v6)) => Ok(Some((v6.source_address, v6.source_port).into())),
        (Command::Proxy, _) => Err(bad("a PROXY header without an Internet address")),
    }
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}
