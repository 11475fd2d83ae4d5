//! The operators' interface for programs.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tutanak::access::own_password;
use tutanak::access::passwords::Passwords;
use tutanak::people::enrol::Login;

use super::browser::{Browser, OWN};
use crate::engines::Engine;
use crate::house::{House, Operator, Plan, settled};

#[tokio::test]
async fn an_operator_defines_parties_and_people_by_program() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let mut browser = two_operators(&house).await;
        let new = json!({"kind": "party", "id": "yeni", "name": "Yeni Parti", "addresses": ["127.0.0.0/8"]});
        let (status, given) = browser.json(Method::POST, "/v1/yonetim/hesaplar", &new).await;
        assert_eq!(status, StatusCode::CREATED, "{given}");
        let bulk = &given["bulk"];
        let asked = house.client.get(house.url("/arsiv/"));
        let (user, password) = (bulk["user"].as_str().unwrap(), bulk["password"].as_str().unwrap());
        assert_eq!(asked.basic_auth(user, Some(password)).send().await.unwrap().status(), StatusCode::OK);
        assert_eq!(browser.json(Method::POST, "/v1/yonetim/hesaplar", &new).await.0, StatusCode::CONFLICT);
        for bad in [
            json!({"kind": "party", "id": "x", "name": "X"}),
            json!({"kind": "kral", "id": "x", "name": "X"}),
            json!({"kind": "board", "id": "x", "name": "X", "place": "yok"}),
            json!({"kind": "independent", "id": "x", "name": "X", "place": "34-k-m1"}),
        ] {
            assert_eq!(
                browser.json(Method::POST, "/v1/yonetim/hesaplar", &bad).await.0,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{bad}"
            );
        }
        let form = "party;name;phone;email;ips\nYeni Parti;Ayşe Öz;05321234567;a@a.tr;192.0.2.1\nyeni;Ali Ak;05321234568;b@a.tr;\n";
        let page = browser.form(form.as_bytes()).await;
        let taken: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(taken["logins"], json!(["yeni-2", "yeni-3"]), "{}", page.body);
        assert_eq!(taken["slips"].as_array().unwrap().len(), 2);
        let page = browser.form(b"party;name\nx;y\n").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);

        let passive = browser.json(Method::POST, "/v1/yonetim/secim-oncesi", &json!({})).await;
        assert_eq!(passive.1, json!(["yeni-2", "yeni-3"]));
        let back = browser.json(Method::PATCH, "/v1/yonetim/kisiler/yeni-2", &json!({"active": true})).await;
        assert_eq!(back.0, StatusCode::CONFLICT, "only a new form");
        let slip = browser.json(Method::POST, "/v1/yonetim/kisiler/yeni-1/ilk-parola", &json!({})).await;
        assert_eq!(slip.1["login"], "yeni-1");
        let off = browser.json(Method::PATCH, "/v1/yonetim/hesaplar/yeni", &json!({"active": false})).await;
        assert_eq!(off.1["active"], false);
        assert_eq!(browser.json(Method::PATCH, "/v1/yonetim/hesaplar/yok", &json!({})).await.0, StatusCode::NOT_FOUND);
        let key = json!({"channel": "service", "overlap_seconds": 60});
        let (status, key) = browser.json(Method::POST, "/v1/yonetim/hesaplar/parti/anahtar", &key).await;
        assert_eq!(status, StatusCode::OK);
        let works = async |token: &str| {
            house.client.get(house.url("/v1/durum")).bearer_auth(token).send().await.unwrap().status() == StatusCode::OK
        };
        let (old, new) = (house.party.service.token.as_str(), key["secret"].as_str().unwrap());
        assert!(works(old).await && works(new).await, "both for a minute");
        house.clock.advance(SignedDuration::from_secs(60));
        assert!(!works(old).await && works(new).await);
        house.audit(8, |row| row.act == "administer" && row.principal == "skgm-1/skgm-1").await;
        house.audit(4, |row| row.act == "administer" && row.principal == "skgm-2/skgm-2").await;
        // What each was done to stands first, and every person of a form has a row.
        for (object, count) in [
            ("yeni POST /v1/yonetim/hesaplar", 2),
            ("x POST /v1/yonetim/hesaplar", 4),
            ("POST /v1/yonetim/talep-formu", 2),
            ("yeni-2 POST /v1/yonetim/secim-oncesi", 1),
            ("yeni-3 POST /v1/yonetim/secim-oncesi", 1),
            ("yeni-2 PATCH /v1/yonetim/kisiler/yeni-2", 1),
            ("yeni-1 POST /v1/yonetim/kisiler/yeni-1/ilk-parola", 1),
            ("yeni PATCH /v1/yonetim/hesaplar/yeni", 1),
            ("parti POST /v1/yonetim/hesaplar/parti/anahtar", 1),
        ] {
            let found = house.audit(count, |row| row.object == object).await;
            assert_eq!(found.len(), count, "{}: {object}", engine.name);
            assert!(found.iter().all(|row| row.principal == "skgm-1/skgm-1" && row.act == "administer"));
        }
        // What lets somebody in was carried out when the second one agreed.
        for subject in ["yeni", "yeni-2", "yeni-3", "yeni-1", "parti"] {
            let agreed = |object: &str| object.starts_with(&format!("{subject} POST /v1/yonetim/talepler/"));
            let found = house.audit(1, |row| agreed(&row.object)).await;
            assert!(found.iter().all(|row| row.principal == "skgm-2/skgm-2" && row.outcome == "ok"), "{found:?}");
        }
        // Nothing of it is written down.
        let rows = house.audit(1, |_| true).await;
        let written = format!("{rows:?}");
        assert!(!written.contains(password) && !written.contains(new) && !written.contains("yağmurlu"));
    }
}

/// Two operators with password and second factor, logged in: what takes two, the first asks for and the second agrees to.
pub struct Operators {
    pub one: Browser,
    pub two: Browser,
    operators: [Operator; 2],
}

pub async fn two_operators(house: &House) -> Operators {
    let operators = [Operator::new(&house.ledger, "skgm-1").await, Operator::new(&house.ledger, "skgm-2").await];
    let mut operators = Operators { one: Browser::new(house), two: Browser::new(house), operators };
    operators.log_in(house).await;
    operators
}

impl Operators {
    /// Both log in, be it once more.
    pub async fn log_in(&mut self, house: &House) {
        for (browser, operator) in [&mut self.one, &mut self.two].into_iter().zip(&self.operators) {
            *browser = Browser::new(house);
            let code = operator.code(&house.ledger, &house.clock).await;
            let Login { user, password } = &operator.login;
            assert_eq!(browser.log_in(user, password, &code).await, StatusCode::SEE_OTHER);
        }
    }

    pub async fn json(
        &mut self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> (StatusCode, serde_json::Value) {
        match self.one.json(method, path, body).await {
            (StatusCode::ACCEPTED, request) => self.agree(&request).await,
            done => done,
        }
    }

    pub async fn agree(&mut self, request: &serde_json::Value) -> (StatusCode, serde_json::Value) {
        assert_eq!(request["state"], "waiting", "{request}");
        let path = format!("/v1/yonetim/talepler/{}/onay", request["request"]);
        self.two.json(Method::POST, &path, &json!({})).await
    }

    /// A request form.
    async fn form(&mut self, form: &[u8]) -> super::browser::Page {
        let mut page = self.one.form(form).await;
        if page.status == StatusCode::ACCEPTED {
            let (status, body) = self.agree(&serde_json::from_str(&page.body).unwrap()).await;
            (page.status, page.body) = (status, body.to_string());
        }
        page
    }
}

impl Browser {
    /// Sends a request form.
    pub async fn form(&mut self, form: &[u8]) -> super::browser::Page {
        let session: serde_json::Value = serde_json::from_str(&self.get("/v1/yonetim/oturum").await.body).unwrap();
        let token = session["form_token"].as_str().unwrap().to_owned();
        let body = Some(("application/octet-stream", form.to_vec()));
        self.ask(Method::POST, "/v1/yonetim/talep-formu", body, &[("x-form-token", &token)]).await
    }
}

#[tokio::test]
async fn another_role_or_address_list_by_program_ends_the_sessions() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let mut operators = two_operators(&house).await;
        let web = settled(&house.ledger, house.party.web.clone()).await;
        let person =
            json!({"account": "parti", "name": "Ayşe Öz", "phone": "05321234567", "email": "a@a.tr", "role": "user"});
        let (status, slip) = operators.json(Method::POST, "/v1/yonetim/kisiler", &person).await;
        assert_eq!(status, StatusCode::CREATED, "{slip}");
        let again = json!({"account": "parti", "name": "Başka", "phone": "05321234568", "email": "a@a.tr", "role": "representative"});
        assert_eq!(operators.json(Method::POST, "/v1/yonetim/kisiler", &again).await.0, StatusCode::CONFLICT);
        let unchanged = house.ledger.person("parti-2").await.unwrap().unwrap();
        assert_eq!(
            (unchanged.name.as_str(), unchanged.role.as_str()),
            ("Ayşe Öz", "user"),
            "what is refused changes nothing"
        );

        let form = |role: &str, ips: &str| {
            format!("party;name;phone;email;ips;role\nparti;Ayşe Öz;05321234567;a@a.tr;{ips};{role}\n").into_bytes()
        };
        let patch = async |operators: &mut Operators, path: &str, change: serde_json::Value| {
            let (status, told) = operators.json(Method::PATCH, &format!("/v1/yonetim/{path}"), &change).await;
            assert_eq!(status, StatusCode::OK, "{told}");
        };
        let second = Login { user: "parti-2".into(), password: OWN.into() };
        let (slip, passwords, now) = (slip["password"].as_str().unwrap(), Passwords::new(), house.clock.now());
        own_password::change(&house.ledger, &passwords, &second.user, slip, OWN, now).await.unwrap();
        for (who, change) in [(&second, 0), (&second, 1), (&web, 2), (&web, 3), (&second, 4)] {
            let mut browser = Browser::new(&house);
            assert_eq!(browser.log_in(&who.user, &who.password, "").await, StatusCode::SEE_OTHER, "{change}");
            assert_eq!(browser.get("/hesap").await.status, StatusCode::OK, "{change}");
            match change {
                0 => patch(&mut operators, "kisiler/parti-2", json!({"role": "representative"})).await,
                1 => assert_eq!(operators.form(&form("kullanıcı", "")).await.status, StatusCode::OK),
                2 => patch(&mut operators, "hesaplar/parti", json!({"addresses": ["127.0.0.0/9"]})).await,
                3 => assert_eq!(operators.form(&form("kullanıcı", "127.0.0.1")).await.status, StatusCode::OK),
                _ => patch(&mut operators, "kisiler/parti-2", json!({"active": false})).await,
            }
            let turned = browser.get("/hesap").await.location;
            assert_eq!(turned.as_deref(), Some("/giris"), "{}: change {change} ends the session", engine.name);
        }
        assert_eq!(house.ledger.person("parti-2").await.unwrap().unwrap().role, "user");
        house.audit(2, |row| row.object == "parti POST /v1/yonetim/kisiler").await;
        house.audit(2, |row| row.object == "parti-2 PATCH /v1/yonetim/kisiler/parti-2").await;
    }
}

#[tokio::test]
async fn by_program_too_no_address_of_a_party_may_be_a_trusted_proxys() {
    let also = |config: &mut tutanak::config::Config| {
        config.proxy.trusted = vec!["10.1.0.0/16".parse().unwrap()];
        config.proxy.https = tutanak::access::addresses::Announces::XForwardedFor;
    };
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let mut operators = two_operators(&house).await;
    let overlap = "that party could claim to be any other";
    for kind in ["party", "candidate"] {
        let new = json!({"kind": kind, "id": "yeni", "name": "Yeni", "addresses": ["192.0.2.1/32", "10.1.0.0/16"]});
        let (status, told) = operators.json(Method::POST, "/v1/yonetim/hesaplar", &new).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told["detail"].as_str().unwrap().contains(overlap), "{told}");
    }
    let change = json!({"addresses": ["10.1.2.3/32"]});
    let (status, told) = operators.json(Method::PATCH, "/v1/yonetim/hesaplar/parti", &change).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told["detail"].as_str().unwrap().contains(overlap), "{told}");
    let form = "party;name;phone;email;ips\nparti;Ayşe Öz;05321234567;a@a.tr;10.1.2.3\n";
    let page = operators.form(form.as_bytes()).await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.body.contains(overlap), "{}", page.body);
    assert_eq!(house.ledger.account("parti").await.unwrap().unwrap().addresses, "127.0.0.0/8");
    assert_eq!(house.ledger.people(Some("parti")).await.unwrap().len(), 1);
    house.audit(4, |row| row.act == "administer" && row.reason == "422").await;
}

#[tokio::test]
async fn a_form_that_is_a_bomb_is_refused_and_on_record() {
    let house = House::open().await;
    let mut operators = two_operators(&house).await;
    for bomb in crate::people_form::bombs() {
        let page = operators.form(&bomb).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
        assert!(!page.body.contains("root:"), "{}", page.body);
    }
    let formula = "party;name;phone;email;ips\nparti;=HYPERLINK(\"http://x\");05321234567;a@a.tr;\n";
    assert_eq!(operators.form(formula.as_bytes()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    house.audit(4, |row| row.object == "POST /v1/yonetim/talep-formu" && row.reason == "422").await;
    assert_eq!(house.ledger.people(Some("parti")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn by_program_too_no_party_comes_from_half_of_the_internet() {
    let house = House::open().await;
    let mut operators = two_operators(&house).await;
    for range in ["0.0.0.0/0", "::/0", "203.0.0.0/8", "::ffff:0.0.0.0/96", "224.0.0.0/24"] {
        for kind in ["party", "candidate"] {
            let new = json!({"kind": kind, "id": "yeni", "name": "Yeni", "addresses": ["192.0.2.1/32", range]});
            let (status, told) = operators.json(Method::POST, "/v1/yonetim/hesaplar", &new).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{range}: {told}");
        }
        let change = json!({"addresses": [range]});
        let (status, told) = operators.json(Method::PATCH, "/v1/yonetim/hesaplar/parti", &change).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{range}: {told}");
    }
    assert_eq!(house.ledger.account("parti").await.unwrap().unwrap().addresses, "127.0.0.0/8");
    assert!(house.ledger.account("yeni").await.unwrap().is_none());
    let change = json!({"addresses": ["::ffff:192.0.2.0/124"]});
    let (status, told) = operators.json(Method::PATCH, "/v1/yonetim/hesaplar/parti", &change).await;
    assert_eq!((status, &told["addresses"]), (StatusCode::OK, &json!(["192.0.2.0/28"])), "{told}");
}
