//! A board to which a certificate is bound sends with it, and not without.

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use tutanak::app::{App, StartError};
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::domain::Digest;
use tutanak::tls;

use crate::house::{House, Plan, builder};
use crate::paper::page;

/// A certificate that is valid from then until then, and its key, as PEM.
pub struct Made {
    pub certificate: String,
    pub key: String,
}

/// Makes one.
pub fn made(from: Timestamp, until: Timestamp) -> Made {
    let at = |time: Timestamp| {
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(time.as_second().unsigned_abs())
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["bilgisayar".to_owned()]).unwrap();
    (parameters.not_before, parameters.not_after) = (at(from), at(until));
    let certificate = parameters.self_signed(&key).unwrap();
    Made { certificate: certificate.pem(), key: key.serialize_pem() }
}

struct Own {
    digest: Digest,
    client: reqwest::Client,
}

/// A certificate that somebody made for themselves, and a client that shows it.
fn own(house: &House, name: &str) -> Own {
    let made = tls::own(&[name.to_owned()], house.clock.now()).unwrap();
    let file = house.dir.path().join(format!("{name}.pem"));
    std::fs::write(&file, &made.certificate).unwrap();
    let identity = reqwest::Identity::from_pem(format!("{}{}", made.key, made.certificate).as_bytes()).unwrap();
    Own { digest: tls::fingerprint(&file).unwrap().0, client: builder(&house.ca()).identity(identity).build().unwrap() }
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
    let refused = house.audit(2, |row| row.channel == "board" && row.reason == "wrong-certificate").await;
    assert!(refused.iter().all(|row| row.principal == "kadikoy-1"), "whose token it was is known: {refused:?}");
    assert!(house.ledger.unbind_certificate(&board, &bound.digest).await.unwrap());
    assert!(!house.ledger.unbind_certificate(&board, &bound.digest).await.unwrap());
    assert_eq!(sends(&house, &house.client, &house.first).await, StatusCode::OK);
    let nobody = "nobody".parse().unwrap();
    assert!(!house.ledger.bind_certificate(&nobody, &bound.digest, now).await.unwrap());
}

#[tokio::test]
async fn a_sender_of_results_with_a_certificate_needs_it_beside_its_token() {
    let also = |config: &mut Config| config.https.client_certificates = true;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let (token, feed, now) = (house.feed().await, "secsis".parse().unwrap(), house.clock.now());
    let (bound, other) = (own(&house, "secsis-1"), own(&house, "secsis-2"));
    let sends = async |client: &reqwest::Client| {
        let line = r#"{"box":1,"race":9,"version":1,"votes":{"1":7}}"#;
        client.post(house.url("/v1/figures")).bearer_auth(&token).body(line).send().await.unwrap().status()
    };
    assert_eq!(sends(&house.client).await, StatusCode::OK, "nothing is bound yet");
    assert!(house.ledger.bind_certificate(&feed, &bound.digest, now).await.unwrap());
    assert_eq!(sends(&bound.client).await, StatusCode::OK);
    assert_eq!(sends(&house.client).await, StatusCode::FORBIDDEN, "the token alone");
    assert_eq!(sends(&other.client).await, StatusCode::FORBIDDEN, "another's certificate");
    let refused = house.audit(2, |row| row.channel == "feed" && row.reason == "wrong-certificate").await;
    assert!(refused.iter().all(|row| row.principal == "secsis"), "whose token it was is known: {refused:?}");
    let taken = house.audit(2, |row| row.channel == "feed" && row.outcome == "ok").await;
    assert!(taken.iter().any(|row| row.object == "figures 1: 1 known"), "what came of it is on record: {taken:?}");
}

#[tokio::test]
async fn a_certificate_that_has_ended_or_not_begun_is_refused_and_its_row_says_why() {
    let also = |config: &mut Config| config.https.client_certificates = true;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let (board, now) = ("kadikoy-1".parse().unwrap(), house.clock.now());
    let (from, until) = (now - SignedDuration::from_hours(24), now + SignedDuration::from_hours(24));
    let Made { certificate, key } = made(from, until);
    let file = house.dir.path().join("kurul.pem");
    std::fs::write(&file, &certificate).unwrap();
    let (digest, valid) = tls::fingerprint(&file).unwrap();
    assert_eq!(
        valid.map(|(from, until)| (from.as_second(), until.as_second())),
        Some((from.as_second(), until.as_second()))
    );
    let identity = reqwest::Identity::from_pem(format!("{key}{certificate}").as_bytes()).unwrap();
    let client = builder(&house.ca()).identity(identity).build().unwrap();
    assert!(house.ledger.bind_certificate(&board, &digest, now).await.unwrap());
    assert!(sends(&house, &client, &house.first).await.is_success());
    let bound = house.ledger.certificates(Some("kadikoy-1")).await.unwrap();
    assert_eq!(bound[0].ends.map(|ends| ends.as_second()), Some(until.as_second()), "it has said so itself");

    for (at, expected) in [
        (until + SignedDuration::from_secs(1), StatusCode::FORBIDDEN),
        (from - SignedDuration::from_secs(1), StatusCode::FORBIDDEN),
        (now, StatusCode::OK),
    ] {
        house.clock.set(at);
        assert_eq!(sends(&house, &client, &house.first).await, expected, "{at}");
    }
    house.clock.set(until + SignedDuration::from_secs(1));
    let scan = page(&["1090000001"], 1);
    let url = house.url(&format!("/v1/scans/{}", Digest::of(&scan)));
    let refused = client.put(url).bearer_auth(&house.first).body(scan).send().await.unwrap();
    let problem = crate::house::json(refused).await;
    assert_eq!(problem["type"], "urn:tutanak:problem:outdated-certificate");
    let said = until.strftime("%d.%m.%Y %H:%M").to_string();
    assert!(problem["detail"].as_str().unwrap().contains(&said), "{problem}");
    house.audit(3, |row| row.reason == "outdated-certificate" && row.principal == "kadikoy-1").await;
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
        let bound = house.ledger.certificates(Some("kadikoy-1")).await.unwrap();
        assert_eq!(bound.iter().map(|bound| bound.digest).collect::<Vec<_>>(), expected, "{}", engine.name);
        assert!(bound.iter().all(|bound| bound.ends.is_none()), "only fingerprints were bound");
        let ends = "2024-04-30T00:00:00Z".parse().unwrap();
        house.ledger.certificate_ends("kadikoy-1", &expected[0], ends).await.unwrap();
        let all = house.ledger.certificates(None).await.unwrap();
        assert_eq!(all.iter().map(|bound| bound.ends).collect::<Vec<_>>(), [Some(ends), None]);
        assert!(house.ledger.any_certificate().await.unwrap());
        assert!(house.ledger.certificates(Some("kadikoy-2")).await.unwrap().is_empty());
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
