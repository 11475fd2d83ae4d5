//! Explicit TLS, on the control connection and on data connections.

use std::sync::Arc;

use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tutanak_ftp::Settings;

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
    reader.say_expect("PBSZ 0", 200).await;
    reader.say_expect("PROT P", 200).await;
    reader.private_data = true;
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
    // Left to the library, some in a hundred fail.
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
async fn nothing_is_said_in_plain_text_on_an_encrypted_line() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.say_expect("USER early", 331).await;
    assert_eq!(reader.say_expect("PASS right", 530).await.lines().count(), 1);
    reader.log_in().await;
    assert_eq!(reader.say_expect("SIZE /theirs.bin", 550).await.lines().count(), 1);
    reader.say_expect("NOOP", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_clear_is_refused_where_encryption_is_required() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), tls_required: true, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.say_expect("USER party", 534).await;
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.say_expect("PASV", 534).await;
    reader.say_expect("PBSZ 0", 200).await;
    reader.say_expect("PROT P", 200).await;
    reader.private_data = true;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_encrypted_reader_is_cut_off_too() {
    let (server, client) = identities();
    let stall = std::time::Duration::from_millis(500);
    let house = House::with(Settings { tls: Some(server), stall, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.say_expect("PROT P", 200).await;
    reader.private_data = true;
    let _data = reader.begin("RETR /endless.bin").await;
    reader.expect(426).await;
    assert!(!house.diary.lock().unwrap().delivered[0].complete);
}
