//! The service's clock and gates, as the program tells them; and a workstation whose own clock is wrong.

use std::process::Output;

use jiff::Timestamp;
use serde_json::{Value, json};
use tutanak::client::upload::report::Event;

use super::killed::{done, tutanak};
use super::workplace::Workplace;
use crate::house::{BEFORE, House};
use crate::paper::page;

/// What a clerk reads, who looks at the state of things.
async fn read(house: &House, workplace: &Workplace) -> String {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command
        .env("TUTANAK_TOKEN", &house.first)
        .env("TUTANAK_LOG", "off")
        .arg("upload")
        .arg(workplace.root())
        .arg("--status");
    command.arg("--server").arg(house.url("/")).arg("--ca").arg(house.dir.path().join("ca.pem"));
    let Output { stdout, .. } = command.output().await.unwrap();
    String::from_utf8(stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_clock_and_gates_are_told_and_a_clock_that_is_wrong() {
    let house = House::open().await;
    let workplace = Workplace::new();
    // The house's clock stands in 2024; whatever this machine's shows, it is later.
    house.clock.set(BEFORE.parse().unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await; // gates are known for so long
    let (_, said, told) = done(&mut tutanak(&house, workplace.root(), &["--status"])).await;
    assert_eq!(told["clock"]["at"], "2024-03-31T13:59:59Z", "{said} {told}");
    assert!(told["clock"]["ahead_seconds"].as_i64().unwrap() > 86_400 * 365, "{told}");
    assert!(told["clock"]["warning"].as_str().unwrap().contains("Doğru saat: 31.03.2024 16:59:59."), "{told}");
    let parties = json!({ "gate": "parties-open", "open": false, "opens_at": "2024-03-31T14:00:00Z",
                          "name": "Partilerin erişimi", "told": "kapalı; açılış: 31.03.2024 17:00:00" });
    assert_eq!((&told["gates"][0], told["gates"].as_array().unwrap().len()), (&parties, 3));
    let text = read(&house, &workplace).await;
    for words in [
        "Sunucu saati: 31.03.2024 16:59:59",
        "DİKKAT  Bu bilgisayarın saati yanlış: sunucunun saatinden",
        "ileri. Doğru saat: 31.03.2024 16:59:59. Bilgisayarın saatini düzeltin.",
        "  Partilerin erişimi: kapalı; açılış: 31.03.2024 17:00:00",
        "  Yayın yasağı: sürüyor",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // At the beginning of a run too, and nothing is said of a clock that goes right.
    house.clock.set(Timestamp::now());
    workplace.put("a.png", &page(&["1090000001"], 1));
    assert_eq!(workplace.run(&house, &house.url("")).await.linked, 1);
    let told = workplace.told.lock().unwrap().clone();
    let Some(Event::Connected { clock: Some(clock), gates, .. }) = told.first() else { panic!("{told:?}") };
    assert_eq!((clock.ahead_seconds, &clock.warning), (0, &None));
    assert_eq!(gates.iter().map(|gate| gate.open).collect::<Vec<_>>(), [true, false, false]);
    house.clock.set(Timestamp::now());
    let text = read(&house, &workplace).await;
    assert!(text.contains("  Partilerin erişimi: açık") && !text.contains("DİKKAT"), "{text}");
    // Programs are told the same by the service itself.
    let asked = house.client.get(house.url("/v1/board")).bearer_auth(&house.first).send().await.unwrap();
    let greeting: Value = crate::house::json(asked).await;
    assert_eq!((&greeting["gates"][0]["open"], &greeting["queue"]), (&json!(true), &Value::Null));
    assert!(greeting["at"].as_str().unwrap().parse::<Timestamp>().is_ok(), "{greeting}");
}
