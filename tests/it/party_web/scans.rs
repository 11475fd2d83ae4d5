//! The list of scans: its filters, its order, its pages, its tables, and what the record has of it.

use reqwest::StatusCode;
use reqwest::header::{COOKIE, RANGE};
use tutanak::domain::Digest;

use super::people::{representative, sent};
use crate::board_web::people::{at_work, houses};
use crate::house::{BEFORE, House, settled};
use crate::people_web::browser::Browser;
use crate::stock;

/// The titles of a page's scans, in their order.
fn titles(body: &str) -> Vec<String> {
    let cards = body.split("<ul class=\"cards scans\">").nth(1).unwrap_or_default();
    let titles = cards.split("alt=\"").skip(1).filter_map(|rest| rest.split(" görüntüsü\"").next());
    titles.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_are_found_by_place_race_and_number_and_stand_in_order() {
    for (name, house, _engine) in houses().await {
        for code in ["1090000002", "1080000001", "1090000001"] {
            sent(&house, &house.first, code).await;
        }
        sent(&house, &house.second, "1090000101").await;
        let mut browser = representative(&house).await;
        let [cb, mv] = ["Cumhurbaşkanı", "Milletvekili"];
        let all = [(1001, mv), (1001, cb), (1002, cb), (2001, cb)];
        for (query, expected) in [
            ("", &all[..]),
            ("?il=34", &all),
            ("?il=34&kurul=34-k-1", &all[..3]),
            ("?il=34&kurul=34-k-1&mahalle=34-k-m1&tur=9", &all[1..3]),
            ("?il=34&kurul=34-k-2", &all[3..]),
            ("?il=34&kurul=34-k-2&mahalle=34-k-m1", &all[3..]),
            ("?ilk=1002", &all[2..]),
            ("?ilk=1001&son=1001", &all[..2]),
            ("?tur=8", &all[..1]),
            ("?tur=7", &[]),
            ("?alan=yurtdisi", &[]),
            ("?alan=gumruk", &[]),
            ("?il=99", &all),
        ] {
            let page = browser.get(&format!("/tutanaklar{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{name}: {query}");
            let expected: Vec<String> = expected
                .iter()
                .map(|(number, race)| format!("Sandık {number}, {race}, Sandık Sonuç Tutanağı"))
                .collect();
            assert_eq!(titles(&page.body), expected, "{name}: {query}");
        }
        for bad in ["?ilk=x", "?tur=5", "?ilk=99999999999"] {
            assert_eq!(browser.get(&format!("/tutanaklar{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
        let found = browser.get("/tutanaklar?ara=CAFERA%C4%9EA").await.body;
        assert!(found.contains("İSTANBUL / KADIKÖY / KADIKÖY 1. İLÇE SEÇİM KURULU / CAFERAĞA MAH."), "{found}");
        assert!(
            found.contains("mahalle=34-k-m1")
                && browser.get("/tutanaklar?ara=kadikoy").await.body.contains("kurul=34-k-2")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_a_gap_and_older_scans_are_there_when_asked_for() {
    let house = House::open().await;
    stock::fill(&house, 140).await;
    let mut browser = representative(&house).await;
    assert_eq!(titles(&browser.get("/tutanaklar").await.body).len(), 3, "the newest of three boxes");
    let (mut seen, mut path) = (Vec::new(), "/tutanaklar?surumler=tum".to_owned());
    loop {
        let body = browser.get(&path).await.body;
        seen.extend(titles(&body));
        let next = body.split("\" rel=\"next\">").next().filter(|before| *before != body);
        let Some(next) = next.and_then(|before| before.rsplit_once("href=\"")) else { break };
        path = next.1.replace("&amp;", "&").replace("&#38;", "&");
    }
    assert_eq!(seen.len(), 120, "of 140 entries twenty are parked");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120, "each scan stands on one page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_saved_as_a_table_for_excel_and_for_programs() {
    let house = House::open().await;
    let scan = sent(&house, &house.first, "1090000001").await;
    sent(&house, &house.second, "1090000101").await;
    let mut browser = representative(&house).await;
    let csv = browser.get("/tutanaklar.csv?kurul=34-k-1&il=34").await.body;
    let lines: Vec<&str> = csv.trim_start_matches('\u{feff}').split("\r\n").collect();
    assert_eq!((lines.len(), lines[2]), (3, ""), "{csv}");
    assert!(csv.starts_with('\u{feff}') && lines[0].starts_with("KONUM;ZAMAN;YER;SANDIK NO;"));
    assert!(lines[1].ends_with(&format!(";{}", scan)) && lines[1].contains(";1001;Cumhurbaşkanı;"), "{csv}");
    let csv = browser.get("/tutanaklar.csv?bicim=rfc4180").await.body;
    assert!(csv.starts_with("KONUM,ZAMAN,") && csv.matches("\r\n").count() == 3, "{csv}");
    let json: serde_json::Value = serde_json::from_str(&browser.get("/tutanaklar.json").await.body).unwrap();
    assert_eq!(json["scans"].as_array().unwrap().len(), 2);
    assert_eq!((&json["scans"][0]["sha256"], &json["scans"][0]["sandik"]), (&scan.to_string().into(), &1001.into()));
    let none: serde_json::Value = serde_json::from_str(&browser.get("/tutanaklar.json?tur=7").await.body).unwrap();
    assert_eq!(none["scans"], serde_json::json!([]));
    house.audit(4, |row| row.act == "save-images" && row.outcome == "ok").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_one_row_that_names_its_previews() {
    let house = House::open().await;
    let scans = [sent(&house, &house.first, "1090000001").await, sent(&house, &house.first, "1090000002").await];
    let mut browser = representative(&house).await;
    let page = browser.get("/tutanaklar?il=34").await;
    for scan in scans {
        let preview = format!("/goruntu/{scan}/full/!180,255/0/gray.jpg");
        assert!(page.body.contains(&preview), "{}", page.body);
        assert_eq!(browser.get(&preview).await.status, StatusCode::OK);
    }
    // Closer is another view.
    assert_eq!(browser.get(&format!("/goruntu/{}/info.json", scans[0])).await.status, StatusCode::OK);
    let rows = house.audit(2, |row| row.act == "view-images").await;
    let objects: Vec<&str> = rows.iter().map(|row| row.object.as_str()).collect();
    assert_eq!(objects, ["GET /tutanaklar?il=34 previews of 2 3", &format!("picture {}", scans[0])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_for_parties_from_17_00_on() {
    let house = House::open().await;
    let mut browser = representative(&house).await;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    for path in ["/tutanaklar", "/tutanaklar.csv", "/tutanaklar.json", "/sandik", "/sandik/34/kadikoy/1001"] {
        house.clock.set(BEFORE.parse().unwrap());
        assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(clerk.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        house.clock.set(crate::house::AFTER.parse().unwrap());
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
        assert_eq!(clerk.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    house.clock.set(BEFORE.parse().unwrap());
    let home = browser.get("/anasayfa").await;
    assert!(
        home.status == StatusCode::OK && home.body.contains("17:00") && !home.body.contains("bağlandı"),
        "{}",
        home.body
    );
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/anasayfa"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_is_one_zip_that_never_changes_and_goes_on_anywhere() {
    for (name, house, _engine) in houses().await {
        stock::fill(&house, 60).await;
        let mut browser = representative(&house).await;
        let led = browser.get("/tutanaklar.zip?il=34&surumler=tum").await;
        let path = led.location.unwrap();
        assert_eq!(path, "/tutanaklar.zip?il=34&surumler=tum&konum=62", "{name}");
        stock::fill(&house, 10).await; // what comes later is in another archive
        let (status, whole) = browser.bytes(&path).await;
        assert_eq!(status, StatusCode::OK);
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(whole.clone())).unwrap();
        let mut text = |file: &str| std::io::read_to_string(archive.by_name(file).unwrap()).unwrap();
        let (sums, list) = (text("SHA256SUMS"), text("liste.csv"));
        assert!(text("UYARI.txt").contains("yayımlanamaz"));
        assert_eq!((sums.lines().count(), list.lines().count()), (52, 53), "{name}");
        for line in sums.lines() {
            let (digest, path) = line.split_once("  ").unwrap();
            let mut bytes = Vec::new();
            std::io::copy(&mut archive.by_name(path).unwrap(), &mut bytes).unwrap();
            assert_eq!(Digest::of(&bytes).to_string(), digest);
        }
        let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
        let ask =
            |range: String| house.client.get(house.url(&path)).header(COOKIE, &cookie).header(RANGE, range).send();
        let length = whole.len();
        for at in [0, 1, 500, length / 3, length / 2, length - 1] {
            let part = ask(format!("bytes={at}-")).await.unwrap();
            assert_eq!(
                (part.status(), part.headers()["content-length"].to_str().unwrap()),
                (StatusCode::PARTIAL_CONTENT, &*(length - at).to_string())
            );
            assert_eq!(part.bytes().await.unwrap(), whole[at..], "{name}: from {at}");
        }
        for bad in ["konum=x", "konum=99999"] {
            assert_eq!(browser.get(&format!("/tutanaklar.zip?{bad}")).await.status, StatusCode::BAD_REQUEST);
        }
        let rows = house
            .audit(7, |row| row.object.starts_with("/tutanaklar.zip?il=34&surumler=tum&konum=62 of 52 scans"))
            .await;
        assert!(rows.iter().any(|row| row.bytes == length as i64 && row.outcome == "ok"), "{rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_is_read_once_a_session_and_that_is_on_record() {
    for (name, house, _engine) in houses().await {
        let login = settled(&house.ledger, house.party.web.clone()).await;
        let mut browser = Browser::new(&house);
        browser.log_in(&login.user, &login.password, "").await;
        for path in ["/tutanaklar?il=34", "/tutanaklar.csv", "/sandik"] {
            let led = browser.get(path).await;
            let leads = led.location.unwrap_or_default();
            assert!(
                led.status == StatusCode::SEE_OTHER && leads.starts_with("/uyari?devam=%2F"),
                "{name}: {path}: {leads}"
            );
        }
        assert!(browser.get("/uyari?devam=%2Ftutanaklar%3Fil%3D34").await.body.contains("value=\"/tutanaklar?il=34\""));
        assert_eq!(browser.get("/hesap/erisimler").await.status, StatusCode::OK, "the own record waits for nothing");
        for (further, leads) in
            [("//evil.example", "/anasayfa"), ("https://evil.example", "/anasayfa"), ("/sandik?no=1", "/sandik?no=1")]
        {
            let read = browser.post("/uyari", &[("devam", further)]).await;
            assert_eq!(read.location.as_deref(), Some(leads));
        }
        assert_eq!(browser.get("/tutanaklar?il=34").await.status, StatusCode::OK);
        house.audit(3, |row| row.reason == "notice-not-read" && row.principal == "parti/parti-1").await;
        house.audit(3, |row| row.object == "notice read" && row.outcome == "ok").await;
        let mut again = Browser::new(&house);
        again.log_in(&login.user, &login.password, "").await;
        assert_eq!(again.get("/tutanaklar").await.status, StatusCode::SEE_OTHER, "each session says it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_added_late_is_found_at_once() {
    let house = House::open().await;
    sent(&house, &house.first, "1090000001").await;
    let mut browser = representative(&house).await;
    assert_eq!(titles(&browser.get("/tutanaklar?ilk=1900").await.body).len(), 0);
    let late = house.dir.path().join("late.csv");
    std::fs::write(&late, "box_id,place_id,number,kind,races\n0000900,34-k-m1,1900,0,\n").unwrap();
    tutanak::registry::add_boxes(&house.ledger, &late, &mut |_| {}).await.unwrap();
    sent(&house, &house.first, "1090000900").await;
    assert_eq!(
        titles(&browser.get("/tutanaklar?ilk=1900").await.body),
        ["Sandık 1900, Cumhurbaşkanı, Sandık Sonuç Tutanağı"]
    );
    assert_eq!(browser.get("/sandik/34/kadikoy/1900").await.status, StatusCode::OK);
}
