//! The web service: a party's program reads box results as XML, JSON and CSV, whole and since a position.

use std::collections::BTreeMap;

use reqwest::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tutanak::results::xml;

use super::faces::complaints;
use crate::engines::Engine;
use crate::figures::{body, election, line, open, sent, statuses};
use crate::house::{BEFORE, House, Plan};

async fn ask(house: &House, path: &str, accept: &str) -> Response {
    let token = &house.party.service.token;
    house.client.get(house.url(path)).bearer_auth(token).header(ACCEPT, accept).send().await.unwrap()
}

async fn json(house: &House, path: &str) -> Value {
    let answer = ask(house, path, "application/json").await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Box numbers of the rows.
fn numbers(document: &Value) -> Vec<u64> {
    document["rows"].as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()).collect()
}

async fn houses() -> Vec<(House, Engine)> {
    let mut all = Vec::new();
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), election: Some(election), ..Plan::default() };
        all.push((House::build(plan).await, engine));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_results_come_as_valid_xml_as_json_and_as_csv_with_position_and_root() {
    for (house, engine) in houses().await {
        let lines = [line(1, 9, 1, 100), line(1, 9, 2, 120), line(101, 9, 1, 50), line(1, 8, 1, 30)];
        assert_eq!(statuses(&sent(&house, body(&lines)).await), ["created"; 4]);
        let head = house.ledger.head().await.unwrap();
        let document = json(&house, "/v1/sonuclar?tur=9").await;
        assert_eq!((&document["position"], &document["next"]), (&head.size.into(), &Value::Null), "{}", engine.name);
        assert_eq!(document["root"], hex::encode(head.root));
        assert_eq!(numbers(&document), [1001, 2001]);
        let first = &document["rows"][0];
        assert_eq!((&first["box"], &first["version"]), (&"0000001".into(), &2.into()));
        assert_eq!((&first["valid"], &first["valid_objected"]), (&120.into(), &Value::Null), "absent is not zero");
        assert_eq!(first["votes"][0]["name"], "BİRİNCİ");
        assert_eq!(first["place"][0]["name"], "İSTANBUL");

        let answer = ask(&house, "/v1/sonuclar", "*/*").await;
        assert_eq!(answer.headers()["tutanak-position"], head.size.to_string().as_str());
        assert_eq!(answer.headers()["tutanak-root"], hex::encode(head.root).as_str());
        let document = answer.text().await.unwrap();
        assert!(document.contains("<Sonuclar ") && document.matches("<Sandik ").count() == 3, "{document}");
        let schema = tempfile::NamedTempFile::new().unwrap();
        let told = house.client.get(house.url("/v1/sonuc.xsd")).send().await.unwrap();
        std::fs::write(schema.path(), told.text().await.unwrap()).unwrap();
        assert_eq!(std::fs::read_to_string(schema.path()).unwrap(), xml::SCHEMA);
        assert_eq!(complaints(schema.path(), &document).unwrap_or_default(), "");

        let csv = ask(&house, "/v1/sonuclar?tur=9", "text/csv").await.text().await.unwrap();
        assert!(csv.starts_with("KONUM,ZAMAN,") && csv.trim_end().split("\r\n").count() == 3, "{csv}");
        let long = ask(&house, "/v1/sonuclar?tur=9&bicim=uzun", "*/*").await.text().await.unwrap();
        assert!(long.starts_with('\u{feff}') && long.trim_end().split("\r\n").count() == 5, "{long}");
        house.audit(4, |row| row.act == "view-results" && row.outcome == "ok" && row.bytes > 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_select_and_what_is_wrong_with_one_is_told_by_its_name() {
    let house = open().await;
    sent(&house, body(&[line(1, 9, 1, 100), line(2, 9, 1, 70), line(101, 9, 1, 50)])).await;
    for (query, expected) in [
        ("il=34", &[1001, 1002, 2001][..]),
        ("il=34&kurul=34-k-2", &[2001]),
        ("muhtarlik=34-k-m1", &[1001, 1002]),
        ("sandikNoIlk=1002&sandikNoSon=2001", &[1002, 2001]),
        ("sandikTuru=0", &[1001, 1002, 2001]),
        ("sandikTuru=1", &[]),
        ("tur=8", &[]),
    ] {
        assert_eq!(numbers(&json(&house, &format!("/v1/sonuclar?{query}")).await), expected, "{query}");
    }
    for (query, named) in [
        ("il=99", "il"),
        ("tur=6", "tur"),
        ("sandikTuru=x", "sandikTuru"),
        ("sandikNoIlk=5&sandikNoSon=1", "sandikNoSon"),
        ("ilce=34-k&il=06", "il"),
        ("sehir=34", "sehir"),
        ("since=x", "since"),
    ] {
        let answer = ask(&house, &format!("/v1/sonuclar?{query}"), "*/*").await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        let problem = answer.text().await.unwrap();
        assert!(problem.contains(named), "{query}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_newest_is_told_so_and_nobody_else_reads_results_here() {
    let house = open().await;
    sent(&house, body(&[line(1, 9, 1, 100)])).await;
    let token = house.party.service.token.clone();
    let asked = async |etag: &str| {
        let request = house.client.get(house.url("/v1/sonuclar")).bearer_auth(&token).header(IF_NONE_MATCH, etag);
        request.send().await.unwrap()
    };
    let etag = asked("\"0\"").await.headers()[ETAG].to_str().unwrap().to_owned();
    let same = asked(&etag).await;
    assert_eq!((same.status(), same.text().await.unwrap()), (StatusCode::NOT_MODIFIED, String::new()));
    sent(&house, body(&[line(2, 9, 1, 70)])).await;
    assert_eq!(asked(&etag).await.status(), StatusCode::OK);
    let feed = house.feed().await;
    for other in [&house.first, &house.second, &feed] {
        let refused = house.client.get(house.url("/v1/sonuclar")).bearer_auth(other).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    house.clock.set(BEFORE.parse().unwrap());
    for path in ["/v1/sonuclar", "/v1/sonuclar?since=0&wait=20", "/v1/degisiklikler"] {
        let early = ask(&house, path, "*/*").await;
        assert_eq!(early.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!early.text().await.unwrap().contains("Sandik"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_who_waits_gets_every_version_once_while_they_come_in() {
    for (house, engine) in houses().await {
        let writes = async {
            for version in 1..=12 {
                let lines: Vec<_> = [1, 2, 3, 101].map(|number| line(number, 9, version, 100 + version)).into();
                sent(&house, body(&lines)).await;
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            }
        };
        let follows = async {
            let (mut seen, mut since) = (BTreeMap::new(), 0);
            while seen.len() < 48 {
                let document = json(&house, &format!("/v1/sonuclar?tur=9&since={since}&limit=3&wait=10")).await;
                let rows = document["rows"].as_array().unwrap();
                assert!(!rows.is_empty() && rows.len() <= 3, "{}: {document}", engine.name);
                for row in rows {
                    let key = (row["number"].as_u64().unwrap(), row["version"].as_u64().unwrap());
                    assert_eq!(seen.insert(key, row["position"].as_u64().unwrap()), None, "{}: twice", engine.name);
                }
                since = document["next"].as_u64().unwrap();
            }
            (seen, since)
        };
        let ((), (seen, since)) = tokio::join!(writes, follows);
        assert_eq!(seen.len(), 48, "{}", engine.name);
        let nothing = json(&house, &format!("/v1/sonuclar?tur=9&since={since}&wait=1")).await;
        assert_eq!((numbers(&nothing), &nothing["next"]), (vec![], &nothing["position"]));
        let changes = json(&house, "/v1/degisiklikler?tur=9").await;
        let versions = changes["rows"].as_array().unwrap().iter().map(|row| row["version"].as_u64().unwrap());
        assert_eq!(versions.filter(|version| *version > 1).count(), 44, "{}", engine.name);
        assert_eq!(changes["rows"].as_array().unwrap().len(), 44);
    }
}
