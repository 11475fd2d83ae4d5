//! What somebody in a session may change of what they log in with: nothing by the session alone.

use jiff::SignedDuration;
use reqwest::StatusCode;
use tutanak::access::passwords::Passwords;
use tutanak::access::totp;
use tutanak::domain::Gate;
use tutanak::people;

use super::browser::{Browser, OWN, Page};
use crate::engines::Engine;
use crate::house::{House, Plan, settled};

impl Browser {
    /// Sets a second factor up, with this much of what it takes.
    async fn set_factor(&mut self, password: &str, present: &str, secret: &str, code: &str) -> Page {
        let fields = [("simdiki", password), ("simdiki_kod", present), ("gizli", secret), ("kod", code)];
        self.post("/dogrulama", &fields).await
    }

    async fn offered_secret(&mut self) -> String {
        let page = self.get("/dogrulama").await.body;
        page.split("name=\"gizli\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_stolen_session_puts_no_second_factor_in_the_place_of_its_persons() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let name = engine.name;
        let web = settled(&house.ledger, house.party.web.clone()).await;
        let (mut own, mut other) = (Browser::new(&house), Browser::new(&house));
        for browser in [&mut own, &mut other] {
            assert_eq!(browser.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER, "{name}");
        }
        let kept = async || house.ledger.person_login(&web.user).await.unwrap().unwrap().totp;
        let code = |secret: &str| totp::code(secret, house.clock.now()).unwrap();
        let first = own.offered_secret().await;
        for wrong in ["", "yanlış"] {
            let page = own.set_factor(wrong, "", &first, &code(&first)).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: without the password");
            assert!(
                page.body.contains("role=\"alert\"") && page.body.contains(&first),
                "the same secret is shown again"
            );
        }
        assert_eq!(kept().await, None, "{name}");
        let before = own.ticket().unwrap();
        assert_eq!(own.set_factor(&web.password, "", &first, &code(&first)).await.status, StatusCode::SEE_OTHER);
        assert_eq!(kept().await.as_deref(), Some(first.as_str()), "{name}");
        assert_ne!(
            own.ticket().unwrap(),
            before,
            "{name}: a new ticket, so that a copy of the old one is worth nothing"
        );
        assert_eq!(own.get("/hesap").await.status, StatusCode::OK, "{name}");
        assert_eq!(other.get("/hesap").await.location.as_deref(), Some("/giris"), "{name}: the other sessions end");
        assert_eq!(Browser::with_ticket(&house, &before).get("/hesap").await.location.as_deref(), Some("/giris"));

        // In its place another: the password, and the code of the one that is there, which was not used before.
        let second = own.offered_secret().await;
        let wrong = if code(&first) == "000000" { "000001" } else { "000000" };
        for (password, present) in
            [("yanlış", code(&first).as_str()), (web.password.as_str(), ""), (&web.password, wrong)]
        {
            let page = own.set_factor(password, present, &second, &code(&second)).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        }
        let used = own.set_factor(&web.password, &code(&first), &second, &code(&second)).await;
        assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: the code of the set-up once more");
        assert_eq!(kept().await.as_deref(), Some(first.as_str()), "{name}");
        house.clock.advance(SignedDuration::from_hours(1)); // what was wrong before is forgotten by then
        assert_eq!(
            own.log_in(&web.user, &web.password, &code(&first)).await,
            StatusCode::SEE_OTHER,
            "{name}: the session was idle"
        );
        house.clock.advance(SignedDuration::from_secs(30));
        let page = own.set_factor(&web.password, &code(&first), &second, &code(&second)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{name}: {}", page.body);
        assert_eq!(kept().await.as_deref(), Some(second.as_str()), "{name}");
        house.clock.advance(SignedDuration::from_secs(30));
        assert_eq!(Browser::new(&house).log_in(&web.user, &web.password, &code(&second)).await, StatusCode::SEE_OTHER);
        house.audit(6, |row| row.object == "POST /dogrulama" && row.outcome == "refused").await;
    }
}

#[tokio::test]
async fn a_session_that_a_slip_began_in_time_changes_nothing_when_the_slips_time_is_over() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let user = &house.party.web.user;
        let passwords = Passwords::new();
        for (late, status) in [(1, StatusCode::UNPROCESSABLE_ENTITY), (-1, StatusCode::SEE_OTHER)] {
            let slip = people::new_slip(&house.ledger, &passwords, user, house.clock.now()).await.unwrap();
            house.clock.advance(SignedDuration::from_hours(72) - SignedDuration::from_mins(1));
            let mut browser = Browser::new(&house);
            assert_eq!(browser.log_in(user, &slip.password, "").await, StatusCode::SEE_OTHER, "{}", engine.name);
            house.clock.advance(SignedDuration::from_mins(1) + SignedDuration::from_millis(late));
            let page = browser.change_password(&slip.password, OWN).await;
            assert_eq!(page.status, status, "{}: {late} ms after its time", engine.name);
            let first = house.ledger.person(user).await.unwrap().unwrap().must_change;
            assert_eq!(first, status != StatusCode::SEE_OTHER, "{}", engine.name);
        }
    }
}

#[tokio::test]
async fn who_guesses_the_present_password_in_a_session_is_told_to_wait() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
    let token = browser.form_token("/parola").await;
    for _ in 0..5 {
        assert_eq!(browser.change_password("yanlış", OWN).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let secret = totp::generate().unwrap();
    for (path, fields) in [
        ("/parola", vec![("simdiki", web.password.as_str()), ("yeni", OWN), ("yeniden", OWN)]),
        ("/dogrulama", vec![("simdiki", &web.password), ("simdiki_kod", ""), ("gizli", &secret), ("kod", "000000")]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("_token", token.as_str())]).collect();
        let page = browser.send(path, &fields, &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{path}: {}", page.body);
        assert!(page.body.contains("saniye sonra yeniden deneyin"), "{path}: {}", page.body);
    }
    house.audit(2, |row| row.reason == "too-many-tries" && row.principal == "parti/parti-1").await;
}

#[tokio::test]
async fn a_stranger_does_not_learn_from_the_answer_whether_a_service_token_is_right() {
    let house = House::build(Plan { party_from: Some("127.0.0.1/32"), ..Plan::default() }).await;
    let there = house.client_from([127, 0, 0, 2]);
    let ask = async |token: &str| {
        let answer = there.get(house.url("/v1/durum")).bearer_auth(token).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (right, wrong) = (ask(&house.party.service.token).await, ask("birsifrebilmiyorum").await);
    assert_eq!(right, wrong);
    assert_eq!(right.0, StatusCode::FORBIDDEN);
    // The record knows whose it is.
    let rows = house.audit(2, |row| row.channel == "service" && row.reason == "address-not-allowed").await;
    assert_eq!(rows.iter().map(|row| row.principal.as_str()).collect::<Vec<_>>(), ["parti", "-"]);
    // From an address that somebody reported, a wrong one is wrong.
    let elsewhere = ["127.0.0.2/32".parse().unwrap()];
    enrol_at(&house, &elsewhere).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // what the door knows is at most a second old
    assert_eq!(ask("birsifrebilmiyorum").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&house.party.service.token).await.0, StatusCode::FORBIDDEN);
}

async fn enrol_at(house: &House, addresses: &[ipnet::IpNet]) {
    let id = "komsu".parse().unwrap();
    tutanak::people::enrol::party(&house.ledger, &id, "Komşu", addresses, Gate::PartiesOpen).await.unwrap();
}
