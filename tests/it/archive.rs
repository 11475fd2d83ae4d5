//! The tree over HTTPS: the same bytes for ever at one path, conditional and in parts, and only for whom it is open.

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use tutanak::domain::{Digest, Gate};

use crate::engines::Engine;
use crate::house::{AFTER, BEFORE, House, Plan, json};
use crate::paper::page;

const DIR: &str = "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah";

#[tokio::test]
async fn a_scan_comes_back_byte_for_byte_with_every_header_a_mirror_needs() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let digest = Digest::of(&scan);
    let path = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    let answer = house.get(&path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("etag"), format!("\"{digest}\""));
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("accept-ranges"), "bytes");
    let in_base_64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest.as_bytes());
    assert_eq!(header("repr-digest"), format!("sha-256=:{in_base_64}:"));
    assert!(header("cache-control").contains("immutable"));
    let modified = header("last-modified");
    assert_eq!(answer.bytes().await.unwrap(), scan);

    let head = house.archive(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], scan.len().to_string().as_str());
    assert_eq!(head.bytes().await.unwrap(), "");

    let ask =
        async |name: &str, value: &str| house.archive(Method::GET, &path).header(name, value).send().await.unwrap();
    assert_eq!(ask("if-none-match", &format!("\"{digest}\"")).await.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(ask("if-modified-since", &modified).await.status(), StatusCode::NOT_MODIFIED);
    let part = ask("range", "bytes=100-199").await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], format!("bytes 100-199/{}", scan.len()).as_str());
    assert_eq!(part.bytes().await.unwrap(), &scan[100..200]);
    let beyond = ask("range", &format!("bytes={}-", scan.len())).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", scan.len()).as_str());
}

#[tokio::test]
async fn directories_list_what_is_there_with_sums_that_fit() {
    let house = House::open().await;
    let scans = [page(&["1090000001"], 1), page(&["1090000001"], 2), page(&["1090000002"], 1)];
    for scan in &scans {
        assert_eq!(house.send(&house.first, scan).await.status(), StatusCode::CREATED);
    }
    let names = ["1001-cb-sonuc-1.v1.png", "1001-cb-sonuc-1.v2.png", "1002-cb-sonuc-1.v1.png"];
    let sums: String = names.iter().zip(&scans).map(|(name, scan)| format!("{}  {name}\n", Digest::of(scan))).collect();
    let file = house.get(&format!("{DIR}/SHA256SUMS")).await;
    assert_eq!(file.headers()["content-length"], sums.len().to_string().as_str());
    assert_eq!(file.text().await.unwrap(), sums);

    let listing = house.archive(Method::GET, &format!("{DIR}/")).header("accept", "application/json");
    let listing = json(listing.send().await.unwrap()).await;
    let listed: Vec<_> = listing.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(listed, [&["SHA256SUMS"], names.as_slice()].concat());
    assert_eq!(listing[0]["size"], sums.len());
    assert_eq!(listing[1]["sha256"], Digest::of(&scans[0]).to_string());
    let html = house.get(&format!("{DIR}/")).await.text().await.unwrap();
    for name in names {
        assert!(html.contains(&format!("<a href=\"{name}\">")), "{html}");
    }
    // Without its slash a directory sends the client to the right address.
    let redirect = house.get(DIR).await;
    assert_eq!(redirect.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(redirect.headers()["location"], "caferaga-mah/");
    let root = house.get("").await.text().await.unwrap();
    for name in ["OKU-BENI.txt", "durum.json", "tutanaklar/"] {
        assert!(root.contains(&format!("href=\"{name}\"")), "{root}");
    }
}

#[tokio::test]
async fn the_status_file_counts_and_its_checkpoint_moves_with_it() {
    let house = House::open().await;
    let empty = json(house.get("durum.json").await).await;
    assert_eq!(empty["position"], 2, "the log is bound to its election and its key");
    assert_eq!(empty["counts"], serde_json::json!({"linked": 0, "parked": 0, "resolved": 0}));
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    house.send(&house.first, &page(&[], 1)).await;
    let status = json(house.get("durum.json").await).await;
    assert_eq!(status["position"], 4);
    assert_eq!(status["counts"], serde_json::json!({"linked": 1, "parked": 1, "resolved": 0}));
    let checkpoint = status["checkpoint"].as_str().unwrap();
    let lines: Vec<&str> = checkpoint.lines().collect();
    assert_eq!((lines[0], lines[1]), ("localhost/deneme", "4"));
    assert!(lines[4].starts_with("\u{2014} localhost/deneme "), "{checkpoint}");
    let notice = house.get("OKU-BENI.txt").await.text().await.unwrap();
    assert!(notice.contains("Deneme Seçimi") && notice.contains("yayımlanamaz"));
}

#[tokio::test]
async fn nothing_is_told_before_17_00_in_istanbul() {
    let house = House::open().await;
    house.clock.set(BEFORE.parse().unwrap());
    let scan = page(&["1090000001"], 1);
    assert_eq!(house.send(&house.first, &scan).await.status(), StatusCode::CREATED, "boards send at any hour");
    for path in ["", "durum.json", "OKU-BENI.txt", "tutanaklar/", &format!("{DIR}/1001-cb-sonuc-1.v1.png"), "nothing"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = house.archive(method.clone(), path).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
            if method == Method::GET {
                let problem = json(answer).await;
                assert_eq!(problem["opens_at"], "2024-03-31T14:00:00Z", "{path}");
                assert!(problem["detail"].as_str().unwrap().contains("31.03.2024 17:00:00"), "{problem}");
            }
        }
    }
    house.audit(12, |row| row.reason == "not-open-yet" && row.principal == "parti").await;
    house.clock.set(AFTER.parse().unwrap());
    assert_eq!(house.get("durum.json").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_the_bulk_credential_opens_the_archive_and_only_from_the_partys_address() {
    let house = House::open().await;
    let (bulk, web) = (&house.party.bulk, &house.party.web);
    let with = async |user: &str, password: &str| {
        let ask = house.client.get(house.url("/arsiv/")).basic_auth(user, Some(password));
        ask.send().await.unwrap().status()
    };
    assert_eq!(with(&bulk.user, &bulk.password).await, StatusCode::OK);
    assert_eq!(with(&bulk.user, "wrong").await, StatusCode::UNAUTHORIZED);
    assert_eq!(with("nobody", &bulk.password).await, StatusCode::UNAUTHORIZED);
    assert_eq!(with(&web.user, &web.password).await, StatusCode::UNAUTHORIZED, "the web user's password");
    assert_eq!(with(&bulk.user, &house.party.service.token).await, StatusCode::UNAUTHORIZED);
    let token = house.client.get(house.url("/arsiv/")).bearer_auth(&house.first).send().await.unwrap();
    assert_eq!(token.status(), StatusCode::UNAUTHORIZED, "a board's token");
    let bare = house.client.get(house.url("/arsiv/")).send().await.unwrap();
    assert!(bare.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    // A party with other addresses is a party from elsewhere.
    let elsewhere = ["192.0.2.0/24".parse().unwrap()];
    let id = "uzak".parse().unwrap();
    let far =
        tutanak::people::enrol::party(&house.ledger, &id, "Uzak Parti", &elsewhere, Gate::PartiesOpen).await.unwrap();
    assert_eq!(with(&far.bulk.user, &far.bulk.password).await, StatusCode::FORBIDDEN);
    house.audit(1, |row| row.principal == "uzak" && row.reason == "address-not-allowed").await;
    house.audit(4, |row| row.act == "login" && row.reason == "unknown-credential" && row.protocol == "https").await;
}

#[tokio::test]
async fn paths_outside_the_tree_name_nothing() {
    for engine in Engine::all().await {
        outside_the_tree(&House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await).await;
    }
}

async fn outside_the_tree(house: &House) {
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    for path in [
        "tutanaklar/..%2fdurum.json",
        "..%2f..%2fetc/passwd",
        "%2fetc/passwd",
        "tutanaklar//34-istanbul/",
        "tutanaklar/34-istanbul/%00",
        "tutanaklar/34-ISTANBUL/",
        "b/00/",
        "SHA256SUMS",
        "%ff%fe",
    ] {
        let status = house.get(path).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    for method in [Method::PUT, Method::POST, Method::DELETE, Method::PATCH] {
        let status = house.archive(method.clone(), "durum.json").send().await.unwrap().status();
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}

#[tokio::test]
async fn every_listing_and_download_is_on_record_with_its_bytes_and_its_end() {
    let mut house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let path = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    house.get(&path).await.bytes().await.unwrap();
    let part = house.archive(Method::GET, &path).header("range", "bytes=100-").send().await.unwrap();
    part.bytes().await.unwrap();
    house.get(&format!("{DIR}/")).await.bytes().await.unwrap();
    house.get("tutanaklar/none.png").await;
    house.stop().await;
    let rows = house.ledger_rows().await;
    let row = |act: &str, object: &str, start_at: i64| {
        let found = rows.iter().find(|row| row.act == act && row.object == object && row.start_at == start_at);
        found.unwrap_or_else(|| panic!("no row of {act} {object}: {rows:#?}"))
    };
    let whole = row("download", &format!("/{path}"), 0);
    assert_eq!((whole.bytes, whole.complete, whole.outcome.as_str()), (scan.len() as i64, true, "ok"));
    assert_eq!((whole.principal.as_str(), whole.channel.as_str(), whole.protocol.as_str()), ("parti", "bulk", "https"));
    assert_eq!(whole.address, "127.0.0.1");
    assert_eq!(Timestamp::from_millisecond(whole.at_ms).unwrap(), AFTER.parse::<Timestamp>().unwrap());
    let rest = row("download", &format!("/{path}"), 100);
    assert_eq!((rest.bytes, rest.complete), (scan.len() as i64 - 100, true));
    assert!(row("list", &format!("/{DIR}/"), 0).bytes > 0);
    assert_eq!(row("download", "/tutanaklar/none.png", 0).reason, "missing");
    assert_eq!(row("upload", &Digest::of(&scan).to_string(), 0).bytes, scan.len() as i64);
}

#[tokio::test]
async fn a_download_that_the_client_breaks_off_is_on_record_as_cut() {
    let house = House::open().await;
    let scan = crate::paper::large_page("1090000001");
    let receipt = json(house.send(&house.first, &scan).await).await;
    let path = receipt["path"].as_str().expect("the page is linked").to_owned();
    // A client of its own, so that dropping the answer drops the connection.
    let alone = crate::house::client(&std::fs::read(house.dir.path().join("ca.pem")).unwrap());
    let bulk = &house.party.bulk;
    let ask = alone.get(house.url(&format!("/arsiv/{path}"))).basic_auth(&bulk.user, Some(&bulk.password));
    let mut answer = ask.send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    drop((answer, alone));
    let rows = house.audit(1, |row| row.act == "download" && row.outcome == "cut").await;
    assert_eq!(rows[0].outcome, "cut");
    assert!(rows[0].bytes > 0 && rows[0].bytes < scan.len() as i64, "{rows:?}");
}

#[tokio::test]
async fn what_fails_on_our_side_is_on_record_too() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let digest = Digest::of(&scan).to_string();
    std::fs::remove_file(house.dir.path().join("vault/b").join(&digest[..2]).join(&digest)).unwrap();
    let answer = house.get(&format!("{DIR}/1001-cb-sonuc-1.v1.png")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let rows = house.audit(1, |row| row.act == "download").await;
    assert_eq!((rows[0].outcome.as_str(), rows[0].bytes, rows[0].complete), ("failed", 0, false));
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_download_leaves_its_row() {
    let mut house = House::open().await;
    let scan = crate::paper::large_page("1090000001");
    let receipt = json(house.send(&house.first, &scan).await).await;
    let mut answer = house.get(receipt["path"].as_str().unwrap()).await;
    assert!(answer.chunk().await.unwrap().is_some());
    house.stop().await; // the client reads no further, so the connection is cut in the end
    let rows = house.ledger_rows().await;
    let row =
        rows.iter().find(|row| row.act == "download" && row.outcome == "cut").expect("the download's end has no row");
    assert!(row.bytes > 0);
}

#[tokio::test]
async fn the_archive_without_its_slash_leads_to_it() {
    let house = House::open().await;
    let answer = house.client.get(house.url("/arsiv")).send().await.unwrap();
    assert_eq!(answer.status(), reqwest::StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.headers()["location"], "arsiv/");
    let bulk = &house.party.bulk;
    let ca = reqwest::Certificate::from_pem(&house.ca()).unwrap();
    let follows = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    let followed = follows.get(house.url("/arsiv")).basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
    assert_eq!((followed.status(), followed.url().path()), (reqwest::StatusCode::OK, "/arsiv/"));
}
