//! The handbooks: open to anybody, readable without a script, and showing nothing of the service's own.

use reqwest::StatusCode;

use super::browser::Browser;
use crate::house::House;

#[tokio::test]
async fn handbooks_are_open_to_anybody_and_lead_to_one_another() {
    let house = House::open().await;
    let mut stranger = Browser::new(&house);
    let home = stranger.get("/yardim").await;
    assert_eq!(home.status, StatusCode::OK);
    let links: Vec<&str> =
        home.body.split("<a href=\"/yardim/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["kurul", "parti", "isletmen"]);
    for (link, words) in [
        ("kurul", ["Eşleşmeyenler", "tutanak upload tarama", "<table>"]),
        ("parti", ["tutanak mirror", "SHA256SUMS-ILCE", "Merkle"]),
        ("isletmen", ["tutanak rebuild", "lang=\"en\"", "tutanak export approve"]),
    ] {
        let page = stranger.get(&format!("/yardim/{link}")).await;
        assert_eq!(page.status, StatusCode::OK, "{link}");
        assert!(words.iter().all(|word| page.body.contains(word)), "{link}: {}", page.body);
        assert!(!page.body.contains("<script") && page.body.matches("<h1").count() == 1, "{link}");
    }
    assert_eq!(stranger.get("/yardim/yok").await.status, StatusCode::NOT_FOUND);
    assert!(stranger.get("/giris").await.body.contains("href=\"/yardim\""), "every page leads there");
}
