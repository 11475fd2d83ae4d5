//! What no code could link: Eksikler shows it, one person links it by hand, a second one agrees, and the same way back. All
//! of it is in the log, and whoever reads the log comes to the same.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tutanak::domain::{Digest, Entry, EntryKind};

use super::people::{at_work, houses, known};
use crate::house::House;
use crate::lists::{column, table};
use crate::paper::page;
use crate::people_web::browser::{Browser, Page};

const PARKED: &str = "/kurul/eslesmeyen/2";

async fn entry(house: &House, position: u64) -> Entry {
    let line = house.ledger.lines_from(position, 1).await.unwrap().remove(0).line;
    serde_json::from_str(&line).unwrap()
}

async fn wish(clerk: &mut Browser, path: &str, code: &str, reason: &str) -> Page {
    clerk.post(path, &[("sandik", "1001"), ("kod", code), ("gerekce", reason)]).await
}

/// The number of the newest wish that waits.
async fn wished(clerk: &mut Browser) -> String {
    let list = clerk.get("/kurul/eslesmeyenler").await.body;
    let number = list.split("action=\"/kurul/oneri/").last().and_then(|rest| rest.split('"').next());
    number.unwrap_or_else(|| panic!("no wish waits: {list}")).to_owned()
}

async fn decide(clerk: &mut Browser, wish: &str, what: &str) -> Page {
    clerk.post(&format!("/kurul/oneri/{wish}"), &[("karar", what)]).await
}

/// The row of a form in the list of what is missing.
async fn row(clerk: &mut Browser, code: &str) -> String {
    let list = clerk.get("/kurul/eksikler").await.body;
    let row = list.split("<tr class=").find(|row| row.contains(&format!("<td>{code}</td>")));
    row.unwrap_or_else(|| panic!("no {code}: {list}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_link_a_scan_by_hand_take_it_back_and_link_it_again() {
    for (name, house, engine) in houses().await {
        let scan = page(&[], 7);
        let digest = Digest::of(&scan).to_string();
        let parked = crate::house::json(house.send(&house.first, &scan).await).await;
        assert_eq!((parked["position"].as_u64(), parked["reason"].as_str()), (Some(2), Some("no-code")), "{name}");
        let at_first = known(&house, &house.first, &scan).await;
        let mut one = at_work(&house, "kadikoy-1", 1).await;
        let mut two = at_work(&house, "kadikoy-1", 2).await;
        let mut neighbour = at_work(&house, "kadikoy-2", 1).await;

        // The picture, for this board alone.
        let list = one.get("/kurul/eslesmeyenler").await.body;
        assert!(list.contains("karekod okunamadı") && list.contains(PARKED), "{list}");
        let picture = one.bytes("/kurul/goruntu/2").await;
        assert_eq!((picture.0, Digest::of(&picture.1).to_string()), (StatusCode::OK, digest.clone()), "{name}");
        let small = one.bytes("/kurul/goruntu/2/kucuk").await;
        assert!(small.1.starts_with(b"\x89PNG") && small.1.len() < scan.len().max(20_000), "{name}");
        for path in [PARKED, "/kurul/goruntu/2", "/kurul/goruntu/2/kucuk"] {
            assert_eq!(neighbour.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(!neighbour.get("/kurul/eslesmeyenler").await.body.contains(PARKED));
        for position in ["0", "1", "3", "99999999999999999999"] {
            let status = one.get(&format!("/kurul/eslesmeyen/{position}")).await.status;
            assert!(status.is_client_error(), "{position}: {status}");
        }

        // A wish: of an own form, with a reason, one at a time.
        assert!(row(&mut one, "1090000001").await.contains("Eksik"));
        let offered = one.get(&format!("{PARKED}?sandik=1001")).await.body;
        assert!(offered.contains("value=\"1090000001\"") && !offered.contains("1090000002"), "{offered}");
        for (code, reason, words) in [
            ("1090000001", "", "Gerekçe yazın"),
            ("1090000001", &"x".repeat(501), "Gerekçe yazın"),
            ("1090000101", "komşunun", "Kurulunuzun tutanaklarından"),
            ("1099999999", "bilinmeyen", "Kurulunuzun tutanaklarından"),
            ("x", "kod değil", "Kurulunuzun tutanaklarından"),
        ] {
            let page = wish(&mut one, PARKED, code, reason).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {code}");
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        assert_eq!(wish(&mut one, PARKED, "1090000001", "karekod yırtık").await.status, StatusCode::SEE_OTHER);
        assert!(wish(&mut two, PARKED, "1090000002", "hayır, bu").await.body.contains("onay bekleyen bir öneri var"));
        assert!(row(&mut one, "1090000001").await.contains("onay bekliyor"));
        let number = wished(&mut two).await;

        // Nobody agrees alone, and no stranger does.
        let alone = decide(&mut one, &number, "onay").await;
        assert_eq!(alone.status, StatusCode::CONFLICT, "{name}");
        assert!(alone.body.contains("ikinci bir kişi"), "{}", alone.body);
        for what in ["onay", "vazgec"] {
            assert_eq!(decide(&mut neighbour, &number, what).await.status, StatusCode::CONFLICT);
        }
        assert_eq!(house.entered().await, 1, "{name}: nothing of it is an entry");
        house.audit(1, |row| row.act == "resolve" && row.outcome == "refused" && row.reason == "same-person").await;
        assert_eq!(decide(&mut two, &number, "onay").await.status, StatusCode::SEE_OTHER);
        assert_eq!(decide(&mut two, &number, "onay").await.status, StatusCode::CONFLICT, "once");
        let link = entry(&house, 3).await;
        assert_eq!((link.kind, link.sha256), (EntryKind::Resolved, Some(Digest::of(&scan))));
        assert_eq!(link.by, ["kadikoy-1-1", "kadikoy-1-2"]);
        assert_eq!(link.reason.as_deref(), Some("karekod yırtık"));
        let path = "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v1.png";
        assert_eq!(link.path.as_deref(), Some(path));
        assert_eq!(house.get(path).await.bytes().await.unwrap(), scan);
        assert!(row(&mut one, "1090000001").await.contains("Geldi"));
        assert!(!one.get("/kurul/eslesmeyenler").await.body.contains("karekod okunamadı"));
        let receipt: Value = serde_json::from_str(&known(&house, &house.first, &scan).await).unwrap();
        assert_eq!((&receipt["status"], &receipt["position"]), (&json!("linked"), &json!(3)));
        let again = house.send(&house.first, &scan).await;
        assert_eq!((again.status(), crate::house::json(again).await["position"].as_u64()), (StatusCode::OK, Some(3)));
        house.audit(1, |row| row.act == "resolve" && row.object == format!("agree {number} entry 3")).await;

        // Back, by two again. Nothing is deleted: path and bytes stay.
        let back = "/kurul/baglanan/3";
        assert_eq!(wish(&mut two, back, "", "yanlış sandık").await.status, StatusCode::SEE_OTHER);
        let number = wished(&mut one).await;
        assert_eq!(decide(&mut two, &number, "onay").await.status, StatusCode::CONFLICT);
        assert_eq!(decide(&mut one, &number, "onay").await.status, StatusCode::SEE_OTHER);
        let taken_back = entry(&house, 4).await;
        assert_eq!(taken_back.kind, EntryKind::Withdrawn);
        assert_eq!((taken_back.path.as_deref(), taken_back.sha256), (Some(path), Some(Digest::of(&scan))));
        assert_eq!(taken_back.by, ["kadikoy-1-2", "kadikoy-1-1"]);
        assert_eq!(house.get(path).await.bytes().await.unwrap(), scan, "{name}: no path loses its content");
        assert!(row(&mut one, "1090000001").await.contains("Eksik"));
        assert!(one.get("/kurul/eslesmeyenler").await.body.contains("karekod okunamadı"));
        assert_eq!(known(&house, &house.first, &scan).await, at_first, "{name}: the receipt of before");
        assert_eq!(crate::house::json(house.send(&house.first, &scan).await).await, parked);
        assert_eq!(wish(&mut one, back, "", "bir daha").await.status, StatusCode::NOT_FOUND);

        // Again, to the right form; of two who agree at once one does.
        assert_eq!(wish(&mut one, PARKED, "1090000002", "doğru sandık").await.status, StatusCode::SEE_OTHER);
        let number = wished(&mut two).await;
        let mut third = at_work(&house, "kadikoy-1", 3).await;
        let (a, b) = tokio::join!(decide(&mut two, &number, "onay"), decide(&mut third, &number, "onay"));
        let mut statuses = [a.status, b.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT], "{name}");
        assert_eq!(house.entered().await, 4, "{name}: parked, linked, taken back, linked");

        lists_say_so(&house, name, &digest).await;
        told_the_same_by_the_log(house, name, engine).await;
    }
}

/// The scan is current where it was linked last, and nowhere else; the changes tell all of it.
async fn lists_say_so(house: &House, name: &str, digest: &str) {
    house.clock.advance(jiff::SignedDuration::from_mins(2));
    let (header, rows) = table(house, "listeler/guncel.csv").await;
    assert_eq!(column(&header, &rows, "SANDIK NO"), ["1002"], "{name}");
    assert_eq!(column(&header, &rows, "SHA256"), [digest]);
    for list in ["listeler/degisiklikler.csv", "listeler/34-istanbul/degisiklikler.csv"] {
        let (header, rows) = table(house, list).await;
        let states = ["sonradan bağlandı", "geri çekildi", "sonradan bağlandı"];
        assert_eq!(column(&header, &rows, "DURUM"), states, "{name}: {list}");
        assert!(column(&header, &rows, "AÇIKLAMA")[1].contains("yanlış sandık"));
    }
    let (header, rows) = table(house, "listeler/eksikler.csv").await;
    let missing = column(&header, &rows, "KAREKOD");
    assert!(missing.contains(&"1090000001".to_owned()) && !missing.contains(&"1090000002".to_owned()), "{missing:?}");
}

/// A party's copy is whole, and a database made from the log again is the same.
async fn told_the_same_by_the_log(mut house: House, name: &str, engine: Option<crate::engines::Engine>) {
    let copy = tempfile::tempdir().unwrap();
    let (status, _) = crate::mirror::mirror(&house, &house.url("/arsiv/"), copy.path(), &[]).await;
    assert_eq!(status, 0, "{name}");
    let (status, told) = crate::mirror::verify(&house, copy.path(), &[]).await;
    assert_eq!((status, told["checked"]["scans"].as_u64()), (0, Some(2)), "{name}: {told}");
    let Some(engine) = engine else { return };
    house.stop().await;
    let empty = match engine.name {
        "sqlite" => crate::engines::Engine::sqlite(),
        _ => crate::engines::Engine::postgres().await.unwrap(),
    };
    crate::rebuild::attempt(&house, &empty, &crate::rebuild::signer(&house)).await.unwrap();
    let (old, new) = (crate::rebuild::dump(&engine.config).await, crate::rebuild::dump(&empty.config).await);
    assert_eq!(old, new, "{name}");
    // The old database still knows what was wished; the new one knows what became of it.
    let board = "kadikoy-1".parse().unwrap();
    let ledger = empty.open().await;
    assert_eq!(ledger.links_by_hand(&board, None, 10).await.unwrap().len(), 1, "{name}");
    assert!(ledger.parked_of_board(&board, None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_wish_can_be_given_up_and_is_overtaken_by_a_code_that_becomes_known() {
    for (name, house, _engine) in houses().await {
        let scan = page(&["1090000009"], 1);
        house.send(&house.first, &scan).await;
        let (mut one, mut two) = (at_work(&house, "kadikoy-1", 1).await, at_work(&house, "kadikoy-1", 2).await);
        for giver in [true, false] {
            assert_eq!(wish(&mut one, PARKED, "1090000001", "deneme").await.status, StatusCode::SEE_OTHER);
            let number = wished(&mut one).await;
            let clerk = if giver { &mut one } else { &mut two };
            assert_eq!(decide(clerk, &number, "vazgec").await.status, StatusCode::SEE_OTHER, "{name}");
            assert_eq!(decide(&mut two, &number, "onay").await.status, StatusCode::CONFLICT);
        }
        assert_eq!(wish(&mut one, PARKED, "1090000001", "deneme").await.status, StatusCode::SEE_OTHER);
        let number = wished(&mut one).await;
        let late = house.dir.path().join("late.csv");
        std::fs::write(&late, "box_id,place_id,number,kind,races\n0000009,34-k-m1,1009,0,\n").unwrap();
        tutanak::registry::add_boxes(&house.ledger, &late, &mut |_| {}).await.unwrap();
        assert_eq!(crate::house::json(house.send(&house.first, &scan).await).await["status"], "linked");
        let before = house.entered().await;
        let overtaken = decide(&mut two, &number, "onay").await;
        assert_eq!(overtaken.status, StatusCode::CONFLICT, "{name}");
        assert_eq!(house.entered().await, before, "{name}: no second link of the same bytes");
        // A link that a code made is nobody's to take back here.
        let position = before + 1;
        assert_eq!(wish(&mut one, &format!("/kurul/baglanan/{position}"), "", "x").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn of_a_form_with_many_pages_two_people_say_which_page_it_is() {
    for (name, house, _engine) in houses().await {
        let sent = [page(&["5550000001"], 1), page(&["5550000001"], 2)];
        let (better, further) = (page(&[], 7), page(&[], 8));
        for scan in sent.iter().chain([&better, &further]) {
            house.send(&house.first, scan).await;
        }
        let [first, second] = sent.map(|scan| Digest::of(&scan));
        let (mut one, mut two) = (at_work(&house, "kadikoy-1", 1).await, at_work(&house, "kadikoy-1", 2).await);
        let (parked_4, parked_5) = ("/kurul/eslesmeyen/4", "/kurul/eslesmeyen/5");
        let offered = one.get(&format!("{parked_4}?sandik=1001")).await.body;
        for words in [
            "value=\"5550000001\"",
            "Geldi, 2 sayfa",
            "yeni sayfa olarak",
            &format!("value=\"5550000001/{first}\""),
            &format!("value=\"5550000001/{second}\""),
            "2. sayfanın (şimdi 1. sürüm) yerine",
        ] {
            assert!(offered.contains(words), "{name}: {words} in {offered}");
        }
        assert!(!offered.contains("1090000001/"), "{name}: a form of one page has nothing to choose");
        for none in [format!("5550000001/{}", Digest::of(&better)), format!("1090000001/{first}")] {
            let refused = wish(&mut one, parked_4, &none, "yok").await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {none}");
            assert!(refused.body.contains("böyle bir sayfası yok"), "{}", refused.body);
        }
        // Who agrees sees which page it is to be.
        let mut agreed = async |path: &str, form: &str, words: &str| {
            assert_eq!(wish(&mut one, path, form, "karekod yırtık").await.status, StatusCode::SEE_OTHER, "{name}");
            let number = wished(&mut two).await;
            let list = two.get("/kurul/eslesmeyenler").await.body;
            assert!(list.contains(words), "{name}: {words} in {list}");
            assert_eq!(decide(&mut two, &number, "onay").await.status, StatusCode::SEE_OTHER, "{name}");
            entry(&house, house.entered().await + 1).await
        };
        let instead = agreed(parked_4, &format!("5550000001/{first}"), "Cetveli, 1. sayfanın yerine").await;
        assert_eq!((instead.page, instead.revision, instead.replaces), (Some(1), Some(2), Some(first)), "{name}");
        assert!(instead.path.as_deref().unwrap().ends_with("-1.v2.png"), "{instead:?}");
        let new = agreed(parked_5, "5550000001", "Cetveli, yeni sayfa").await;
        assert_eq!((new.page, new.revision, new.replaces), (Some(3), Some(1), None), "{name}");
        // The wrong page: taken back, the first scan of it counts again, and the right one takes it.
        let taken_back = agreed("/kurul/baglanan/6", "", "Bağlantıyı geri al").await;
        assert_eq!((taken_back.kind, taken_back.page), (EntryKind::Withdrawn, Some(1)), "{name}");
        let again = agreed(parked_4, &format!("5550000001/{second}"), "Cetveli, 2. sayfanın yerine").await;
        assert_eq!((again.page, again.revision, again.replaces), (Some(2), Some(2), Some(second)), "{name}");
        let offered = one.get("/kurul/eslesmeyenler").await.body;
        assert!(offered.contains("Cetveli, 2. sayfa") && offered.contains("Cetveli, 3. sayfa"), "{name}: {offered}");
        // A board's own word of what a scan replaces: the page that those bytes are now, not the one they were.
        let best = page(&["5550000001"], 9);
        let put = format!("{}?replaces={}&reason=net", Digest::of(&best), Digest::of(&better));
        assert!(house.put(&house.first, &put).body(best).send().await.unwrap().status().is_success());
        let best = entry(&house, house.entered().await + 1).await;
        assert_eq!((best.page, best.revision), (Some(2), Some(3)), "{name}");
        // It is offered as the first choice where the scan had to be parked.
        let unread = page(&[], 10);
        let put = format!("{}?replaces={first}&reason=net", Digest::of(&unread));
        let parked = house.put(&house.first, &put).body(unread).send().await.unwrap();
        let position = crate::house::json(parked).await["position"].as_u64().unwrap();
        let offered = one.get(&format!("/kurul/eslesmeyen/{position}?sandik=1001")).await.body;
        assert!(offered.contains(&format!("value=\"5550000001/{first}\" required checked")), "{name}: {offered}");
    }
}

#[tokio::test]
async fn what_is_missing_is_shown_by_place_race_and_state_and_as_a_table() {
    for (name, house, _engine) in houses().await {
        for scan in [
            page(&["1090000001"], 1),
            page(&["1090000001"], 2),
            page(&["1090000002"], 3),
            page(&["5550000001"], 4),
            page(&["5550000001"], 5),
            page(&["1080000003", "1090000003"], 6),
        ] {
            house.send(&house.first, &scan).await;
        }
        let mut clerk = at_work(&house, "kadikoy-1", 1).await;
        for (code, words) in [
            ("1090000001", "Geldi, 2. sürüm"),
            ("1090000002", "Geldi, 31.03.2024 17:00:"),
            ("5550000001", "Geldi, 2 sayfa"),
            ("1080000003", "Görüntüsü var, bağlanamadı"),
            ("1080000001", "Eksik"),
            ("5550000002", "Eksik"),
        ] {
            let row = row(&mut clerk, code).await;
            assert!(row.contains(words), "{name}: {words} in {row}");
        }
        let mut codes = async |query: &str| {
            let list = clerk.get(&format!("/kurul/eksikler?{query}")).await.body;
            let cells = list.split("<td>").filter_map(|cell| cell.split("</td>").next());
            cells
                .filter(|cell| cell.len() == 10 && cell.bytes().all(|b| b.is_ascii_digit()))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(codes("").await.len(), 8, "{name}");
        assert_eq!(codes("tur=8").await, ["1080000001", "1080000002", "1080000003"], "{name}");
        assert_eq!(codes("mahalle=34-k").await, ["5550000002"]);
        assert_eq!(codes("mahalle=34-k-m2").await, [""; 0], "another board's mahalle");
        assert_eq!(codes("durum=yeni").await, ["1090000001"]);
        assert_eq!(codes("durum=bekleyen").await, ["1080000003", "1090000003"]);
        assert_eq!(codes("durum=eksik&tur=9&mahalle=34-k").await, ["5550000002"]);
        assert_eq!(codes("sonra=end").await, [""; 0]);
        let csv = clerk.get("/kurul/eksikler.csv?durum=eksik").await;
        let rows: Vec<&str> = csv.body.lines().collect();
        assert!(rows[0].starts_with("\u{feff}YER,SANDIK NO"), "{rows:?}");
        assert_eq!(rows.len(), 1 + 3, "{name}: {rows:?}");
        assert_eq!(clerk.get("/kurul/eksikler?sonra=x").await.status, StatusCode::BAD_REQUEST);
    }
}
