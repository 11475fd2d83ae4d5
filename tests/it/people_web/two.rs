//! What lets anybody in takes two operators: every route of the operators' interface, asked by one alone.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tutanak::access::passwords::Passwords;
use tutanak::domain::person::Role;
use tutanak::people::enrol;
use tutanak::people::{self, Wanted};
use tutanak::web::needs::Needs;
use tutanak::web::routes::table;

use super::manage::{Operators, two_operators};
use crate::engines::Engine;
use crate::house::{House, Plan};

/// What a route that changes something does to who gets in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    /// Lets somebody in: one operator only asks.
    Opens,
    /// Shuts somebody out, takes a request back, or only asks: one operator does it.
    Closes,
    /// Agrees to what another one asked for.
    Agrees,
    /// Has two approvals of its own: a medium.
    Medium,
    /// People of a party or a board, or their own account.
    Own,
}

/// Every route that changes something, in a session. Whoever adds one says here what it does to who gets in.
const ROUTES: [(&str, &str, Does); 25] = [
    ("POST", "/parola", Does::Own),
    ("POST", "/dogrulama", Does::Own),
    ("POST", "/cikis", Does::Own),
    ("POST", "/uyari", Does::Own),
    ("POST", "/hesap/oturum", Does::Own),
    ("POST", "/hesap/kodlar", Does::Own),
    ("POST", "/kurul/gonder", Does::Own),
    ("PUT", "/v1/kurul/taramalar/{digest}", Does::Own),
    ("POST", "/kurul/makbuzlar", Does::Own),
    ("POST", "/kurul/eslesmeyen/{position}", Does::Own),
    ("POST", "/kurul/baglanan/{position}", Does::Own),
    ("POST", "/kurul/oneri/{position}", Does::Own),
    ("POST", "/v1/yonetim/hesaplar", Does::Opens),
    ("PATCH", "/v1/yonetim/hesaplar/{id}", Does::Opens),
    ("POST", "/v1/yonetim/hesaplar/{id}/anahtar", Does::Opens),
    ("DELETE", "/v1/yonetim/talepler/{id}", Does::Closes),
    ("POST", "/v1/yonetim/talepler/{id}/onay", Does::Agrees),
    ("POST", "/v1/yonetim/ortam-talepleri", Does::Medium),
    ("POST", "/v1/yonetim/ortam-talepleri/{id}/onay", Does::Medium),
    ("POST", "/v1/yonetim/kisiler", Does::Opens),
    ("PATCH", "/v1/yonetim/kisiler/{login}", Does::Opens),
    ("POST", "/v1/yonetim/kisiler/{login}/ilk-parola", Does::Opens),
    ("POST", "/v1/yonetim/secim-oncesi", Does::Closes),
    ("POST", "/v1/yonetim/talep-formu", Does::Opens),
    ("POST", "/giris", Does::Own),
];

/// All ways to let somebody in by program.
fn ways() -> Vec<(Method, &'static str, &'static str, Value)> {
    let (post, patch) = (Method::POST, Method::PATCH);
    let account = |kind: &str, id: &str| json!({"kind": kind, "id": id, "name": "Yeni", "addresses": ["192.0.2.1/32"]});
    let mut board = account("board", "yeni-kurul");
    board["place"] = json!("34-k-1");
    let mut independent = account("independent", "yeni-aday");
    independent["place"] = json!("34");
    let person =
        json!({"account": "parti", "name": "Ayşe Öz", "phone": "05321234567", "email": "a@a.tr", "role": "user"});
    let key = |channel: &str| json!({"channel": channel, "overlap_seconds": 60});
    let hesaplar = "/v1/yonetim/hesaplar";
    vec![
        (post.clone(), hesaplar, hesaplar, account("party", "yeni")),
        (post.clone(), hesaplar, hesaplar, account("candidate", "yeni")),
        (post.clone(), hesaplar, hesaplar, board),
        (post.clone(), hesaplar, hesaplar, independent),
        (post.clone(), hesaplar, hesaplar, account("feed", "yeni-secsis")),
        (patch.clone(), "/v1/yonetim/hesaplar/{id}", "/v1/yonetim/hesaplar/uyuyan", json!({"active": true})),
        (
            patch.clone(),
            "/v1/yonetim/hesaplar/{id}",
            "/v1/yonetim/hesaplar/parti",
            json!({"addresses": ["127.0.0.0/8", "192.0.2.1/32"]}),
        ),
        (patch.clone(), "/v1/yonetim/hesaplar/{id}", "/v1/yonetim/hesaplar/bagli", json!({"addresses": []})),
        (post.clone(), "/v1/yonetim/hesaplar/{id}/anahtar", "/v1/yonetim/hesaplar/parti/anahtar", key("bulk")),
        (post.clone(), "/v1/yonetim/hesaplar/{id}/anahtar", "/v1/yonetim/hesaplar/parti/anahtar", key("service")),
        (post.clone(), "/v1/yonetim/hesaplar/{id}/anahtar", "/v1/yonetim/hesaplar/kadikoy-1/anahtar", key("board")),
        (post.clone(), "/v1/yonetim/kisiler", "/v1/yonetim/kisiler", person),
        (patch.clone(), "/v1/yonetim/kisiler/{login}", "/v1/yonetim/kisiler/parti-2", json!({"active": true})),
        (patch, "/v1/yonetim/kisiler/{login}", "/v1/yonetim/kisiler/parti-3", json!({"role": "representative"})),
        (post, "/v1/yonetim/kisiler/{login}/ilk-parola", "/v1/yonetim/kisiler/parti-1/ilk-parola", json!({})),
    ]
}

const FORM: &[u8] = "party;name;phone;email;ips\nparti;Ali Ak;05321234568;b@a.tr;192.0.2.9\n".as_bytes();

/// A passive account, a board that is bound to an address, somebody passive and somebody who is no representative.
async fn furnish(house: &House) {
    let ledger = &house.ledger;
    enrol::candidate(ledger, &"uyuyan".parse().unwrap(), "Uyuyan", &["192.0.2.1/32".parse().unwrap()]).await.unwrap();
    ledger.account_set_active("candidate", "uyuyan", false).await.unwrap();
    let from = ["192.0.2.1/32".parse().unwrap()];
    enrol::board(ledger, &"bagli".parse().unwrap(), "Bağlı", &"34-k-1".parse().unwrap(), &from).await.unwrap();
    for n in ["2", "3"] {
        let wanted = Wanted {
            account: "parti".to_owned(),
            role: Role::User,
            name: "Bir Kişi".parse().unwrap(),
            phone: "05321234560".parse().unwrap(),
            email: format!("k{n}@a.tr").parse().unwrap(),
        };
        people::add(ledger, &Passwords::new(), wanted, house.clock.now()).await.unwrap();
    }
    ledger.person_passivate("parti-2").await.unwrap();
}

/// All that decides who gets in, as far as operators change it.
async fn rights(house: &House) -> String {
    let pool = &house.ledger;
    let (accounts, people) = (pool.accounts(None).await.unwrap(), pool.people(None).await.unwrap());
    let secrets = pool.bulk_secrets().await.unwrap().into_iter().map(|row| (row.account, row.secret, row.expires_ms));
    let mut passwords = Vec::new();
    for person in &people {
        passwords.push(pool.person_login(&person.id).await.unwrap().unwrap().password);
    }
    let known = async |channel| {
        let tokens = [&house.party.service.token, &house.first];
        let mut found = Vec::new();
        for token in tokens {
            let login = tutanak::access::secrets::token_login(token);
            let rows = pool.credentials(channel, &login).await.unwrap();
            found.extend(rows.into_iter().map(|row| (row.account, row.secret, row.expires_ms)));
        }
        found
    };
    let tokens = (known(tutanak::domain::Channel::Service).await, known(tutanak::domain::Channel::Board).await);
    format!("{accounts:?} {people:?} {:?} {passwords:?} {tokens:?}", secrets.collect::<Vec<_>>())
}

#[test]
fn every_route_that_changes_something_says_what_it_does_to_who_gets_in() {
    let changes = table().into_iter().filter(|route| !route.method.is_safe());
    let in_a_session = changes.filter(|route| {
        !matches!(route.needs, Needs::BoardMachine | Needs::Feed | Needs::Bulk | Needs::Service)
            && !route.path.starts_with("/v1/scans")
    });
    for route in in_a_session {
        let said = ROUTES.iter().find(|(method, path, _)| *method == route.method.as_str() && *path == route.path);
        assert!(said.is_some(), "{} {}: say in ROUTES what it does to who gets in", route.method, route.path);
    }
    let tried = |path: &str| ways().iter().any(|(_, route, ..)| *route == path) || path == "/v1/yonetim/talep-formu";
    for (method, path, _) in ROUTES.iter().filter(|(.., does)| *does == Does::Opens) {
        assert!(tried(path), "{method} {path} lets somebody in and is not tried by one operator alone");
    }
}

#[tokio::test]
async fn one_operator_alone_lets_nobody_in_by_any_route_and_two_do() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        furnish(&house).await;
        let mut operators = two_operators(&house).await;
        let before = rights(&house).await;
        let mut requests = Vec::new();
        for (method, _, path, body) in ways() {
            let (status, told) = operators.one.json(method.clone(), path, &body).await;
            let name = format!("{}: {method} {path} {body}", engine.name);
            assert_eq!(status, StatusCode::ACCEPTED, "{name}: {told}");
            assert_eq!((&told["asker"], &told["state"]), (&json!("skgm-1"), &json!("waiting")), "{name}");
            let agree = format!("/v1/yonetim/talepler/{}/onay", told["request"]);
            let (status, refused) = operators.one.json(Method::POST, &agree, &json!({})).await;
            assert_eq!(status, StatusCode::CONFLICT, "{name}: {refused}");
            assert_eq!(refused["type"], "urn:tutanak:problem:same-person", "{name}");
            requests.push((name, told, body));
        }
        let page = operators.one.form(FORM).await;
        assert_eq!(page.status, StatusCode::ACCEPTED, "{}", page.body);
        assert_eq!(rights(&house).await, before, "{}: one alone has let somebody in", engine.name);
        requests.push(("form".to_owned(), serde_json::from_str(&page.body).unwrap(), Value::Null));
        house.audit(15, |row| row.reason == "409" && row.principal == "skgm-1/skgm-1").await;

        // The second one sees exactly what is wanted, and agrees to it once.
        for (name, request, body) in requests {
            let one = format!("/v1/yonetim/talepler/{}", request["request"]);
            let shown = operators.two.json(Method::GET, &one, &json!({})).await.1;
            for (field, value) in body.as_object().into_iter().flatten() {
                assert!(shown["wanted"].to_string().contains(&format!("\"{field}\":{value}")), "{name}: {shown}");
            }
            if name.contains("candidate") {
                continue; // the party has taken the name
            }
            let now = rights(&house).await;
            let (status, told) = operators.agree(&request).await;
            assert!(status.is_success(), "{name}: {told}");
            assert_ne!(rights(&house).await, now, "{name}");
            let again = operators.two.json(Method::POST, &format!("{one}/onay"), &json!({})).await;
            assert_eq!(again.0, StatusCode::CONFLICT, "{name}");
        }
        let list = operators.two.json(Method::GET, "/v1/yonetim/talepler", &json!({})).await.1;
        let agreed = list.as_array().unwrap().iter().filter(|request| request["state"] == "agreed");
        assert!(agreed.clone().all(|request| request["decider"] == "skgm-2"), "{}", engine.name);
        assert_eq!(agreed.count(), 15, "{}", engine.name);
    }
}

async fn asked(operators: &mut Operators, id: &str) -> Value {
    let new = json!({"kind": "party", "id": id, "name": "Yeni", "addresses": ["192.0.2.1/32"]});
    let (status, told) = operators.one.json(Method::POST, "/v1/yonetim/hesaplar", &new).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    told
}

#[tokio::test]
async fn a_request_is_taken_back_by_one_expires_and_dies_with_whoever_asked() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let mut operators = two_operators(&house).await;
        let kind = |told: &Value| told["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap().to_owned();

        let request = asked(&mut operators, "bir").await;
        let one = format!("/v1/yonetim/talepler/{}", request["request"]);
        assert_eq!(operators.two.json(Method::DELETE, &one, &json!({})).await.0, StatusCode::NO_CONTENT);
        assert_eq!(operators.two.json(Method::DELETE, &one, &json!({})).await.0, StatusCode::CONFLICT);
        assert_eq!(kind(&operators.agree(&request).await.1), "decided", "{}", engine.name);

        let request = asked(&mut operators, "iki").await;
        house.ledger.account_set_active("operator", "skgm-1", false).await.unwrap();
        assert_eq!(kind(&operators.agree(&request).await.1), "asker-gone", "{}", engine.name);
        house.ledger.account_set_active("operator", "skgm-1", true).await.unwrap();
        operators.log_in(&house).await;

        let request = asked(&mut operators, "uc").await;
        let twice = asked(&mut operators, "uc").await;
        assert!(operators.agree(&request).await.0.is_success());
        assert_eq!(operators.agree(&twice).await.0, StatusCode::CONFLICT, "the name is taken by now");
        let failed =
            operators.two.json(Method::GET, &format!("/v1/yonetim/talepler/{}", twice["request"]), &json!({})).await;
        assert_eq!(failed.1["state"], "failed", "{}", engine.name);

        let old = asked(&mut operators, "dort").await;
        house.clock.advance(SignedDuration::from_hours(24));
        operators.log_in(&house).await;
        assert_eq!(kind(&operators.agree(&old).await.1), "expired", "{}", engine.name);
        for id in ["bir", "iki", "dort"] {
            assert!(house.ledger.account(id).await.unwrap().is_none(), "{}: {id}", engine.name);
        }
    }
}

#[tokio::test]
async fn shutting_somebody_out_takes_one_operator() {
    let house = House::open().await;
    furnish(&house).await;
    let mut operators = two_operators(&house).await;
    for (path, change) in [
        ("hesaplar/parti", json!({"addresses": ["127.0.0.1/32"]})),
        ("hesaplar/kadikoy-1", json!({"addresses": ["127.0.0.1/32"]})),
        ("hesaplar/kadikoy-2", json!({"active": false})),
        ("kisiler/parti-1", json!({"role": "user"})),
        ("kisiler/parti-3", json!({"active": false})),
        ("hesaplar/parti", json!({"active": false})),
    ] {
        let (status, told) = operators.one.json(Method::PATCH, &format!("/v1/yonetim/{path}"), &change).await;
        assert_eq!(status, StatusCode::OK, "{path} {change}: {told}");
    }
    assert_eq!(operators.one.json(Method::POST, "/v1/yonetim/secim-oncesi", &json!({})).await.0, StatusCode::OK);
    assert_eq!(operators.two.json(Method::GET, "/v1/yonetim/talepler", &json!({})).await.1, json!([]));
}
