//! The page of results: its filters, sums, pages and remarks, and who may see it.

use std::fmt::Write as _;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::json;

use super::people::representative;
use crate::engines::Engine;
use crate::figures::{body, election, line, open, sent, statuses};
use crate::house::{House, Plan};

/// The rows of the table of boxes, each as the text of its cells.
fn boxes(page: &str) -> Vec<Vec<String>> {
    let table = page.split("aria-label=\"Sandıkların sonuçları\"").nth(1).unwrap_or_default();
    let table = table.split("</table>").next().unwrap_or_default();
    table.split("<tbody>").nth(1).unwrap_or_default().split("<tr").skip(1).map(cells).collect()
}

fn cells(row: &str) -> Vec<String> {
    row.split("</th>").flat_map(|part| part.split("</td>")).map(text).filter(|cell| cell != "\u{0}").collect()
}

/// Text without its tags; NUL for what holds no cell.
fn text(html: &str) -> String {
    let Some(at) = html.rfind("<td").or_else(|| html.rfind("<th")) else { return "\u{0}".to_owned() };
    let mut text = String::new();
    let mut inside = false;
    for letter in html[at..].chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    text.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_found_by_race_place_and_number_with_the_sums_of_the_part() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), election: Some(election), ..Plan::default() };
        let house = House::build(plan).await;
        let lines = [line(1, 9, 1, 1_100), line(2, 9, 1, 50), line(1, 8, 1, 30)];
        assert_eq!(statuses(&sent(&house, body(&lines)).await), ["created"; 3]);
        let mut browser = representative(&house).await;
        let all = browser.get("/sonuclar?tur=9").await;
        assert_eq!(all.status, StatusCode::OK, "{}", all.body);
        let rows = boxes(&all.body);
        let shown: Vec<(&str, &str, &str)> = rows.iter().map(|row| (&*row[0], &*row[6], &*row[8])).collect();
        assert_eq!(shown, [("1001", "1.100", "1.100"), ("1002", "50", "50")], "{}", all.body);
        assert!(all.body.contains("Açılan / toplam sandık <strong>2 / "), "{}", all.body);
        assert!(all.body.contains(">1.150</td>"), "the sum of the first choice: {}", all.body);
        assert!(rows[0].last().unwrap().contains("listede yazılı seçmen sayısından fazla"), "{rows:?}");
        for (query, expected) in [
            ("?tur=8", vec!["1001"]),
            ("?tur=9&il=34&kurul=34-k-1", vec!["1001", "1002"]),
            ("?tur=9&il=34&kurul=34-k-2", vec![]),
            ("?tur=9&sandikNoIlk=1002", vec!["1002"]),
            ("?tur=9&sandikNoIlk=1001&sandikNoSon=1001", vec!["1001"]),
            ("?tur=9&sandikTuru=2", vec![]),
            ("?tur=9&alan=gumruk&gumruk=34", vec!["1001", "1002"]),
        ] {
            let page = browser.get(&format!("/sonuclar{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{query}");
            let numbers: Vec<String> = boxes(&page.body).into_iter().map(|mut row| row.remove(0)).collect();
            assert_eq!(numbers, expected, "{query}");
        }
        for bad in ["?tur=6", "?tur=x", "?sandikNoIlk=x", "?sandikTuru=9", "?sandikNoIlk=5&sandikNoSon=1", "?sonra=x"] {
            assert_eq!(browser.get(&format!("/sonuclar{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
        house.audit(8, |row| row.act == "view-results" && row.outcome == "ok").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_a_reason_and_a_result_that_was_taken_back_are_marked_and_absent_is_no_zero() {
    let house = open().await;
    let mut change = line(1, 9, 2, 120);
    change.as_object_mut().unwrap().remove("reason");
    let mut void = line(2, 9, 2, 0);
    void["void"] = json!(true);
    void.as_object_mut().unwrap().remove("votes");
    let mut absent = line(3, 9, 1, 70);
    absent.as_object_mut().unwrap().remove("registered");
    absent["votes"].as_object_mut().unwrap().remove("2");
    let receipts = sent(&house, body(&[line(1, 9, 1, 100), change, line(2, 9, 1, 50), void, absent])).await;
    assert_eq!(statuses(&receipts), ["created"; 5]);
    let rows = boxes(&representative(&house).await.get("/sonuclar?tur=9").await.body);
    assert!(rows[0].last().unwrap().contains("Değişikliğin nedeni yazılmamış."), "{rows:?}");
    assert!(rows[1].last().unwrap().contains("Sonuç geri alındı."), "{rows:?}");
    let third = rows.iter().find(|row| row[6] == "70").unwrap();
    assert_eq!((&*third[4], &*third[9]), ("", ""), "{third:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_shown_to_nobody_before_the_gate_and_to_no_board_and_no_auditor() {
    let house = open().await;
    let mut browser = representative(&house).await;
    house.clock.set(crate::house::BEFORE.parse().unwrap());
    let early = browser.get("/sonuclar").await;
    assert_eq!(early.status, StatusCode::FORBIDDEN, "{}", early.body);
    assert!(boxes(&early.body).is_empty());
}

/// The election of [`election`] with 120 boxes at one place.
fn large(dir: &Path) {
    election(dir);
    let mut boxes = "box_id,place_id,number,kind,races\n".to_owned();
    for number in 1..=120 {
        writeln!(boxes, "{number:07},34-k-m1,{},0,", 1000 + number).unwrap();
    }
    std::fs::write(dir.join("boxes.csv"), boxes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_read_while_results_come_in_are_of_one_instant_and_without_a_gap() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), election: Some(large), ..Plan::default() };
        let house = House::build(plan).await;
        let first: Vec<_> = (1..=118).map(|number| line(number, 9, 1, number)).collect();
        assert!(statuses(&sent(&house, body(&first)).await).iter().all(|status| *status == "created"));
        let mut browser = representative(&house).await;
        let (mut seen, mut path, mut later) = (Vec::new(), "/sonuclar?tur=9".to_owned(), 2);
        loop {
            let page = browser.get(&path).await.body;
            seen.extend(boxes(&page).into_iter().map(|mut row| (row.remove(0), row.remove(5))));
            // All that is still to be read changes, and two boxes that nobody has seen come in.
            let changes: Vec<_> = (1..=120).map(|number| line(number, 9, later, 7_000)).collect();
            sent(&house, body(&changes)).await;
            later += 1;
            let next = page.split("\" rel=\"next\">").next().filter(|before| *before != page);
            let Some(next) = next.and_then(|before| before.rsplit_once("href=\"")) else { break };
            path = next.1.replace("&amp;", "&").replace("&#38;", "&");
        }
        let expected: Vec<_> = (1..=118).map(|number| ((1000 + number).to_string(), number.to_string())).collect();
        assert_eq!(seen, expected, "{}", engine.name);
        let now = boxes(&browser.get("/sonuclar?tur=9").await.body);
        assert!(now.iter().all(|row| row[6] == "7.000"), "{}: {now:?}", engine.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn joint_votes_are_shared_among_the_parties_and_the_share_is_called_computed() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), election: Some(election), ..Plan::default() };
        let house = House::build(plan).await;
        let mut joint = line(1, 8, 1, 43);
        joint["votes"] = json!({"1": 30, "2": 10, "3": 3});
        assert_eq!(statuses(&sent(&house, body(&[joint])).await), ["created"]);
        let page = representative(&house).await.get("/sonuclar?tur=8&il=34").await.body;
        let table = page.split("<table class=\"sums\">").nth(1).unwrap().split("</table>").next().unwrap();
        assert!(table.contains("Ortak oydan (hesaplanan)"), "{table}");
        let rows: Vec<Vec<String>> = table.split("<tbody>").nth(1).unwrap().split("<tr").skip(1).map(cells).collect();
        let shown: Vec<(&str, &str, &str)> = rows.iter().map(|row| (&*row[2], &*row[5], &*row[6])).collect();
        assert_eq!(shown, [("30", "2", "32"), ("10", "1", "11"), ("3", "", "")], "{}: {rows:?}", engine.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_shows_its_versions_beside_each_other_and_how_sheet_and_result_stand_to_each_other() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), election: Some(election), ..Plan::default() };
        let house = House::build(plan).await;
        let mut browser = representative(&house).await;
        let section = |page: &str| {
            let sheet = page.split("Cumhurbaşkanı – Sandık Sonuç Tutanağı</h2>").nth(1).unwrap();
            sheet.split("</section>").next().unwrap_or_default().to_owned()
        };
        let mut told = async || section(&browser.get("/sandik/34/kadikoy/1001").await.body);
        assert!(told().await.contains("Sonuç da tutanak da henüz gelmedi."), "{}", told().await);
        assert_eq!(statuses(&sent(&house, body(&[line(1, 9, 1, 100)])).await), ["created"]);
        assert!(told().await.contains("Sonuç var, tutanak bekleniyor."));
        super::people::sent(&house, &house.first, "1090000001").await;
        assert!(told().await.contains("Sonuç da tutanak da var."));
        assert_eq!(statuses(&sent(&house, body(&[line(1, 9, 2, 120)])).await), ["created"]);
        assert_eq!(statuses(&sent(&house, body(&[line(1, 9, 2, 999)])).await), ["conflict"]);
        let now = told().await;
        for expected in [
            "Sonuç değişti, tutanak eski.",
            "2. sürüm (geçerli)",
            "<mark>120</mark>",
            "İlçe seçim kurulu 2024/7",
            "kayıttadır ve geçerli değildir",
            "<abbr title=\"Birinci Aday\">BİRİNCİ</abbr>",
        ] {
            assert!(now.contains(expected), "{}: {expected}: {now}", engine.name);
        }
        assert!(now.contains("<td class=\"number\">326</td>") && !now.contains("<mark>326</mark>"), "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_is_saved_as_a_workbook_as_tables_and_as_json_under_a_name_with_its_position() {
    let house = open().await;
    let lines = [line(1, 9, 1, 1_100), line(2, 9, 1, 50), line(1, 8, 1, 30)];
    assert_eq!(statuses(&sent(&house, body(&lines)).await), ["created"; 3]);
    let mut browser = representative(&house).await;
    let csv = browser.get("/sonuclar.csv?tur=9&il=34").await;
    assert!(csv.body.starts_with("\u{feff}KONUM;ZAMAN;") && csv.body.contains("aday:BİRİNCİ"), "{}", csv.body);
    assert_eq!(csv.body.trim_end().split("\r\n").count(), 3);
    let long = browser.get("/sonuclar.csv?tur=9&duzen=uzun&bicim=rfc4180").await.body;
    assert!(long.starts_with("KONUM,ZAMAN,") && long.trim_end().split("\r\n").count() == 5, "{long}");
    let json: serde_json::Value = serde_json::from_str(&browser.get("/sonuclar.json?tur=8").await.body).unwrap();
    assert_eq!((json["rows"].as_array().unwrap().len(), &json["rows"][0]["valid"]), (1, &30.into()));
    let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
    let size = house.ledger.head().await.unwrap().size;
    let request = house.client.get(house.url("/sonuclar.xlsx?tur=9")).header(reqwest::header::COOKIE, cookie);
    let answer = request.send().await.unwrap();
    let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.starts_with("attachment; filename=\"sonuc-") && name.ends_with(&format!("-{size}.xlsx\"")), "{name}");
    let book = answer.bytes().await.unwrap();
    assert!(book.starts_with(b"PK") && book.len() > 2_000, "{} bytes", book.len());
    house.audit(4, |row| row.act == "save-results" && row.outcome == "ok" && row.bytes > 0).await;
}
