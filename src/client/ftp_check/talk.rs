//! A control connection that says what it is told, and shows every reply as it came.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The longest line, and most lines of a reply.
const LINE: usize = 4096;
const LINES: usize = 1000;
/// Bytes of a listing at most.
const LISTING: u64 = 4 << 20;

/// A reply, line by line.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    pub(super) fn last(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

pub(super) struct Talk {
    wire: Box<dyn Wire>,
    plain: Option<TcpStream>,
    silence: Duration,
    tls: Option<String>,
}

impl Talk {
    pub(super) fn plain(stream: TcpStream, silence: Duration) -> Self {
        Self { wire: Box::new(tokio::io::empty()), plain: Some(stream), silence, tls: None }
    }

    pub(super) async fn encrypt(self, host: &str, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let stream = self.plain.ok_or_else(|| io::Error::other("encrypted already"))?;
        let stream = timeout(self.silence, shake(stream, host, config)).await.map_err(|_| silent())??;
        let (_, session) = stream.get_ref();
        let version = session.protocol_version().map(|version| format!("{version:?}"));
        let suite = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
        let tls = format!("{}, {}", version.unwrap_or_default(), suite.unwrap_or_default());
        Ok(Self { wire: Box::new(stream), plain: None, silence: self.silence, tls: Some(tls) })
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Version and cipher suite.
    pub(super) fn tls(&self) -> String {
        self.tls.clone().unwrap_or_default()
    }

    fn wire(&mut self) -> &mut dyn Wire {
        match &mut self.plain {
            Some(stream) => stream,
            None => &mut *self.wire,
        }
    }

    pub(super) async fn say(&mut self, command: &str) -> io::Result<Reply> {
        let line = format!("{command}\r\n");
        let silence = self.silence;
        let wire = self.wire();
        let saying = async {
            wire.write_all(line.as_bytes()).await?;
            // TLS takes a line before it is sent.
            wire.flush().await
        };
        timeout(silence, saying).await.map_err(|_| silent())??;
        self.hear().await
    }

    pub(super) async fn hear(&mut self) -> io::Result<Reply> {
        let silence = self.silence;
        timeout(silence, self.reply()).await.map_err(|_| silent())?
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        let first = self.line().await?;
        let code = first.get(..3).and_then(|digits| digits.parse().ok());
        let code: u16 = code.ok_or_else(|| io::Error::other(format!("no reply: {first}")))?;
        let (more, end) = (first.as_bytes().get(3) == Some(&b'-'), format!("{code} "));
        let mut lines = vec![first];
        while more && !lines[lines.len() - 1].starts_with(&end) {
            if lines.len() >= LINES {
                return Err(io::Error::other("a reply without an end"));
            }
            let line = self.line().await?;
            lines.push(line);
        }
        Ok(Reply { code, lines })
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            if line.len() >= LINE {
                return Err(io::Error::other("a line without an end"));
            }
            line.push(self.wire().read_u8().await?);
        }
        let text = String::from_utf8_lossy(&line);
        Ok(text.trim_end().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect())
    }

    /// Everything that comes for a command, or the reply that says why nothing does.
    pub(super) async fn fetch(
        &mut self,
        command: &str,
        server: IpAddr,
        host: &str,
        config: &Arc<ClientConfig>,
    ) -> io::Result<Result<Vec<u8>, Reply>> {
        let answer = self.say("EPSV").await?;
        let Some(port) = extended_port(answer.last()) else { return Ok(Err(answer)) };
        let stream = super::connect(SocketAddr::new(server, port)).await?;
        let answer = self.say(command).await?;
        if answer.code != 150 {
            return Ok(Err(answer));
        }
        let mut bytes = Vec::new();
        let reading = async {
            if self.is_encrypted() {
                shake(stream, host, config).await?.take(LISTING).read_to_end(&mut bytes).await
            } else {
                stream.take(LISTING).read_to_end(&mut bytes).await
            }
        };
        timeout(self.silence, reading).await.map_err(|_| silent())??;
        let end = self.hear().await?;
        Ok(if end.code == 226 { Ok(bytes) } else { Err(end) })
    }
}

async fn shake(stream: TcpStream, host: &str, config: &Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::clone(config)).connect(name, stream).await
}

fn silent() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the server says nothing")
}

/// The six numbers of `227 … (h1,h2,h3,h4,p1,p2)`.
pub(super) fn passive_address(reply: &str) -> Option<SocketAddrV4> {
    let inside = reply.strip_prefix("227")?.split_once('(')?.1.split_once(')')?.0;
    let numbers: Result<Vec<u8>, _> = inside.split(',').map(|number| number.trim().parse()).collect();
    match numbers.ok()?[..] {
        [a, b, c, d, high, low] => Some(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// The port of `229 … (|||port|)`.
pub(super) fn extended_port(reply: &str) -> Option<u16> {
    reply.strip_prefix("229")?.split_once("(|||")?.1.split_once('|')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncBufReadExt;

    use super::*;

    #[test]
    fn addresses_are_read_out_of_replies_and_nothing_else_is() {
        let at = passive_address("227 Entering Passive Mode (192,0,2,7,195,81).");
        assert_eq!(at, Some("192.0.2.7:50001".parse().unwrap()));
        for wrong in ["227 (1,2,3,4,5)", "227 (1,2,3,4,5,256)", "425 No", "227 none"] {
            assert_eq!(passive_address(wrong), None, "{wrong}");
        }
        assert_eq!(extended_port("229 Connect to (|||50001|)"), Some(50_001));
        assert_eq!(extended_port("229 (|||70000|)"), None);
    }

    #[tokio::test]
    async fn a_command_leaves_at_once_even_where_the_line_would_keep_it() {
        let (ours, theirs) = tokio::io::duplex(64);
        let mut talk = Talk {
            wire: Box::new(tokio::io::BufStream::new(ours)),
            plain: None,
            silence: Duration::from_secs(5),
            tls: None,
        };
        let mut theirs = tokio::io::BufStream::new(theirs);
        let server = async {
            let mut heard = String::new();
            theirs.read_line(&mut heard).await.unwrap();
            theirs.write_all(b"200 Well\r\n").await.unwrap();
            theirs.flush().await.unwrap();
            heard
        };
        let (reply, heard) = tokio::join!(talk.say("NOOP"), server);
        assert_eq!((reply.unwrap().code, heard.as_str()), (200, "NOOP\r\n"));
    }
}
