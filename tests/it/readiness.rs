//! `/readyz` says which part fails, and answers soon whatever hangs.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tutanak::vault::{NearConfig, Vault, VaultConfig};

use crate::engines::{Engine, own_bucket};
use crate::house::{House, Plan, json};
use crate::silence::{Held, Relay};

/// The answer, which must come in time.
async fn asked(house: &House) -> (StatusCode, Value) {
    let begun = Instant::now();
    let answer = house.client.get(house.url("/readyz")).send().await.unwrap();
    let status = answer.status();
    let said = json(answer).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}: {said}", begun.elapsed());
    (status, said)
}

/// Asks until these parts fail, and no others.
async fn until(house: &House, parts: &[&str]) -> Value {
    let mut last = Value::Null;
    for _ in 0..150 {
        let (status, said) = asked(house).await;
        let failing = said["failing"].as_array().unwrap();
        let found: Vec<&str> = failing.iter().map(|part| part["what"].as_str().unwrap()).collect();
        assert_eq!(status == StatusCode::OK, failing.is_empty(), "{said}");
        assert_eq!(said["ready"], Value::Bool(failing.is_empty()), "{said}");
        assert!(failing.iter().all(|part| !part["why"].as_str().unwrap().is_empty()), "{said}");
        if found == parts {
            return said;
        }
        last = said;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{parts:?} never fail: {last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_hangs_or_refuses_is_named() {
    let Some((endpoint, bucket)) = own_bucket(2) else { return };
    let line = Relay::to(&endpoint).await;
    let near = NearConfig::default();
    let endpoint = Some(format!("http://{}", line.at()));
    let config = VaultConfig::bucket(bucket, endpoint, near);
    let open_vault = Some(Vault::open(&config).await.unwrap());
    let mut house = House::build(Plan { open_vault, ..Plan::default() }).await;
    until(&house, &[]).await;
    line.fall_silent_for_everybody();
    let said = until(&house, &["vault"]).await;
    assert!(said["failing"][0]["why"].as_str().unwrap().contains("no answer"), "{said}");
    line.heal();
    until(&house, &[]).await;
    line.refuse();
    until(&house, &["vault"]).await;
    line.heal();
    until(&house, &[]).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_says_what_it_has_and_takes_or_gives_nothing_is_named() {
    let Some((endpoint, bucket)) = own_bucket(3) else { return };
    let line = Relay::to(&endpoint).await;
    let config = VaultConfig::bucket(bucket, Some(format!("http://{}", line.at())), NearConfig::default());
    let open_vault = Some(Vault::open(&config).await.unwrap());
    let mut house = House::build(Plan { open_vault, ..Plan::default() }).await;
    until(&house, &[]).await;
    for method in ["PUT ", "GET "] {
        for held in [Held::Silent, Held::Refused] {
            line.hold(Some((method, held)));
            until(&house, &["vault"]).await;
            // As long as it lasts: that the bucket answers to something else does not count.
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_millis(2100)).await;
                assert_eq!(asked(&house).await.0, StatusCode::SERVICE_UNAVAILABLE, "{method}");
            }
            line.hold(None);
            until(&house, &[]).await;
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_is_named_and_found_again() {
    let Some(engine) = Engine::postgres().await else { return };
    let line = Relay::to_database(&engine.config).await;
    let mut house = House::build(Plan { database: Some(line.database()), ..Plan::default() }).await;
    until(&house, &[]).await;
    line.fall_silent_for_everybody();
    until(&house, &["ledger"]).await;
    line.heal();
    until(&house, &[]).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_behind_the_newest_entry_is_named() {
    let house = House::open().await;
    until(&house, &[]).await;
    let now = house.clock.now();
    house.clock.set(now - jiff::SignedDuration::from_secs(120));
    until(&house, &["clock"]).await;
    house.clock.set(now);
    until(&house, &[]).await;
}
