//! Lines to a server that break after so many bytes, again and again: what stands between a party and the archive on a bad
//! night.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy};
use tokio::net::{TcpListener, TcpStream};

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

/// The address of a line to `server` of which every connection breaks when it has brought `after` bytes.
pub async fn line(server: SocketAddr, after: u64) -> SocketAddr {
    let (listener, at) = listener().await;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(relay(client, server, after));
        }
    });
    at
}

async fn relay(client: TcpStream, server: SocketAddr, after: u64) {
    let Ok(upstream) = TcpStream::connect(server).await else { return };
    let (mut asks, mut gets) = client.into_split();
    let (brings, mut takes) = upstream.into_split();
    let asking = tokio::spawn(async move { copy(&mut asks, &mut takes).await });
    let _ = copy(&mut brings.take(after), &mut gets).await;
    asking.abort();
}

/// The same for a server of FTP: commands pass, and every data connection breaks.
pub async fn ftp(server: SocketAddr, after: u64) -> SocketAddr {
    let (listener, at) = listener().await;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(control(client, server, after));
        }
    });
    at
}

async fn control(client: TcpStream, server: SocketAddr, after: u64) {
    let Ok(upstream) = TcpStream::connect(server).await else { return };
    let (mut asks, mut gets) = client.into_split();
    let (brings, mut takes) = upstream.into_split();
    let asking = tokio::spawn(async move { copy(&mut asks, &mut takes).await });
    let mut replies = BufReader::new(brings).lines();
    while let Ok(Some(mut reply)) = replies.next_line().await {
        if reply.starts_with("229") {
            // `229 … (|||port|)`: the data connection goes through a line of its own.
            let port = reply.split('|').nth(3).unwrap().to_owned();
            let broken = line(SocketAddr::new(server.ip(), port.parse().unwrap()), after).await;
            reply = reply.replace(&format!("|{port}|"), &format!("|{}|", broken.port()));
        }
        if gets.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
            break;
        }
    }
    asking.abort();
}
