//! Data connections: a port of their own for each, from the range that a firewall lets in, and nobody but the client of
//! the control connection on it.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net;
use tokio::time::timeout;

/// Connections of strangers to one port before it is given up.
const STRANGERS: usize = 16;

/// The ports, each in its turn.
pub(crate) struct Ports {
    range: RangeInclusive<u16>,
    next: AtomicU32,
}

impl Ports {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        // Two nodes that start behind one address do not begin at the same port.
        let begin = std::process::id();
        Self { range, next: AtomicU32::new(begin) }
    }

    /// Listens on the next free port of `address`. A port whose last connection is still being taken leave of is free.
    pub(crate) fn listen(&self, address: IpAddr) -> io::Result<Port> {
        let count = u32::from(*self.range.end()) - u32::from(*self.range.start()) + 1;
        for _ in 0..count {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % count;
            let port = u16::try_from(u32::from(*self.range.start()) + turn).expect("it lies in the range");
            match bind(SocketAddr::new(address, port)) {
                Ok(listener) => {
                    let number = if port == 0 { listener.local_addr()?.port() } else { port };
                    return Ok(Port { listener, number });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Data connections inherit it: the last piece of a TLS stream does not wait for an acknowledgement.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(4)?;
    Ok(socket.into())
}

/// One port that waits for one connection.
///
/// Nobody is woken when somebody comes to it, before it is asked for: a client opens the connection before it says what for.
pub(crate) struct Port {
    listener: TcpListener,
    pub(crate) number: u16,
}

impl Port {
    /// The connection of `peer`, if it is here by now. Whoever else came is sent away, and named in `strangers`.
    pub(crate) fn here(&self, peer: IpAddr, strangers: &mut Vec<IpAddr>) -> io::Result<Option<TcpStream>> {
        here(&self.listener, peer, strangers)
    }

    /// The same, as soon as it comes.
    pub(crate) async fn accept(
        self,
        peer: IpAddr,
        patience: Duration,
        strangers: &mut Vec<IpAddr>,
    ) -> io::Result<net::TcpStream> {
        if let Some(stream) = self.here(peer, strangers)? {
            return net::TcpStream::from_std(stream);
        }
        let listener = net::TcpListener::from_std(self.listener)?;
        let accepting = async {
            loop {
                let (stream, from) = listener.accept().await?;
                if is_peer(from.ip(), peer, strangers)? {
                    return Ok(stream);
                }
            }
        };
        timeout(patience, accepting).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

fn here(listener: &TcpListener, peer: IpAddr, strangers: &mut Vec<IpAddr>) -> io::Result<Option<TcpStream>> {
    loop {
        let (stream, from) = match acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            Ok(accepted) => accepted,
            Err(Errno::AGAIN) => return Ok(None),
            Err(Errno::INTR | Errno::CONNABORTED) => continue,
            Err(error) => return Err(error.into()),
        };
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        let from = from.ok_or_else(|| io::Error::other("a connection from nowhere"))?;
        if is_peer(from.ip(), peer, strangers)? {
            return Ok(Some(TcpStream::from(stream)));
        }
    }
}

/// Who else came is named; too many of them are an error.
fn is_peer(from: IpAddr, peer: IpAddr, strangers: &mut Vec<IpAddr>) -> io::Result<bool> {
    let stranger = from.to_canonical();
    if stranger == peer {
        return Ok(true);
    }
    tracing::warn!(%stranger, "Somebody else came to a data connection");
    strangers.push(stranger);
    if strangers.len() < STRANGERS { Ok(false) } else { Err(io::Error::other("only strangers came")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_port_is_used_once_and_comes_back() {
        let local = IpAddr::from([127, 0, 0, 1]);
        let free = bind(SocketAddr::new(local, 0)).unwrap().local_addr().unwrap().port();
        let ports = Ports::new(free..=free);
        let first = ports.listen(local).unwrap();
        assert_eq!(ports.listen(local).err().map(|error| error.kind()), Some(io::ErrorKind::AddrInUse));
        drop(first);
        assert_eq!(ports.listen(local).unwrap().number, free);
    }

    #[tokio::test]
    async fn a_stranger_does_not_get_the_connection() {
        let local = IpAddr::from([127, 0, 0, 1]);
        let port = Ports::new(0..=0).listen(local).unwrap();
        let at = SocketAddr::new(local, port.number);
        let stranger = TcpStream::connect(at).unwrap();
        let peer = IpAddr::from([127, 0, 0, 9]);
        let mut strangers = Vec::new();
        let waiting = port.accept(peer, Duration::from_secs(20), &mut strangers);
        let coming = async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(peer, 0)).unwrap();
            socket.connect(at).await.unwrap()
        };
        let (got, mine) = tokio::join!(waiting, coming);
        assert_eq!(got.unwrap().peer_addr().unwrap(), mine.local_addr().unwrap());
        assert_eq!(strangers, [local]);
        drop(stranger);
    }
}
