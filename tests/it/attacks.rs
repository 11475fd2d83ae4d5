//! What an attacker would try, from outside and with a credential in hand. Each must fail, and be seen in the record.

mod bodies;
mod connections;
mod floods;
mod ftp;
mod growth;
mod guesses;
mod intruders;
mod neighbours;
mod paths;
mod record;
mod requests;

use base64::Engine as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tutanak::cli::init;
use tutanak::tls;

use crate::house::House;

/// A connection to HTTPS from one of this machine's addresses, on which nothing was asked yet.
async fn line(house: &House, from: [u8; 4]) -> TlsStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let stream = socket.connect(house.https).await.unwrap();
    let trusting = tls::trusting(&house.dir.path().join(init::CA)).unwrap();
    TlsConnector::from(trusting).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}

/// The whole answer to a request that no decent client would send, with the party's password.
async fn raw(house: &House, method: &str, target: &[u8], also: &str) -> String {
    let bulk = &house.party.bulk;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", bulk.user, bulk.password));
    let mut request = format!("{method} ").into_bytes();
    request.extend_from_slice(target);
    let head =
        format!(" HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {basic}\r\n{also}connection: close\r\n\r\n");
    request.extend_from_slice(head.as_bytes());
    let mut line = line(house, [127, 0, 0, 1]).await;
    let mut answer = Vec::new();
    if line.write_all(&request).await.is_ok() && line.flush().await.is_ok() {
        let _ = line.read_to_end(&mut answer).await;
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks until there is an answer. Where one address has too many connections, those that wait make room for the next: their
/// client connects again, as browsers do. Tells how many answers were lost so.
async fn insist(ask: impl Fn() -> reqwest::RequestBuilder) -> (reqwest::Response, usize) {
    for lost in 0..20 {
        if let Ok(answer) = ask().send().await {
            return (answer, lost);
        }
    }
    panic!("no answer to twenty requests");
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer:?}"))
}
