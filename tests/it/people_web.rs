//! The web site's door: sessions, first passwords, the second factor, and what each credential is worth elsewhere: nothing.

pub mod browser;
mod codes;
mod credentials;
mod exports;
mod help;
mod manage;
mod one_operator;
mod record;
mod two;
mod walk;
mod words;

use jiff::SignedDuration;
use reqwest::StatusCode;
use tutanak::access::totp;
use tutanak::domain::Gate;
use tutanak::ledger::audit::AuditQuestion;
use tutanak::people::enrol::{self, Login};

use crate::engines::Engine;
use crate::ftp::Control;
use crate::house::{House, Plan, settled};
use browser::{Browser, OWN};

#[tokio::test]
async fn a_first_password_is_replaced_before_anything_else_and_works_once() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let Login { user, password } = &house.party.web;
        let mut browser = Browser::new(&house);
        assert_eq!(browser.log_in(user, password, "").await, StatusCode::SEE_OTHER, "{}", engine.name);
        let page = browser.get("/hesap").await;
        assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some("/parola")));
        // Replayed in another browser: the slip has opened its one session.
        assert_eq!(Browser::new(&house).log_in(user, password, "").await, StatusCode::FORBIDDEN);

        let before = browser.ticket().unwrap();
        for bad in ["kısa", "12345678901234567890", password] {
            let page = browser.change_password(password, bad).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
            assert!(page.body.contains("role=\"alert\""));
        }
        assert_eq!(browser.change_password(password, OWN).await.status, StatusCode::SEE_OTHER);
        assert_ne!(browser.ticket().unwrap(), before, "a new ticket after the change");
        assert_eq!(browser.get("/hesap").await.status, StatusCode::OK);
        let mut old = Browser::with_ticket(&house, &before);
        assert_eq!(old.get("/hesap").await.location.as_deref(), Some("/giris"), "the old ticket is worth nothing");
        assert_eq!(Browser::new(&house).log_in(user, password, "").await, StatusCode::FORBIDDEN);
        assert_eq!(Browser::new(&house).log_in(user, OWN, "").await, StatusCode::SEE_OTHER);
        house.audit(2, |row| row.act == "login" && row.outcome == "refused" && &row.object == user).await;
        house
            .audit(1, |row| row.act == "change-password" && row.outcome == "ok" && row.principal.ends_with(user))
            .await;
    }
}

#[tokio::test]
async fn an_old_slip_opens_nothing() {
    let house = House::open().await;
    let Login { user, .. } = &house.party.web;
    let passwords = tutanak::access::passwords::Passwords::new();
    let slip = tutanak::people::new_slip(&house.ledger, &passwords, user, house.clock.now()).await.unwrap();
    house.clock.advance(SignedDuration::from_hours(72));
    assert_eq!(Browser::new(&house).log_in(user, &slip.password, "").await, StatusCode::FORBIDDEN);
    house.clock.advance(SignedDuration::from_millis(-1));
    assert_eq!(Browser::new(&house).log_in(user, &slip.password, "").await, StatusCode::SEE_OTHER);
    let whose = format!("parti/{user}");
    house.audit(1, |row| row.act == "login" && row.reason == "unknown-credential" && row.principal == whose).await;
}

#[tokio::test]
async fn a_login_that_is_refused_is_on_record_under_the_name_that_was_used_and_nothing_else_that_was_typed() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let bulk = &house.party.bulk;
    let ftp = async |user: &str| {
        let mut line = Control::open_encrypted(&house, [127, 0, 0, 1]).await;
        line.say(&format!("USER {user}")).await;
        assert!(line.say("PASS yanlış").await.starts_with("530"));
    };
    let archive = async |user: &str| {
        let asked = house.client.get(house.url("/arsiv/")).basic_auth(user, Some("yanlış")).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    };
    assert_eq!(Browser::new(&house).log_in(&web.user, "yanlış", "").await, StatusCode::FORBIDDEN);
    ftp(&bulk.user).await;
    archive(&bulk.user).await;
    ftp(&web.user).await; // a person's name where the party's belongs
    let refused = house.audit(4, |row| row.act == "login" && row.outcome == "refused").await;
    let whose: Vec<_> = refused.iter().map(|row| (row.principal.as_str(), row.channel.as_str())).collect();
    assert_eq!(whose, [("parti/parti-1", "web"), ("parti", "bulk"), ("parti", "bulk"), ("parti/parti-1", "bulk")]);
    // What a hurried person types into the wrong field, and names that nobody has.
    let typed = [web.password.as_str(), bulk.password.as_str(), "ozgurlukvebagimsizlik", "=1+1", "kimse", ""];
    for typed in typed {
        Browser::new(&house).log_in(typed, "yanlış", "").await;
        archive(typed).await;
    }
    ftp(&web.password).await;
    let unknown = house.audit(13, |row| row.act == "login" && row.principal == "-").await;
    assert!(unknown.iter().all(|row| row.object.starts_with("(no such name)")), "{unknown:?}");
    let rows = house.ledger.audit_after(0, 1000).await.unwrap();
    for row in &rows {
        let row = format!("{row:?}");
        assert!(typed[..4].iter().all(|typed| !row.contains(typed)), "{row}");
    }
    // An auditor finds them by the person, and the party sees that somebody tried.
    let (account, person) = (Some("parti".to_owned()), Some("parti-1".to_owned()));
    let question = AuditQuestion { account, person, outcome: Some("refused".to_owned()), ..AuditQuestion::default() };
    assert_eq!(house.ledger.audit_search(&question, i64::MIN, 10).await.unwrap().len(), 2);
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
    let own = browser.get("/hesap/erisimler?islem=login&sonuc=refused").await.body;
    assert_eq!(own.matches("unknown-credential").count(), 4, "{own}");
}

#[tokio::test]
async fn everybody_who_is_not_let_in_is_told_the_same() {
    let house = House::open().await;
    let elsewhere = ["198.51.100.0/24".parse().unwrap()];
    let id = "uzak".parse().unwrap();
    let far = enrol::party(&house.ledger, &id, "Uzak", &elsewhere, Gate::PartiesOpen).await.unwrap();
    let far = settled(&house.ledger, far.web).await;
    let passive = enrol::auditor(&house.ledger, "pasif", "Pasif").await.unwrap();
    let passive = settled(&house.ledger, passive).await;
    house.ledger.account_set_active("auditor", "pasif", false).await.unwrap();
    let mut pages = Vec::new();
    for (user, password, reason) in [
        ("kimse", "bir parola, ama kimin?", "unknown-credential"),
        (house.party.web.user.as_str(), "bir parola, ama kimin?", "unknown-credential"),
        (&far.user, &far.password, "address-not-allowed"),
        (&passive.user, &passive.password, "inactive-account"),
        ("\u{0}", "x", "unknown-credential"),
    ] {
        let mut browser = Browser::new(&house);
        let page = browser.try_in(user, password, "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(browser.ticket().is_none());
        let shown = page.body.lines().find(|line| line.contains("role=\"alert\"")).unwrap().to_owned();
        pages.push(shown);
        house.audit(1, |row| row.act == "login" && row.reason == reason).await;
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
}

#[tokio::test]
async fn no_credential_works_on_anothers_channel() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let (bulk, service) = (&house.party.bulk, &house.party.service.token);
    // A bulk credential, a token and a board's token at the site.
    for (user, password) in
        [(bulk.user.as_str(), bulk.password.as_str()), ("parti", service), ("kadikoy-1", &house.first)]
    {
        assert_eq!(Browser::new(&house).log_in(user, password, "").await, StatusCode::FORBIDDEN, "{user}");
    }
    house.audit(3, |row| row.channel == "web" && row.act == "login" && row.reason == "unknown-credential").await;
    // A person's password at the archive and on FTP.
    let archive =
        house.client.get(house.url("/arsiv/")).basic_auth(&web.user, Some(&web.password)).send().await.unwrap();
    assert_eq!(archive.status(), StatusCode::UNAUTHORIZED);
    let mut line = Control::open_encrypted(&house, [127, 0, 0, 1]).await;
    line.say(&format!("USER {}", web.user)).await;
    let answer = line.say(&format!("PASS {}", web.password)).await;
    assert!(answer.starts_with("530"), "a person's password on FTP: {answer}");
    // The service token for an image, and a session for one.
    for path in ["/arsiv/", "/arsiv/durum.json", "/v1/yonetim/hesaplar", "/hesap"] {
        let answer = house.client.get(house.url(path)).bearer_auth(service).send().await.unwrap();
        assert!(!answer.status().is_success(), "{path}: {}", answer.status());
    }
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/arsiv/").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/v1/durum").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/denetim").await.status, StatusCode::FORBIDDEN, "a party at the auditors' page");
    assert_eq!(browser.get("/v1/yonetim/hesaplar").await.status, StatusCode::FORBIDDEN);
    // What each is for.
    let status = house.client.get(house.url("/v1/durum")).bearer_auth(service).send().await.unwrap();
    assert_eq!(status.status(), StatusCode::OK);
    assert_eq!(crate::house::json(status).await["election"], "deneme");
    for other in [&bulk.password, &house.first] {
        let refused = house.client.get(house.url("/v1/durum")).bearer_auth(other).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    house.clock.set(crate::house::BEFORE.parse().unwrap());
    let early = house.client.get(house.url("/v1/durum")).bearer_auth(service).send().await.unwrap();
    assert_eq!(early.status(), StatusCode::FORBIDDEN, "results have their hour too");
    house.audit(1, |row| row.channel == "service" && row.reason == "not-open-yet").await;
}

#[tokio::test]
async fn a_session_is_never_taken_over_from_what_a_browser_brings() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let planted = "A".repeat(43);
    let mut victim = Browser::with_ticket(&house, &planted);
    assert_eq!(victim.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
    assert_ne!(victim.ticket().unwrap(), planted);
    let mut attacker = Browser::with_ticket(&house, &planted);
    assert_eq!(attacker.get("/hesap").await.location.as_deref(), Some("/giris"));
    // An attacker's own session in the victim's browser ends when the victim logs in.
    let mut own = Browser::new(&house);
    assert_eq!(own.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
    let brought = own.ticket().unwrap();
    let mut victim = Browser::with_ticket(&house, &brought);
    assert_eq!(victim.log_in(&web.user, &web.password, "").await, StatusCode::SEE_OTHER);
    assert_eq!(own.get("/hesap").await.location.as_deref(), Some("/giris"));
    let cookie = victim.last_cookie.clone().unwrap();
    house.audit(2, |row| row.act == "account" && row.reason == "no-session").await;
    for part in ["__Host-tutanak=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn sessions_end_after_30_idle_minutes_and_after_12_hours() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let mut browser = Browser::new(&house);
    browser.log_in(&web.user, &web.password, "").await;
    for _ in 0..24 {
        house.clock.advance(SignedDuration::from_mins(29));
        assert_eq!(browser.get("/hesap").await.status, StatusCode::OK);
    }
    house.clock.advance(SignedDuration::from_mins(24) - SignedDuration::from_millis(1));
    assert_eq!(browser.get("/hesap").await.status, StatusCode::OK, "a moment before twelve hours");
    house.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(browser.get("/hesap").await.location.as_deref(), Some("/giris"), "twelve hours");
    browser.log_in(&web.user, &web.password, "").await;
    house.clock.advance(SignedDuration::from_mins(30));
    assert_eq!(browser.get("/hesap").await.location.as_deref(), Some("/giris"), "half an hour idle");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_all_at_once() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let (mut one, mut two) = (Browser::new(&house), Browser::new(&house));
    one.log_in(&web.user, &web.password, "").await;
    two.log_in(&web.user, &web.password, "").await;
    let page = one.get("/hesap").await.body;
    let ids: Vec<&str> =
        page.split("name=\"oturum\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.len(), 3, "two sessions and all of them");
    let other = ids[0].to_owned();
    assert_eq!(one.post("/hesap/oturum", &[("oturum", &other)]).await.status, StatusCode::SEE_OTHER);
    let alive = [one.get("/hesap").await.status, two.get("/hesap").await.status];
    assert_eq!(alive.iter().filter(|status| **status == StatusCode::OK).count(), 1);
    let mut left = if alive[0] == StatusCode::OK { one } else { two };
    assert_eq!(left.post("/hesap/oturum", &[("oturum", "hepsi")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(left.get("/hesap").await.location.as_deref(), Some("/giris"));
    let mut three = Browser::new(&house);
    three.log_in(&web.user, &web.password, "").await;
    assert_eq!(three.post("/cikis", &[]).await.location.as_deref(), Some("/giris"));
    assert_eq!(three.get("/hesap").await.location.as_deref(), Some("/giris"));
    house.audit(1, |row| row.act == "logout" && row.outcome == "ok").await;
}

#[tokio::test]
async fn what_another_site_sends_changes_nothing() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let mut browser = Browser::new(&house);
    browser.log_in(&web.user, &web.password, "").await;
    let token = browser.form_token("/hesap").await;
    for site in ["cross-site", "same-site", "none"] {
        let page = browser.send("/cikis", &[("_token", &token)], &[("sec-fetch-site", site)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{site}");
    }
    for wrong in ["", "x", &"0".repeat(64)] {
        assert_eq!(browser.send("/cikis", &[("_token", wrong)], &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(browser.send("/cikis", &[], &[("x-form-token", wrong)]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(browser.send("/cikis", &[], &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/hesap").await.status, StatusCode::OK, "nothing of it logged anybody out");
    let page = browser.send("/cikis", &[("_token", &token)], &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    // Nor does another site log anybody in.
    let mut browser = Browser::new(&house);
    let page = browser.send("/giris", &[("kullanici", &web.user), ("parola", &web.password)], &[]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(browser.ticket().is_none());
    house.audit(9, |row| row.reason == "not-sent-by-own-page").await;
}

#[tokio::test]
async fn an_operator_must_have_a_second_factor_and_a_code_works_once() {
    let house = House::open().await;
    let operator = enrol::operator(&house.ledger, "skgm-1", "Birinci İşletmen").await.unwrap();
    let mut browser = Browser::new(&house);
    assert_eq!(browser.log_in(&operator.user, &operator.password, "").await, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/dogrulama").await.location.as_deref(), Some("/parola"), "the password comes first");
    assert_eq!(browser.change_password(&operator.password, OWN).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/hesap").await.location.as_deref(), Some("/dogrulama"));
    assert_eq!(browser.get("/v1/yonetim/hesaplar").await.status, StatusCode::FORBIDDEN);

    let page = browser.get("/dogrulama").await.body;
    let secret = page.split("name=\"gizli\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let now = || totp::code(&secret, house.clock.now()).unwrap();
    let wrong = if now() == "000000" { "000001" } else { "000000" };
    assert_eq!(
        browser.post("/dogrulama", &[("simdiki", OWN), ("gizli", &secret), ("kod", wrong)]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let set = [("simdiki", OWN), ("gizli", secret.as_str()), ("kod", &now())];
    assert_eq!(browser.post("/dogrulama", &set).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/v1/yonetim/hesaplar").await.status, StatusCode::OK);

    let fresh = async |code: &str| Browser::new(&house).log_in(&operator.user, OWN, code).await;
    assert_eq!(fresh("").await, StatusCode::FORBIDDEN, "without a code");
    assert_eq!(fresh(wrong).await, StatusCode::FORBIDDEN);
    assert_eq!(fresh(&now()).await, StatusCode::FORBIDDEN, "the code of the set-up again");
    house.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(fresh(&now()).await, StatusCode::SEE_OTHER);
    assert_eq!(fresh(&now()).await, StatusCode::FORBIDDEN, "the same code again");
    house.audit(4, |row| row.act == "login" && row.reason == "wrong-code").await;
}

#[tokio::test]
async fn a_partys_user_may_set_up_a_second_factor_and_then_needs_it() {
    let house = House::open().await;
    let web = settled(&house.ledger, house.party.web.clone()).await;
    let mut browser = Browser::new(&house);
    assert_eq!(
        browser.log_in(&web.user, &web.password, "").await,
        StatusCode::SEE_OTHER,
        "without one none is asked for"
    );
    assert_eq!(browser.get("/hesap").await.status, StatusCode::OK);
    let page = browser.get("/dogrulama").await.body;
    let secret = page.split("name=\"gizli\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let code = || totp::code(&secret, house.clock.now()).unwrap();
    let set = [("simdiki", web.password.as_str()), ("gizli", &secret), ("kod", &code())];
    assert_eq!(browser.post("/dogrulama", &set).await.status, StatusCode::SEE_OTHER);
    house.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(Browser::new(&house).log_in(&web.user, &web.password, "").await, StatusCode::FORBIDDEN);
    assert_eq!(Browser::new(&house).log_in(&web.user, &web.password, &code()).await, StatusCode::SEE_OTHER);
    house.audit(1, |row| row.reason == "wrong-code" && row.principal == "parti/parti-1").await;
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_strict() {
    let house = House::open().await;
    for path in ["/giris", "/stil-5.css", "/hesap", "/arsiv/", "/healthz", "/v1/durum", "/yok"] {
        let answer = house.client.get(house.url(path)).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(header("strict-transport-security").starts_with("max-age="), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        if path == "/giris" {
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script-src"), "{policy}");
        }
    }
    let page = house.client.get(house.url("/giris")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<html lang=\"tr\">") && page.contains("sona ermeden hiçbir kişi veya kuruluşa verilemez"));
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("<style"), "nothing inline");
}
