//! Explicit TLS, on the control connection and on data connections.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tutanak_ftp::{Attempt, Settings};

use crate::house::{House, settings};
use crate::made_shelf::scan;

pub fn identities() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let server = ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![certificate], key).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

#[tokio::test(flavor = "multi_thread")]
async fn control_and_data_can_both_be_encrypted() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    let mut reader = house.visitor().await;
    assert!(reader.say_expect("FEAT", 211).await.contains("AUTH TLS"));
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.protect().await;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
    reader.say_expect("REST 1000", 350).await;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan()[1000..]);
    assert!(reader.fetch_text("MLSD /il/34").await.ends_with(" a.png\r\n"));
    assert_eq!(reader.fetch("RETR /torn.bin").await.1.code, 451);
    assert!(house.diary.lock().unwrap().visitors[0].encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_handshake_is_taken_for_a_command_however_fast_it_comes() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    for _ in 0..25 {
        let logins = (0..8).map(|_| async {
            let mut reader = house.visitor().await;
            reader.encrypt(Arc::clone(&client)).await;
            reader.log_in().await;
        });
        futures::future::join_all(logins).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "sentences are lost on an encrypted line")]
async fn sentences_arrive_on_an_encrypted_line_too() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.say_expect("USER early", 331).await;
    assert_eq!(reader.say_expect("PASS right", 530).await, "530 Acilis 17:00");
    reader.log_in().await;
    assert_eq!(reader.say_expect("SIZE /theirs.bin", 550).await, "550 Not for you");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "EPSV and listings go in the clear, PASV is 534")]
async fn nothing_goes_in_the_clear_where_encryption_is_required() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), tls_required: true, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.say_expect("USER party", 534).await;
    reader.encrypt(client).await;
    reader.log_in().await;
    for command in ["PASV", "EPSV", "EPSV 1", "RETR /il/34/a.png", "LIST", "MLSD", "NLST"] {
        reader.say_expect(command, 521).await;
    }
    reader.protect().await;
    reader.say_expect("PROT C", 534).await;
    reader.say_expect("CCC", 534).await;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
    let tried = house.diary.lock().unwrap().tried.clone();
    let party = || (Some("party".to_owned()), Attempt::Clear);
    let expected: Vec<_> =
        std::iter::once((None, Attempt::Clear)).chain(std::iter::repeat_with(party).take(8)).collect();
    assert_eq!(tried, expected, "the shelf hears of each");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "the rest of the line is read after the handshake")]
async fn what_is_slipped_in_behind_auth_is_never_taken_for_a_command() {
    let (server, _) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.send_raw(b"AUTH TLS\r\nUSER party\r\nPASS right\r\n").await;
    reader.expect(421).await;
    assert!(reader.is_cut().await);
    assert!(house.diary.lock().unwrap().visitors.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "no implicit TLS")]
async fn a_connection_may_begin_with_tls() {
    let (server, client) = identities();
    let settings = Settings { tls: Some(server), tls_required: true, ..settings() };
    let house = House::implicit(Default::default(), settings).await;
    let mut reader = crate::client::Client::connect_encrypted(house.address, client).await;
    reader.expect(220).await;
    reader.say_expect("AUTH TLS", 503).await;
    reader.log_in().await;
    reader.protect().await;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
    assert!(house.diary.lock().unwrap().visitors[0].encrypted);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "a failed handshake on the data connection gets no answer")]
async fn a_data_connection_that_does_not_shake_hands_is_425_and_no_harm() {
    let (server, client) = identities();
    let handshake_within = std::time::Duration::from_millis(300);
    let house = House::with(Settings { tls: Some(server), handshake_within, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.protect().await;
    for silent in [true, false] {
        let data = reader.passive("EPSV").await;
        reader.say_expect("RETR /il/34/a.png", 150).await;
        if !silent {
            drop(data);
        }
        reader.expect(425).await;
    }
    assert!(house.diary.lock().unwrap().delivered.iter().all(|one| one.over && !one.complete));
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn data_connections_may_resume_and_need_not() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    // A second client that remembers nothing of the first.
    let mut forgetful = (*client).clone();
    forgetful.resumption = tokio_rustls::rustls::client::Resumption::disabled();
    for config in [client, Arc::new(forgetful)] {
        let mut reader = house.visitor().await;
        reader.encrypt(config).await;
        reader.log_in().await;
        reader.protect().await;
        for _ in 0..3 {
            assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
        }
    }
}

/// Sends what it is given in two halves, as some clients do with the end of a handshake.
struct InHalves(TcpStream);

impl AsyncRead for InHalves {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for InHalves {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, &bytes[..bytes.len().div_ceil(2)])
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "the first part of the end of a handshake is acknowledged late")]
async fn a_handshake_whose_end_comes_in_pieces_does_not_wait_for_acknowledgements() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(Arc::clone(&client)).await;
    reader.log_in().await;
    reader.protect().await;
    let mut quickest = Duration::MAX;
    let enough = Duration::from_millis(30);
    for _ in 0..100 {
        let data = InHalves(reader.passive("EPSV").await);
        let began = Instant::now();
        reader.say_expect("RETR /il/34/a.png", 150).await;
        let name = ServerName::try_from("localhost").unwrap();
        let mut data = TlsConnector::from(Arc::clone(&client)).connect(name, data).await.unwrap();
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).await.unwrap();
        reader.expect(226).await;
        assert_eq!(bytes, scan());
        quickest = quickest.min(began.elapsed());
        if quickest < enough {
            return;
        }
    }
    // Else each takes 40 ms and more, on the quickest machine; a busy one has one quick moment.
    panic!("{quickest:?}");
}

/// A certificate that can be changed.
#[derive(Debug)]
struct Shown(Mutex<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.lock().unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_shown_without_a_restart() {
    let made = |name: &str| {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
        let signed = CertifiedKey::from_der(vec![made.cert.der().clone()], key, &provider);
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        (signed.unwrap(), Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
    };
    let ((first, trusts_first), (second, trusts_second)) = (made("localhost"), made("localhost"));
    let shown = Arc::new(Shown(Mutex::new(Arc::new(first))));
    let server = ServerConfig::builder().with_no_client_auth().with_cert_resolver(shown.clone());
    let house = House::with(Settings { tls: Some(Arc::new(server)), ..settings() }).await;
    house.visitor().await.encrypt(trusts_first).await;
    *shown.0.lock().unwrap() = Arc::new(second);
    house.visitor().await.encrypt(trusts_second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_encrypted_reader_is_cut_off_too() {
    let (server, client) = identities();
    let stall = std::time::Duration::from_millis(500);
    let house = House::with(Settings { tls: Some(server), stall, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.protect().await;
    let _data = reader.begin("RETR /endless.bin").await;
    reader.expect(426).await;
    assert!(!house.diary.lock().unwrap().delivered[0].complete);
}
