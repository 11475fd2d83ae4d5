//! A clock that jumps ahead dates no entry: uploads wait until it is right again, and reading goes on.

use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use tutanak::clock::Clock;
use tutanak::domain::{Digest, Entry, EntryKind, Gate};
use tutanak::ledger::brake::ClockFault;
use tutanak::ledger::gates::GateChange;
use tutanak::ledger::{Ledger, LedgerError};

use crate::engines::Engine;
use crate::house::{House, Plan, json};
use crate::paper::page;

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn refused(answer: Response) {
    assert_eq!(answer.status(), 503);
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    let problem = json(answer).await;
    assert_eq!(problem["type"], "urn:tutanak:problem:clock-wrong");
    assert!(problem["detail"].as_str().unwrap().contains("saat"), "{problem}");
}

async fn house(engine: &Engine) -> House {
    let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
    house.clock.set(Timestamp::now());
    house
}

async fn times(ledger: &Ledger) -> Vec<Timestamp> {
    let lines = ledger.lines_from(0, 1000).await.unwrap();
    lines.iter().map(|line| serde_json::from_str::<Entry>(&line.line).unwrap().at).collect()
}

fn gate() -> GateChange {
    GateChange { gate: Gate::BanLifted, open: true, by: vec!["a".into(), "b".into()], reason: "karar".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_a_day_ahead_dates_nothing_and_uploads_go_on_when_it_is_right_again() {
    for engine in Engine::all().await {
        let house = house(&engine).await;
        let now = house.clock.now();
        assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
        let size = house.ledger.head().await.unwrap().size;
        // A minute is a clock that is a little wrong.
        house.clock.jump(SignedDuration::from_secs(40));
        assert_eq!(house.send(&house.first, &page(&["1090000001"], 2)).await.status(), 201, "{}", engine.name);
        house.clock.jump(DAY);
        let late = page(&["1090000002"], 3);
        refused(house.send(&house.first, &late).await).await;
        refused(house.send(&house.first, &page(&[], 4)).await).await;
        let fault = house.ledger.clock_fault(&house.clock).await.unwrap();
        match engine.name {
            "sqlite" => assert!(matches!(fault, Some(ClockFault::Jumped(_))), "{fault:?}"),
            _ => assert!(matches!(fault, Some(ClockFault::AheadOfDatabase(_))), "{fault:?}"),
        }
        // Nor by any other way into the log.
        let error = house.ledger.change_gate(&gate(), house.clock.now()).await.unwrap_err();
        assert!(matches!(error, LedgerError::Clock(_)), "{error:?}");
        assert_eq!(house.ledger.head().await.unwrap().size, size + 1);
        let read = house.get("durum.json").await;
        assert_eq!(read.status(), 200, "reading goes on");
        assert_eq!(
            house.send(&house.first, &page(&["1090000001"], 1)).await.status(),
            200,
            "and what is known is told"
        );

        house.clock.jump(-DAY);
        assert_eq!(house.send(&house.first, &late).await.status(), 201);
        assert_eq!(house.ledger.clock_fault(&house.clock).await.unwrap(), None);
        let newest = *times(&house.ledger).await.last().unwrap();
        assert!(newest.duration_since(now) < SignedDuration::from_secs(60), "{newest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_many_nodes_the_one_whose_clock_is_ahead_dates_nothing_whenever_it_was_started() {
    let Some(engine) = Engine::postgres().await else { return };
    let house = house(&engine).await;
    // It is a day ahead from its start, so nothing jumps.
    house.clock.set(Timestamp::now() + DAY);
    refused(house.send(&house.first, &page(&["1090000001"], 1)).await).await;
    house.clock.set(Timestamp::now());
    assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_dated_in_the_future_is_told_of_and_goes_on_by_a_command_that_is_on_record() {
    for engine in Engine::all().await {
        let house = house(&engine).await;
        assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
        let size = house.ledger.head().await.unwrap().size;
        let tomorrow = Timestamp::now() + DAY;
        let mut entry = Entry::bare(tomorrow, EntryKind::Parked);
        (entry.sha256, entry.reason) = (Some(Digest::of(b"tomorrow")), Some("no-code".into()));
        house.ledger.replay(size, vec![entry.line()]).await.unwrap();
        let scan = page(&["1090000002"], 2);
        refused(house.send(&house.first, &scan).await).await;
        let fault = house.ledger.clock_fault(&house.clock).await.unwrap().unwrap();
        assert!(fault.to_string().contains("tutanak clock resume"), "{fault}");
        assert!(house.ledger.resume_time().await.unwrap().is_some());
        assert_eq!(house.ledger.resume_time().await.unwrap(), None, "there is nothing more to mend");
        assert_eq!(house.send(&house.first, &scan).await.status(), 201);
        let times = times(&house.ledger).await;
        let [.., wrong, right] = times.as_slice() else { panic!() };
        assert_eq!(wrong.as_millisecond(), tomorrow.as_millisecond(), "no entry changes");
        assert!(*right < Timestamp::now() + SignedDuration::from_secs(60));
        assert_eq!(house.get("durum.json").await.status(), 200);
        assert_eq!(Clock::system().jumped(), None);
    }
}
