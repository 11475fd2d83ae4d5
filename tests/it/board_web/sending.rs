//! Scans are sent from a browser.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tutanak::domain::Digest;
use tutanak::people::enrol;

use super::people::{FORM, at_work, clerk, files, houses, known, put, send_form};
use crate::house::{House, Plan};
use crate::paper::page;
use crate::people_web::browser::Browser;

#[tokio::test]
async fn a_form_without_a_script_tells_what_became_of_each_file() {
    for (name, house, _engine) in houses().await {
        let mut clerk = at_work(&house, "kadikoy-1", 1).await;
        let (linked, parked, foreign) = (page(&["1090000001"], 1), page(&[], 2), page(&["1090000101"], 3));
        let damaged = &linked[..linked.len() / 2];
        let sent = send_form(
            &mut clerk,
            &[
                ("bir.png", &linked),
                ("bir-kopya.png", &linked),
                ("<b>kodsuz.png", &parked),
                ("yarım.png", damaged),
                ("komşunun.png", &foreign),
                ("", b""),
            ],
        )
        .await;
        assert_eq!(sent.status, StatusCode::OK, "{name}");
        let rows: Vec<&str> = sent.body.split("<tr class=").skip(1).collect();
        assert_eq!(rows.len(), 5, "{name}: {}", sent.body);
        for (row, words) in rows.iter().zip([
            ["\"linked\"", "bir.png", "Bağlandı: Sandık 1001, Cumhurbaşkanı, Sandık Sonuç Tutanağı."],
            ["\"linked\"", "bir-kopya.png", "Daha önce alınmıştı."],
            ["\"parked\"", "&#60;b&#62;kodsuz.png", "karekod okunamadı"],
            ["\"refused\"", "yarım.png", "PNG yarım"],
            ["\"parked\"", "komşunun.png", "başka bir kurulun"],
        ]) {
            assert!(words.iter().all(|word| row.contains(word)), "{name}: {words:?} in {row}");
        }
        assert!(sent.body.contains("2 görüntü bağlandı, 2 görüntü saklandı ama bağlanamadı, 1 dosya alınmadı."));
        assert_eq!(house.entered().await, 3, "{name}");
        let back = house.get("tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v1.png").await;
        assert_eq!(back.bytes().await.unwrap(), linked, "{name}: the bytes are those of the file");

        // The receipt is the one that the interface for programs gives, letter by letter.
        let digest = Digest::of(&linked).to_string();
        let receipt = clerk.get(&format!("/kurul/makbuz/{digest}.json")).await;
        assert_eq!((receipt.status, receipt.body), (StatusCode::OK, known(&house, &house.first, &linked).await));
        assert!(clerk.get(&format!("/kurul/makbuz/{digest}.pdf")).await.body.starts_with("%PDF-"));
        assert_eq!(clerk.get(&format!("/kurul/makbuz/{digest}.exe")).await.status, StatusCode::NOT_FOUND);
        let other = Digest::of(&parked).to_string();
        let both = [("ozet", digest.as_str()), ("ozet", other.as_str()), ("bicim", "jsonl")];
        assert_eq!(clerk.post("/kurul/makbuzlar", &both).await.body.lines().count(), 2);
        // Nothing of it is another board's.
        let mut neighbour = at_work(&house, "kadikoy-2", 1).await;
        assert_eq!(neighbour.get(&format!("/kurul/makbuz/{digest}.json")).await.status, StatusCode::NOT_FOUND);

        let by =
            |row: &tutanak::ledger::audit::AuditRow| row.act == "upload" && row.principal == "kadikoy-1/kadikoy-1-1";
        let rows = house.audit(6, by).await;
        let with = |object: &str, outcome: &str| rows.iter().any(|row| row.object == object && row.outcome == outcome);
        assert!(with(&digest, "ok") && with(&other, "ok") && with("yarım.png", "refused"), "{name}: {rows:#?}");
        assert!(with("POST /kurul/gonder", "ok"));
    }
}

#[tokio::test]
async fn a_script_sends_scan_after_scan_and_counts_follow() {
    for (name, house, _engine) in houses().await {
        let mut clerk = at_work(&house, "kadikoy-1", 1).await;
        let counts = async |clerk: &mut Browser| {
            house.clock.advance(jiff::SignedDuration::from_secs(5));
            let now: Value = serde_json::from_str(&clerk.get("/v1/kurul/durum").await.body).unwrap();
            now["counts"].clone()
        };
        // Three boxes in two races, a count sheet, and the district's merged sheet.
        let empty = json!({"expected": 8, "received": 0, "revised": 0, "missing": 8, "parked": 0});
        assert_eq!(counts(&mut clerk).await, empty, "{name}");
        let (first, better, parked) = (page(&["1090000001"], 1), page(&["1090000001"], 2), page(&["1099999999"], 3));
        for (scan, state, words) in [
            (&first, "linked", "Bağlandı: Sandık 1001, Cumhurbaşkanı, Sandık Sonuç Tutanağı."),
            (&better, "linked", "2. sürüm"),
            (&parked, "parked", "kayıtlarda yok"),
        ] {
            let digest = Digest::of(scan).to_string();
            let sent = put(&mut clerk, &digest, scan).await;
            assert_eq!(sent.status, StatusCode::CREATED, "{name}: {}", sent.body);
            let fate: Value = serde_json::from_str(&sent.body).unwrap();
            assert_eq!((fate["state"].as_str(), fate["sha256"].as_str()), (Some(state), Some(digest.as_str())));
            assert!(fate["tr"].as_str().unwrap().contains(words), "{fate}");
            assert_eq!(put(&mut clerk, &digest, scan).await.status, StatusCode::OK, "{name}: again");
        }
        let now = json!({"expected": 8, "received": 1, "revised": 1, "missing": 7, "parked": 1});
        assert_eq!(counts(&mut clerk).await, now, "{name}");
        let shown = clerk.get("/kurul").await.body;
        for words in ["Sunucu saati", "31.03.2024 17:00:", "Partilerin erişimi", "açık", "Yayın yasağı", "sürüyor"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        let digest = Digest::of(&first).to_string();
        house.audit(2, |row| row.act == "upload" && row.object == digest && row.bytes == first.len() as i64).await;
        assert_eq!(house.entered().await, 3);
    }
}

#[tokio::test]
async fn what_is_no_scan_or_not_sent_by_the_own_page_leaves_nothing() {
    let house = House::build(Plan { scan_bytes: Some(1 << 20), ..Plan::default() }).await;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    let scan = page(&["1090000001"], 1);
    let digest = Digest::of(&scan).to_string();
    for (digest, bytes, status, kind) in [
        (digest.as_str(), scan[..50].to_vec(), StatusCode::UNPROCESSABLE_ENTITY, "digest-differs"),
        ("x", scan.clone(), StatusCode::BAD_REQUEST, "bad-digest"),
        (&digest, vec![0; (1 << 20) + 1], StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
    ] {
        let sent = put(&mut clerk, digest, &bytes).await;
        assert_eq!(sent.status, status, "{kind}");
        assert!(sent.body.contains(&format!("urn:tutanak:problem:{kind}")), "{}", sent.body);
        house.audit(1, |row| row.act == "upload" && row.reason == kind).await;
    }
    // A file that is too large does not take the next one along.
    let large = vec![7; 3 << 20];
    let sent = send_form(&mut clerk, &[("büyük.png", &large), ("boş.png", b"")]).await;
    assert!(sent.body.contains("1 MiB sınırından büyük") && sent.body.contains("Dosya boş"), "{}", sent.body);

    let token = clerk.form_token("/parola").await;
    let path = format!("/v1/kurul/taramalar/{digest}");
    let mut ask = async |method: Method, path: &str, kind: &str, body: Vec<u8>, headers: &[(&str, &str)]| {
        clerk.ask(method, path, Some((kind, body)), headers).await.status
    };
    for headers in [&[][..], &[("x-form-token", "x")], &[("x-form-token", &token), ("sec-fetch-site", "cross-site")]] {
        assert_eq!(ask(Method::PUT, &path, "image/png", scan.clone(), headers).await, StatusCode::FORBIDDEN);
    }
    let mut late = files(&token, &[("bir.png", &scan)]);
    late.splice(
        0..0,
        b"--sinir\r\nContent-Disposition: form-data; name=\"dosya\"; filename=\"a.png\"\r\n\r\n\r\n".to_vec(),
    );
    for (kind, body) in [
        (FORM, files("x", &[("bir.png", &scan)])),
        (FORM, late),
        (FORM, b"--sinir\r\n".to_vec()),
        (FORM, Vec::new()),
        ("multipart/form-data", files(&token, &[("bir.png", &scan)])),
        ("image/png", scan.clone()),
    ] {
        let status = ask(Method::POST, "/kurul/gonder", kind, body, &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{kind}");
    }
    // A form that breaks off keeps what came whole before it.
    let whole = files(&token, &[("bir.png", &scan), ("iki.png", &page(&["1090000002"], 1))]);
    let cut = clerk.ask(Method::POST, "/kurul/gonder", Some((FORM, whole[..whole.len() - 40].to_vec())), &[]).await;
    assert!(cut.body.contains("Aktarım yarıda kesildi"), "{}", cut.body);
    assert_eq!(house.entered().await, 1, "the first file alone");
}

#[tokio::test]
async fn only_people_of_boards_come_to_their_page_and_only_with_their_certificate() {
    let house = House::open().await;
    let login = clerk(&house, "kadikoy-1", 1).await;
    // A person's password is no token, and a token is no person.
    let asked = house.client.get(house.url("/v1/board")).bearer_auth(&login.password).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    let token = house.client.get(house.url("/kurul")).bearer_auth(&house.first).send().await.unwrap();
    assert_eq!(token.status(), StatusCode::SEE_OTHER);
    let auditor = enrol::auditor(&house.ledger, "denetci-1", "Denetçi").await.unwrap();
    let others = [house.party.web.clone(), auditor];
    for slip in others {
        let own = crate::house::settled(&house.ledger, slip).await;
        let mut browser = Browser::new(&house);
        browser.log_in(&own.user, &own.password, "").await;
        for path in ["/kurul", "/v1/kurul/durum"] {
            assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path} for {}", own.user);
        }
    }
    let mut browser = Browser::new(&house);
    let page = browser.try_in(&login.user, &login.password, "").await;
    assert_eq!(page.location.as_deref(), Some("/kurul"), "where a clerk begins");
    for path in ["/denetim", "/v1/yonetim/hesaplar"] {
        assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    house.audit(1, |row| row.act == "login" && row.principal == "kadikoy-1/kadikoy-1-1" && row.outcome == "ok").await;
    assert!(browser.get("/hesap/erisimler").await.body.contains("kadikoy-1/kadikoy-1-1"));
    assert_eq!(browser.get("/kurul").await.status, StatusCode::OK);
    let board = "kadikoy-1".parse().unwrap();
    house.ledger.bind_certificate(&board, &Digest::of(b"another's"), house.clock.now()).await.unwrap();
    assert_eq!(browser.get("/kurul").await.status, StatusCode::FORBIDDEN);
    house.audit(1, |row| row.reason == "wrong-certificate" && row.channel == "web").await;
}

#[tokio::test]
async fn who_finds_no_room_is_told_the_place_and_when_to_come_again() {
    let also = |config: &mut tutanak::config::Config| {
        config.intake.memory_bytes = config.intake.scan_bytes;
        config.intake.wait_seconds = 1;
    };
    let house = House::build(Plan { scan_bytes: Some(1 << 20), also: Some(also), ..Plan::default() }).await;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    let scan = page(&["1090000001"], 1);
    let digest = Digest::of(&scan).to_string();
    let slow = house.all_room_taken(&house.second).await;
    let told = house.send(&house.first, &scan).await;
    assert_eq!(told.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told.headers()["retry-after"], "5");
    let told = crate::house::json(told).await;
    assert_eq!((&told["place"], told["type"].as_str()), (&json!(1), Some("urn:tutanak:problem:over-capacity")));
    assert!(told["detail"].as_str().unwrap().contains("Sıradaki yeriniz: 1 (bekleyen kurul: 1)"), "{told}");
    let page = put(&mut clerk, &digest, &scan).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("\"place\":1"), "{}", page.body);
    slow.leave().await;
    assert!(put(&mut clerk, &digest, &scan).await.status.is_success());
}

#[tokio::test]
async fn a_page_that_stands_open_and_asks_for_its_counts_keeps_no_session_alive() {
    let house = House::open().await;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    assert_eq!(clerk.get("/kurul").await.status, StatusCode::OK);
    for _ in 0..29 {
        house.clock.advance(SignedDuration::from_mins(1));
        for asked in ["/v1/kurul/durum", "/v1/kurul/sira"] {
            assert_eq!(clerk.get(asked).await.status, StatusCode::OK);
        }
    }
    house.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(
        clerk.get("/v1/kurul/durum").await.status,
        StatusCode::UNAUTHORIZED,
        "nobody did anything for half an hour"
    );
    assert_eq!(clerk.get("/kurul").await.location.as_deref(), Some("/giris"));
}
