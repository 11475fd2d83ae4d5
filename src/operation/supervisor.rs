//! What a supervisor is told (`sd_notify`): that the service is ready, that it is still alive, that it stops.
//!
//! Whoever started it otherwise set no `NOTIFY_SOCKET`, and nobody is told anything.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A supervisor that waits for word.
#[derive(Debug)]
pub struct Supervisor {
    socket: UnixDatagram,
    to: SocketAddr,
    /// How often it wants to hear that the service is alive; none where it does not.
    watchdog: Option<Duration>,
}

/// What it said in the environment.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `NOTIFY_SOCKET`: a path, or an abstract name behind `@`.
    pub socket: Option<OsString>,
    /// `WATCHDOG_USEC`: microseconds after which a silent service is started again.
    pub watchdog_microseconds: Option<u64>,
    /// `WATCHDOG_PID`: of which process it wants to hear.
    pub watchdog_process: Option<u32>,
}

impl Asked {
    /// What this process was told.
    pub fn from_environment() -> Self {
        let number = |name| std::env::var(name).ok();
        Self {
            socket: std::env::var_os("NOTIFY_SOCKET"),
            watchdog_microseconds: number("WATCHDOG_USEC").and_then(|text| text.parse().ok()),
            watchdog_process: number("WATCHDOG_PID").and_then(|text| text.parse().ok()),
        }
    }
}

impl Supervisor {
    /// The one that asked, if any did.
    ///
    /// # Errors
    /// Its socket cannot be used.
    pub fn open(asked: &Asked) -> io::Result<Option<Self>> {
        let Some(name) = asked.socket.as_ref().filter(|name| !name.is_empty()) else { return Ok(None) };
        let to = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(name)?,
        };
        let socket = UnixDatagram::unbound()?;
        // A supervisor that does not read must not hold the service.
        socket.set_nonblocking(true)?;
        let ours = asked.watchdog_process.is_none_or(|process| process == std::process::id());
        let watchdog = asked.watchdog_microseconds.filter(|limit| ours && *limit > 0);
        // Twice in the time that it waits, as it asks for.
        Ok(Some(Self { socket, to, watchdog: watchdog.map(|limit| Duration::from_micros(limit / 2)) }))
    }

    /// Says that the service is ready, and that it is alive until `stop`; then that it stops. The timer runs among the
    /// service's own tasks: where they stand still, nothing is said.
    pub async fn follow(self, stop: CancellationToken) {
        self.tell("READY=1\nSTATUS=serving");
        let alive = async {
            let Some(every) = self.watchdog else { return std::future::pending::<()>().await };
            let mut timer = tokio::time::interval(every);
            loop {
                timer.tick().await;
                self.tell("WATCHDOG=1");
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = alive => {}
        }
        self.tell("STOPPING=1\nSTATUS=letting running answers end");
    }

    fn tell(&self, word: &str) {
        if let Err(error) = self.socket.send_to_addr(word.as_bytes(), &self.to) {
            tracing::warn!(%error, "Could not tell the supervisor {word:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_supervisor_hears_ready_then_alive_then_stopping() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let hears = tokio::net::UnixDatagram::bind(&path).unwrap();
        let asked = Asked { socket: Some(path.into()), watchdog_microseconds: Some(20_000), watchdog_process: None };
        let supervisor = Supervisor::open(&asked).unwrap().unwrap();
        let stop = CancellationToken::new();
        let following = tokio::spawn(supervisor.follow(stop.clone()));
        let next = async || {
            let mut word = [0; 128];
            let length = hears.recv(&mut word).await.unwrap();
            String::from_utf8_lossy(&word[..length]).into_owned()
        };
        assert!(next().await.starts_with("READY=1\n"));
        assert_eq!(next().await, "WATCHDOG=1");
        assert_eq!(next().await, "WATCHDOG=1");
        stop.cancel();
        let mut last = next().await;
        while last == "WATCHDOG=1" {
            last = next().await;
        }
        assert!(last.starts_with("STOPPING=1\n"));
        following.await.unwrap();
    }

    #[test]
    fn nobody_is_told_where_nobody_asked_nor_of_another_process() {
        assert!(Supervisor::open(&Asked::default()).unwrap().is_none());
        let other = Asked {
            socket: Some("@tutanak-test-nobody".into()),
            watchdog_microseconds: Some(1),
            watchdog_process: Some(1),
        };
        assert_eq!(Supervisor::open(&other).unwrap().unwrap().watchdog, None);
    }
}
