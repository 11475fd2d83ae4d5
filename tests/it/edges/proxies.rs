//! Proxies are believed when they were named, and nobody else is.

use ppp::v2::{Builder, Command, Protocol, Version};
use reqwest::StatusCode;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tutanak::access::addresses::Announces;
use tutanak::app::{App, StartError};
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::tls;

use crate::house::{House, Plan};

/// The party's own range: nobody on this machine has an address in it.
const PARTY: &str = "203.0.113.0/28";

async fn asked_with(house: &House, client: &reqwest::Client, lines: &[&str]) -> StatusCode {
    let bulk = &house.party.bulk;
    let mut request = client.get(house.url("/arsiv/durum.json")).basic_auth(&bulk.user, Some(&bulk.password));
    for line in lines {
        request = request.header("x-forwarded-for", *line);
    }
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_forged_x_forwarded_for_is_ignored_and_the_row_has_the_real_address() {
    let house = House::build(Plan { party_from: Some(PARTY), ..Plan::default() }).await;
    for forged in ["203.0.113.5", "127.0.0.1, 203.0.113.5", "203.0.113.5, 127.0.0.1"] {
        assert_eq!(asked_with(&house, &house.client, &[forged]).await, StatusCode::FORBIDDEN, "{forged}");
    }
    house.audit(3, |row| row.reason == "address-not-allowed" && row.address == "127.0.0.1").await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_rightmost_address_that_is_not_its_own_counts() {
    let also = |config: &mut Config| {
        config.proxy.trusted = vec!["127.0.0.1/32".parse().unwrap()];
        config.proxy.https = Announces::XForwardedFor;
    };
    let house = House::build(Plan { party_from: Some(PARTY), also: Some(also), ..Plan::default() }).await;
    let asked = async |lines: &[&str]| asked_with(&house, &house.client, lines).await;
    assert_eq!(asked(&["203.0.113.5"]).await, StatusCode::OK);
    assert_eq!(asked(&["198.51.100.1", "203.0.113.5, 127.0.0.1"]).await, StatusCode::OK);
    assert_eq!(asked(&["203.0.113.5, 198.51.100.1"]).await, StatusCode::FORBIDDEN, "what a client claims");
    assert_eq!(asked(&["203.0.113.5", "198.51.100.1"]).await, StatusCode::FORBIDDEN);
    assert_eq!(asked(&["203.0.113.5, _hidden"]).await, StatusCode::FORBIDDEN);
    assert_eq!(asked(&[]).await, StatusCode::FORBIDDEN, "the proxy is not the party");
    let stranger = house.client_from([127, 0, 0, 2]);
    assert_eq!(asked_with(&house, &stranger, &["203.0.113.5"]).await, StatusCode::FORBIDDEN);
    house.audit(2, |row| row.act == "download" && row.address == "203.0.113.5").await;
    house.audit(2, |row| row.reason == "address-not-allowed" && row.address == "198.51.100.1").await;
    house.audit(1, |row| row.reason == "address-not-allowed" && row.address == "127.0.0.2").await;
}

fn header(command: Command, source: &str) -> Vec<u8> {
    let pair: (std::net::SocketAddr, std::net::SocketAddr) =
        (source.parse().unwrap(), "192.0.2.1:443".parse().unwrap());
    Builder::with_addresses(Version::Two | command, Protocol::Stream, pair).build().unwrap()
}

/// The status line of the party's question over a connection that begins with `preface`; none when there is no answer.
async fn tunnelled(house: &House, from: [u8; 4], preface: &[u8]) -> Option<String> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let mut stream = socket.connect(house.https).await.unwrap();
    stream.write_all(preface).await.unwrap();
    let trusting = tls::trusting(&house.dir.path().join(init::CA)).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(trusting).connect(name, stream).await.ok()?;
    use base64::Engine as _;
    let bulk = &house.party.bulk;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", bulk.user, bulk.password));
    let request = format!(
        "GET /arsiv/durum.json HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {basic}\r\n\
         x-forwarded-for: 203.0.113.7\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).lines().next().map(str::to_owned)
}

#[tokio::test]
async fn a_balancer_that_speaks_the_proxy_protocol_is_believed_and_only_there() {
    let also = |config: &mut Config| {
        config.proxy.trusted = vec!["127.0.0.1/32".parse().unwrap()];
        config.proxy.https = Announces::ProxyProtocol;
    };
    let house = House::build(Plan { party_from: Some(PARTY), also: Some(also), ..Plan::default() }).await;
    let party = header(Command::Proxy, "203.0.113.5:4711");
    let other = header(Command::Proxy, "198.51.100.1:4711");
    let answered = async |from: [u8; 4], preface: &[u8]| tunnelled(&house, from, preface).await;
    assert_eq!(answered([127, 0, 0, 1], &party).await.as_deref(), Some("HTTP/1.1 200 OK"));
    assert_eq!(answered([127, 0, 0, 1], &other).await.as_deref(), Some("HTTP/1.1 403 Forbidden"));
    let local = header(Command::Local, "203.0.113.5:4711");
    assert_eq!(
        answered([127, 0, 0, 1], &local).await.as_deref(),
        Some("HTTP/1.1 403 Forbidden"),
        "it speaks for itself"
    );
    assert_eq!(answered([127, 0, 0, 1], b"").await, None, "a named balancer must say whom it passes on");
    assert_eq!(answered([127, 0, 0, 2], &party).await, None, "a stranger's header is no TLS");
    assert_eq!(answered([127, 0, 0, 2], b"").await.as_deref(), Some("HTTP/1.1 403 Forbidden"));
    house.audit(1, |row| row.act == "download" && row.outcome == "ok" && row.address == "203.0.113.5").await;
    house.audit(1, |row| row.reason == "address-not-allowed" && row.address == "198.51.100.1").await;
}

#[tokio::test]
async fn the_service_does_not_start_where_an_address_list_could_not_hold() {
    let mut house = House::open().await;
    house.stop().await;
    let config = Config::from_file(&house.dir.path().join(init::CONFIG)).unwrap();
    let starts = async |change: &dyn Fn(&mut Config)| {
        let mut config = config.clone();
        change(&mut config);
        App::open(config, Clock::system()).await.err()
    };
    assert!(starts(&|_| {}).await.is_none());
    let refused = |error: Option<StartError>| matches!(error, Some(StartError::Edge(_)));
    assert!(refused(starts(&|config| config.proxy.https = Announces::XForwardedFor).await), "it trusts nobody");
    assert!(refused(starts(&|config| config.proxy.trusted = vec!["10.0.0.1/32".parse().unwrap()]).await), "for what?");
    let wide = |config: &mut Config| {
        config.proxy.trusted = vec!["0.0.0.0/0".parse().unwrap()];
        config.proxy.https = Announces::XForwardedFor;
    };
    assert!(refused(starts(&wide).await), "it trusts everybody");
    let party = |config: &mut Config| {
        config.proxy.trusted = vec!["127.0.0.1/32".parse().unwrap()];
        config.proxy.https = Announces::ProxyProtocol;
    };
    assert!(refused(starts(&party).await), "a party's own address is trusted to name others");
}
