//! A board to which a certificate is bound sends with it, and not without.

use reqwest::StatusCode;
use tutanak::app::{App, StartError};
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::domain::Digest;
use tutanak::tls;

use crate::house::{House, Plan, builder};
use crate::paper::page;

struct Own {
    digest: Digest,
    client: reqwest::Client,
}

/// A certificate that somebody made for themselves, and a client that shows it.
fn own(house: &House, name: &str) -> Own {
    let made = tls::own(&[name.to_owned()]).unwrap();
    let file = house.dir.path().join(format!("{name}.pem"));
    std::fs::write(&file, &made.certificate).unwrap();
    let identity = reqwest::Identity::from_pem(format!("{}{}", made.key, made.certificate).as_bytes()).unwrap();
    Own { digest: tls::fingerprint(&file).unwrap(), client: builder(&house.ca()).identity(identity).build().unwrap() }
}

async fn sends(house: &House, client: &reqwest::Client, token: &str) -> StatusCode {
    let scan = page(&["1090000001"], 1);
    let url = house.url(&format!("/v1/scans/{}", Digest::of(&scan)));
    client.put(url).bearer_auth(token).body(scan).send().await.unwrap().status()
}

#[tokio::test]
async fn a_board_with_a_certificate_needs_it_beside_its_token() {
    let also = |config: &mut Config| config.https.client_certificates = true;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let (board, now) = ("kadikoy-1".parse().unwrap(), house.clock.now());
    let (bound, other) = (own(&house, "bilgisayar-1"), own(&house, "bilgisayar-2"));
    assert_eq!(sends(&house, &house.client, &house.first).await, StatusCode::CREATED, "nothing is bound yet");
    assert!(house.ledger.bind_certificate(&board, &bound.digest, now).await.unwrap());
    assert_eq!(sends(&house, &bound.client, &house.first).await, StatusCode::OK);
    assert_eq!(sends(&house, &house.client, &house.first).await, StatusCode::FORBIDDEN, "the token alone");
    assert_eq!(sends(&house, &other.client, &house.first).await, StatusCode::FORBIDDEN, "another's certificate");
    assert_eq!(sends(&house, &bound.client, "nothing").await, StatusCode::UNAUTHORIZED, "the certificate alone");
    assert!(sends(&house, &house.client, &house.second).await.is_success(), "the other board has none");
    house.audit(2, |row| row.channel == "board" && row.reason == "wrong-certificate").await;
    assert!(house.ledger.unbind_certificate(&board, &bound.digest).await.unwrap());
    assert!(!house.ledger.unbind_certificate(&board, &bound.digest).await.unwrap());
    assert_eq!(sends(&house, &house.client, &house.first).await, StatusCode::OK);
    let nobody = "nobody".parse().unwrap();
    assert!(!house.ledger.bind_certificate(&nobody, &bound.digest, now).await.unwrap());
}

#[tokio::test]
async fn bindings_are_kept_alike_on_both_engines() {
    for engine in crate::engines::Engine::all().await {
        let also = |config: &mut Config| config.https.client_certificates = true;
        let plan = Plan { database: Some(engine.config.clone()), also: Some(also), ..Plan::default() };
        let house = House::build(plan).await;
        let board = "kadikoy-1".parse().unwrap();
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        assert!(!house.ledger.any_certificate().await.unwrap());
        for certificate in [&one, &two, &one] {
            assert!(house.ledger.bind_certificate(&board, certificate, house.clock.now()).await.unwrap());
        }
        let mut expected = vec![one, two];
        expected.sort();
        assert_eq!(house.ledger.certificates_of("kadikoy-1").await.unwrap(), expected, "{}", engine.name);
        assert!(house.ledger.any_certificate().await.unwrap());
        assert!(house.ledger.certificates_of("kadikoy-2").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_service_does_not_start_where_a_board_could_not_show_its_certificate() {
    let mut house = House::open().await;
    house.ledger.bind_certificate(&"kadikoy-1".parse().unwrap(), &Digest::of(b"1"), house.clock.now()).await.unwrap();
    house.stop().await;
    let config = Config::from_file(&house.dir.path().join(init::CONFIG)).unwrap();
    let refused = App::open(config.clone(), Clock::system()).await.err();
    assert!(matches!(refused, Some(StartError::Edge(_))), "{refused:?}");
    let mut asks = config;
    asks.https.client_certificates = true;
    App::open(asks, Clock::system()).await.unwrap();
}
