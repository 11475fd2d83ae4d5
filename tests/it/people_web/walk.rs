//! The whole table of addresses, walked by somebody whose first password is not replaced.

use reqwest::{Method, StatusCode};
use tutanak::people::enrol;
use tutanak::web::needs::Needs;
use tutanak::web::routes::table;

use super::browser::Browser;
use crate::ftp::Control;
use crate::house::House;

/// An address with something in its places.
fn filled(path: &str) -> String {
    path.replace("{digest}", &"0".repeat(64))
        .replace("{*path}", "durum.json")
        .replace("{id}", "parti")
        .replace("{login}", "parti-1")
        .replace("{name}", "x.json")
        .replace("{position}", "1")
        .replace("{region}/{size}/{rotation}/{file}", "full/max/0/default.jpg")
}

#[tokio::test]
async fn with_a_first_password_nothing_works_but_changing_it_and_logging_out() {
    let house = House::open().await;
    let (operator, auditor) = (
        enrol::operator(&house.ledger, "skgm-1", "İşletmen").await.unwrap(),
        enrol::auditor(&house.ledger, "denetci-1", "Denetçi").await.unwrap(),
    );
    let clerk = crate::board_web::people::slip(&house, "kadikoy-1", 1).await;
    let mut open = Vec::new();
    // All of them first: the wrong credentials below make this address wait.
    let mut people = Vec::new();
    for slip in [&house.party.web, &operator, &auditor, &clerk] {
        let mut browser = Browser::new(&house);
        assert_eq!(browser.log_in(&slip.user, &slip.password, "").await, StatusCode::SEE_OTHER);
        people.push((slip, browser));
    }
    for (slip, mut browser) in people {
        let token = browser.form_token("/parola").await;
        // Logging out comes last: it works.
        let mut routes = table();
        routes.sort_by_key(|route| route.path == "/cikis");
        for route in routes {
            let path = filled(route.path);
            let fields = format!("_token={token}&simdiki=x&yeni=y&yeniden=z&oturum=hepsi&gizli=x&kod=1");
            let body = (!route.method.is_safe()).then(|| ("application/x-www-form-urlencoded", fields.into_bytes()));
            let page = browser.ask(route.method.clone(), &path, body, &[("sec-fetch-site", "same-origin")]).await;
            let line = format!("{} {} for {}", route.method, route.path, slip.user);
            match route.needs {
                Needs::Session(_) => open.push((route.method.clone(), route.path)),
                Needs::Person | Needs::Right(_) | Needs::Picture(_) | Needs::BoardPerson(_) | Needs::BoardPage(_) => {
                    let turned = page.status == StatusCode::SEE_OTHER && page.location.as_deref() == Some("/parola");
                    assert!(turned || page.status == StatusCode::FORBIDDEN, "{line}: {}", page.status);
                }
                Needs::BoardMachine | Needs::Feed | Needs::Bulk | Needs::Service => {
                    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{line}")
                }
                // It shows nothing of anybody; a login form in a session makes another session, or none.
                Needs::Nobody => {}
            }
            // The first password itself is worth nothing as anything else.
            let asked = house.client.request(route.method.clone(), house.url(&path));
            let basic = asked.try_clone().unwrap().basic_auth(&slip.user, Some(&slip.password)).send().await.unwrap();
            let bearer = asked.bearer_auth(&slip.password).send().await.unwrap();
            if route.needs != Needs::Nobody {
                assert!(!basic.status().is_success() && !bearer.status().is_success(), "{line}");
            }
        }
        assert_eq!(browser.get("/parola").await.location.as_deref(), Some("/giris"), "logging out has worked");
        let mut line = Control::open_encrypted(&house, [127, 0, 0, 1]).await;
        line.say(&format!("USER {}", slip.user)).await;
        assert!(line.say(&format!("PASS {}", slip.password)).await.starts_with("530"));
    }
    open.sort_by_key(|(method, path)| (*path, method.to_string()));
    open.dedup();
    let expected = [
        (Method::POST, "/cikis"),
        (Method::GET, "/dogrulama"),
        (Method::POST, "/dogrulama"),
        (Method::GET, "/parola"),
        (Method::POST, "/parola"),
    ];
    assert_eq!(open, expected, "a route that works before the first change must be meant to");
    house.audit(20, |row| row.reason == "must-change-password").await;
}

#[tokio::test]
async fn without_a_session_nothing_that_needs_one_answers() {
    let house = House::open().await;
    for route in table().into_iter().filter(|route| route.needs != Needs::Nobody) {
        let page = Browser::new(&house).ask(route.method.clone(), &filled(route.path), None, &[]).await;
        let turned = page.status == StatusCode::SEE_OTHER && page.location.as_deref() == Some("/giris");
        assert!(turned || page.status == StatusCode::UNAUTHORIZED, "{} {}: {}", route.method, route.path, page.status);
    }
}
