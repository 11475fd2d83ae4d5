//! People of boards, with a browser each.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tutanak::access::passwords::Passwords;
use tutanak::clock::Clock;
use tutanak::domain::Digest;
use tutanak::domain::person::Role;
use tutanak::people::enrol::Login;
use tutanak::people::{self, Wanted};
use tutanak::vault::Vault;

use crate::engines::{Engine, bucket};
use crate::house::{House, Plan, settled};
use crate::people_web::browser::{Browser, Page};

/// A person of a board, as the slip says.
pub async fn slip(house: &House, board: &str, n: usize) -> Login {
    let (name, phone) = ("Ayşe Öz".parse().unwrap(), "0532 123 45 67".parse().unwrap());
    let email = format!("uye{n}@{board}.example").parse().unwrap();
    let wanted = Wanted { account: board.to_owned(), role: Role::User, name, phone, email };
    let now = Clock::system().now();
    let outcome = people::define(&house.ledger, &Passwords::new(), &[wanted], &[], now).await.unwrap().remove(0);
    let slip = outcome.slip.unwrap();
    Login { user: slip.login, password: slip.password }
}

/// The same, who has replaced the first password.
pub async fn clerk(house: &House, board: &str, n: usize) -> Login {
    settled(&house.ledger, slip(house, board, n).await).await
}

/// The same, logged in.
pub async fn at_work(house: &House, board: &str, n: usize) -> Browser {
    let login = clerk(house, board, n).await;
    let mut browser = Browser::new(house);
    assert_eq!(browser.log_in(&login.user, &login.password, "").await, StatusCode::SEE_OTHER);
    browser
}

/// A form with files, as a browser without a script sends it.
pub fn files(token: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |head: &str, content: &[u8]| {
        body.extend(format!("--sinir\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n");
    };
    part("name=\"_token\"", token.as_bytes());
    for (name, bytes) in files {
        part(&format!("name=\"dosya\"; filename=\"{name}\"\r\nContent-Type: image/png"), bytes);
    }
    body.extend(b"--sinir--\r\n");
    body
}

pub const FORM: &str = "multipart/form-data; boundary=sinir";

/// Sends files by the plain form.
pub async fn send_form(browser: &mut Browser, scans: &[(&str, &[u8])]) -> Page {
    let token = browser.form_token("/parola").await;
    let body = Some((FORM, files(&token, scans)));
    browser.ask(Method::POST, "/kurul/gonder", body, &[("sec-fetch-site", "same-origin")]).await
}

/// Sends one scan as the script does.
pub async fn put(browser: &mut Browser, digest: &str, bytes: &[u8]) -> Page {
    let token = browser.form_token("/parola").await;
    let path = format!("/v1/kurul/taramalar/{digest}");
    let headers = [("x-form-token", token.as_str()), ("sec-fetch-site", "same-origin")];
    browser.ask(Method::PUT, &path, Some(("image/png", bytes.to_vec())), &headers).await
}

/// What the interface for programs says of a scan: its receipt.
pub async fn known(house: &House, token: &str, scan: &[u8]) -> String {
    let question = json!({ "sha256": [Digest::of(scan)] }).to_string();
    let asked = house.client.post(house.url("/v1/scans/known")).bearer_auth(token).body(question);
    asked.send().await.unwrap().text().await.unwrap()
}

/// Both databases, and both stores.
pub async fn houses() -> Vec<(&'static str, House, Option<Engine>)> {
    let mut houses = Vec::new();
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), ..Plan::default() };
        houses.push((engine.name, House::build(plan).await, Some(engine)));
    }
    if let Some(store) = bucket() {
        let plan = Plan { open_vault: Some(Vault::over(store)), ..Plan::default() };
        houses.push(("a bucket", House::build(plan).await, None));
    }
    houses
}
