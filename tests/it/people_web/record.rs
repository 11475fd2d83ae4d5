//! The record as people see it: auditors all of it, a party its own and nobody else's.

use reqwest::{Method, StatusCode};
use tutanak::domain::Gate;
use tutanak::people::enrol;

use super::browser::Browser;
use crate::house::{House, settled};

#[tokio::test]
async fn an_auditor_searches_and_takes_along_and_a_party_sees_its_own() {
    let house = House::open().await;
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    let id = "obur".parse().unwrap();
    let other = enrol::party(&house.ledger, &id, "Öbür", &loopback, Gate::PartiesOpen).await.unwrap();
    for (user, password) in
        [(&house.party.bulk.user, &house.party.bulk.password), (&other.bulk.user, &other.bulk.password)]
    {
        let answer =
            house.client.get(house.url("/arsiv/durum.json")).basic_auth(user, Some(password)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let evil = "=HYPERLINK(\"http://x\")";
    // No name that anybody types gets so far; what else might write a row must not matter.
    let mut row = house.audit(1, |_| true).await.remove(0);
    evil.clone_into(&mut row.object);
    house.ledger.audit_add(&[row]).await.unwrap();
    house.audit(2, |row| row.object == "/durum.json").await;
    house.audit(1, |row| row.object == evil).await;

    let auditor = enrol::auditor(&house.ledger, "denetci", "Denetçi").await.unwrap();
    let auditor = settled(&house.ledger, auditor).await;
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&auditor.user, &auditor.password, "").await, StatusCode::SEE_OTHER);
    let all = browser.get("/denetim").await;
    assert_eq!(all.status, StatusCode::OK);
    assert!(all.body.contains(">obur<") && all.body.contains(">parti<"));
    let one = browser
        .get("/denetim?hesap=obur&islem=download&sonuc=ok&baslangic=2024-03-31T17:00&bitis=2024-03-31T17:01")
        .await
        .body;
    assert!(one.contains(">obur<") && !one.contains(">parti<"), "{one}");
    let none = browser.get("/denetim?hesap=obur&bitis=2024-03-31T17:00").await.body;
    assert!(none.contains("Uyan kayıt yok"));
    let csv = browser.get("/denetim.csv?nesne=%3DHYPER").await;
    assert!(csv.body.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "no cell is a formula: {}", csv.body);
    let lines = browser.get("/denetim.jsonl?hesap=parti").await.body;
    assert!(lines.lines().count() >= 1);
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(row["principal"].as_str().unwrap().starts_with("parti"));
    }
    let head = browser.ask(Method::HEAD, "/denetim.csv", None, &[]).await;
    assert_eq!(head.status, StatusCode::OK);
    house.audit(4, |row| row.act == "read-record" && row.principal == "denetci/denetci" && row.bytes > 0).await;

    let web = settled(&house.ledger, house.party.web.clone()).await;
    let mut browser = Browser::new(&house);
    browser.log_in(&web.user, &web.password, "").await;
    for path in ["/hesap/erisimler", "/hesap/erisimler?hesap=obur", "/hesap/erisimler?hesap=&kisi="] {
        let own = browser.get(path).await.body;
        assert!(own.contains("/durum.json") && !own.contains(">obur<"), "{path}");
    }
    assert_eq!(browser.get("/denetim.csv").await.status, StatusCode::FORBIDDEN);
}
