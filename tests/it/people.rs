//! People and secrets of accounts, on both engines: never an eleventh, never two service users, slips that work once.

use jiff::{SignedDuration, Timestamp};
use tutanak::access::Refusal;
use tutanak::access::door::{Door, LoginError};
use tutanak::access::own_password::{self, ChangeError, SLIP_HOURS};
use tutanak::access::passwords::{BadPassword, Passwords};
use tutanak::clock::Clock;
use tutanak::domain::person::Role;
use tutanak::domain::{Channel, Gate};
use tutanak::ledger::people::{Defined, Definition, NotActivated, Refused};
use tutanak::ledger::sessions::{NewSession, Proof};
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::people::enrol::{self, EnrolError, Login};
use tutanak::people::{self, Wanted};

use crate::engines::Engine;

const OWN: &str = "yedi uyurlar mağarada";

async fn with_party(engine: &Engine) -> (Ledger, enrol::PartySecrets) {
    let ledger = engine.open().await;
    let from = ["192.0.2.0/24".parse().unwrap()];
    let party = enrol::party(&ledger, &"parti".parse().unwrap(), "Parti", &from, Gate::PartiesOpen).await.unwrap();
    (ledger, party)
}

fn wanted(n: usize, role: Role) -> Wanted {
    let (name, phone) = ("Ayşe Öz".parse().unwrap(), "0532 123 45 67".parse().unwrap());
    Wanted { account: "parti".into(), role, name, phone, email: format!("kisi{n}@parti.org.tr").parse().unwrap() }
}

/// A definition whose password costs nothing to hash: nobody logs in with it.
fn cheap(n: usize) -> Definition {
    let Wanted { account, role, name, phone, email } = wanted(n, Role::User);
    let (name, phone, email) = (name.to_string(), phone.to_string(), email.to_string());
    let password = "-".into();
    Definition { account, login: None, role, name, phone, email, password, slip_until_ms: 0, only_new: false }
}

fn door(ledger: &Ledger, now: Timestamp) -> Door {
    Door::new(ledger.clone(), Clock::standing_at(now))
}

fn session(person: &str, token: u8) -> NewSession {
    let (person, address, agent) = (person.to_owned(), "192.0.2.1".to_owned(), String::new());
    NewSession { token: [token; 32], person, address, agent, began_ms: 1000 + i64::from(token), ends_ms: 1_000_000 }
}

#[tokio::test]
async fn of_twenty_people_added_at_once_exactly_ten_get_a_seat() {
    for engine in Engine::all().await {
        let (ledger, _) = with_party(&engine).await;
        assert!(ledger.person_passivate("parti-1").await.unwrap());
        let adds = (0..20).map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.people_define(&[cheap(n)], &[]).await.unwrap() })
        });
        let ended = futures::future::join_all(adds).await;
        let (mut added, mut refused) = (Vec::new(), 0);
        for ended in ended {
            match ended.unwrap() {
                Ok(defined) => added.extend(defined),
                Err(Refused::NoSeat { account }) if account == "parti" => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((added.len(), refused), (10, 10), "{}", engine.name);
        let people = ledger.people(Some("parti")).await.unwrap();
        let mut seats: Vec<i64> = people.iter().filter_map(|person| person.seat).collect();
        seats.sort_unstable();
        assert_eq!(seats, (1..=10).collect::<Vec<_>>());
        let mut logins: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
        logins.sort_unstable();
        logins.dedup();
        assert_eq!(logins.len(), 11, "nobody is given a login that somebody had");

        // Nor does somebody passive come back onto a seat that is taken, nor two at once onto the last one.
        assert_eq!(ledger.person_activate("parti-1").await.unwrap(), Err(NotActivated::NoSeat));
        let Defined::New(first) = &added[0] else { panic!("{added:?}") };
        assert!(ledger.person_passivate(first).await.unwrap());
        let (one, two) = tokio::join!(ledger.person_activate("parti-1"), ledger.person_activate(first));
        assert_eq!([one.unwrap().is_ok(), two.unwrap().is_ok()].iter().filter(|ok| **ok).count(), 1);
    }
}

#[tokio::test]
async fn the_table_itself_has_no_eleventh_seat_and_no_second_service_user() {
    for engine in Engine::all().await {
        let (ledger, _) = with_party(&engine).await;
        drop(ledger);
        for statement in [
            "UPDATE person SET seat = 11",
            "UPDATE person SET seat = 0",
            "INSERT INTO credential (channel, login, account, secret) VALUES ('service', 'x', 'parti', 'y')",
            "INSERT INTO person SELECT 'x', account, 2, 1, role, name, phone, email, needs_form, password, must_change, \
             slip_until_ms, slip_used, totp, totp_step FROM person",
        ] {
            let text = sqlx::AssertSqlSafe(statement);
            let refused = match &engine.config {
                DatabaseConfig::Sqlite { path } => {
                    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
                    sqlx::query(text).execute(&pool).await.is_err()
                }
                DatabaseConfig::PostgresAt { url, .. } => {
                    let pool = sqlx::PgPool::connect(url).await.unwrap();
                    sqlx::query(text).execute(&pool).await.is_err()
                }
                other => panic!("{other:?}"),
            };
            assert!(refused, "{}: {statement}", engine.name);
        }
    }
}

#[tokio::test]
async fn before_an_election_all_but_representatives_are_passive_until_a_new_form() {
    for engine in Engine::all().await {
        let (ledger, _) = with_party(&engine).await;
        let passwords = Passwords::new();
        let now = Timestamp::now();
        let form = [wanted(1, Role::Representative), wanted(2, Role::User), wanted(3, Role::User)];
        let first = people::define(&ledger, &passwords, &form, &[], now).await.unwrap();
        assert!(first.iter().all(|outcome| outcome.slip.is_some()));
        let again = people::define(&ledger, &passwords, &form, &[], now).await.unwrap();
        assert!(again.iter().all(|outcome| outcome.slip.is_none()), "the same form twice gives no second slip");
        assert_eq!(
            first.iter().map(|outcome| &outcome.login).collect::<Vec<_>>(),
            again.iter().map(|outcome| &outcome.login).collect::<Vec<_>>()
        );

        let passive = ledger.people_passivate_before_election().await.unwrap();
        assert_eq!(passive, ["parti-3", "parti-4"], "{}", engine.name);
        assert!(ledger.people_passivate_before_election().await.unwrap().is_empty());
        let seated = |people: Vec<tutanak::ledger::people::Person>| {
            people.into_iter().filter(|person| person.seat.is_some()).map(|person| person.id).collect::<Vec<_>>()
        };
        assert_eq!(seated(ledger.people(None).await.unwrap()), ["parti-1", "parti-2"]);
        assert_eq!(ledger.person_activate("parti-3").await.unwrap(), Err(NotActivated::NeedsForm));

        let new = people::define(&ledger, &passwords, &form[1..2], &[], now).await.unwrap();
        assert_eq!(new[0].login, "parti-3", "the same person keeps the login");
        let slip = new[0].slip.clone().expect("and is given a new slip");
        let login = door(&ledger, now).person("parti-3", &slip.password).await.unwrap().0;
        assert!(login.must_change && login.active);
        let old = first[1].slip.as_ref().unwrap();
        let refused = door(&ledger, now).person("parti-3", &old.password).await;
        assert!(matches!(refused, Err(LoginError::Refused(Refusal::Unknown))), "the old slip is worth nothing");
    }
}

#[tokio::test]
async fn a_form_is_taken_as_a_whole_or_not_at_all() {
    for engine in Engine::all().await {
        let (ledger, _) = with_party(&engine).await;
        let eleven: Vec<Definition> = (0..10).map(cheap).collect();
        let addresses = [("parti".to_owned(), "198.51.100.7/32".to_owned())];
        let refused = ledger.people_define(&eleven, &addresses).await.unwrap();
        assert_eq!(refused, Err(Refused::NoSeat { account: "parti".into() }), "one is there already");
        assert_eq!(ledger.people(None).await.unwrap().len(), 1, "{}", engine.name);
        assert_eq!(ledger.account("parti").await.unwrap().unwrap().addresses, "192.0.2.0/24");
        let stranger = Definition { account: "baska".into(), ..cheap(1) };
        let refused = ledger.people_define(&[cheap(2), stranger], &[]).await.unwrap();
        assert_eq!(refused, Err(Refused::NoAccount { account: "baska".into() }));
        assert_eq!(ledger.people(None).await.unwrap().len(), 1);
        ledger.people_define(&[cheap(1)], &addresses).await.unwrap().unwrap();
        assert_eq!(ledger.account("parti").await.unwrap().unwrap().addresses, "198.51.100.7/32");
    }
}

#[tokio::test]
async fn a_slips_password_opens_one_session_within_72_hours_and_nothing_else() {
    for engine in Engine::all().await {
        let (ledger, party) = with_party(&engine).await;
        let now = Timestamp::now();
        let Login { user, password } = &party.web;
        let grouped = password.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap());
        let grouped = grouped.collect::<Vec<_>>().join(" ");
        let (login, _) = door(&ledger, now).person(user, &grouped).await.expect("typed with the gaps of the paper");
        let late = now + SignedDuration::from_hours(SLIP_HOURS);
        let expired = door(&ledger, late).person(user, password).await;
        assert!(matches!(expired, Err(LoginError::Refused(Refusal::Unknown))), "{}", engine.name);

        let proof = Proof { password: login.password.clone(), totp_step: None };
        let (one, two) = (session(user, 1), session(user, 2));
        let both = tokio::join!(ledger.session_begin(&one, &proof), ledger.session_begin(&two, &proof));
        let begun = [both.0.unwrap(), both.1.unwrap()];
        assert_eq!(begun.iter().filter(|begun| **begun).count(), 1, "two at the same instant: one of them");
        let replayed = door(&ledger, now).person(user, password).await;
        assert!(matches!(replayed, Err(LoginError::Refused(Refusal::Unknown))));
        let outside = own_password::change(&ledger, &Passwords::new(), user, password, OWN, now).await;
        assert!(matches!(outside, Err(ChangeError::WrongPassword)), "nor does the used slip change the password");
        for (channel, login) in [(Channel::Bulk, user.as_str()), (Channel::Web, user), (Channel::Operator, user)] {
            assert!(ledger.credentials(channel, login).await.unwrap().is_empty(), "people are on no machine's channel");
        }
    }
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_and_the_old_one() {
    for engine in Engine::all().await {
        let (ledger, party) = with_party(&engine).await;
        let (passwords, now) = (Passwords::new(), Timestamp::now());
        let Login { user, password } = &party.web;
        let change = async |old: &str, new: &str| own_password::change(&ledger, &passwords, user, old, new, now).await;
        assert!(matches!(change("yanlış", OWN).await, Err(ChangeError::WrongPassword)), "{}", engine.name);
        for (bad, why) in [
            ("kısa", BadPassword::Short),
            ("parti parti parti 2024", BadPassword::Common),
            (password, BadPassword::Same),
        ] {
            let refused = change(password, bad).await;
            assert!(matches!(refused, Err(ChangeError::BadPassword(found)) if found == why), "{bad}: {refused:?}");
        }
        change(password, OWN).await.unwrap();
        let (login, _) = door(&ledger, now).person(user, OWN).await.unwrap();
        assert!(!login.must_change);
        let far = now + SignedDuration::from_hours(24 * 365);
        assert!(door(&ledger, far).person(user, OWN).await.is_ok(), "a chosen password has no term");

        let proof = Proof { password: login.password.clone(), totp_step: None };
        for token in 1..=12 {
            assert!(ledger.session_begin(&session(user, token), &proof).await.unwrap());
        }
        assert_eq!(ledger.sessions_of(user, 0, 0).await.unwrap().len(), 10, "the oldest make room");
        change(OWN, "ikinci bir cümle, daha uzun").await.unwrap();
        assert!(ledger.sessions_of(user, 0, 0).await.unwrap().is_empty());
        let stale = ledger.session_begin(&session(user, 99), &proof).await.unwrap();
        assert!(!stale, "what was compared with the old password begins nothing any more");
        assert!(door(&ledger, now).person(user, OWN).await.is_err());
    }
}

#[tokio::test]
async fn sessions_end_with_the_person_the_account_and_the_addresses() {
    for engine in Engine::all().await {
        let (ledger, party) = with_party(&engine).await;
        let user = &party.web.user;
        own_password::change(&ledger, &Passwords::new(), user, &party.web.password, OWN, Timestamp::now())
            .await
            .unwrap();
        let proof = Proof { password: ledger.person_login(user).await.unwrap().unwrap().password, totp_step: None };
        let begin = async |token| assert!(ledger.session_begin(&session(user, token), &proof).await.unwrap());
        let left = async || ledger.sessions_of(user, 0, 0).await.unwrap().len();
        begin(1).await;
        assert!(ledger.account_set_addresses("party", "parti", "192.0.2.7/32").await.unwrap());
        assert_eq!(left().await, 0, "{}: another address list", engine.name);
        begin(2).await;
        let form = [("parti".to_owned(), "192.0.2.7/32".to_owned())];
        ledger.people_define(&[cheap(1)], &form).await.unwrap().unwrap();
        assert_eq!(left().await, 1, "the same list again changes nothing");
        let form = [("parti".to_owned(), "192.0.2.8/32".to_owned())];
        ledger.people_define(&[], &form).await.unwrap().unwrap();
        assert_eq!(left().await, 0, "another list by a form");
        begin(3).await;
        assert!(ledger.account_set_active("party", "parti", false).await.unwrap());
        assert_eq!(left().await, 0, "the account is passive");
        assert!(ledger.account_set_active("party", "parti", true).await.unwrap());
        begin(4).await;
        assert!(ledger.person_passivate(user).await.unwrap());
        assert_eq!(left().await, 0, "the person is passive");
        assert!(!ledger.session_begin(&session(user, 5), &proof).await.unwrap());
    }
}

#[tokio::test]
async fn a_second_factors_step_is_used_once() {
    for engine in Engine::all().await {
        let (ledger, party) = with_party(&engine).await;
        let user = &party.web.user;
        own_password::change(&ledger, &Passwords::new(), user, &party.web.password, OWN, Timestamp::now())
            .await
            .unwrap();
        assert!(ledger.person_set_totp(user, Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 41).await.unwrap());
        let password = ledger.person_login(user).await.unwrap().unwrap().password;
        let begin = async |token, step| {
            let proof = Proof { password: password.clone(), totp_step: Some(step) };
            ledger.session_begin(&session(user, token), &proof).await.unwrap()
        };
        assert!(!begin(1, 41).await, "{}: the step of the set-up", engine.name);
        let (one, two) = tokio::join!(begin(2, 42), begin(3, 42));
        assert!(one ^ two, "the same code twice at once");
        assert!(!begin(4, 42).await && !begin(5, 40).await);
        assert!(begin(6, 43).await);
    }
}

#[tokio::test]
async fn an_old_secret_works_beside_the_new_one_until_its_time() {
    for engine in Engine::all().await {
        let (ledger, party) = with_party(&engine).await;
        let now = Timestamp::now();
        let old = &party.bulk;
        let until = now + SignedDuration::from_hours(1);
        let new = enrol::new_secret(&ledger, ("party", "parti"), Channel::Bulk, until).await.unwrap();
        let works =
            async |secret: &str, at| door(&ledger, at).bulk("parti", secret, [192, 0, 2, 1].into()).await.is_ok();
        assert!(works(&old.password, now).await && works(&new, now).await, "{}", engine.name);
        assert!(!works(&old.password, until).await && works(&new, until).await);
        let newest = enrol::new_secret(&ledger, ("party", "parti"), Channel::Bulk, now).await.unwrap();
        assert!(!works(&old.password, now).await && !works(&new, now).await && works(&newest, now).await);
        let none = enrol::new_secret(&ledger, ("party", "kimse"), Channel::Bulk, now).await;
        assert!(matches!(none, Err(EnrolError::NoSuchAccount(_))));
        // One after another, however many ask at once: in the end one is in force.
        let many = (0..8).map(|_| enrol::new_secret(&ledger, ("party", "parti"), Channel::Service, now));
        let made: Vec<String> = futures::future::join_all(many).await.into_iter().map(Result::unwrap).collect();
        let mut in_force = 0;
        for token in &made {
            let login = tutanak::access::secrets::token_login(token);
            let found = ledger.credentials(Channel::Service, &login).await.unwrap();
            in_force += found.iter().filter(|credential| credential.expires_ms.is_none()).count();
        }
        assert_eq!(in_force, 1);
    }
}

#[tokio::test]
async fn candidates_have_what_is_theirs() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let dir = tempfile::tempdir().unwrap();
        crate::house::write_election(dir.path());
        tutanak::registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap();
        let from = ["192.0.2.0/24".parse().unwrap()];
        let secrets = enrol::candidate(&ledger, &"aday".parse().unwrap(), "Aday", &from).await.unwrap();
        assert!(
            door(&ledger, Timestamp::now()).bulk("aday", &secrets.bulk.password, [192, 0, 2, 1].into()).await.is_ok(),
            "{}",
            engine.name
        );
        let (alone, place) = ("bagimsiz".parse().unwrap(), "34".parse().unwrap());
        enrol::independent(&ledger, &alone, "Bağımsız", &place).await.unwrap();
        let account = ledger.account("bagimsiz").await.unwrap().unwrap();
        assert_eq!((account.kind.as_str(), account.place.as_deref()), ("independent", Some("34")));
        assert_eq!(account.opens_with, "ban-lifted");
        assert!(ledger.people(Some("bagimsiz")).await.unwrap().is_empty(), "no way in on line");
        for channel in [Channel::Bulk, Channel::Service, Channel::Web] {
            assert!(ledger.credentials(channel, "bagimsiz").await.unwrap().is_empty());
        }
        let refused = enrol::independent(&ledger, &"x".parse().unwrap(), "X", &"34-k-m1".parse().unwrap()).await;
        assert!(matches!(refused, Err(EnrolError::NoConstituency(_))), "{refused:?}");
        let refused =
            ledger.people_define(&[Definition { account: "bagimsiz".into(), ..cheap(1) }], &[]).await.unwrap();
        assert!(matches!(refused, Err(Refused::NoAccount { .. })), "nor do people of such an account");
    }
}
