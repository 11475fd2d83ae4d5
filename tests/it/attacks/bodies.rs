//! Requests whose bodies never come, more of them than the record has room for: whoever else asks is served all the while.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, RequestBuilder, StatusCode};
use tokio::task::JoinSet;
use tutanak::config::Config;
use tutanak::people::enrol::Login;

use crate::board_web::people::{FORM, at_work};
use crate::ftp::Control;
use crate::house::{House, Plan, settled};
use crate::paper::page;
use crate::people_web::browser::Browser;

/// Connections of one attacker, and requests on each: more together than there are rows in the record.
const CONNECTIONS: usize = 130;
const STREAMS: usize = 64;
/// The attacker's own addresses, of those that the party reported.
const THERE: [u8; 4] = [127, 0, 0, 66];
const ALSO_THERE: [u8; 4] = [127, 0, 0, 67];

/// A body that begins and never goes on. It counts that the server was asked to take it.
struct Never {
    first: Option<Bytes>,
    begun: Arc<AtomicUsize>,
}

impl futures::Stream for Never {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(first) => {
                self.begun.fetch_add(1, Ordering::Relaxed);
                Poll::Ready(Some(Ok(first)))
            }
            None => Poll::Pending,
        }
    }
}

/// Requests under way, and the connections they are on.
struct Held {
    answered: JoinSet<()>,
    _clients: Vec<reqwest::Client>,
}

impl Held {
    /// Opens every connection, then asks on each as often as it may.
    async fn open(
        house: &House,
        from: [u8; 4],
        first: &'static [u8],
        ask: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Self {
        let begun = Arc::<AtomicUsize>::default();
        let mut held = Self { answered: JoinSet::new(), _clients: Vec::new() };
        for _ in 0..CONNECTIONS {
            let client = house.client_from(from);
            if client.get(house.url("/giris")).send().await.is_err() {
                continue; // one address has so many
            }
            for _ in 0..STREAMS {
                let body = Never { first: Some(Bytes::from_static(first)), begun: Arc::clone(&begun) };
                let asked = ask(&client).body(reqwest::Body::wrap_stream(body)).send();
                held.answered.spawn(async move {
                    let _ = asked.await;
                });
            }
            held._clients.push(client);
        }
        let all = held._clients.len() * STREAMS;
        for _ in 0..3000 {
            if begun.load(Ordering::Relaxed) == all {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(held._clients.len() > 32, "hardly any connection came: {}", held._clients.len());
        let begun = begun.load(Ordering::Relaxed);
        assert_eq!(begun, all, "bodies that the server was sent the beginning of");
        held
    }

    /// Requests that still wait for the rest of their bodies.
    fn waiting(&mut self) -> usize {
        while self.answered.try_join_next().is_some() {}
        self.answered.len()
    }
}

/// Everybody whom a flood must not keep out, at other addresses.
async fn everybody_is_served(house: &House, person: &Login, scan: u32) {
    assert_eq!(house.get("durum.json").await.status(), StatusCode::OK, "the archive");
    let answer = house.send(&house.second, &page(&["1090000101"], scan)).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "a board");
    Control::log_in(house).await;
    let status = Browser::new(house).log_in(&person.user, &person.password, "").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "a person");
    let nothing = house.client.get(house.url("/yok")).send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND, "a stranger");
}

/// A house, and a person of its party who has replaced the first password.
async fn house() -> (House, Login) {
    let also = |config: &mut Config| {
        // It is not the ceiling of requests that is looked at here.
        config.https.requests_per_second_per_account = 100_000;
        config.https.requests_per_second_per_address = 100_000;
    };
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let Login { user, password } = &house.party.web;
    let slip = Login { user: user.clone(), password: password.clone() };
    let person = settled(&house.ledger, slip).await;
    (house, person)
}

#[tokio::test]
async fn forms_of_a_session_that_never_come_hold_nobody_up_and_are_on_record() {
    let (house, person) = house().await;
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&person.user, &person.password, "").await, StatusCode::SEE_OTHER);
    let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
    let ask = |client: &reqwest::Client| {
        let form = client.post(house.url("/cikis")).header("cookie", &cookie);
        form.header("content-type", "application/x-www-form-urlencoded")
    };
    let mut held = Held::open(&house, THERE, b"_token=", ask).await;
    everybody_is_served(&house, &person, 1).await;
    let waiting = held.waiting();
    assert!(waiting > 1000, "{waiting} still wait");
    everybody_is_served(&house, &person, 2).await;
    drop(held);
    // Who left before all had come is on record, each once.
    let left = |row: &tutanak::ledger::audit::AuditRow| row.act == "logout" && row.outcome == "failed";
    house.told(1000, left).await;
}

#[tokio::test]
async fn logins_that_never_come_hold_nobody_up() {
    let (house, person) = house().await;
    let ask = |client: &reqwest::Client| {
        client.post(house.url("/giris")).header("content-type", "application/x-www-form-urlencoded")
    };
    let mut held = Held::open(&house, THERE, b"kullanici=", ask).await;
    assert!(held.waiting() > 0);
    everybody_is_served(&house, &person, 1).await;
}

#[tokio::test]
async fn scans_that_never_come_hold_no_other_board_and_no_party_up() {
    let (house, person) = house().await;
    let url = house.url(&format!("/v1/scans/{}", "0".repeat(64)));
    let token = house.first.clone();
    let held = Held::open(&house, THERE, b"\x89PNG", |client| client.put(&url).bearer_auth(&token)).await;
    everybody_is_served(&house, &person, 1).await;
    drop(held);
    // Questions of the board itself: "which of these do you know?"
    let url = house.url("/v1/scans/known");
    let mut held =
        Held::open(&house, ALSO_THERE, b"{\"sha256\":[", |client| client.post(&url).bearer_auth(&token)).await;
    everybody_is_served(&house, &person, 2).await;
    assert!(held.waiting() > 1000);
}

#[tokio::test]
async fn scans_from_a_browser_that_never_come_hold_nobody_up() {
    let (house, person) = house().await;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    let token = clerk.form_token("/kurul").await;
    let cookie = format!("__Host-tutanak={}", clerk.ticket().unwrap());
    let url = house.url("/kurul/gonder");
    let begun = format!(
        "--sinir\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{token}\r\n--sinir\r\nContent-Disposition: \
         form-data; name=\"dosya\"; filename=\"bir.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    let begun: &'static [u8] = begun.leak().as_bytes();
    let ask = |client: &reqwest::Client| client.post(&url).header("cookie", &cookie).header("content-type", FORM);
    let held = Held::open(&house, THERE, begun, ask).await;
    everybody_is_served(&house, &person, 1).await;
    drop(held);
    let url = house.url(&format!("/v1/kurul/taramalar/{}", "0".repeat(64)));
    let ask = |client: &reqwest::Client| {
        client.request(Method::PUT, &url).header("cookie", &cookie).header("x-form-token", &token)
    };
    let _held = Held::open(&house, ALSO_THERE, b"\x89PNG", ask).await;
    everybody_is_served(&house, &person, 2).await;
}
