//! Connections that only wait, from many addresses and by the hundred: boards and parties come in all the while, what is held
//! is bounded, and what waits too long is closed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use reqwest::StatusCode;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tutanak::cli::init;
use tutanak::tls;

use crate::ftp::Control;
use crate::house::{House, Plan};
use crate::paper::page;

/// No attack of these tests is worth waiting longer for.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(from: [u8; 4], to: std::net::SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    timeout(PATIENCE, socket.connect(to)).await?
}

/// An HTTP/2 connection on which nothing was asked yet; none where it is refused.
async fn http2(house: &House, from: [u8; 4]) -> std::io::Result<TlsStream<TcpStream>> {
    let trusting = tls::trusting(&house.dir.path().join(init::CA)).unwrap();
    let mut config = rustls::ClientConfig::clone(&trusting);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = connect(from, house.https).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await??;
    // RFC 9113 §3.4: the preface and empty settings.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    stream.flush().await?;
    Ok(stream)
}

/// Keeps the connection alive as a browser would: answers settings and pings, and asks for nothing. Ends with it.
async fn keep_alive(mut stream: TlsStream<TcpStream>) {
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        if stream.read_exact(&mut payload).await.is_err() {
            return;
        }
        let answer = match (head[3], head[4] & 1) {
            (SETTINGS, 0) => b"\0\0\0\x04\x01\0\0\0\0".to_vec(),
            (PING, 0) => [b"\0\0\x08\x06\x01\0\0\0\0", &payload[..]].concat(),
            _ => continue,
        };
        if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

fn held(tasks: &[JoinHandle<()>]) -> usize {
    tasks.iter().filter(|task| !task.is_finished()).count()
}

/// Waits until so many are held at most.
async fn at_most(tasks: &[JoinHandle<()>], most: usize, longest: Duration) {
    let until = Instant::now() + longest;
    while held(tasks) > most {
        assert!(Instant::now() < until, "{} connections are held, {most} may be", held(tasks));
        sleep(Duration::from_millis(100)).await;
    }
}

/// Connections that only wait, of sixteen addresses side by side.
async fn flood(house: &House, net: u8, each: usize) -> Vec<JoinHandle<()>> {
    let addresses = (1..=16_u8).map(|last| async move {
        let mut tasks = Vec::new();
        for _ in 0..each {
            if let Ok(stream) = http2(house, [127, 0, net, last]).await {
                tasks.push(tokio::spawn(keep_alive(stream)));
            }
        }
        tasks
    });
    futures::future::join_all(addresses).await.into_iter().flatten().collect()
}

#[tokio::test]
async fn strangers_that_wait_over_http2_keep_no_board_and_no_party_out_and_are_closed() {
    let also = |config: &mut tutanak::config::Config| config.https.connections_before_login = 32;
    let plan = Plan { party_from: Some("127.0.0.1/32"), also: Some(also), ..Plan::default() };
    let house = House::build(plan).await;
    let mut tasks = Vec::new();
    for round in 0..3_u32 {
        let (more, ()) = tokio::join!(flood(&house, 9, 10), async {
            for n in 0..4 {
                // From an address that nobody knows yet, and each time a new connection.
                let board = house.client_from([127, 0, 3, 1]);
                let scan = page(&["1090000001"], round * 10 + n);
                let url = house.url(&format!("/v1/scans/{}", tutanak::domain::Digest::of(&scan)));
                let sent = board.put(url).bearer_auth(&house.first).body(scan).send().await.unwrap();
                assert_eq!(sent.status(), StatusCode::CREATED, "round {round}");
                let party = house.client_from([127, 0, 0, 1]);
                let bulk = &house.party.bulk;
                let asked = party.get(house.url("/arsiv/durum.json")).basic_auth(&bulk.user, Some(&bulk.password));
                assert_eq!(asked.send().await.unwrap().status(), StatusCode::OK, "round {round}");
            }
        });
        tasks.extend(more);
    }
    assert!(tasks.len() > 32, "no more came than there is room for: {}", tasks.len());
    at_most(&tasks, 32, PATIENCE).await;
    let fits = |row: &tutanak::ledger::audit::AuditRow| row.reason == "too-many-connections";
    let rows = house.audit(1, fits).await;
    assert!(rows.len() <= 17, "one word for each address is enough: {}", rows.len());
    // And the last of them do not stay either, though they answer pings.
    at_most(&tasks, 0, Duration::from_secs(60)).await;
}

#[tokio::test]
async fn known_addresses_that_wait_do_not_keep_out_the_others_nor_their_own() {
    // The party comes from anywhere on this machine, so all of these are known.
    let also = |config: &mut tutanak::config::Config| config.https.connections_before_login = 16;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let tasks = flood(&house, 9, 12).await;
    at_most(&tasks, 32, PATIENCE).await;
    for from in [[127, 0, 3, 1], [127, 0, 9, 1], [127, 0, 9, 16]] {
        let party = house.client_from(from);
        let bulk = &house.party.bulk;
        let asked = party.get(house.url("/arsiv/durum.json")).basic_auth(&bulk.user, Some(&bulk.password));
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::OK, "{from:?}");
    }
}

#[tokio::test]
async fn a_connection_with_which_somebody_was_let_in_is_closed_when_nothing_is_asked_for_too_long() {
    let also = |config: &mut tutanak::config::Config| config.https.idle_seconds = 2;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let mut stream = http2(&house, [127, 0, 0, 1]).await.unwrap();
    let bulk = &house.party.bulk;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", bulk.user, bulk.password));
    let (path, basic) = ("/arsiv/OKU-BENI.txt", format!("Basic {basic}"));
    // RFC 7541: GET, https, then path, authority and authorization as literals.
    let mut block = vec![0x82, 0x87, 0x04, path.len() as u8];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(b"\x01\x09localhost\x0f\x08");
    block.push(basic.len() as u8);
    block.extend_from_slice(basic.as_bytes());
    // HEADERS that end both themselves and their stream.
    let mut frame = vec![0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1];
    frame.extend_from_slice(&block);
    stream.write_all(&frame).await.unwrap();
    stream.flush().await.unwrap();
    house.audit(1, |row| row.act == "download" && row.object == "/OKU-BENI.txt" && row.outcome == "ok").await;
    timeout(PATIENCE, keep_alive(stream)).await.expect("it is kept though nothing is asked for");
    let rows = house.ledger.audit_after(0, 1000).await.unwrap();
    assert!(rows.iter().all(|row| row.reason != "no-request-in-time"), "it is no attack: {rows:#?}");
}

#[tokio::test]
async fn ftp_sessions_that_nobody_logs_in_on_keep_no_party_out_again_and_again() {
    let also = |config: &mut tutanak::config::Config| config.ftp.connections_before_login = 32;
    // As known addresses, and as strangers that are not even greeted.
    for party_from in [None, Some("127.0.0.1/32")] {
        let house = House::build(Plan { party_from, also: Some(also), ..Plan::default() }).await;
        let logged_in = Control::log_in(&house).await;
        let mut idle = Vec::new();
        for _ in 0..4 {
            for n in 0..200_u8 {
                idle.extend(connect([127, 0, 9, n % 8 + 1], house.ftp).await);
            }
            let mut line = Control::log_in(&house).await;
            assert!(line.fetch("LIST /").await.1.starts_with("226"));
            let mut encrypted = Control::log_in_encrypted(&house).await;
            assert!(encrypted.say("NOOP").await.starts_with("200"));
        }
        let mut logged_in = logged_in;
        assert!(logged_in.say("NOOP").await.starts_with("200"), "who is logged in is not disturbed");
    }
}
