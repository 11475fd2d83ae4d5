//! An FTP client that does exactly what it is told, one line at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
    address: SocketAddr,
    /// Set by [`Client::encrypt`]; data connections use it after `PROT P`.
    tls: Option<Arc<ClientConfig>>,
    pub private_data: bool,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { wire: Box::new(stream), address, tls: None, private_data: false }
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
        self.wire.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
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
        match &self.tls {
            Some(config) if self.private_data => shake_hands(config, Box::new(stream)).await,
            _ => Box::new(stream),
        }
    }

    /// Everything that comes for a command, and the reply after it.
    pub async fn fetch(&mut self, command: &str) -> (Vec<u8>, Reply) {
        let mut wire = self.begin(command).await;
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, wire.read_to_end(&mut bytes)).await.expect("data in time");
        read.unwrap();
        (bytes, self.reply().await.expect("the connection ended"))
    }

    /// The refusal of a command that would have sent data. A sentence of the shelf may come
    /// before the 150, which is then a line inside the reply.
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
