//! What a flood costs its neighbours, counted in the flood's own answers: whoever asks for one thing gets it before the
//! flood has had many, however much the flood has asked for. No clock is looked at: a slow machine is slow for both.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::RequestBuilder;
use tokio::task::JoinSet;
use tutanak::config::Config;
use tutanak::domain::{Digest, Gate};
use tutanak::people::enrol;

use crate::house::{House, Plan};
use crate::paper::{chunk, page};

/// What a flood has under way at any time.
const AT_ONCE: usize = 96;
/// What the neighbour asks for, one thing after another.
const QUIET: usize = 9;

/// Floods with `one`, and asks with `quiet` in between: how often the flood was answered while the neighbour waited, in the
/// middle of all cases.
async fn answers_meanwhile(
    one: impl Fn(usize) -> RequestBuilder + Send + Sync + 'static,
    quiet: impl Fn(usize) -> RequestBuilder,
) -> usize {
    let (one, answered) = (Arc::new(one), Arc::new(AtomicUsize::new(0)));
    let mut flood = JoinSet::new();
    for n in 0..AT_ONCE {
        let (one, answered) = (Arc::clone(&one), Arc::clone(&answered));
        flood.spawn(async move {
            for turn in 0.. {
                let answer = one(turn * AT_ONCE + n).send().await.unwrap();
                assert!(answer.status().is_success(), "{}", answer.status());
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut meanwhile = Vec::new();
    for n in 0..QUIET {
        let so_far = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < so_far + 8 {
            tokio::time::sleep(Duration::from_millis(1)).await; // the flood runs between any two questions
            assert!(flood.try_join_next().is_none(), "the flood has ended");
        }
        let before = answered.load(Ordering::Relaxed);
        let answer = quiet(n).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        meanwhile.push(answered.load(Ordering::Relaxed) - before);
    }
    meanwhile.sort_unstable();
    meanwhile[QUIET / 2]
}

/// A client with a connection of its own, as each of them has.
fn connection(house: &House) -> reqwest::Client {
    house.client_from([127, 0, 0, 1])
}

/// Sends scans of one form, each with another text, of so many bytes and some.
fn board(
    house: &House,
    token: &str,
    code: &str,
    weight: usize,
) -> impl Fn(usize) -> RequestBuilder + Send + Sync + use<> {
    let (sheet, client, url, token) = (page(&[code], 1), connection(house), house.url("/v1/scans/"), token.to_owned());
    move |n| {
        let (before, end) = sheet.split_at(sheet.len() - 12);
        let scan = [before, &chunk(b"tEXt", format!("Comment\0{n}{}", " ".repeat(weight)).as_bytes()), end].concat();
        client.put(format!("{url}{}", Digest::of(&scan))).bearer_auth(&token).body(scan)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boards_scan_does_not_wait_behind_the_hundred_of_another() {
    let house = House::open().await;
    let flood = board(&house, &house.first, "1090000001", 0);
    let first = answers_meanwhile(flood, board(&house, &house.second, "1090000101", 0)).await;
    assert!(first < AT_ONCE / 4, "{first} scans of the flood came first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partys_question_does_not_wait_behind_the_hundred_of_another() {
    let house = House::open().await;
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    let other = enrol::party(&house.ledger, &"komsu".parse().unwrap(), "Komşu", &loopback, Gate::PartiesOpen).await;
    let other = other.unwrap().bulk;
    let (client, url, own) = (connection(&house), house.url("/arsiv/durum.json"), &house.party.bulk);
    let (user, password) = (own.user.clone(), own.password.clone());
    let flood = {
        let (client, url) = (connection(&house), url.clone());
        move |_| client.get(&url).basic_auth(&user, Some(&password))
    };
    let quiet = |_| client.get(&url).basic_auth(&other.user, Some(&other.password));
    let first = answers_meanwhile(flood, quiet).await;
    // What was asked before may come first once, and not twice.
    assert!(first < AT_ONCE, "{first} answers to the flood came first");
}

#[tokio::test]
async fn uploads_of_one_connection_that_wait_do_not_hold_up_the_one_that_is_read() {
    let also = |config: &mut Config| (config.intake.uploads_per_board, config.intake.wait_seconds) = (1, 120);
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let send = board(&house, &house.first, "1090000001", 700_000);
    let answers = futures::future::join_all((0..16).map(|n| send(n).send())).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status()).collect();
    assert!(answers.iter().all(|status| status.is_success()), "{answers:?}");
}
