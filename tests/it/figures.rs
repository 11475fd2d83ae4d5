//! `POST /v1/figures`: every row of the contract, through the real service.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::join_all;
use reqwest::{Body, Response, StatusCode};
use serde_json::{Value, json};
use tutanak::domain::{BoxId, Digest, Entry, EntryKind, Race};
use tutanak::registry;

use crate::crash::{self, Service};
use crate::house::{self, BEFORE, House, Plan};
use crate::paper::page;

mod again;
mod command;
mod entrance;

const CHOICES: &str = "\
race,constituency,no,kind,id,short_name,name,alliance
9,,1,candidate,birinci,BİRİNCİ,Birinci Aday,
9,,2,candidate,ikinci,İKİNCİ,İkinci Aday,
8,,1,party,a,A,A Partisi,birlik
8,,2,party,b,B,B Partisi,birlik
8,,3,alliance,birlik,BİRLİK,Birlik (ortak oy),
";

/// The house's election with ballots.
pub fn election(dir: &Path) {
    house::write_election(dir);
    std::fs::write(dir.join("choices.csv"), CHOICES).unwrap();
}

pub async fn open() -> House {
    House::build(Plan { election: Some(election), ..Plan::default() }).await
}

/// A line for box `box_id`, with so many votes for the first choice.
pub fn line(box_id: u32, race: u8, version: u32, votes: u32) -> Value {
    let mut line = json!({
        "box": box_id, "race": race, "version": version, "registered": 326, "voted": votes + 1, "valid": votes,
        "invalid": 1, "votes": {"1": votes, "2": 0},
    });
    if version > 1 {
        line["reason"] = json!({"code": 3, "text": "İlçe seçim kurulu 2024/7"});
    }
    line
}

pub fn body(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub async fn post(house: &House, body: impl Into<Body>) -> Response {
    let token = house.feed().await;
    house.client.post(house.url("/v1/figures")).bearer_auth(token).body(body).send().await.unwrap()
}

/// The receipts for a body that is taken in.
pub async fn sent(house: &House, body: impl Into<Body>) -> Vec<Value> {
    let answer = post(house, body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    answer.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn statuses(receipts: &[Value]) -> Vec<&str> {
    receipts.iter().map(|receipt| receipt["status"].as_str().unwrap()).collect()
}

async fn votes(house: &House, race: Race) -> Vec<(String, Option<u64>)> {
    let sums = house.ledger.result_sums(None, race).await.unwrap();
    sums.votes.iter().map(|(id, sum)| (id.clone(), sum.known())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_created_known_late_or_in_conflict_and_its_receipt_names_its_entry() {
    let house = open().await;
    let receipts = sent(&house, body(&[line(1, 9, 1, 100), line(2, 9, 1, 50), line(1, 8, 1, 30)])).await;
    assert_eq!(statuses(&receipts), ["created", "created", "created"]);
    for (receipt, (box_id, race)) in
        receipts.iter().zip([(1, Race::President), (2, Race::President), (1, Race::Parliament)])
    {
        let position = receipt["position"].as_u64().unwrap();
        let stored = house.ledger.lines_from(position, 1).await.unwrap().remove(0).line;
        assert_eq!(receipt["leaf"], hex::encode(tutanak::domain::entry::leaf_hash(&stored)));
        let entry: Entry = serde_json::from_str(&stored).unwrap();
        let code = format!("10{}{box_id:07}", race.code());
        assert_eq!(
            (entry.kind, entry.revision, entry.form.unwrap().as_str()),
            (EntryKind::Result, Some(1), code.as_str())
        );
        let result = house.ledger.result_at(position).await.unwrap().unwrap();
        assert_eq!(entry.sha256, Some(Digest::of(result.line.as_bytes())));
    }
    // The same again, whatever the order of its fields, is no entry.
    let size = house.ledger.head().await.unwrap().size;
    let other_order = r#"{"votes":{"2":0,"1":100},"invalid":1,"valid":100,"voted":101,"registered":326,"version":1,"race":9,"box":1}"#;
    let again = sent(&house, format!("{other_order}\n")).await;
    assert_eq!((statuses(&again), &again[0]["position"]), (vec!["known"], &receipts[0]["position"]));
    assert_eq!(house.ledger.head().await.unwrap().size, size);
    // Version 3 before version 2: the third counts, the second is history.
    assert_eq!(statuses(&sent(&house, body(&[line(1, 9, 3, 103)])).await), ["created"]);
    assert_eq!(statuses(&sent(&house, body(&[line(1, 9, 2, 102)])).await), ["late"]);
    assert_eq!(votes(&house, Race::President).await, [("birinci".into(), Some(153)), ("ikinci".into(), Some(0))]);
    // Other figures of a version that is there are kept, count nowhere, and raise an alarm.
    let conflict = sent(&house, body(&[line(1, 9, 3, 999)])).await;
    assert_eq!(statuses(&conflict), ["conflict"]);
    assert!(conflict[0]["problem"].as_str().unwrap().contains("daha yüksek sürüm"));
    assert_eq!(sent(&house, body(&[line(1, 9, 3, 999)])).await, conflict, "the same question has the same answer");
    assert_eq!(votes(&house, Race::President).await[0].1, Some(153));
    // Somebody decides by a higher version.
    assert_eq!(statuses(&sent(&house, body(&[line(1, 9, 4, 104)])).await), ["created"]);
    assert_eq!(votes(&house, Race::President).await[0].1, Some(154));
    // A result is taken back.
    let mut void = line(1, 9, 5, 0);
    void["void"] = json!(true);
    void.as_object_mut().unwrap().remove("votes");
    assert_eq!(statuses(&sent(&house, body(&[void])).await), ["created"]);
    assert_eq!(votes(&house, Race::President).await[0].1, Some(50));
    let box_id: BoxId = "0000001".parse().unwrap();
    let versions = house.ledger.result_versions(&box_id, Race::President).await.unwrap();
    let seen: Vec<_> = versions.iter().map(|one| (one.version, one.newest, one.held.as_deref())).collect();
    assert_eq!(
        seen,
        [
            (1, false, None),
            (2, false, None),
            (3, false, None),
            (3, false, Some("other-figures")),
            (4, false, None),
            (5, true, None)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_result_is_refused_in_turkish_and_everything_else_of_the_batch_is_entered() {
    let house = open().await;
    let mut wrong = line(1, 9, 1, 10);
    wrong["valid"] = json!(11); // Σ votes ≠ valid: a flag, never a refusal
    let mut strange = line(2, 9, 1, 10);
    strange["votes"] = json!({"1": 9, "7": 1});
    let mut harmless = line(3, 9, 1, 10);
    harmless["votes"] = json!({"1": 10, "7": 0});
    let with = |field: &str, value: Value| {
        let mut line = line(2, 8, 1, 10);
        line[field] = value;
        line.to_string()
    };
    let lines = [
        (wrong.to_string(), "created", ""),
        (strange.to_string(), "refused", "7 numaralı seçenek"),
        (harmless.to_string(), "created", ""),
        (with("voted", json!(-1)), "refused", "sıfırdan küçük"),
        (with("voted", json!(1.5)), "refused", "tam sayı değil"),
        (with("voted", json!(2_147_483_648_u64)), "refused", "en çok"),
        (with("race", json!(5)), "refused", "5 diye bir seçim türü yok"),
        (with("race", json!(2)), "refused", "bu seçimde"),
        (with("version", json!(0)), "refused", "en az 1"),
        (with("oy", json!(1)), "refused", "bilinmeyen alan"),
        (with("box", json!("x y")), "refused", "sandık kimliği"),
        (r#"{"box":2,"race":8,"ver"#.to_owned(), "refused", "JSON"),
        (String::new(), "refused", ""),
        (line(2, 8, 1, 10).to_string(), "created", ""),
    ];
    let sent = sent(&house, lines.iter().map(|(line, ..)| format!("{line}\n")).collect::<String>()).await;
    assert_eq!(sent.len(), lines.len());
    for (receipt, (line, status, says)) in sent.iter().zip(&lines) {
        assert_eq!(receipt["status"], *status, "{line}: {receipt}");
        let problem = receipt["problem"].as_str().unwrap_or_default();
        assert!(problem.contains(says), "{line}: {receipt}");
        assert_eq!(receipt.get("position").is_some(), *status == "created", "{line}");
    }
    assert_eq!(house.ledger.results_from(0, u64::MAX, 100).await.unwrap().len(), 3);
    // No reason for a second version is no reason to refuse it.
    let mut silent = line(1, 9, 2, 12);
    silent.as_object_mut().unwrap().remove("reason");
    assert_eq!(statuses(&self::sent(&house, body(&[silent])).await), ["created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_an_unknown_box_wait_until_it_is_added() {
    let house = open().await;
    let held = sent(&house, body(&[line(777, 9, 1, 40), line(777, 9, 1, 40), line(1, 9, 1, 10)])).await;
    assert_eq!(statuses(&held), ["parked", "parked", "created"]);
    assert_eq!(held[0], held[1]);
    assert!(held[0]["problem"].as_str().unwrap().contains("sandık eklendiğinde"));
    assert_eq!(votes(&house, Race::President).await[0].1, Some(10));
    // It is no scan that a board could link.
    let head = house.ledger.head().await.unwrap();
    assert_eq!((head.parked, head.linked), (0, 0));

    let late = house.dir.path().join("late.csv");
    std::fs::write(&late, "box_id,place_id,number,kind,races\n0000777,34-k-m2,2777,0,\n").unwrap();
    registry::add_boxes(&house.ledger, &late, &mut |_| {}).await.unwrap();
    let settled = again::settle(&house.ledger).await;
    assert_eq!((settled.entered, settled.counted), (1, 0));
    assert_eq!(again::settle(&house.ledger).await.entered, 0, "nothing is entered twice");
    assert_eq!(votes(&house, Race::President).await[0].1, Some(50));
    let mahalle = Some("34-k-m2".parse().unwrap());
    assert_eq!(house.ledger.result_sums(mahalle.as_ref(), Race::President).await.unwrap().boxes, 1);
    // The receipt of before stays what it was; the line is known from here on.
    let now = sent(&house, body(&[line(777, 9, 1, 40)])).await;
    assert_eq!(statuses(&now), ["known"]);
    assert_ne!(now[0]["position"], held[0]["position"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_in_lines_and_bytes_packed_or_not() {
    let house = open().await;
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let token = house.feed().await;
    let packed = async |bytes: Vec<u8>, encoding: &'static str| {
        let request = house.client.post(house.url("/v1/figures")).bearer_auth(&token);
        request.header("content-encoding", encoding).body(bytes).send().await.unwrap()
    };
    let one = body(&[line(1, 9, 1, 10)]);
    assert_eq!(packed(gzip(&one), "gzip").await.status(), StatusCode::OK);
    assert_eq!(statuses(&sent(&house, one.clone()).await), ["known"]);
    // 1,000 versions of a box are a batch; 1,001 are none of it.
    let lines: Vec<Value> = (1..=1_001).map(|version| line(2, 9, version, 1)).collect();
    let size = house.ledger.head().await.unwrap().size;
    for (answer, kind) in [
        (post(&house, body(&lines)).await, "too-many-lines"),
        (packed(gzip(&body(&lines)), "gzip").await, "too-many-lines"),
        (packed(gzip(&" ".repeat(64 << 20)), "gzip").await, "too-large"),
        (post(&house, " ".repeat((1 << 20) + 1)).await, "too-large"),
    ] {
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{kind}");
        let problem = house::json(answer).await;
        assert!(problem["type"].as_str().unwrap().ends_with(kind), "{problem}");
    }
    let torn = gzip(&one);
    for (bytes, encoding, status) in [
        (torn[..torn.len() - 3].to_vec(), "gzip", StatusCode::BAD_REQUEST),
        (one.clone().into_bytes(), "gzip", StatusCode::BAD_REQUEST),
        (Vec::new(), "identity", StatusCode::BAD_REQUEST),
        (one.into_bytes(), "br", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        assert_eq!(packed(bytes, encoding).await.status(), status, "{encoding}");
    }
    assert_eq!(house.ledger.head().await.unwrap().size, size, "nothing of a refused body is entered");
    let all = sent(&house, body(&lines[..1_000])).await;
    assert!(all.iter().all(|receipt| receipt["status"] == "created"));
    // A body that breaks off is no shorter one.
    let part = body(&lines[..10]);
    let parts: [Result<String, std::io::Error>; 2] = [Ok(part), Err(std::io::Error::other("line dropped"))];
    let stream = Body::wrap_stream(futures::stream::iter(parts));
    let size = house.ledger.head().await.unwrap().size;
    let request = house.client.post(house.url("/v1/figures")).bearer_auth(&token).body(stream);
    assert!(request.send().await.is_err());
    assert_eq!(house.ledger.head().await.unwrap().size, size);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_from_many_connections_at_once_is_entered_once_beside_scans() {
    let house = open().await;
    house.feed().await;
    let lines: Vec<Value> =
        (1..=3).flat_map(|n| [2, 1, 3].map(|version| line(n, 9, version, 10 * n + version))).collect();
    let batch = body(&lines);
    let pages: Vec<Vec<u8>> = (0..4).map(|n| page(&["1090000001"], 50 + n)).collect();
    let scans = join_all(pages.iter().map(|page| house.send(&house.first, page)));
    let (answers, scans) = tokio::join!(join_all((0..6).map(|_| sent(&house, batch.clone()))), scans);
    assert!(scans.iter().all(|answer| answer.status() == StatusCode::CREATED));
    for at in 0..lines.len() {
        let fresh = answers.iter().filter(|receipts| receipts[at]["status"] != "known").count();
        assert_eq!(fresh, 1, "line {at}");
        assert!(answers.iter().all(|receipts| receipts[at]["position"] == answers[0][at]["position"]));
    }
    assert_eq!(votes(&house, Race::President).await[0].1, Some(13 + 23 + 33));
    let entries = house.ledger.lines_from(0, 1000).await.unwrap();
    let results = entries.iter().filter(|entry| entry.line.contains(r#""kind":"result""#)).count();
    assert_eq!(results, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_instant_loses_no_line_that_has_a_receipt_and_enters_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    crash::set_up(dir.path());
    let add = ["add", "secsis", "--name", "SEÇSİS", "--from", "127.0.0.0/8", "--json"];
    let token = crash::account(dir.path(), "feed", &add)["token"].as_str().unwrap().to_owned();
    let mut receipts: Vec<(String, Value)> = Vec::new();
    let mut version = 1;
    for round in 0..8_u64 {
        let mut service = Service::start(dir.path()).await;
        let (client, url, bearer) = (service.client(), format!("{}/v1/figures", service.url), token.clone());
        let first = version;
        version += 400;
        let sending = tokio::spawn(async move {
            let mut got = Vec::new();
            for from in (first..first + 400).step_by(20) {
                let lines: Vec<String> =
                    (from..from + 20).map(|version| line(1, 9, version, version).to_string()).collect();
                let answer = client.post(&url).bearer_auth(&bearer).body(lines.join("\n")).send().await;
                let Ok(answer) = answer else { break };
                let Ok(text) = answer.text().await else { break };
                let told: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                got.extend(lines.into_iter().zip(told));
            }
            got
        });
        tokio::time::sleep(std::time::Duration::from_millis(10 + round * 30)).await;
        service.kill();
        receipts.extend(sending.await.unwrap());
    }
    assert!(receipts.len() > 20, "only {} receipts: the test kills too early to mean anything", receipts.len());
    let database = tutanak::ledger::DatabaseConfig::Sqlite { path: dir.path().join("tutanak.db") };
    let ledger = tutanak::ledger::Ledger::open(&database).await.unwrap();
    let entries = ledger.lines_from(0, 100_000).await.unwrap();
    assert_eq!(entries.len() as u64, ledger.head().await.unwrap().size, "positions without holes");
    for (line, receipt) in &receipts {
        let position = receipt["position"].as_u64().unwrap();
        let leaf = tutanak::domain::entry::leaf_hash(&entries[position as usize].line);
        assert_eq!(receipt["leaf"], hex::encode(leaf));
        let stored = ledger.result_at(position).await.unwrap().unwrap().line;
        assert_eq!(tutanak::domain::BoxResult::parse(line).unwrap().line(), stored);
    }
    let all = ledger.results_from(0, u64::MAX, 100_000).await.unwrap();
    let versions: std::collections::BTreeSet<u32> = all.iter().map(|one| one.version).collect();
    assert_eq!(versions.len(), all.len(), "a version was entered twice");
    let highest = versions.last().unwrap();
    let sums = ledger.result_sums(None, Race::President).await.unwrap();
    assert_eq!(sums.figures[4].known(), Some(u64::from(*highest)), "the sums are those of the version that counts");
}
