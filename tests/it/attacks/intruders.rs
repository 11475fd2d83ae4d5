//! Credentials in the wrong place: on another channel, from another party's address.

use base64::Engine as _;
use reqwest::StatusCode;
use tutanak::access::Refusal;
use tutanak::access::door::{Door, DoorError};
use tutanak::clock::Clock;
use tutanak::domain::{Digest, Gate};
use tutanak::people::enrol;

use crate::ftp::Control;
use crate::house::{House, Plan};
use crate::paper::page;

#[tokio::test]
async fn no_credential_works_on_another_channel() {
    let house = House::open().await;
    let operator = enrol::operator(&house.ledger, "skgm-1", "Birinci").await.unwrap();
    let (bulk, web, service) = (&house.party.bulk, &house.party.web, &house.party.service);
    let archive = house.url("/arsiv/durum.json");
    for (user, password) in [
        (&web.user, &web.password),
        (&bulk.user, &web.password),
        (&bulk.user, &service.token),
        (&bulk.user, &house.first),
        (&operator.user, &operator.password),
    ] {
        let asked = house.client.get(&archive).basic_auth(user, Some(password)).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::UNAUTHORIZED, "{user}");
        let mut line = Control::open_encrypted(&house, [127, 0, 0, 1]).await;
        line.say(&format!("USER {user}")).await;
        assert!(line.say(&format!("PASS {password}")).await.starts_with("530"), "{user}");
    }
    for token in [&service.token, &house.first, &bulk.password] {
        let asked = house.client.get(&archive).bearer_auth(token).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::UNAUTHORIZED, "a token for an image");
    }
    let scan = page(&["1090000001"], 1);
    for token in [&service.token, &bulk.password, &web.password, &operator.password] {
        assert_eq!(house.send(token, &scan).await.status(), StatusCode::UNAUTHORIZED, "an upload");
    }
    let upload = house.client.put(house.url(&format!("/v1/scans/{}", Digest::of(&scan)))).body(scan);
    let upload = upload.basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
    assert_eq!(upload.status(), StatusCode::UNAUTHORIZED, "a party sends nothing");
    let door = Door::new(house.ledger.clone(), Clock::system());
    let refused = door.operator(&bulk.user, &bulk.password, "", [127, 0, 0, 1].into()).await;
    assert!(matches!(refused, Err(DoorError::Refused(Refusal::Unknown))), "{refused:?}");
    assert_eq!(house.entered().await, 0);
    house.audit(13, |row| row.protocol == "https" && row.act == "login" && row.outcome == "refused").await;
    house.audit(5, |row| row.protocol == "ftps" && row.act == "login" && row.outcome == "refused").await;
}

#[tokio::test]
async fn a_party_does_not_get_in_from_another_partys_address() {
    let house = House::build(Plan { party_from: Some("127.0.0.1/32"), ..Plan::default() }).await;
    let elsewhere = ["127.0.0.2/32".parse().unwrap()];
    let id = "komsu".parse().unwrap();
    let other = enrol::party(&house.ledger, &id, "Komşu", &elsewhere, Gate::PartiesOpen).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // what the door knows is at most a second old
    let there = house.client_from([127, 0, 0, 2]);
    let bulk = &house.party.bulk;
    let archive = house.url("/arsiv/durum.json");
    let asked = there.get(&archive).basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    let own = there.get(&archive).basic_auth(&other.bulk.user, Some(&other.bulk.password)).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
    let https = house.audit(1, |row| row.protocol == "https" && row.reason == "address-not-allowed").await;
    assert_eq!((https[0].principal.as_str(), https[0].address.as_str()), ("parti", "127.0.0.2"));

    let mut line = Control::open_encrypted(&house, [127, 0, 0, 2]).await;
    line.say(&format!("USER {}", bulk.user)).await;
    let refused = line.say(&format!("PASS {}", bulk.password)).await;
    assert!(refused.starts_with("530"), "{refused}");
    let ftp = house.audit(1, |row| row.protocol == "ftps" && row.reason == "address-not-allowed").await;
    assert_eq!(ftp[0].address, "127.0.0.2");
}

#[tokio::test]
async fn headers_that_are_no_credential_open_nothing() {
    let house = House::open().await;
    let encoded = |text: &[u8]| base64::engine::general_purpose::STANDARD.encode(text);
    let headers = [
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        format!("Basic {}", encoded(b"parti")),
        format!("Basic {}", encoded(b"parti:\xff\xfe")),
        format!("Basic {}", encoded(b"pa\0rti:x")),
        format!("Basic {}", encoded(b":")),
        format!("Digest {}", encoded(b"parti:x")),
        format!("Bearer {}", house.party.bulk.password),
        "Bearer".to_owned(),
    ];
    for header in &headers {
        let asked = house.client.get(house.url("/arsiv/")).header("authorization", header).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::UNAUTHORIZED, "{header}");
    }
    house.audit(headers.len(), |row| row.act == "login" && row.reason == "unknown-credential").await;
}
