//! What a board may ask: who am I, which of these do you know, what is missing.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tutanak::domain::Digest;

use crate::engines::Engine;
use crate::house::{House, Plan, json as body};
use crate::paper::page;

async fn ask(house: &House, token: &str, question: &Value) -> Response {
    let post = house.client.post(house.url("/v1/scans/known")).bearer_auth(token);
    post.body(question.to_string()).send().await.unwrap()
}

async fn known(house: &House, token: &str, digests: &[Digest]) -> Vec<String> {
    let answer = ask(house, token, &json!({ "sha256": digests })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap().lines().map(str::to_owned).collect()
}

/// An answer to an upload without the advice behind it, which is no part of the receipt.
async fn receipt(answer: Response) -> String {
    let text = answer.text().await.unwrap();
    text.split_once(",\"advice\":").map_or(text.clone(), |(receipt, _)| format!("{receipt}}}"))
}

#[tokio::test]
async fn a_board_learns_its_own_receipts_letter_by_letter_and_nothing_of_others_on_every_engine() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let (linked, parked, foreign) = (page(&["1090000001"], 1), page(&[], 2), page(&["1090000101"], 3));
        let mut receipts = Vec::new();
        for scan in [&linked, &parked] {
            receipts.push(receipt(house.send(&house.first, scan).await).await);
        }
        house.send(&house.second, &foreign).await;
        let [linked, parked, foreign] = [linked, parked, foreign].map(|scan| Digest::of(&scan));
        let nobody = Digest::of(b"nobody's");
        let all = [nobody, foreign, parked, linked, linked];
        assert_eq!(known(&house, &house.first, &all).await, [&*receipts[1], &*receipts[0]], "{}", engine.name);
        assert_eq!(known(&house, &house.second, &[linked, parked, foreign]).await.len(), 1);
        assert!(known(&house, &house.first, &[]).await.is_empty());
        // Once its code is known, the newest receipt is the one that counts.
        let late = page(&["1090000009"], 4);
        house.send(&house.first, &late).await;
        let boxes = house.dir.path().join("late.csv");
        std::fs::write(&boxes, "box_id,place_id,number,kind,races\n0000009,34-k-m1,1009,0,\n").unwrap();
        tutanak::registry::add_boxes(&house.ledger, &boxes, &mut |_| {}).await.unwrap();
        let resolved = receipt(house.send(&house.first, &late).await).await;
        assert_eq!(known(&house, &house.first, &[Digest::of(&late)]).await, [resolved]);
        let rows = house.audit(1, |row| row.act == "follow-uploads" && row.object == "known 5").await;
        assert_eq!((rows[0].principal.as_str(), rows[0].outcome.as_str()), ("kadikoy-1", "ok"));
    }
}

#[tokio::test]
async fn a_question_that_cannot_be_understood_is_a_problem_and_on_record() {
    let house = House::open().await;
    let many = |count: usize| vec![Digest::of(b"x"); count];
    assert_eq!(ask(&house, &house.first, &json!({ "sha256": many(1000) })).await.status(), StatusCode::OK);
    for question in [
        json!({ "sha256": many(1001) }),
        json!({ "sha256": many(100_000) }),
        json!({ "sha256": ["ABC"] }),
        json!({ "sha256": [], "more": 1 }),
        json!([]),
        json!("x"),
    ] {
        let answer = ask(&house, &house.first, &question).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(body(answer).await["type"], "urn:tutanak:problem:bad-question");
    }
    for token in ["wrong", &house.party.service.token] {
        for path in ["/v1/scans/known", "/v1/board", "/v1/board/missing"] {
            let method = if path.ends_with("known") { reqwest::Method::POST } else { reqwest::Method::GET };
            let answer =
                house.client.request(method, house.url(path)).bearer_auth(token).body("{}").send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    for query in ["?after=x", "?after=box-x", "?after=sheet-%27", "?before=1"] {
        let get = house.client.get(house.url(&format!("/v1/board/missing{query}"))).bearer_auth(&house.first);
        let answer = get.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(body(answer).await["type"], "urn:tutanak:problem:bad-query");
    }
    house.audit(6, |row| row.act == "follow-uploads" && row.reason == "bad-question").await;
    house.audit(4, |row| row.act == "follow-uploads" && row.reason == "bad-query").await;
}

#[tokio::test]
async fn a_board_sees_which_of_its_own_forms_are_missing_on_every_engine() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let get = async |path: &str, token: &str| {
            body(house.client.get(house.url(path)).bearer_auth(token).send().await.unwrap()).await
        };
        let greeting = get("/v1/board", &house.first).await;
        assert_eq!((greeting["board"].as_str(), greeting["place"].as_str()), (Some("kadikoy-1"), Some("34-k-1")));
        assert!(greeting["keys"][0].as_str().unwrap().starts_with("localhost/deneme+"), "{greeting}");
        let codes = |page: &Value| -> Vec<String> {
            let missing = page["missing"].as_array().unwrap();
            let mut codes: Vec<_> = missing.iter().map(|form| form["code"].as_str().unwrap().to_owned()).collect();
            codes.sort();
            codes
        };
        let second = get("/v1/board/missing", &house.second).await;
        let rest = get(&format!("/v1/board/missing?after={}", second["next"].as_str().unwrap()), &house.second).await;
        assert_eq!(codes(&second), ["1080000101", "1090000101"], "{}", engine.name);
        assert_eq!((codes(&rest), &rest["next"]), (vec![], &Value::Null), "the district's sheet is the first board's");
        let before = get("/v1/board/missing", &house.first).await;
        assert_eq!(before["expected"], 7, "three boxes with two races, and a count sheet");
        let rest = get(&format!("/v1/board/missing?after={}", before["next"].as_str().unwrap()), &house.first).await;
        assert_eq!(codes(&rest), ["5550000002"], "the district's sheet");
        house.send(&house.first, &page(&["1090000001"], 1)).await;
        let after = get("/v1/board/missing", &house.first).await;
        let gone: Vec<_> = codes(&before).into_iter().filter(|code| !codes(&after).contains(code)).collect();
        assert_eq!(gone, ["1090000001"]);
    }
}
