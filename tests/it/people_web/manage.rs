//! The operators' interface for programs.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tutanak::access::{enrol, totp};

use super::browser::Browser;
use crate::engines::Engine;
use crate::house::{House, Plan, settled};

#[tokio::test]
async fn an_operator_defines_parties_and_people_by_program() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let operator =
            settled(&house.ledger, enrol::operator(&house.ledger, "skgm-1", "İşletmen").await.unwrap()).await;
        let secret = totp::generate().unwrap();
        house.ledger.person_set_totp("skgm-1", Some(&secret), 0).await.unwrap();
        let mut browser = Browser::new(&house);
        let code = totp::code(&secret, house.clock.now()).unwrap();
        assert_eq!(
            browser.log_in(&operator.user, &operator.password, &code).await,
            StatusCode::SEE_OTHER,
            "{}",
            engine.name
        );

        let new = json!({"kind": "party", "id": "yeni", "name": "Yeni Parti", "addresses": ["127.0.0.0/8"]});
        let (status, given) = browser.json(Method::POST, "/v1/yonetim/hesaplar", &new).await;
        assert_eq!(status, StatusCode::CREATED, "{given}");
        let bulk = &given["bulk"];
        let asked = house.client.get(house.url("/arsiv/"));
        let (user, password) = (bulk["user"].as_str().unwrap(), bulk["password"].as_str().unwrap());
        assert_eq!(asked.basic_auth(user, Some(password)).send().await.unwrap().status(), StatusCode::OK);
        assert_eq!(browser.json(Method::POST, "/v1/yonetim/hesaplar", &new).await.0, StatusCode::CONFLICT);
        for bad in [
            json!({"kind": "party", "id": "x", "name": "X"}),
            json!({"kind": "kral", "id": "x", "name": "X"}),
            json!({"kind": "board", "id": "x", "name": "X", "place": "yok"}),
            json!({"kind": "independent", "id": "x", "name": "X", "place": "34-k-m1"}),
        ] {
            assert_eq!(
                browser.json(Method::POST, "/v1/yonetim/hesaplar", &bad).await.0,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{bad}"
            );
        }
        let form = "party;name;phone;email;ips\nYeni Parti;Ayşe Öz;05321234567;a@a.tr;192.0.2.1\nyeni;Ali Ak;05321234568;b@a.tr;\n";
        let session: serde_json::Value = serde_json::from_str(&browser.get("/v1/yonetim/oturum").await.body).unwrap();
        let token = session["form_token"].as_str().unwrap().to_owned();
        let body = Some(("text/csv", form.as_bytes().to_vec()));
        let page = browser.ask(Method::POST, "/v1/yonetim/talep-formu", body, &[("x-form-token", &token)]).await;
        let taken: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(taken["logins"], json!(["yeni-2", "yeni-3"]), "{}", page.body);
        assert_eq!(taken["slips"].as_array().unwrap().len(), 2);
        let body = Some(("text/csv", b"party;name\nx;y\n".to_vec()));
        let page = browser.ask(Method::POST, "/v1/yonetim/talep-formu", body, &[("x-form-token", &token)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);

        let passive = browser.json(Method::POST, "/v1/yonetim/secim-oncesi", &json!({})).await;
        assert_eq!(passive.1, json!(["yeni-2", "yeni-3"]));
        let back = browser.json(Method::PATCH, "/v1/yonetim/kisiler/yeni-2", &json!({"active": true})).await;
        assert_eq!(back.0, StatusCode::CONFLICT, "only a new form");
        let slip = browser.json(Method::POST, "/v1/yonetim/kisiler/yeni-1/ilk-parola", &json!({})).await;
        assert_eq!(slip.1["login"], "yeni-1");
        let off = browser.json(Method::PATCH, "/v1/yonetim/hesaplar/yeni", &json!({"active": false})).await;
        assert_eq!(off.1["active"], false);
        assert_eq!(browser.json(Method::PATCH, "/v1/yonetim/hesaplar/yok", &json!({})).await.0, StatusCode::NOT_FOUND);
        let key = json!({"channel": "service", "overlap_seconds": 60});
        let (status, key) = browser.json(Method::POST, "/v1/yonetim/hesaplar/parti/anahtar", &key).await;
        assert_eq!(status, StatusCode::OK);
        let works = async |token: &str| {
            house.client.get(house.url("/v1/durum")).bearer_auth(token).send().await.unwrap().status() == StatusCode::OK
        };
        let (old, new) = (house.party.service.token.as_str(), key["secret"].as_str().unwrap());
        assert!(works(old).await && works(new).await, "both for a minute");
        house.clock.advance(SignedDuration::from_secs(60));
        assert!(!works(old).await && works(new).await);
        house.audit(8, |row| row.act == "administer" && row.principal == "skgm-1/skgm-1").await;
        // Nothing of it is written down.
        let rows = house.audit(1, |_| true).await;
        let written = format!("{rows:?}");
        assert!(!written.contains(password) && !written.contains(new) && !written.contains(&operator.password));
    }
}
