//! What takes two operators takes two people: no session of one can make a second one, or take another's place.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tutanak::access::passwords::Passwords;
use tutanak::access::totp;
use tutanak::domain::person::Role;
use tutanak::ledger::people::Refused;
use tutanak::people::enrol;
use tutanak::people::{self, PeopleError, Wanted};

use super::browser::Browser;
use crate::engines::Engine;
use crate::house::{House, Plan, settled};

#[tokio::test]
async fn one_operators_session_makes_no_second_operator_and_takes_no_others_place() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let (ledger, name) = (&house.ledger, engine.name);
        let own = settled(ledger, enrol::operator(ledger, "skgm-1", "Birinci").await.unwrap()).await;
        let secret = totp::generate().unwrap();
        ledger.person_set_totp("skgm-1", Some(&secret), 0).await.unwrap();
        enrol::operator(ledger, "skgm-2", "İkinci").await.unwrap();
        enrol::operator(ledger, "skgm-3", "Ayrılmış").await.unwrap();
        ledger.account_set_active("operator", "skgm-3", false).await.unwrap();
        enrol::auditor(ledger, "denetci-1", "Denetçi").await.unwrap();
        let (accounts, everybody) = (ledger.accounts(None).await.unwrap(), ledger.people(None).await.unwrap());
        let passwords = async || {
            let mut stored = Vec::new();
            for login in ["skgm-1", "skgm-2", "skgm-3", "denetci-1"] {
                stored.push(ledger.person_login(login).await.unwrap().unwrap().password);
            }
            stored
        };
        let before = passwords().await;

        let mut browser = Browser::new(&house);
        let code = totp::code(&secret, house.clock.now()).unwrap();
        assert_eq!(browser.log_in(&own.user, &own.password, &code).await, StatusCode::SEE_OTHER, "{name}");
        let person = |account: &str| json!({"account": account, "name": "Ayşe Öz", "phone": "05321234567", "email": "a@a.tr", "role": "user"});
        let tries = [
            (Method::POST, "kisiler", person("skgm-2")),
            (Method::POST, "kisiler", person("skgm-1")),
            (Method::POST, "kisiler", person("denetci-1")),
            (Method::POST, "hesaplar", json!({"kind": "operator", "id": "skgm-4", "name": "Hayali"})),
            (Method::POST, "hesaplar", json!({"kind": "auditor", "id": "denetci-2", "name": "Hayali"})),
            (Method::POST, "kisiler/skgm-2/ilk-parola", json!({})),
            (Method::POST, "kisiler/denetci-1/ilk-parola", json!({})),
            (Method::PATCH, "hesaplar/skgm-3", json!({"active": true})),
            (Method::PATCH, "hesaplar/skgm-2", json!({"active": false})),
            (Method::PATCH, "hesaplar/skgm-2", json!({"addresses": ["192.0.2.1/32"]})),
            (Method::PATCH, "kisiler/skgm-2", json!({"role": "user"})),
            (Method::PATCH, "kisiler/skgm-2", json!({"active": false})),
        ];
        for (method, path, body) in &tries {
            let (status, told) = browser.json(method.clone(), &format!("/v1/yonetim/{path}"), body).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {method} {path} {body}: {told}");
            assert_eq!(told["type"], "urn:tutanak:problem:only-at-the-machine", "{name}: {told}");
        }
        // Nor by a form, nor by the command: an account of one person has no second one.
        let wanted = Wanted {
            account: "skgm-2".to_owned(),
            role: Role::User,
            name: "Ayşe Öz".parse().unwrap(),
            phone: "05321234567".parse().unwrap(),
            email: "a@a.tr".parse().unwrap(),
        };
        let added = people::add(ledger, &Passwords::new(), wanted, house.clock.now()).await;
        assert!(matches!(added, Err(PeopleError::Refused(Refused::NoAccount { .. }))), "{name}: {added:?}");

        assert_eq!(ledger.accounts(None).await.unwrap(), accounts, "{name}");
        assert_eq!(ledger.people(None).await.unwrap(), everybody, "{name}");
        assert_eq!(passwords().await, before, "{name}");
        let refused = |row: &tutanak::ledger::audit::AuditRow| row.act == "administer" && row.outcome == "refused";
        let rows = house.audit(tries.len(), refused).await;
        assert_eq!(rows.len(), tries.len(), "{name}");
        for subject in ["skgm-1", "skgm-2", "skgm-3", "skgm-4", "denetci-1", "denetci-2"] {
            let about = rows.iter().filter(|row| row.object.starts_with(&format!("{subject} ")));
            assert!(about.count() > 0, "{name}: who looks after {subject} sees in the record who tried: {rows:#?}");
        }
    }
}
