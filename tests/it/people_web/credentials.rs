//! What somebody in a session may change of what they log in with: nothing by the session alone.

use jiff::SignedDuration;
use reqwest::StatusCode;
use tutanak::access::totp;

use super::browser::{Browser, Page};
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
