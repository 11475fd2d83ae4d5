//! Codes of second factors, guessed by somebody who knows the password.

use std::net::IpAddr;

use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::StatusCode;
use tutanak::access::door::{Door, DoorError};
use tutanak::access::{Refusal, totp};

use super::browser::Browser;
use crate::engines::Engine;
use crate::house::{House, Operator, Plan};

/// Six digits that are not the code of now, nor of the steps beside it.
fn wrong(secret: &str, now: jiff::Timestamp) -> String {
    let near = [-30, 0, 30].map(|off| totp::code(secret, now + SignedDuration::from_secs(off)).unwrap());
    (0..).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
}

#[tokio::test]
async fn three_hundred_codes_from_sixty_addresses_at_two_nodes_are_nearly_all_refused_unseen() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let operator = Operator::new(&house.ledger, "skgm-1").await;
        let node = async || {
            let ledger = engine.open().await;
            tutanak::app::sealing::attach(&house.config, &ledger).unwrap();
            Door::new(ledger, house.clock.clone())
        };
        let nodes = [node().await, node().await];
        let code = wrong(&operator.secret, house.clock.now());
        let (mut seen, mut unseen) = (0, 0);
        for round in 0..5 {
            let tries = (0..60).map(|n| {
                let from = IpAddr::from([198, 51, 100, n as u8 + 1]);
                nodes[(n + round) % 2].operator("skgm-1", &operator.login.password, &code, from)
            });
            for tried in join_all(tries).await {
                match tried {
                    Err(DoorError::Refused(Refusal::WrongCode)) => seen += 1,
                    Err(DoorError::Refused(Refusal::TooManyCodes { .. } | Refusal::TooManyTries { .. })) => unseen += 1,
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!((seen, unseen), (5, 295), "{}", engine.name);
        // The right code has to wait as well, and then it is looked at.
        let right = totp::code(&operator.secret, house.clock.now()).unwrap();
        let own = IpAddr::from([192, 0, 2, 1]);
        let tried = nodes[0].operator("skgm-1", &operator.login.password, &right, own).await;
        assert!(matches!(tried, Err(DoorError::Refused(Refusal::TooManyCodes { .. }))), "{}", engine.name);
        house.clock.advance(SignedDuration::from_secs(30));
        let right = totp::code(&operator.secret, house.clock.now()).unwrap();
        assert!(nodes[1].operator("skgm-1", &operator.login.password, &right, own).await.is_ok(), "{}", engine.name);
        let told = house.ledger.wrong_codes("skgm-1").await.unwrap().unwrap();
        assert_eq!(told.wrong, 5, "{}", engine.name);
    }
}

#[tokio::test]
async fn waits_for_a_code_grow_and_the_same_password_elsewhere_does_not_shorten_them() {
    let house = House::open().await;
    let operator = Operator::new(&house.ledger, "skgm-1").await;
    let door = Door::new(house.ledger.clone(), house.clock.clone());
    let (mut looked_at, mut address) = (0_u32, 0_u32);
    let start = house.clock.now();
    while house.clock.now().duration_since(start) < SignedDuration::from_hours(12) {
        address += 1; // never the same one twice
        let from = IpAddr::from((address | 10 << 24).to_be_bytes());
        let code = wrong(&operator.secret, house.clock.now());
        match door.operator("skgm-1", &operator.login.password, &code, from).await {
            Err(DoorError::Refused(Refusal::WrongCode)) => looked_at += 1,
            Err(DoorError::Refused(Refusal::TooManyCodes { retry_after })) => {
                house.clock.advance(SignedDuration::from_secs(retry_after.into()));
            }
            other => panic!("{other:?}"),
        }
    }
    // A hundred in a row, and from there on one every 15 minutes.
    assert!((100..100 + 12 * 4).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn whose_code_was_guessed_at_is_told_on_every_page_until_they_say_that_they_know() {
    let house = House::open().await;
    let operator = Operator::new(&house.ledger, "skgm-1").await;
    let password = &operator.login.password;
    for _ in 0..3 {
        let code = wrong(&operator.secret, house.clock.now());
        assert_eq!(Browser::new(&house).log_in("skgm-1", password, &code).await, StatusCode::FORBIDDEN);
    }
    house.audit(3, |row| row.reason == "wrong-code" && row.principal == "skgm-1/skgm-1").await;
    let mut browser = Browser::new(&house);
    let code = operator.code(&house.ledger, &house.clock).await;
    assert_eq!(browser.log_in("skgm-1", password, &code).await, StatusCode::SEE_OTHER);
    for path in ["/hesap", "/parola", "/hesap"] {
        let page = browser.get(path).await.body;
        assert!(page.contains("hesabınız için 3 hatalı doğrulama kodu girildi"), "{path}: {page}");
        assert!(page.contains("31.03.2024 17:00:01"), "{path}: {page}");
    }
    // Somebody goes on while the page is looked at: the button means those that it told of.
    let code = wrong(&operator.secret, house.clock.now());
    assert_eq!(Browser::new(&house).log_in("skgm-1", password, &code).await, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/hesap/kodlar", &[("sayi", "3")]).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get("/hesap").await.body.contains("4 hatalı doğrulama kodu"));
    assert_eq!(browser.post("/hesap/kodlar", &[("sayi", "4")]).await.status, StatusCode::SEE_OTHER);
    assert!(!browser.get("/hesap").await.body.contains("hatalı doğrulama kodu"));
}
