//! Gates: entries of the log that every node follows within a second, moved by two people together.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use tutanak::access::consent::{NotSigned, Signature};
use tutanak::access::door::Door;
use tutanak::access::gate_change::{GateError, change};
use tutanak::access::totp;
use tutanak::clock::Clock;
use tutanak::domain::{Entry, Gate};
use tutanak::ledger::Ledger;
use tutanak::people::enrol::{self, Login, PartySecrets};

use crate::engines::Engine;
use crate::house::{AFTER, BEFORE, House, Operator, Plan, json, settled};

/// Longer than any node may go on with what it knew.
const NOTICED: Duration = Duration::from_millis(1100);

struct Operators<'a> {
    ledger: &'a Ledger,
    first: Operator,
    second: Operator,
}

impl<'a> Operators<'a> {
    async fn of(ledger: &'a Ledger) -> Self {
        let (first, second) = (Operator::new(ledger, "skgm-1").await, Operator::new(ledger, "skgm-2").await);
        Self { ledger, first, second }
    }

    async fn one(&self) -> Signature {
        self.first.sign(self.ledger, &Clock::system()).await
    }

    async fn both(&self) -> [Signature; 2] {
        [self.one().await, self.second.sign(self.ledger, &Clock::system()).await]
    }
}

/// Somebody who has no second factor.
fn without_code(login: &Login) -> Signature {
    Signature { user: login.user.clone(), password: login.password.clone(), code: String::new() }
}

async fn moves(house: &House, gate: Gate, open: bool, by: &[Signature]) -> Result<Option<u64>, GateError> {
    let door = Door::new(house.ledger.clone(), Clock::system());
    change(&house.ledger, &door, gate, open, "YSK kararı 2024/1", by, house.clock.now()).await
}

/// What a party's bulk account is told when it asks for the root.
async fn root(house: &House, party: &PartySecrets) -> StatusCode {
    let asked = house.client.get(house.url("/arsiv/")).basic_auth(&party.bulk.user, Some(&party.bulk.password));
    asked.send().await.unwrap().status()
}

#[tokio::test]
async fn two_operators_open_early_and_close_again_and_the_log_says_so() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let operators = Operators::of(&house.ledger).await;
        house.clock.set(BEFORE.parse().unwrap());
        assert_eq!(root(&house, &house.party).await, StatusCode::FORBIDDEN, "{}", engine.name);
        let position = moves(&house, Gate::PartiesOpen, true, &operators.both().await).await.unwrap().unwrap();
        tokio::time::sleep(NOTICED).await;
        assert_eq!(root(&house, &house.party).await, StatusCode::OK);
        let line = house.ledger.lines_from(position, 1).await.unwrap().remove(0).line;
        let entry: Entry = serde_json::from_str(&line).unwrap();
        assert_eq!((entry.gate, entry.open), (Some(Gate::PartiesOpen), Some(true)));
        assert_eq!(entry.by, ["skgm-1", "skgm-2"]);
        assert_eq!(entry.reason.as_deref(), Some("YSK kararı 2024/1"));
        assert_eq!(
            moves(&house, Gate::PartiesOpen, true, &operators.both().await).await.unwrap(),
            None,
            "once is enough"
        );

        moves(&house, Gate::PartiesOpen, false, &operators.both().await).await.unwrap().unwrap();
        house.clock.set(AFTER.parse().unwrap());
        tokio::time::sleep(NOTICED).await;
        let refused = house.get("").await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "what was closed stays closed past its hour");
        assert_eq!(json(refused).await["opens_at"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn every_node_follows_within_a_second() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        house.clock.set(BEFORE.parse().unwrap());
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let node = Door::new(engine.open().await, house.clock.clone());
            assert!(!node.gates().await.unwrap().is_open(Gate::PartiesOpen, house.clock.now()), "{}", engine.name);
            nodes.push(node);
        }
        let operators = Operators::of(&house.ledger).await;
        for open in [true, false, true] {
            moves(&house, Gate::PartiesOpen, open, &operators.both().await).await.unwrap().unwrap();
            tokio::time::sleep(NOTICED).await;
            for node in &nodes {
                let gates = node.gates().await.unwrap();
                assert_eq!(gates.is_open(Gate::PartiesOpen, house.clock.now()), open, "{}", engine.name);
            }
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_set_opens_and_shuts_at_the_hour_and_no_entry_goes_back_in_time() {
    let house = House::open().await;
    let operators = Operators::of(&house.ledger).await;
    for (time, status) in [
        (BEFORE, StatusCode::FORBIDDEN),
        (AFTER, StatusCode::OK),
        ("2024-03-31T13:00:00Z", StatusCode::FORBIDDEN),
        ("2024-04-01T00:00:00Z", StatusCode::OK),
        ("2023-03-31T15:00:00Z", StatusCode::FORBIDDEN),
    ] {
        house.clock.set(time.parse().unwrap());
        // At once: what a node remembers is what was decided, not whether it is open.
        assert_eq!(root(&house, &house.party).await, status, "{time}");
    }
    house.clock.set(AFTER.parse().unwrap());
    let first = moves(&house, Gate::BanLifted, true, &operators.both().await).await.unwrap().unwrap();
    house.clock.set("2024-03-31T10:00:00Z".parse().unwrap());
    moves(&house, Gate::EmbargoEnded, true, &operators.both().await).await.unwrap().unwrap();
    let entries = house.ledger.lines_from(first, 2).await.unwrap();
    let at = |n: usize| serde_json::from_str::<Entry>(&entries[n].line).unwrap().at;
    assert!(at(1) >= at(0), "{} before {}", at(1), at(0));
}

#[tokio::test]
async fn one_operator_a_stranger_or_no_reason_move_nothing() {
    let house = House::open().await;
    let operators = Operators::of(&house.ledger).await;
    for (gate, open) in [(Gate::PartiesOpen, true), (Gate::BanLifted, true), (Gate::PartiesOpen, false)] {
        let refused = moves(&house, gate, open, &[operators.one().await]).await;
        assert!(
            matches!(refused, Err(GateError::NotSigned(NotSigned::TooFew { needed: 2 }))),
            "{gate} {open}: {refused:?}"
        );
    }
    // One who comes twice, with a code of this half minute and one of the next, is one.
    let later = totp::code(&operators.first.secret, Timestamp::now() + SignedDuration::from_secs(30)).unwrap();
    let twice = [operators.one().await, Signature { code: later, ..operators.one().await }];
    let refused = moves(&house, Gate::BanLifted, true, &twice).await;
    assert!(matches!(refused, Err(GateError::NotSigned(NotSigned::TooFew { needed: 2 }))), "{refused:?}");
    let [_, second] = operators.both().await;
    let wrong = Signature { password: "yanlış".into(), ..second };
    let party = Signature {
        user: house.party.bulk.user.clone(),
        password: house.party.bulk.password.clone(),
        code: String::new(),
    };
    for second in [wrong, party] {
        let refused = moves(&house, Gate::BanLifted, true, &[operators.one().await, second]).await;
        assert!(matches!(refused, Err(GateError::NotSigned(NotSigned::NoOperator { .. }))), "{refused:?}");
    }
    let door = Door::new(house.ledger.clone(), Clock::system());
    for reason in ["", "  ", &"ş".repeat(501), "a\r\nb", "\u{1b}[2J", "\u{202e}x"] {
        let now = house.clock.now();
        let refused = change(&house.ledger, &door, Gate::BanLifted, true, reason, &operators.both().await, now).await;
        assert!(matches!(refused, Err(GateError::NoReason(_))), "{refused:?}");
    }
    assert!(house.ledger.gate_changes().await.unwrap().is_empty());
    moves(&house, Gate::EmbargoEnded, true, &[operators.one().await]).await.unwrap().expect("the embargo takes one");
}

#[tokio::test]
async fn an_operator_with_a_first_password_or_without_a_second_factor_moves_nothing() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let (ledger, name) = (&house.ledger, engine.name);
        let slip = enrol::operator(ledger, "skgm-3", "Üçüncü").await.unwrap();
        let refused = moves(&house, Gate::EmbargoEnded, true, &[without_code(&slip)]).await;
        assert!(matches!(refused, Err(GateError::NotSigned(NotSigned::NoOperator { .. }))), "{name}: {refused:?}");
        let own = settled(ledger, slip).await;
        let refused = moves(&house, Gate::EmbargoEnded, true, &[without_code(&own)]).await;
        assert!(
            matches!(&refused, Err(GateError::NotSigned(NotSigned::NoSecondFactor { user })) if user == "skgm-3"),
            "{name}: {refused:?}"
        );
        // Whoever does not know the password is not told what there is.
        let guess = Signature { password: "yanlış".into(), ..without_code(&own) };
        let refused = moves(&house, Gate::EmbargoEnded, true, &[guess]).await;
        assert!(matches!(refused, Err(GateError::NotSigned(NotSigned::NoOperator { .. }))), "{name}: {refused:?}");
        // Beside one who has everything, such a one is nobody.
        let other = Operator::new(ledger, "skgm-4").await;
        let by = [other.sign(ledger, &Clock::system()).await, without_code(&own)];
        let refused = moves(&house, Gate::BanLifted, true, &by).await;
        assert!(matches!(refused, Err(GateError::NotSigned(NotSigned::NoSecondFactor { .. }))), "{name}: {refused:?}");
        assert!(ledger.gate_changes().await.unwrap().is_empty(), "{name}");
        let signed = other.sign(ledger, &Clock::system()).await;
        moves(&house, Gate::EmbargoEnded, true, &[signed]).await.unwrap().expect("with password and code of one's own");
    }
}

#[tokio::test]
async fn a_party_that_takes_no_part_gets_in_when_the_ban_is_lifted() {
    let house = House::open().await;
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    let id = "disarida".parse().unwrap();
    let outside = enrol::party(&house.ledger, &id, "Katılmayan", &loopback, Gate::BanLifted).await.unwrap();
    assert_eq!(root(&house, &outside).await, StatusCode::FORBIDDEN);
    assert_eq!(root(&house, &house.party).await, StatusCode::OK);
    let operators = Operators::of(&house.ledger).await;
    moves(&house, Gate::BanLifted, true, &operators.both().await).await.unwrap();
    tokio::time::sleep(NOTICED).await;
    assert_eq!(root(&house, &outside).await, StatusCode::OK);
}
