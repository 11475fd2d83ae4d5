//! Requests that no page and no program of ours would send, to every address there is: the answer is always one of ours.

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tutanak::access::Act;
use tutanak::people::{enrol, request_form};
use tutanak::web::needs::Needs;
use tutanak::web::route::Route;
use tutanak::web::routes::table;

use super::{line, status};
use crate::board_web::people::at_work;
use crate::house::{House, Operator, settled};
use crate::people_web::browser::Browser;

/// Words that only a library of ours, or Rust itself, would say.
const INSIDE: [&str; 16] = [
    "axum",
    "serde",
    "hyper",
    "tutanak::",
    "::",
    "Failed to",
    "eserialize",
    "Extension",
    "missing field",
    "invalid type",
    "unknown field",
    "unknown variant",
    "at line",
    "length limit",
    "Invalid URL",
    "panicked",
];

/// Somebody whose credential is right.
struct Caller {
    credential: Option<(&'static str, String)>,
    token: String,
}

impl Caller {
    async fn of(mut browser: Browser) -> Self {
        let token = browser.form_token("/parola").await;
        let cookie = format!("__Host-tutanak={}", browser.ticket().unwrap());
        Self { credential: Some((COOKIE.as_str(), cookie)), token }
    }

    fn with(credential: Option<(&'static str, String)>) -> Self {
        Self { credential, token: String::new() }
    }
}

async fn in_session(house: &House, user: &str, password: &str, code: &str) -> Caller {
    let mut browser = Browser::new(house);
    assert_eq!(browser.log_in(user, password, code).await, StatusCode::SEE_OTHER);
    Caller::of(browser).await
}

/// One of each who may ask for something.
struct Callers {
    nobody: Caller,
    board: Caller,
    feed: Caller,
    bulk: Caller,
    service: Caller,
    party: Caller,
    clerk: Caller,
    operator: Caller,
    auditor: Caller,
}

impl Callers {
    async fn of(house: &House) -> Self {
        let bearer = |token: &str| Caller::with(Some(("authorization", format!("Bearer {token}"))));
        let bulk =
            house.client.get("https://localhost/").basic_auth(&house.party.bulk.user, Some(&house.party.bulk.password));
        let basic = bulk.build().unwrap().headers()["authorization"].to_str().unwrap().to_owned();
        let operator = Operator::new(&house.ledger, "skgm-1").await;
        let code = operator.code(&house.ledger, &house.clock).await;
        let auditor = settled(&house.ledger, enrol::auditor(&house.ledger, "denetci", "Denetçi").await.unwrap()).await;
        let party = settled(&house.ledger, house.party.web.clone()).await;
        Self {
            nobody: Caller::with(None),
            board: bearer(&house.first),
            feed: bearer(&house.feed().await),
            bulk: Caller::with(Some(("authorization", basic))),
            service: bearer(&house.party.service.token),
            party: in_session(house, &party.user, &party.password, "").await,
            clerk: Caller::of(at_work(house, "kadikoy-1", 1).await).await,
            operator: in_session(house, &operator.login.user, &operator.login.password, &code).await,
            auditor: in_session(house, &auditor.user, &auditor.password, "").await,
        }
    }

    fn for_route(&self, route: &Route) -> &Caller {
        match route.needs {
            Needs::Nobody => &self.nobody,
            Needs::BoardMachine => &self.board,
            Needs::Feed => &self.feed,
            Needs::Bulk => &self.bulk,
            Needs::Service => &self.service,
            Needs::BoardPerson(_) | Needs::BoardPage(_) => &self.clerk,
            Needs::Right(Act::Administer) => &self.operator,
            Needs::Right(Act::ReadRecord) => &self.auditor,
            Needs::Session(_) | Needs::Person | Needs::Right(_) | Needs::Picture(_) => &self.party,
        }
    }
}

async fn ask(house: &House, caller: &Caller, method: &Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Response {
    let mut request = house.client.request(method.clone(), house.url(path));
    if let Some((name, value)) = &caller.credential {
        request = request.header(*name, value);
    }
    if !method.is_safe() {
        request = request.header("x-form-token", &caller.token).header("sec-fetch-site", "same-origin");
    }
    if let Some((kind, body)) = body {
        request = if kind.is_empty() { request } else { request.header(CONTENT_TYPE, kind) }.body(body);
    }
    request.send().await.unwrap()
}

/// Whether an answer is one of ours, and nothing that a browser or a proxy keeps.
async fn judge(name: &str, path: &str, answer: Response) -> StatusCode {
    let status = answer.status();
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (kind, kept) = (header(CONTENT_TYPE), header(CACHE_CONTROL));
    let asked = path.split('?').next().unwrap();
    let may_be_kept =
        ["/arsiv/", "/stil-", "/v1/sonuc.xsd"].iter().any(|begin| asked.starts_with(begin)) || asked.ends_with(".js");
    assert!(kept == "no-store" || status.is_success() && may_be_kept, "{name}: cache-control {kept:?}");
    let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{name}: {text}");
    if status.is_client_error() || status.is_server_error() {
        let told = match kind.as_str() {
            "application/problem+json" => {
                let problem: Value = serde_json::from_str(&text).unwrap();
                let kind = problem["type"].as_str().unwrap();
                assert!(kind.starts_with("urn:tutanak:problem:"), "{name}: {text}");
                format!("{}{}", problem["detail"], problem["title"])
            }
            _ => {
                assert!(kind.starts_with("text/html") && text.contains("<html lang=\"tr\">"), "{name}: {kind}: {text}");
                text
            }
        };
        for word in INSIDE {
            assert!(!told.contains(word), "{name} names the inside ({word}): {told}");
        }
    }
    status
}

/// An address with something in its places.
fn filled(path: &str, with: &str) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, place)) = rest.split_once('{') {
        filled.push_str(before);
        filled.push_str(with);
        rest = place.split_once('}').unwrap().1;
    }
    filled + rest
}

#[tokio::test]
async fn no_request_however_wrong_is_answered_in_other_words_than_ours() {
    let house = House::open().await;
    let callers = Callers::of(&house).await;
    let long = vec![b'a'; request_form::BYTES + 1];
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("application/json", b"{\"x\":".to_vec()),
        ("application/json", b"[1]".to_vec()),
        ("application/json", b"{\"kind\":7,\"id\":null,\"active\":\"x\",\"sha256\":[1]}".to_vec()),
        ("application/json", long.clone()),
        ("text/plain", b"x".to_vec()),
        ("", b"x".to_vec()),
        ("", Vec::new()),
        ("multipart/form-data", b"x".to_vec()),
        ("multipart/form-data; boundary=x", b"--x\r\nno part".to_vec()),
        ("application/x-www-form-urlencoded", b"%ff=%ff&=&a&&".to_vec()),
        ("application/x-www-form-urlencoded", long),
    ];
    let mut routes = table();
    // What ends sessions comes last.
    routes.sort_by_key(|route| route.path == "/cikis");
    let methods = [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let mut refused = 0;
    for route in &routes {
        let caller = callers.for_route(route);
        let Route { method, path, .. } = route;
        let mut tried = Vec::new();
        for query in ["?%ff=%zz&a=1&a=2", "?after=-1&sandik=x&baslangic=d%C3%BCn&kind=%00&durum=x", "?&&&==="] {
            tried.push((method.clone(), format!("{}{query}", filled(path, "1")), None));
        }
        for place in ["%ff", "%00", "%zz", "-1", "99999999999999999999", "%2e%2e%2f"] {
            if path.contains('{') {
                tried.push((method.clone(), filled(path, place), None));
            }
        }
        if !method.is_safe() {
            tried.extend(bodies.iter().map(|body| (method.clone(), filled(path, "yok"), Some(body.clone()))));
        }
        let known = |method: &Method| routes.iter().any(|route| route.path == *path && route.method == *method);
        tried.extend(
            methods.iter().filter(|method| !known(method)).map(|method| (method.clone(), filled(path, "1"), None)),
        );
        for (method, path, body) in tried {
            let kind = body.as_ref().map_or("", |(kind, _)| kind);
            let name = format!("{method} {path} ({kind})");
            let answer = ask(&house, caller, &method, &path, body).await;
            refused += usize::from(judge(&name, &path, answer).await.is_client_error());
        }
    }
    assert!(refused > 400, "{refused} refusals only");
}

#[tokio::test]
async fn a_body_of_the_wrong_type_is_told_which_type_is_right() {
    let house = House::open().await;
    let callers = Callers::of(&house).await;
    let json = || Some(("application/json", b"{}".to_vec()));
    let form = || Some(("application/x-www-form-urlencoded", b"a=b".to_vec()));
    for (caller, path, body, right) in [
        (&callers.clerk, "/kurul/gonder", json(), "multipart/form-data"),
        (&callers.clerk, "/kurul/gonder", form(), "multipart/form-data"),
        (&callers.clerk, "/kurul/oneri/1", json(), "application/x-www-form-urlencoded"),
        (&callers.party, "/parola", json(), "application/x-www-form-urlencoded"),
        (&callers.operator, "/v1/yonetim/hesaplar", form(), "application/json"),
        (&callers.operator, "/v1/yonetim/kisiler", None, "application/json"),
    ] {
        let answer = ask(&house, caller, &Method::POST, path, body).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
        let problem: Value = crate::house::json(answer).await;
        assert_eq!(problem["type"], "urn:tutanak:problem:wrong-media-type", "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(right), "{path}: {problem}");
    }
    let long = Some(("application/json", vec![b' '; request_form::BYTES + 1]));
    let answer = ask(&house, &callers.operator, &Method::POST, "/v1/yonetim/hesaplar", long).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_operators_are_told_is_kept_by_nobody() {
    let house = House::open().await;
    let callers = Callers::of(&house).await;
    let board = json!({ "kind": "board", "id": "yeni", "name": "Yeni Kurul", "place": "34-k-2" });
    let body = Some(("application/json", board.to_string().into_bytes()));
    let given = ask(&house, &callers.operator, &Method::POST, "/v1/yonetim/hesaplar", body).await;
    let mut answers = vec![("a board's token", given)];
    for (caller, path) in [
        (&callers.operator, "/v1/yonetim/oturum"),
        (&callers.operator, "/v1/yonetim/hesaplar"),
        (&callers.operator, "/v1/yonetim/kisiler"),
        (&callers.board, "/v1/board"),
        (&callers.board, "/v1/board/missing"),
        (&callers.service, "/v1/durum"),
        (&callers.auditor, "/denetim.jsonl"),
        (&callers.party, "/hesap"),
    ] {
        answers.push((path, ask(&house, caller, &Method::GET, path, None).await));
    }
    for (name, answer) in answers {
        assert!(answer.status().is_success(), "{name}: {}", answer.status());
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store", "{name}");
    }
}

/// What a request gets whose first lines are these.
async fn said(house: &House, head: &str) -> String {
    let mut line = line(house, [127, 0, 0, 1]).await;
    let mut answer = Vec::new();
    line.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await.unwrap();
    line.flush().await.unwrap();
    let _ = line.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_request_names_one_host() {
    let house = House::open().await;
    for (head, expected) in [
        ("GET /healthz HTTP/1.1\r\nhost: localhost\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nhost: localhost:8443\r\n", 200),
        ("GET https://localhost/healthz HTTP/1.1\r\nhost: localhost\r\n", 200),
        ("GET /healthz HTTP/1.0\r\n", 200),
        ("GET /healthz HTTP/1.1\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nhost:\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: elsewhere\r\n", 400),
        ("GET https://elsewhere/healthz HTTP/1.1\r\nhost: localhost\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nhost: a/b\r\n", 400),
    ] {
        let answer = said(&house, head).await;
        assert_eq!(status(&answer), expected, "{head:?}: {answer}");
        assert!(expected == 200 || answer.contains("urn:tutanak:problem:bad-host"), "{head:?}: {answer}");
    }
    let ask = |host: Option<&str>| {
        let request = house.client.get(house.url("/healthz"));
        host.map_or(request.try_clone().unwrap(), |host| request.header("host", host)).send()
    };
    let plain = ask(None).await.unwrap();
    assert_eq!((plain.status(), plain.version()), (StatusCode::OK, reqwest::Version::HTTP_2));
    let same = ask(Some(&house.https.to_string())).await.unwrap();
    assert_eq!(same.status(), StatusCode::OK, "the host of :authority again");
    assert_eq!(ask(Some("elsewhere")).await.unwrap().status(), StatusCode::BAD_REQUEST);
    house.audit(7, |row| row.reason == "bad-host").await;
}
