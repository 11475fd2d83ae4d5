//! Readers whose data connections must resume the TLS session of their own control connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::{Resumption, Tls12Resumption};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tutanak_ftp::{Attempt, Cut, Settings, Terms};

use crate::client::Client;
use crate::house::{House, settings};
use crate::made_shelf::{MadeShelf, scan};

/// A house whose readers must resume, with tickets or with a store of sessions, and a client of it.
async fn strict(version: &'static SupportedProtocolVersion, tickets: bool) -> (House, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let server = ServerConfig::builder().with_no_client_auth();
    let mut server = server.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    if tickets {
        server.ticketer = tokio_rustls::rustls::crypto::aws_lc_rs::Ticketer::new().unwrap();
    }
    let client = ClientConfig::builder_with_protocol_versions(&[version]);
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let shelf = MadeShelf { terms: Terms { require_session_reuse: true, ..Terms::default() }, ..MadeShelf::default() };
    let house = House::over(shelf, Settings { tls: Some(Arc::new(server)), ..settings() }).await;
    (house, Arc::new(client))
}

async fn reader(house: &House, client: &Arc<ClientConfig>) -> Client {
    let mut reader = house.visitor().await;
    reader.encrypt(Arc::clone(client)).await;
    reader.log_in().await;
    reader.protect().await;
    reader
}

/// The same client, which resumes by the number of a session, as curl does with TLS 1.2.
fn by_number(client: &ClientConfig) -> Arc<ClientConfig> {
    let mut other = client.clone();
    other.resumption = Resumption::in_memory_sessions(64).tls12_resumption(Tls12Resumption::SessionIdOnly);
    Arc::new(other)
}

/// The same client without what it was given for resuming: somebody else behind the same address.
fn somebody_else(client: &ClientConfig) -> Arc<ClientConfig> {
    let mut other = client.clone();
    other.resumption = Resumption::in_memory_sessions(64);
    Arc::new(other)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resumes_gets_file_after_file() {
    for (version, numbers) in [(&TLS12, true), (&TLS12, false), (&TLS13, false)] {
        for tickets in [false, true] {
            let (house, client) = strict(version, tickets).await;
            let client = if numbers { by_number(&client) } else { client };
            let mut reader = reader(&house, &client).await;
            for n in 0..40 {
                let (bytes, reply) = reader.fetch("RETR /il/34/a.png").await;
                assert_eq!((bytes.len(), reply.code), (scan().len(), 226), "file {n}, {version:?}, tickets: {tickets}");
            }
            assert!(reader.fetch_text("MLSD /il/34").await.ends_with(" a.png\r\n"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resumes_nothing_gets_nothing_and_it_is_told() {
    let (house, client) = strict(&TLS13, true).await;
    let mut without = ClientConfig::clone(&client);
    without.resumption = Resumption::disabled();
    let mut reader = reader(&house, &Arc::new(without)).await;
    let (bytes, reply) = reader.fetch("RETR /il/34/a.png").await;
    assert_eq!((bytes.len(), reply.code), (0, 522), "{}", reply.text);
    let (bytes, reply) = reader.fetch("LIST /il/34").await;
    assert_eq!((bytes.len(), reply.code), (0, 522), "{}", reply.text);
    // Nor without TLS.
    reader.say_expect("PROT C", 534).await;
    let diary = house.diary.lock().unwrap();
    assert_eq!(diary.delivered[0].cause, Some(Cut::NotResumed));
    let told = diary.tried.iter().filter(|(_, attempt)| *attempt == Attempt::NotResumed).count();
    assert_eq!(told, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_behind_the_same_address_gets_nothing_even_with_a_session_of_their_own() {
    for (version, numbers) in [(&TLS12, true), (&TLS12, false), (&TLS13, false)] {
        let (house, client) = strict(version, true).await;
        let client = if numbers { by_number(&client) } else { client };
        let mut victim = reader(&house, &client).await;
        // Logged in as well, so what it resumes is a session of this service.
        let other = if numbers { by_number(&client) } else { somebody_else(&client) };
        let _thief = reader(&house, &other).await;
        for round in 0..3 {
            let reply = victim.say("EPSV").await;
            let stolen = Client::connect_to(&reply, house.address).await;
            let own = Client::connect_to(&reply, house.address).await;
            victim.say_expect("RETR /il/34/a.png", 150).await;
            let (mut taken, mut bytes) = (Vec::new(), Vec::new());
            let name = || ServerName::try_from("localhost").unwrap();
            let thieving = async {
                let connected = TlsConnector::from(Arc::clone(&other)).connect(name(), stolen).await;
                if let Ok(mut stream) = connected {
                    let _ = stream.read_to_end(&mut taken).await;
                }
            };
            let fetching = async {
                let mut stream = TlsConnector::from(Arc::clone(&client)).connect(name(), own).await.unwrap();
                stream.read_to_end(&mut bytes).await
            };
            let ((), fetched) = tokio::join!(thieving, fetching);
            assert!(taken.is_empty(), "round {round}: somebody else got {} bytes", taken.len());
            let case = format!("round {round}, {version:?}, by number: {numbers}, {fetched:?}");
            assert!(fetched.is_ok() && bytes == scan(), "the client itself gets its file: {case}");
            victim.expect(226).await;
        }
        // Nor does it help to have tried: what was given for resuming then is good for nothing.
        let reply = victim.say("EPSV").await;
        let stolen: TcpStream = Client::connect_to(&reply, house.address).await;
        victim.say_expect("RETR /il/34/a.png", 150).await;
        let mut taken = Vec::new();
        let connected =
            TlsConnector::from(Arc::clone(&other)).connect(ServerName::try_from("localhost").unwrap(), stolen);
        if let Ok(mut stream) = connected.await {
            let _ = stream.read_to_end(&mut taken).await;
        }
        assert!(taken.is_empty());
        victim.expect(522).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_of_somebody_else_does_not_hold_up_the_client() {
    let (house, client) = strict(&TLS13, true).await;
    let mut victim = reader(&house, &client).await;
    let reply = victim.say("EPSV").await;
    let mut silent = Vec::new();
    for _ in 0..5 {
        silent.push(Client::connect_to(&reply, house.address).await);
    }
    let own = Client::connect_to(&reply, house.address).await;
    victim.say_expect("RETR /il/34/a.png", 150).await;
    let fetching = async {
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::clone(&client)).connect(name, own).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    };
    // A handshake that never ends would be given up after ten seconds.
    let bytes = tokio::time::timeout(Duration::from_secs(8), fetching).await.expect("it is held up");
    assert_eq!(bytes, scan());
    victim.expect(226).await;
}
