//! The line and what stands in it: cuts, lost answers, a busy service, foreign answers, a service that is gone for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tutanak::client::upload::UploadError;
use tutanak::client::upload::report::Event;

use super::front::{Answer, Cable, Front};
use super::workplace::{Workplace, entered, plan, sent};
use crate::house::House;
use crate::paper::page;

fn waits(workplace: &Workplace) -> Vec<(String, f64)> {
    let told = workplace.told.lock().unwrap();
    let waits = told.iter().filter_map(|event| match event {
        Event::Waiting { why, seconds } => Some((why.clone(), *seconds)),
        _ => None,
    });
    waits.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_all_the_time_loses_nothing_and_doubles_nothing() {
    let house = House::open().await;
    let workplace = Workplace::new();
    for n in 0..100 {
        workplace.put(&format!("{n}.png"), &page(&["1090000001"], n));
    }
    let cable = Cable::to(house.https).await;
    let cuts = async {
        for n in 0_u64.. {
            tokio::time::sleep(Duration::from_millis(400 + n * 170 % 500)).await;
            cable.cut();
        }
    };
    let summary = tokio::select! {
        summary = workplace.run(&house, &cable.address) => summary,
        () = cuts => unreachable!(),
    };
    assert_eq!((summary.linked, summary.waiting, summary.complete()), (100, 0, true));
    let entered = entered(&house).await;
    assert_eq!((entered.len(), entered.values().max()), (100, Some(&1)));
    assert!(!waits(&workplace).is_empty(), "no cut was noticed: the test cuts too seldom to mean anything");
}

#[tokio::test]
async fn a_busy_service_is_obeyed_and_a_lost_answer_costs_no_second_entry() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let digest = workplace.put("a.png", &page(&["1090000001"], 1));
    let front = Front::of(
        &house,
        [
            Answer::Say(429, Some(("retry-after", "1")), "{}"),
            Answer::Say(200, None, "<html>Please log in to this hotel's network</html>"),
            Answer::Say(413, None, "<html>nginx: too large</html>"),
            Answer::Lose,
        ],
    )
    .await;
    let began = Instant::now();
    let summary = workplace.run(&house, &front.address).await;
    assert!(began.elapsed() >= Duration::from_secs(1), "it did not wait as long as it was asked to");
    assert_eq!((summary.linked, summary.damaged), (1, 0));
    assert!(front.puts.lock().unwrap().is_empty(), "not every answer was given");
    assert!(waits(&workplace)[0].1 >= 1.0, "{:?}", waits(&workplace));
    assert_eq!(entered(&house).await, [(digest, 1)].into());
    // The receipt of the lost answer came from the question in bulk.
    assert_eq!((summary.sent, sent(&house).await), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_gone_for_a_while_is_waited_for() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let cable = Cable::to(house.https).await;
    cable.down(true);
    workplace.put("a.png", &page(&["1090000001"], 1));
    let mend = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(workplace.root().join("a.png").exists());
        cable.down(false);
    };
    let (summary, ()) = tokio::join!(workplace.run(&house, &cable.address), mend);
    assert_eq!(summary.linked, 1);
    let pauses = waits(&workplace);
    assert!((2..12).contains(&pauses.len()), "it hammers, or does not try: {pauses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_while_it_is_sent_is_sent_as_well() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let (first, second) = (page(&["1090000001"], 1), page(&["1090000001"], 2));
    let digests = [workplace.put("a.png", &first), tutanak::domain::Digest::of(&second)];
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let front = Front::of(&house, [Answer::Hold(Arc::clone(&gate))]).await;
    let replace = async {
        while !front.puts.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        std::fs::write(workplace.root().join("a.tmp"), &second).unwrap();
        std::fs::rename(workplace.root().join("a.tmp"), workplace.root().join("a.png")).unwrap();
        gate.add_permits(1);
    };
    let (summary, ()) = tokio::join!(workplace.run(&house, &front.address), replace);
    assert_eq!((summary.linked, summary.sent), (1, 2));
    assert_eq!(std::fs::read(workplace.root().join("gonderildi/a.png")).unwrap(), second);
    assert_eq!(entered(&house).await, digests.map(|digest| (digest, 1)).into());
    assert!(
        digests.iter().all(|digest| workplace.receipt(*digest).is_some()),
        "what was sent has its receipt all the same"
    );
}

#[tokio::test]
async fn a_receipt_with_another_word_in_it_is_not_believed() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let digest = workplace.put("a.png", &page(&["1090000001"], 1));
    let front = Front::of(&house, [Answer::Change(|text| text.replace("cb-sonuc-1.v1", "cb-sonuc-1.v9"))]).await;
    let mut client = workplace.client(&house, &front.address, plan()).unwrap();
    let error = client.run().await.unwrap_err();
    assert!(matches!(error, UploadError::Untrusted { .. }), "{error}");
    drop(client);
    assert!(workplace.root().join("a.png").exists() && workplace.receipt(digest).is_none());
    // An honest line later: the service has it already.
    assert_eq!(workplace.run(&house, &house.url("")).await.linked, 1);
}

#[tokio::test]
async fn a_wrong_token_or_another_key_ends_the_run_and_touches_nothing() {
    let house = House::open().await;
    let workplace = Workplace::new();
    workplace.put("a.png", &page(&["1090000001"], 1));
    let mut wrong = House::open().await;
    wrong.first = "not a token".to_owned();
    let mut client = workplace.client(&wrong, &wrong.url(""), plan()).unwrap();
    assert!(matches!(client.run().await, Err(UploadError::Refused(_))));
    drop(client);
    assert!(workplace.root().join("a.png").exists());
    assert_eq!(workplace.run(&house, &house.url("")).await.linked, 1);
    // Another service that calls itself the same signs with another key.
    workplace.put("b.png", &page(&["1090000002"], 1));
    let other = House::open().await;
    let mut client = workplace.client(&other, &other.url(""), plan()).unwrap();
    assert!(matches!(client.run().await, Err(UploadError::Key(_))));
    drop(client);
    assert!(workplace.root().join("b.png").exists());
    assert_eq!(entered(&other).await.len(), 0);
}
