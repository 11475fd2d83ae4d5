//! The listening sockets of passive data connections.
//!
//! Ports are handed out in turn, not by chance: two sessions that bind the same port in the same
//! moment would cost one of them its control connection. What is set on the listening socket is
//! inherited by the connection that libunftp accepts from it, which we never see.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use libunftp::options::Binder;
use socket2::SockRef;
use tokio::net::TcpSocket;
use tokio::time::Instant;

/// How long libunftp waits for a client on a passive port.
const WAITING: Duration = Duration::from_secs(15);

/// Passive ports that one session may have waiting. An honest client uses one before it asks for
/// the next; a dishonest one would take them all from everybody.
const MOST_WAITING: usize = 8;

/// All passive ports of the server, in turn.
#[derive(Debug)]
pub(super) struct PortRound {
    range: RangeInclusive<u16>,
    turn: AtomicU32,
}

impl PortRound {
    pub(super) fn new(range: RangeInclusive<u16>) -> Self {
        Self { range, turn: AtomicU32::new(0) }
    }

    /// Every port once, starting behind the one that was handed out last.
    fn candidates(&self) -> impl Iterator<Item = u16> + '_ {
        let first = *self.range.start();
        let many = u32::from(*self.range.end() - first) + 1;
        (0..many).map(move |_| {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % many;
            first + u16::try_from(turn).expect("it is less than a range of ports is long")
        })
    }
}

/// One session's passive ports.
#[derive(Clone, Debug)]
pub(super) struct PassivePorts {
    round: Arc<PortRound>,
    patience: Duration,
    waiting: Arc<Mutex<Vec<Instant>>>,
}

impl PassivePorts {
    pub(super) fn new(round: Arc<PortRound>, patience: Duration) -> Self {
        Self { round, patience, waiting: Arc::default() }
    }

    /// A data connection has arrived, so the client does use what it asks for.
    pub(super) fn used(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn note_waiting(&self) -> io::Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|since| since.elapsed() < WAITING);
        if waiting.len() >= MOST_WAITING {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        waiting.push(Instant::now());
        Ok(())
    }

    fn open(&self, address: IpAddr, port: u16) -> io::Result<TcpSocket> {
        let socket = match address {
            IpAddr::V4(_) => TcpSocket::new_v4()?,
            IpAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.set_nodelay(true)?;
        // The only limit that also holds for listings, which libunftp writes without one: the
        // kernel drops a connection whose other end takes nothing for so long.
        SockRef::from(&socket).set_tcp_user_timeout(Some(self.patience))?;
        socket.bind(SocketAddr::new(address, port))?;
        Ok(socket)
    }
}

#[async_trait]
impl Binder for PassivePorts {
    async fn bind(&mut self, address: IpAddr, _: RangeInclusive<u16>) -> io::Result<TcpSocket> {
        self.note_waiting()?;
        let mut last = io::ErrorKind::AddrInUse.into();
        for port in self.round.candidates() {
            match self.open(address, port) {
                Ok(socket) => return Ok(socket),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                Err(error) => return Err(error),
            }
        }
        tracing::warn!("Every passive port is in use");
        Err(last)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use super::*;

    #[test]
    fn ports_come_in_turn_and_each_once() {
        let round = PortRound::new(5000..=5002);
        assert_eq!(round.candidates().take(2).collect::<Vec<_>>(), [5000, 5001]);
        assert_eq!(round.candidates().collect::<Vec<_>>(), [5002, 5000, 5001]);
    }

    #[test]
    fn a_session_cannot_collect_ports() {
        let ports = PassivePorts::new(Arc::new(PortRound::new(0..=0)), WAITING);
        for _ in 0..MOST_WAITING {
            ports.note_waiting().unwrap();
        }
        assert!(ports.note_waiting().is_err());
        ports.used();
        assert!(ports.note_waiting().is_ok());
    }
}
