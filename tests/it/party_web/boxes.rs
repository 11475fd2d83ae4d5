//! A box's page and a scan's own: what they show, where they lead, and the files that are saved from them.

use reqwest::StatusCode;
use reqwest::header::{COOKIE, RANGE};
use tutanak::domain::Digest;

use super::people::{representative, sent};
use crate::board_web::people::houses;
use crate::house::{House, json};
use crate::paper::sheet;

#[tokio::test(flavor = "multi_thread")]
async fn a_box_shows_its_sheets_old_and_new_and_what_is_missing() {
    for (name, house, _engine) in houses().await {
        let first = sent(&house, &house.first, "1090000001").await;
        let again = sheet(&["1090000001", "1090000001"], 99, 1654, 2339);
        assert_eq!(json(house.send(&house.first, &again).await).await["form"]["revision"], 2);
        let again = Digest::of(&again);
        for seed in [5, 6] {
            let page = sheet(&["5550000001", "5550000001"], seed, 1654, 2339);
            assert_eq!(json(house.send(&house.first, &page).await).await["status"], "linked");
        }
        let mut browser = representative(&house).await;
        let page = browser.get("/sandik/34/kadikoy/1001").await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        let text = &page.body;
        for told in [
            "Sandık 1001",
            "İSTANBUL / KADIKÖY / KADIKÖY 1. İLÇE SEÇİM KURULU / CAFERAĞA MAH.",
            "Milletvekili – Sandık Sonuç Tutanağı",
            "Henüz gelmedi.",
            "Cumhurbaşkanı – Sayım Döküm Cetveli",
            "2. sayfa",
            "Eski sürümler",
            "/sandik/34/kadikoy/1002\" rel=\"next\"",
            &format!("/goruntu/{again}/full/!900,1300/0/default.jpg"),
            &format!("/tutanak/{first}/asil.png"),
            &format!("/tutanak/{again}/kanit"),
        ] {
            assert!(text.contains(told), "{name}: {told}: {text}");
        }
        assert!(!text.contains("rel=\"prev\""), "it is the first of its district");
        assert!(browser.get("/sandik/34/kadikoy/1002").await.body.contains("/sandik/34/kadikoy/1001\" rel=\"prev\""));
        // The page's row stands for its pictures, and names them.
        assert_eq!(browser.get(&format!("/goruntu/{again}/info.json")).await.status, StatusCode::OK);
        let rows = house.audit(2, |row| row.act == "view-images").await;
        assert!(rows[0].object.starts_with("GET /sandik/34/kadikoy/1001 pictures of 3 "), "{:?}", rows[0]);
        assert_eq!(rows.len(), 2, "{name}: {rows:?}");
        for nowhere in ["34/kadikoy/9999", "34/moda/1001", "99/kadikoy/1001", "34/kadikoy/01001", "34/kadikoy/x", "x"] {
            assert_eq!(browser.get(&format!("/sandik/{nowhere}")).await.status, StatusCode::NOT_FOUND, "{nowhere}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_is_found_by_its_district_and_number_and_by_a_karekod() {
    let house = House::open().await;
    let mut browser = representative(&house).await;
    for (query, leads) in [
        ("yer=34-k&no=1002", "/sandik/34/kadikoy/1002"),
        ("karekod=1090000101", "/sandik/34/kadikoy/2001"),
        ("karekod=1080000001", "/sandik/34/kadikoy/1001"),
        ("karekod=5550000002", "/tutanaklar?il=34"),
    ] {
        let page = browser.get(&format!("/sandik?{query}")).await;
        assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some(leads)), "{query}");
    }
    for (query, told) in [
        ("karekod=1099999999", "kayıtlı değil"),
        ("karekod=abc", "yalnız rakamlardan"),
        ("yer=34-k&no=9999", "bu numarada sandık yok"),
        ("yer=&no=1", "rakamla yazın"),
    ] {
        let page = browser.get(&format!("/sandik?{query}")).await;
        assert!(page.status == StatusCode::NOT_FOUND && page.body.contains(told), "{query}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_is_saved_byte_for_byte_in_parts_too_and_with_its_proof() {
    for (name, house, _engine) in houses().await {
        let scan = sheet(&["1090000001", "1090000001"], 7, 1654, 2339);
        house.send(&house.first, &scan).await;
        let digest = Digest::of(&scan);
        let mut browser = representative(&house).await;
        let path = format!("/tutanak/{digest}");
        assert!(browser.get(&path).await.body.contains("asil.png"));
        let saved = browser.bytes(&format!("{path}/asil.png")).await;
        assert_eq!(saved, (StatusCode::OK, scan.clone().into()), "{name}");
        let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
        let part = house
            .client
            .get(house.url(&format!("{path}/asil.png")))
            .header(COOKIE, cookie)
            .header(RANGE, "bytes=100-199");
        let part = part.send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        let name = "attachment; filename=\"34-istanbul_kadikoy-1_caferaga-mah_1001-cb-sonuc-1.v1.png\"";
        assert_eq!(part.headers()["content-disposition"], name);
        assert_eq!(part.headers()["etag"], format!("\"{digest}\""));
        assert_eq!(part.bytes().await.unwrap(), scan[100..200]);
        let proof = browser.get(&format!("{path}/kanit")).await;
        assert!(proof.status == StatusCode::OK && proof.body.starts_with("c2sp.org/tlog-proof"), "{}", proof.body);
        let rows = house.audit(3, |row| row.act == "save-images" && row.outcome == "ok").await;
        let sent: Vec<(i64, i64)> = rows.iter().map(|row| (row.start_at, row.bytes)).collect();
        assert!(sent.contains(&(0, scan.len() as i64)) && sent.contains(&(100, 100)), "{rows:?}");
        assert!(rows.iter().all(|row| {
            row.object.starts_with("/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v1.png")
        }));
    }
}
