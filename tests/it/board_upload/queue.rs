//! Waiting for room at the service: the place is seen while the request waits, by the program, the page and whoever asks.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tutanak::client::upload::report::Event;
use tutanak::config::Config;
use tutanak::people::enrol;

use super::workplace::{Workplace, plan};
use crate::board_web::people::at_work;
use crate::house::{House, Plan, json as body};
use crate::paper::page;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_room_sees_the_place_while_it_waits() {
    let also = |config: &mut Config| {
        config.intake.memory_bytes = config.intake.scan_bytes;
        config.intake.wait_seconds = 60;
    };
    let house = House::build(Plan { scan_bytes: Some(1 << 20), also: Some(also), ..Plan::default() }).await;
    let (id, place) = ("kadikoy-3".parse().unwrap(), "34-k-1".parse().unwrap());
    let third = enrol::board(&house.ledger, &id, "Kurul", &place, &[]).await.unwrap().token;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    let asked = async |token: &str, path: &str| {
        body(house.client.get(house.url(path)).bearer_auth(token).send().await.unwrap()).await
    };
    assert_eq!(asked(&house.first, "/v1/board/queue").await["queue"], Value::Null);
    let hog = house.all_room_taken(&third).await;
    let until = async |token: &str, place: u64| {
        let began = Instant::now();
        while asked(token, "/v1/board/queue").await["queue"]["place"] != place {
            assert!(began.elapsed() < Duration::from_secs(30), "it does not stand at {place}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // The other board waits first, then this one's program.
    let scan = page(&["1090000101"], 1);
    let other = tokio::spawn({
        let put = house.put(&house.second, &tutanak::domain::Digest::of(&scan).to_string()).body(scan);
        async move { put.send().await.unwrap().status() }
    });
    until(&house.second, 1).await;
    let workplace = Workplace::new();
    workplace.put("a.png", &page(&["1090000001"], 1));
    let mut client = workplace.client(&house, &house.url(""), plan()).unwrap();
    let running = tokio::spawn(async move {
        client.run().await.unwrap();
        client.summary()
    });
    // Asking before had kept the first board's place.
    until(&house.first, 1).await;
    until(&house.second, 2).await;
    let two = json!({ "place": 2, "of": 2, "tr": "Gönderiminiz sırada: 2. sıradasınız, önünüzde 1 kurul var." });
    assert_eq!(asked(&house.second, "/v1/board/queue").await["queue"], two);
    assert_eq!(asked(&house.second, "/v1/board").await["queue"], two);
    let one: Value = serde_json::from_str(&clerk.get("/v1/kurul/sira").await.body).unwrap();
    assert_eq!(one, json!({ "place": 1, "of": 2, "tr": "Gönderiminiz bekliyor; sıra sizde." }));
    assert!(clerk.get("/kurul").await.body.contains("Gönderiminiz bekliyor; sıra sizde."));
    let began = Instant::now();
    let queued = || workplace.told.lock().unwrap().contains(&Event::Queued { place: 1, of: 2 });
    while !queued() {
        assert!(began.elapsed() < Duration::from_secs(30), "the program does not say that it waits");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    hog.leave().await;
    assert_eq!(running.await.unwrap().linked, 1);
    assert_eq!(other.await.unwrap(), StatusCode::CREATED);
    assert_eq!(asked(&house.first, "/v1/board/queue").await["queue"], Value::Null);
    let rows = house.audit(1, |row| row.act == "follow-uploads" && row.object == "queue").await;
    assert!(rows.iter().all(|row| row.outcome == "ok"), "{rows:?}");
}
