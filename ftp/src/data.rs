//! Data connections: a port of their own for each, picked at random from the range that a firewall lets in, and nobody but
//! the client of the control connection on it.
//!
//! A port that is open is looked after from the beginning: whoever else comes to it is sent away at once, so that strangers
//! never fill its queue before the client comes, and however many they are, the client's connection is still taken.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net;
use tokio::time::sleep;

/// Connections that the kernel keeps for us until they are looked at.
const QUEUE: i32 = 128;
/// How long a client has to say what its data connection is for before the port is looked after: most say it at once, and
/// then nobody is woken for the connection alone.
const UNATTENDED: Duration = Duration::from_millis(10);
/// Ports that are tried at random before all are gone through.
const PICKS: u32 = 8;
/// Addresses of strangers that one session names.
const NAMED: usize = 64;

/// The ports. Which is next cannot be foretold.
pub(crate) struct Ports {
    range: RangeInclusive<u16>,
    /// Its keys come from the system's random numbers.
    random: RandomState,
    picks: AtomicU64,
}

impl Ports {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        Self { range, random: RandomState::new(), picks: AtomicU64::new(0) }
    }

    /// Listens on a free port of `address`. A port whose last connection is still being taken leave of is free.
    pub(crate) fn listen(&self, address: IpAddr) -> io::Result<Port> {
        let count = u32::from(*self.range.end()) - u32::from(*self.range.start()) + 1;
        let from = self.pick(count);
        let picked = (0..PICKS.min(count)).map(|turn| if turn == 0 { from } else { self.pick(count) });
        for at in picked.chain((0..count).map(|turn| (from + turn) % count)) {
            let port = u16::try_from(u32::from(*self.range.start()) + at).expect("it lies in the range");
            match bind(SocketAddr::new(address, port)) {
                Ok(listener) => {
                    let number = if port == 0 { listener.local_addr()?.port() } else { port };
                    return Ok(Port { listener: Listening::Unattended(listener), number, arrived: None });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    fn pick(&self, count: u32) -> u32 {
        let random = self.random.hash_one(self.picks.fetch_add(1, Ordering::Relaxed));
        u32::try_from(random % u64::from(count)).expect("it is less than the count")
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Data connections inherit it: the last piece of a TLS stream does not wait for an acknowledgement.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(QUEUE)?;
    Ok(socket.into())
}

/// Whoever else came to the data connections of one session.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    named: HashSet<IpAddr>,
    /// Those of which nobody was told yet.
    untold: Vec<IpAddr>,
}

impl Strangers {
    fn came(&mut self, stranger: IpAddr) {
        if self.named.len() < NAMED && self.named.insert(stranger) {
            tracing::warn!(%stranger, "Somebody else came to a data connection");
            self.untold.push(stranger);
        }
    }

    /// Those who came for the first time since this was asked.
    pub(crate) fn new_ones(&mut self) -> Vec<IpAddr> {
        std::mem::take(&mut self.untold)
    }
}

enum Listening {
    Unattended(TcpListener),
    /// The runtime wakes us when somebody comes.
    Attended(net::TcpListener),
    /// It could not be attended.
    Closed,
}

/// One port that waits for one client.
pub(crate) struct Port {
    listener: Listening,
    pub(crate) number: u16,
    /// The client's connection, which came before it was asked for.
    arrived: Option<TcpStream>,
}

impl Port {
    /// The connection of `peer`, if it is here by now. Whoever else came is sent away.
    pub(crate) fn here(&mut self, peer: IpAddr, strangers: &mut Strangers) -> io::Result<Option<TcpStream>> {
        if let Some(arrived) = self.arrived.take() {
            return Ok(Some(arrived));
        }
        match &self.listener {
            Listening::Unattended(listener) => here(listener, peer, strangers),
            Listening::Attended(listener) => here(listener, peer, strangers),
            Listening::Closed => Ok(None),
        }
    }

    /// Looks after the port while nobody asks for the connection: keeps the one of `peer` and sends everybody else away. It
    /// never returns, and may be dropped at any time.
    pub(crate) async fn look_after(&mut self, peer: IpAddr, strangers: &mut Strangers) {
        if matches!(self.listener, Listening::Unattended(_)) {
            sleep(UNATTENDED).await;
        }
        while self.arrived.is_none() {
            match self.accept(peer, strangers).await.and_then(net::TcpStream::into_std) {
                Ok(arrived) => self.arrived = Some(arrived),
                Err(error) => {
                    // Out of files, perhaps: whoever asks for the connection tries again, and is told.
                    tracing::warn!(%error, "Could not look after a port for a data connection");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
        std::future::pending().await
    }

    /// The connection of `peer`, as soon as it comes. It may be dropped half-way and asked for again.
    pub(crate) async fn accept(&mut self, peer: IpAddr, strangers: &mut Strangers) -> io::Result<net::TcpStream> {
        if let Some(here) = self.here(peer, strangers)? {
            return net::TcpStream::from_std(here);
        }
        let listener = self.attended()?;
        loop {
            match listener.accept().await {
                Ok((stream, from)) if from.ip().to_canonical() == peer => return Ok(stream),
                Ok((stream, from)) => send_away(&stream, from.ip(), strangers),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn attended(&mut self) -> io::Result<&net::TcpListener> {
        if let Listening::Unattended(_) = &self.listener
            && let Listening::Unattended(listener) = std::mem::replace(&mut self.listener, Listening::Closed)
        {
            self.listener = Listening::Attended(net::TcpListener::from_std(listener)?);
        }
        match &self.listener {
            Listening::Attended(listener) => Ok(listener),
            Listening::Unattended(_) | Listening::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

fn here(listener: impl AsFd, peer: IpAddr, strangers: &mut Strangers) -> io::Result<Option<TcpStream>> {
    // No more than the queue held when we came: others of this thread have their turn.
    for _ in 0..QUEUE {
        let (stream, from) = match acceptfrom_with(&listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            Ok(accepted) => accepted,
            Err(Errno::AGAIN) => return Ok(None),
            Err(Errno::INTR | Errno::CONNABORTED) => continue,
            Err(error) => return Err(error.into()),
        };
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        let from = from.ok_or_else(|| io::Error::other("a connection from nowhere"))?;
        if from.ip().to_canonical() == peer {
            return Ok(Some(TcpStream::from(stream)));
        }
        send_away(&stream, from.ip(), strangers);
    }
    Ok(None)
}

/// Ends a stranger's connection. It is reset: nothing of it stays behind on our side.
fn send_away(stream: &impl AsFd, from: IpAddr, strangers: &mut Strangers) {
    strangers.came(from.to_canonical());
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

#[cfg(test)]
mod tests;
