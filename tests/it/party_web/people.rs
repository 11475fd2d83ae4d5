//! People of a party, with a browser each, and scans for them to see.

use reqwest::StatusCode;
use tutanak::domain::Digest;
use tutanak::people::enrol::Login;

use crate::house::{House, json, settled};
use crate::paper::sheet;
use crate::people_web::browser::Browser;

/// The representative, who has replaced the first password, logged in.
pub async fn representative(house: &House) -> Browser {
    let Login { user, password } = settled(&house.ledger, house.party.web.clone()).await;
    let mut browser = Browser::new(house);
    assert_eq!(browser.log_in(&user, &password, "").await, StatusCode::SEE_OTHER);
    let read = browser.post("/uyari", &[("devam", "/tutanaklar")]).await;
    assert_eq!(read.location.as_deref(), Some("/tutanaklar"));
    browser
}

/// A scan that a board sends and that is linked.
pub async fn sent(house: &House, token: &str, code: &str) -> Digest {
    let scan = sheet(&[code, code], 7, 1654, 2339);
    let receipt = json(house.send(token, &scan).await).await;
    assert_eq!(receipt["status"], "linked", "{receipt}");
    Digest::of(&scan)
}
