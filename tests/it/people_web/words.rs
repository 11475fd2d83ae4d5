//! What people and programs write, by every address there is: a character that is not seen is refused with a sentence that
//! names it, or kept where it harms nobody; and it is shown by none of them.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tutanak::domain::words::Hidden;
use tutanak::people::enrol;
use tutanak::web::needs::Needs;
use tutanak::web::route::Route;
use tutanak::web::routes::table;

use super::browser::{Browser, Page};
use super::manage::two_operators;
use crate::board_web::people::{FORM, at_work, files};
use crate::engines::Engine;
use crate::house::{House, Operator, Plan, settled};
use crate::paper::page;

/// What is tried, and how a refusal names it.
const BAD: [(&str, &str); 7] = [
    ("iki\r\nsatır", "U+000D"),
    ("ESC\u{1b}[2J", "U+001B"),
    ("bo\0ş", "U+0000"),
    ("ters\u{202e}yön", "U+202E"),
    ("ayrı\u{2066}yön", "U+2066"),
    ("gizli\u{200b}harf", "U+200B"),
    ("im\u{feff}li", "U+FEFF"),
];

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Whether a text can be shown as it is. Lists begin with a byte order mark, and end their lines with CR LF.
fn is_clean(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    text.chars().all(|letter| matches!(letter, '\n' | '\t') || Hidden::of(letter).is_none())
}

/// Every name under which a question or a form carries words.
const FIELDS: &str = "reason replaces kind after sandik bilgi hesap kisi ip islem nesne sonuc baslangic bitis sonra kullanici \
     parola kod gerekce karar oturum simdiki yeni yeniden gizli simdiki_kod dosya sha256 channel account name phone email role \
     candidate place id addresses active";

/// The path with something in its places.
fn filled(path: &str, with: &str) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, behind) = after.split_once('}').unwrap();
        filled = filled + before + with;
        rest = behind;
    }
    filled + rest
}

/// Everybody who may ask for anything.
struct People {
    operator: Browser,
    auditor: Browser,
    clerk: Browser,
    stranger: Browser,
}

impl People {
    async fn of(house: &House) -> Self {
        let auditor = Operator {
            login: settled(&house.ledger, enrol::auditor(&house.ledger, "denetci-1", "Denetçi").await.unwrap()).await,
            secret: tutanak::access::totp::generate().unwrap(),
        };
        let code = auditor.code(&house.ledger, &house.clock).await;
        let mut browser = Browser::new(house);
        let status = browser.log_in(&auditor.login.user, &auditor.login.password, &code).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let clerk = at_work(house, "kadikoy-1", 1).await;
        Self { operator: two_operators(house).await.one, auditor: browser, clerk, stranger: Browser::new(house) }
    }

    fn who(&mut self, route: &Route) -> &mut Browser {
        use tutanak::access::Act::{Administer, ReadRecord};
        match route.needs {
            Needs::Right(Administer) => &mut self.operator,
            Needs::Right(ReadRecord) => &mut self.auditor,
            Needs::BoardPerson(_) | Needs::BoardPage(_) | Needs::Person | Needs::Right(_) => &mut self.clerk,
            _ => &mut self.stranger,
        }
    }
}

/// What a program with a right token or password is told; a browser for all others.
async fn asked(house: &House, people: &mut People, route: &Route, path: &str, body: Option<(&str, Vec<u8>)>) -> Page {
    let program = house.client.request(route.method.clone(), house.url(path));
    let program = match route.needs {
        Needs::BoardMachine => program.bearer_auth(&house.first),
        Needs::Feed => program.bearer_auth(&house.feed().await),
        Needs::Service => program.bearer_auth(&house.party.service.token),
        Needs::Bulk => program.basic_auth(&house.party.bulk.user, Some(&house.party.bulk.password)),
        _ => {
            let browser = people.who(route);
            let token = match browser.ticket() {
                Some(_) if !route.method.is_safe() => browser.form_token("/parola").await,
                _ => String::new(),
            };
            let headers = [("x-form-token", token.as_str()), ("sec-fetch-site", "same-origin")];
            return browser.ask(route.method.clone(), path, body, &headers).await;
        }
    };
    let program = match body {
        Some((kind, body)) => program.header("content-type", kind).body(body),
        None => program,
    };
    let answer = program.send().await.unwrap();
    Page { status: answer.status(), location: None, body: answer.text().await.unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_fails_on_hidden_characters_or_shows_them() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let mut people = People::of(&house).await;
        // Whoever logs out, or guesses a password, asks for nothing more.
        let passed = ["/cikis", "/parola", "/dogrulama", "/giris"];
        let routes = || table().into_iter().filter(|route| route.method.is_safe() || !passed.contains(&route.path));
        for (bad, _) in BAD {
            let bad = encoded(bad);
            let pairs: Vec<String> = FIELDS.split_whitespace().map(|name| format!("{name}={bad}")).collect();
            let every: serde_json::Map<String, Value> =
                FIELDS.split_whitespace().map(|name| (name.to_owned(), json!("iki\r\n\u{1b}\0\u{202e}"))).collect();
            for route in routes() {
                let good = filled(route.path, "1");
                let mut tries = vec![(format!("{good}?{}", pairs.join("&")), None)];
                if good != route.path {
                    tries.push((filled(route.path, &bad), None));
                }
                if !route.method.is_safe() {
                    let form = pairs.join("&").into_bytes();
                    tries.push((good.clone(), Some(("application/x-www-form-urlencoded", form))));
                    tries.push((good, Some(("application/json", serde_json::to_vec(&every).unwrap()))));
                }
                for (path, body) in tries {
                    let mut page = asked(&house, &mut people, &route, &path, body.clone()).await;
                    while page.status == StatusCode::TOO_MANY_REQUESTS {
                        tokio::time::sleep(Duration::from_millis(500)).await;
                        page = asked(&house, &mut people, &route, &path, body.clone()).await;
                    }
                    let line = format!("{}: {} {path}", engine.name, route.method);
                    assert!(!page.status.is_server_error(), "{line}: {} {}", page.status, page.body);
                    assert!(is_clean(&page.body), "{line}: {:?}", page.body);
                }
            }
        }
        // What was asked for is on record, and is shown and exported escaped.
        for path in ["/denetim", "/denetim.csv", "/denetim.jsonl"] {
            let page = people.auditor.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.body.len() > 10_000 && is_clean(&page.body), "{}: {path}", engine.name);
        }
        for line in house.ledger.lines_from(0, 1000).await.unwrap() {
            assert!(is_clean(&line.line), "{}", line.line);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_interface_names_the_character_in_turkish() {
    let house = House::open().await;
    let mut operators = two_operators(&house).await;
    for (n, (bad, named)) in BAD.into_iter().enumerate() {
        let account = |kind: &str, more: Value| {
            let mut new = json!({ "kind": kind, "id": format!("yeni-{n}"), "name": bad });
            new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            new
        };
        let from = json!({ "addresses": ["192.0.2.1/32"] });
        let tries = [
            ("/v1/yonetim/hesaplar", account("party", from.clone())),
            ("/v1/yonetim/hesaplar", account("candidate", from)),
            ("/v1/yonetim/hesaplar", account("independent", json!({ "place": "34" }))),
            ("/v1/yonetim/hesaplar", account("board", json!({ "place": "34-k-1" }))),
            ("/v1/yonetim/ortam-talepleri", json!({ "candidate": "parti", "reason": bad })),
        ];
        for (path, body) in tries {
            let (status, told) = operators.one.json(Method::POST, path, &body).await;
            let detail = told["detail"].as_str().unwrap_or_default();
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {told}");
            assert!(detail.contains(named) && detail.contains("harf") && is_clean(detail), "{body}: {detail}");
        }
        let person =
            json!({"account": "parti", "name": bad, "phone": "05321234567", "email": "a@a.tr", "role": "user"});
        let (status, told) = operators.one.json(Method::POST, "/v1/yonetim/kisiler", &person).await;
        // A line break in a cell is a space between two names.
        let joined = status == StatusCode::ACCEPTED && told["subject"].as_str().is_some_and(is_clean);
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY || joined && n == 0, "{person}: {status} {told}");
        let form = format!("parti;ad soyad;telefon;e-posta;ip\nParti;\"{bad}\";05321234567;a{n}@a.tr;\n");
        let page = operators.one.form(form.as_bytes()).await;
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY || n == 0, "{bad:?}: {} {}", page.status, page.body);
        assert!(is_clean(&page.body), "{:?}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_told_which_character_its_reason_has_and_sees_no_file_name_unescaped() {
    let house = House::open().await;
    house.send(&house.first, &page(&[], 7)).await;
    let mut clerk = at_work(&house, "kadikoy-1", 1).await;
    for (bad, named) in BAD {
        let fields = [("sandik", bad), ("kod", "1090000001"), ("gerekce", bad)];
        let told = clerk.post("/kurul/eslesmeyen/2", &fields).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", told.body);
        assert!(told.body.contains(named) && told.body.contains("harf") && is_clean(&told.body), "{:?}", told.body);
        // A browser writes %0D%0A for a line break in a name.
        let name = bad.replace("\r\n", "%0D%0A");
        let body = Some((FORM, files(&clerk.form_token("/parola").await, &[(&name, &page(&[], 7))])));
        let sent = clerk.ask(Method::POST, "/kurul/gonder", body, &[("sec-fetch-site", "same-origin")]).await;
        assert!(!sent.status.is_server_error() && is_clean(&sent.body), "{bad:?}: {} {:?}", sent.status, sent.body);
    }
    assert_eq!(house.entered().await, 1, "nothing of it is in the log");
}
