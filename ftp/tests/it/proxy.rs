//! A proxy in front: it is believed where it is trusted, and nowhere else.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tutanak_ftp::Settings;

use crate::client::Client;
use crate::house::{House, settings};
use crate::made_shelf::scan;

/// A header of version 2 for a connection from `client`.
fn header(client: &str) -> Vec<u8> {
    let client: SocketAddr = client.parse().unwrap();
    let SocketAddr::V4(client) = client else { panic!("IPv4") };
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    bytes.extend(client.ip().octets());
    bytes.extend([127, 0, 0, 1]);
    bytes.extend(client.port().to_be_bytes());
    bytes.extend([8, 73]);
    bytes
}

async fn house(trusted: &str) -> House {
    House::with(Settings { trusted_proxies: vec![trusted.parse().unwrap()], ..settings() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_behind_a_trusted_proxy_is_the_clients_on_both_connections() {
    let house = house("127.0.0.0/8").await;
    let mut client = Client::connect(house.address).await;
    client.send_raw(&header("203.0.113.7:40000")).await;
    client.expect(220).await;
    client.log_in().await;
    assert_eq!(house.diary.lock().unwrap().visitors[0].address.to_string(), "203.0.113.7");
    for (from, code) in [("203.0.113.7:40001", 226), ("203.0.113.8:40001", 425)] {
        let mut data: TcpStream = client.passive("EPSV").await;
        data.write_all(&header(from)).await.unwrap();
        client.say_expect("RETR /il/34/a.png", 150).await;
        let mut bytes = Vec::new();
        let _ = data.read_to_end(&mut bytes).await;
        client.expect(code).await;
        assert_eq!(bytes == scan(), code == 226, "{from}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_must_say_whom_it_passes_on() {
    let house = house("127.0.0.0/8").await;
    let mut silent = Client::connect(house.address).await;
    silent.send("USER party").await;
    assert!(silent.is_cut().await);
    // LOCAL: the proxy tests whether we are there.
    let mut local = Client::connect(house.address).await;
    local.send_raw(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0").await;
    assert!(local.is_cut().await);
    assert!(house.diary.lock().unwrap().left.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_believed() {
    let house = house("192.0.2.0/24").await;
    let mut client = house.visitor().await;
    client.send_raw(&header("203.0.113.7:40000")).await;
    // Its bytes are made so that they end a session of a server that does not know them.
    client.expect(500).await;
    client.expect(500).await;
    client.expect(500).await;
    client.expect(221).await;
    assert!(client.is_cut().await);
    let mut client = house.visitor().await;
    client.log_in().await;
    assert_eq!(house.diary.lock().unwrap().visitors[0].address.to_string(), "127.0.0.1");
}
