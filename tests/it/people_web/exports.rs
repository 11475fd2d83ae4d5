//! Requests for media by program: entered, and agreed to by two operators with a session each.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tutanak::access::totp;
use tutanak::people::enrol;

use super::browser::Browser;
use crate::engines::Engine;
use crate::house::{House, Plan, settled};

const REQUESTS: &str = "/v1/yonetim/ortam-talepleri";

async fn operator(house: &House, id: &str) -> Browser {
    let login = settled(&house.ledger, enrol::operator(&house.ledger, id, "İşletmen").await.unwrap()).await;
    let secret = totp::generate().unwrap();
    house.ledger.person_set_totp(id, Some(&secret), 0).await.unwrap();
    let mut browser = Browser::new(house);
    let code = totp::code(&secret, house.clock.now()).unwrap();
    assert_eq!(browser.log_in(&login.user, &login.password, &code).await, StatusCode::SEE_OTHER);
    browser
}

#[tokio::test]
async fn a_request_is_entered_and_agreed_to_by_two_operators_by_program() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        enrol::independent(&house.ledger, &"aday-1".parse().unwrap(), "Ayşe Çınar", &"34".parse().unwrap())
            .await
            .unwrap();
        let (mut one, mut two) = (operator(&house, "skgm-1").await, operator(&house, "skgm-2").await);
        for (new, status) in [
            (json!({"candidate": "aday-1", "reason": " "}), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({"candidate": "parti", "reason": "Dilekçe"}), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({"candidate": "yok", "reason": "Dilekçe"}), StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            assert_eq!(one.json(Method::POST, REQUESTS, &new).await.0, status, "{}: {new}", engine.name);
        }
        let new = json!({"candidate": "aday-1", "reason": "Dilekçe 2024/15, 1.4.2024"});
        let (status, request) = one.json(Method::POST, REQUESTS, &new).await;
        assert_eq!(status, StatusCode::CREATED, "{request}");
        assert_eq!((&request["place"], &request["operator"]), (&json!("34"), &json!("skgm-1")));
        let id = request["request"].as_u64().unwrap();
        let one_request = format!("{REQUESTS}/{id}");
        let agree = format!("{one_request}/onay");
        for time in ["once", "twice"] {
            let told = one.json(Method::POST, &agree, &json!({})).await.1;
            assert_eq!(told["approvals"], json!(["skgm-1"]), "{} {time}", engine.name);
        }
        let both = two.json(Method::POST, &agree, &json!({})).await.1;
        assert_eq!(both["approvals"].as_array().map(Vec::len), Some(2));
        assert_eq!(two.json(Method::GET, &one_request, &json!({})).await.1, both);
        assert_eq!(one.json(Method::GET, REQUESTS, &json!({})).await.1, json!([both]));
        assert_eq!(one.json(Method::GET, &format!("{REQUESTS}?after={id}"), &json!({})).await.1, json!([]));
        for path in ["/7", "/x", "/99999999999999999999", "/1/teslim/1", "/1/teslim/x"] {
            let status = one.json(Method::GET, &format!("{REQUESTS}{path}"), &json!({})).await.0;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(one.json(Method::POST, &format!("{REQUESTS}/7/onay"), &json!({})).await.0, StatusCode::NOT_FOUND);
        let rows = house.audit(3, |row| row.act == "export-approve" && row.outcome == "ok").await;
        assert!(rows.iter().all(|row| (row.protocol.as_str(), row.address.as_str()) == ("https", "127.0.0.1")));
        house.audit(3, |row| row.act == "export-request" && row.outcome == "refused").await;
    }
}
