//! A second handle on a control connection, beside the one that the protocol engine owns.
//!
//! With it we can end a session from outside and, on an unencrypted connection, put a sentence in front
//! of a reply that the engine will send. It must never read, and never write on an encrypted connection.

use std::future;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::reply::one_line;

/// How long a reply is held back before anybody has logged in. The engine needs a fraction of it to turn to TLS.
const MOMENT: Duration = Duration::from_millis(5);

/// How often replies go out that no command was seen for.
const ROUND: Duration = Duration::from_millis(100);

pub(crate) struct Handle {
    socket: TcpStream,
}

impl Handle {
    /// Duplicates the handle and sets what every control connection needs.
    ///
    /// `TCP_NODELAY` is not a nicety: the engine answers `150` and `226` as two small writes, and
    /// without it each small file costs a delayed acknowledgement (40 ms).
    pub(crate) fn attach(stream: TcpStream, patience: Duration) -> io::Result<(Self, TcpStream)> {
        stream.set_nodelay(true)?;
        let socket = stream.into_std()?;
        // The kernel counts whole seconds, and takes none for an error.
        let probe = TcpKeepalive::new().with_time(patience.max(Duration::from_secs(1)));
        SockRef::from(&socket).set_tcp_keepalive(&probe)?;
        SockRef::from(&socket).set_tcp_user_timeout(Some(patience))?;
        let handle = Self { socket: TcpStream::from_std(socket.try_clone()?)? };
        Ok((handle, TcpStream::from_std(socket)?))
    }

    /// Holds every reply back for a moment until `logged_in`, so that the client never answers `234` before the engine has
    /// turned to TLS: it would take the client's first encrypted bytes for a command, which on a connection without any
    /// delay happens to some handshakes in a hundred. Never returns.
    pub(crate) async fn pace(&self, logged_in: impl Future<Output = ()>) {
        let held = SockRef::from(&self.socket);
        let pacing = async {
            while held.set_tcp_cork(true).is_ok() {
                sleep(MOMENT).await;
                let _ = held.set_tcp_cork(false);
                let _ = held.set_tcp_cork(true);
                // Something to read means that a reply will follow; a late one (a password that is slow to be refused)
                // goes with the next round. The engine owns the bytes: here only the signal is taken.
                let _ = timeout(ROUND, self.socket.readable()).await;
                let taken = || -> io::Result<()> { Err(io::ErrorKind::WouldBlock.into()) };
                let _ = self.socket.try_io(Interest::READABLE, taken);
            }
            future::pending().await
        };
        tokio::select! {
            () = pacing => {}
            () = logged_in => {
                let _ = held.set_tcp_cork(false);
                future::pending().await
            }
        }
    }

    /// Sends `<code>-<sentence>`: the first line of a reply whose last line, with the same code,
    /// the engine sends. The caller knows that the connection is not encrypted and that the code is
    /// the one to come; with another, the client would wait for ever.
    pub(crate) fn preface(&self, code: u16, sentence: &str) {
        self.say(&format!("{code}-{}\r\n", one_line(sentence)));
    }

    /// Sends a whole reply. The caller knows that the connection is not encrypted.
    pub(crate) fn reply(&self, code: u16, sentence: &str) {
        self.say(&format!("{code} {}\r\n", one_line(sentence)));
    }

    /// Ends the connection in both directions; what was sent before still arrives.
    pub(crate) fn hang_up(&self) {
        // It fails when the other side was faster, which is as good.
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
    }

    /// Returns when the client has closed its side, even if the engine reads nothing.
    pub(crate) async fn closed_by_client(&self) {
        // This interest wakes for the end of the connection and not for each byte. (Urgent data,
        // its other meaning, is not reported for a socket that was not registered for it.)
        match self.socket.ready(Interest::PRIORITY).await {
            Ok(ready) if ready.is_read_closed() => {}
            _ => future::pending().await,
        }
    }

    /// The socket does not block, and a courtesy is not worth waiting for: what does not fit in
    /// the send buffer at once is not sent.
    fn say(&self, text: &str) {
        let _ = SockRef::from(&self.socket).send(text.as_bytes());
    }
}
