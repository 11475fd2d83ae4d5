//! An FTP client that does exactly what it is told, one line at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, Socket};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// Every line as it came, joined by line feeds.
    pub text: String,
}

pub struct Client {
    wire: Box<dyn Wire>,
    /// The same connection, for urgent data.
    socket: Socket,
    address: SocketAddr,
    /// Set by [`Client::encrypt`]; data connections use it after `PROT P`.
    tls: Option<Arc<ClientConfig>>,
    pub private_data: bool,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), address)
    }

    /// Over a connection that is there.
    pub fn over(stream: TcpStream, address: SocketAddr) -> Self {
        stream.set_nodelay(true).unwrap();
        let socket = SockRef::from(&stream).try_clone().unwrap();
        Self { wire: Box::new(stream), socket, address, tls: None, private_data: false }
    }

    /// A connection that begins with TLS.
    pub async fn connect_encrypted(address: SocketAddr, config: Arc<ClientConfig>) -> Self {
        let mut client = Self::connect(address).await;
        let plain = std::mem::replace(&mut client.wire, Box::new(tokio::io::empty()));
        client.wire = shake_hands(&config, plain).await;
        client.tls = Some(config);
        client
    }

    /// Asks that data connections be encrypted.
    pub async fn protect(&mut self) {
        self.say_expect("PBSZ 0", 200).await;
        self.say_expect("PROT P", 200).await;
        self.private_data = true;
    }

    /// Bytes, just as they are. TLS takes them before they are sent, so without the flush some would stay here whenever the
    /// socket, or the turn of this task, is used up.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.wire.write_all(bytes).await.unwrap();
        self.wire.flush().await.unwrap();
    }

    /// Bytes of which the last is marked as urgent.
    pub fn send_urgent(&self, bytes: &[u8]) {
        assert_eq!(self.socket.send_out_of_band(bytes).unwrap(), bytes.len());
    }

    /// One reply, or `None` if the connection has ended.
    pub async fn reply(&mut self) -> Option<Reply> {
        let mut lines = vec![self.line().await?];
        let code = lines[0].get(..3)?.to_owned();
        if lines[0].as_bytes()[3] == b'-' {
            let last = format!("{code} ");
            while !lines[lines.len() - 1].starts_with(&last) {
                lines.push(self.line().await?);
            }
        }
        Some(Reply { code: code.parse().unwrap(), text: lines.join("\n") })
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let byte = timeout(PATIENCE, self.wire.read_u8()).await.expect("no reply in time");
            line.push(byte.ok()?);
        }
        line.truncate(line.len() - 2);
        Some(String::from_utf8(line).unwrap())
    }

    pub async fn expect(&mut self, code: u16) -> String {
        let reply = self.reply().await.expect("the connection ended");
        assert_eq!(reply.code, code, "{}", reply.text);
        reply.text
    }

    pub async fn send(&mut self, command: &str) {
        self.send_raw(format!("{command}\r\n").as_bytes()).await;
    }

    pub async fn say(&mut self, command: &str) -> Reply {
        self.send(command).await;
        self.reply().await.unwrap_or_else(|| panic!("{command} ended the connection"))
    }

    pub async fn say_expect(&mut self, command: &str, code: u16) -> String {
        let reply = self.say(command).await;
        assert_eq!(reply.code, code, "{command}: {}", reply.text);
        reply.text
    }

    pub async fn log_in(&mut self) {
        self.say_expect("USER party", 331).await;
        self.say_expect("PASS right", 230).await;
    }

    /// Whether the other side has ended the connection.
    pub async fn is_cut(&mut self) -> bool {
        timeout(PATIENCE, async { while self.reply().await.is_some() {} }).await.is_ok()
    }

    pub async fn encrypt(&mut self, config: Arc<ClientConfig>) {
        self.say_expect("AUTH TLS", 234).await;
        let plain = std::mem::replace(&mut self.wire, Box::new(tokio::io::empty()));
        self.wire = shake_hands(&config, plain).await;
        self.tls = Some(config);
    }

    /// The data connection that a `229` offers.
    #[cfg(not(feature = "libunftp"))]
    pub async fn connect_to(reply: &Reply, address: SocketAddr) -> TcpStream {
        let digits = reply.text.split("|||").nth(1).unwrap();
        let port: u16 = digits.split('|').next().unwrap().parse().unwrap();
        TcpStream::connect((address.ip(), port)).await.unwrap()
    }

    /// A data connection, encrypted or not.
    pub async fn wrap(&self, stream: TcpStream, config: Option<&Arc<ClientConfig>>) -> Box<dyn Wire> {
        match config {
            Some(config) => shake_hands(config, Box::new(stream)).await,
            None => Box::new(stream),
        }
    }

    /// A data connection by `EPSV` or `PASV`, before any handshake.
    pub async fn passive(&mut self, command: &str) -> TcpStream {
        let reply = self.say(command).await;
        let port = match reply.code {
            229 => {
                let digits = reply.text.split("|||").nth(1).unwrap();
                digits.split('|').next().unwrap().parse().unwrap()
            }
            227 => {
                let numbers = reply.text.split(['(', ')']).nth(1).unwrap();
                let numbers: Vec<u16> = numbers.split(',').map(|n| n.parse().unwrap()).collect();
                assert_eq!(&numbers[..4], [127, 0, 0, 1]);
                numbers[4] * 256 + numbers[5]
            }
            _ => panic!("{command}: {}", reply.text),
        };
        TcpStream::connect((self.address.ip(), port)).await.unwrap()
    }

    /// Opens a data connection, asks for something on it, and expects it to begin.
    pub async fn begin(&mut self, command: &str) -> Box<dyn Wire> {
        let stream = self.passive("EPSV").await;
        self.say_expect(command, 150).await;
        self.data(stream).await
    }

    async fn data(&self, stream: TcpStream) -> Box<dyn Wire> {
        self.wrap(stream, self.tls.as_ref().filter(|_| self.private_data)).await
    }

    /// Everything that comes for a command, and the reply after it.
    pub async fn fetch(&mut self, command: &str) -> (Vec<u8>, Reply) {
        let stream = self.passive("EPSV").await;
        let first = self.say(command).await;
        if first.code != 150 {
            return (Vec::new(), first);
        }
        let mut wire = self.data(stream).await;
        let mut bytes = Vec::new();
        // What is not the whole file may end in an error: the reply says it too.
        let _ = timeout(PATIENCE, wire.read_to_end(&mut bytes)).await.expect("data in time");
        (bytes, self.reply().await.expect("the connection ended"))
    }

    /// The refusal of a command that would have sent data. libunftp says 150 first, and puts a sentence of the shelf before
    /// it.
    pub async fn refused(&mut self, command: &str) -> Reply {
        let _data = self.passive("EPSV").await;
        self.send(command).await;
        let first = self.reply().await.expect("the connection ended");
        if first.code == 150 { self.reply().await.expect("the connection ended") } else { first }
    }

    pub async fn fetch_text(&mut self, command: &str) -> String {
        let (bytes, reply) = self.fetch(command).await;
        assert_eq!(reply.code, 226, "{command}: {}", reply.text);
        String::from_utf8(bytes).unwrap()
    }
}

async fn shake_hands(config: &Arc<ClientConfig>, plain: Box<dyn Wire>) -> Box<dyn Wire> {
    let name = ServerName::try_from("localhost").unwrap();
    Box::new(TlsConnector::from(Arc::clone(config)).connect(name, plain).await.unwrap())
}
