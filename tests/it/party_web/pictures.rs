//! Pictures of scans, as a party's people see them.

use reqwest::header::{COOKIE, IF_NONE_MATCH};
use reqwest::{Response, StatusCode};
use tutanak::domain::Digest;

use super::people::{representative, sent};
use crate::board_web::people::{at_work, houses};
use crate::house::{AFTER, BEFORE, House, Plan, json};
use crate::paper::sheet;
use crate::people_web::browser::Browser;

async fn ask(house: &House, browser: &Browser, path: &str, headers: &[(&str, &str)]) -> Response {
    let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
    let mut request = house.client.get(house.url(path)).header(COOKIE, cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_sees_a_scan_in_parts_and_each_part_is_as_large_as_was_asked_for() {
    for (name, house, _engine) in houses().await {
        let scan = sent(&house, &house.first, "1090000001").await;
        let browser = representative(&house).await;
        let info = ask(&house, &browser, &format!("/goruntu/{scan}/info.json"), &[]).await;
        assert_eq!(
            (info.status(), &info.headers()["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        let info = json(info).await;
        assert_eq!((&info["width"], &info["height"], &info["profile"]), (&1654.into(), &2339.into(), &"level2".into()));
        assert_eq!(info["id"], house.url(&format!("/goruntu/{scan}")), "{name}");
        for (path, width, height) in [
            ("full/max/0/default.png", 1654, 2339),
            ("full/!180,255/0/gray.jpg", 180, 255),
            ("1024,2048,512,291/max/0/default.jpg", 512, 291),
            ("0,0,1024,1024/512,512/90/bitonal.png", 512, 512),
            ("full/400,/270/color.jpg", 566, 400),
        ] {
            let picture = ask(&house, &browser, &format!("/goruntu/{scan}/{path}"), &[]).await;
            assert_eq!(picture.status(), StatusCode::OK, "{name}: {path}");
            assert_eq!(picture.headers()["cache-control"], "private, max-age=31536000, immutable");
            let tag = picture.headers()["etag"].to_str().unwrap().to_owned();
            let bytes = picture.bytes().await.unwrap();
            let seen = image::load_from_memory(&bytes).unwrap();
            assert_eq!((seen.width(), seen.height()), (width, height), "{name}: {path}");
            let again =
                ask(&house, &browser, &format!("/goruntu/{scan}/{path}"), &[(IF_NONE_MATCH.as_str(), &tag)]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            let again = ask(&house, &browser, &format!("/goruntu/{scan}/{path}"), &[]).await;
            assert_eq!(again.bytes().await.unwrap(), bytes, "a picture never changes");
        }
        let led = ask(&house, &browser, &format!("/goruntu/{scan}"), &[]).await;
        assert_eq!(
            (led.status(), &led.headers()["location"]),
            (StatusCode::SEE_OTHER, &format!("/goruntu/{scan}/info.json").parse().unwrap())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_drawn_is_told_in_the_status_that_viewers_know() {
    let house = House::open().await;
    let scan = sent(&house, &house.first, "1090000001").await;
    let mut browser = representative(&house).await;
    for (path, status) in [
        ("full/max/45/default.jpg", StatusCode::NOT_IMPLEMENTED),
        ("full/^max/0/default.jpg", StatusCode::NOT_IMPLEMENTED),
        ("full/max/0/default.webp", StatusCode::NOT_IMPLEMENTED),
        ("full/1655,/0/default.jpg", StatusCode::BAD_REQUEST),
        ("1654,0,9,9/max/0/default.jpg", StatusCode::BAD_REQUEST),
        ("full/max/0/native.jpg", StatusCode::BAD_REQUEST),
        ("full/max/0/default.exe", StatusCode::BAD_REQUEST),
        ("full/max/0", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(browser.get(&format!("/goruntu/{scan}/{path}")).await.status, status, "{path}");
    }
    for nothing in [Digest::of(b"nothing").to_string(), "x".to_owned(), "0".repeat(63)] {
        let path = format!("/goruntu/{nothing}/full/max/0/default.jpg");
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_was_not_linked_is_shown_to_no_party() {
    let house = House::open().await;
    let parked = sheet(&["7777777777", "7777777777"], 7, 1654, 2339);
    assert_eq!(json(house.send(&house.first, &parked).await).await["status"], "parked");
    let mut browser = representative(&house).await;
    let path = format!("/goruntu/{}/info.json", Digest::of(&parked));
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_for_parties_in_a_session_from_17_00_on_from_their_addresses() {
    let house = House::build(Plan { party_from: Some("127.0.0.1/32"), ..Plan::default() }).await;
    let scan = sent(&house, &house.first, "1090000001").await;
    let path = format!("/goruntu/{scan}/full/!180,255/0/gray.jpg");
    let mut browser = representative(&house).await;
    assert_eq!(browser.get(&path).await.status, StatusCode::OK);
    house.clock.set(BEFORE.parse().unwrap());
    assert_eq!(browser.get(&path).await.status, StatusCode::FORBIDDEN, "a view on record opens nothing");
    house.clock.set(AFTER.parse().unwrap());
    let elsewhere = house.client_from([127, 9, 9, 9]);
    let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
    let asked = elsewhere.get(house.url(&path)).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    assert_eq!(clerk.get(&path).await.status, StatusCode::FORBIDDEN);
    let mut stranger = Browser::new(&house);
    assert_eq!(stranger.get(&path).await.location.as_deref(), Some("/giris"));
    let bulk = &house.party.bulk;
    let by_secret =
        house.client.get(house.url(&path)).basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
    assert_eq!(by_secret.status(), StatusCode::SEE_OTHER, "a credential of another channel is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_stands_for_the_parts_that_a_session_sees_of_a_scan_in_a_minute() {
    let house = House::open().await;
    let (first, second) =
        (sent(&house, &house.first, "1090000001").await, sent(&house, &house.first, "1090000002").await);
    let browser = representative(&house).await;
    let see = async |scan: &Digest, part: &str| {
        assert_eq!(ask(&house, &browser, &format!("/goruntu/{scan}/{part}"), &[]).await.status(), StatusCode::OK);
    };
    for _ in 0..3 {
        see(&first, "full/!180,255/0/gray.jpg").await;
        see(&first, "info.json").await;
        for x in [0, 512, 1024] {
            see(&first, &format!("{x},0,512,512/max/0/default.jpg")).await;
        }
    }
    see(&second, "0,0,512,512/max/0/default.jpg").await;
    see(&second, "full/!180,255/0/gray.jpg").await;
    let mut rows = house.audit(4, |row| row.act == "view-images").await;
    rows.sort_by_key(|row| row.at_ms);
    let objects: Vec<&str> = rows.iter().map(|row| row.object.as_str()).collect();
    let expected = [
        format!("preview {first}"),
        format!("picture {first}"),
        format!("picture {second}"),
        format!("preview {second}"),
    ];
    assert_eq!(objects, expected);
    assert!(rows.iter().all(|row| row.outcome == "ok" && row.principal == "parti/parti-1" && row.bytes > 0));
    // Another session of the same person has rows of its own.
    let other = representative_again(&house).await;
    assert_eq!(ask(&house, &other, &format!("/goruntu/{first}/info.json"), &[]).await.status(), StatusCode::OK);
    house.audit(5, |row| row.act == "view-images").await;
}

async fn representative_again(house: &House) -> Browser {
    let mut browser = Browser::new(house);
    let password = format!("yağmurlu bir akşam {}", house.party.web.password);
    assert_eq!(browser.log_in(&house.party.web.user, &password, "").await, StatusCode::SEE_OTHER);
    browser.post("/uyari", &[]).await;
    browser
}

#[test]
fn every_good_sample_can_be_looked_at() {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/good");
    let mut files: Vec<_> = std::fs::read_dir(samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let sheet = tutanak::pictures::sheet::Sheet::decode(&bytes, 1 << 30).unwrap();
        let (width, height) = sheet.size();
        let preview = tutanak::pictures::request::Request::parse("full", "!180,255", "0", "gray.jpg").unwrap();
        let plan = preview.plan(width, height).unwrap();
        let drawn = tutanak::pictures::draw::draw(&sheet, &plan).unwrap();
        assert!(drawn.len() < 8_500, "{}: {} bytes", file.display(), drawn.len());
    }
}
