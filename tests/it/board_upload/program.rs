//! The program as a clerk and a script see it: what it says, and what it ends with.

use std::time::Duration;

use super::killed::{done, tutanak};
use super::workplace::{Workplace, entered};
use crate::house::House;
use crate::paper::page;

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_0_only_when_everything_was_received() {
    let house = House::open().await;
    let workplace = Workplace::new();
    workplace.put("a.png", &page(&["1090000001"], 1));
    workplace.put("b.png", &page(&[], 2));
    let (status, said, told) = done(&mut tutanak(&house, workplace.root(), &["--dry-run"])).await;
    assert_eq!((status, told["would"].as_str()), (1, Some("send")), "{said}");
    assert!(
        workplace.root().join("a.png").exists() && !workplace.root().join(".tutanak").exists(),
        "it was to touch nothing"
    );
    assert_eq!(entered(&house).await.len(), 0);

    let (status, said, told) = done(&mut tutanak(&house, workplace.root(), &[])).await;
    assert_eq!((status, told["event"].as_str()), (0, Some("summary")), "{said} {told}");
    let summary = &told["summary"];
    assert_eq!((&summary["linked"], &summary["parked"], &summary["sent"]), (&1.into(), &1.into(), &2.into()));
    workplace.put("c.png", b"no scan at all");
    let (status, said, told) = done(&mut tutanak(&house, workplace.root(), &[])).await;
    assert_eq!((status, &told["summary"]["damaged"]), (1, &1.into()), "{said} {told}");
    let (status, said, _) = done(tutanak(&house, workplace.root(), &[]).env("TUTANAK_TOKEN", "wrong")).await;
    assert_eq!(status, 0, "an empty folder needs no service: {said}");
    workplace.put("d.png", &page(&["1090000001"], 9));
    let (status, said, _) = done(tutanak(&house, workplace.root(), &[]).env("TUTANAK_TOKEN", "wrong")).await;
    assert!(status == 2 && said.contains("refuses"), "{status} {said}");
    let (status, said, _) = done(tutanak(&house, workplace.root(), &[]).env_remove("TUTANAK_TOKEN")).await;
    assert!(status == 2 && said.contains("TUTANAK_TOKEN"), "{status} {said}");
    let (status, said, _) = done(&mut tutanak(&house, &workplace.root().join("yok"), &[])).await;
    assert_eq!(status, 2, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_says_what_is_missing_here_and_there_while_another_client_watches() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let mut watcher = tutanak(&house, workplace.root(), &["--watch"]).spawn().unwrap();
    workplace.put("a.png", &page(&["1090000001"], 1));
    workplace.put("b.png", &page(&[], 2));
    let began = std::time::Instant::now();
    while workplace.names("elle").is_empty() || workplace.names("gonderildi").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30), "the watching client does nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (status, said, _) = done(&mut tutanak(&house, workplace.root(), &[])).await;
    assert!(status == 2 && said.contains("başka bir tutanak"), "{status} {said}");
    workplace.put("c.png.tmp", b"x");
    workplace.put("d.pdf", b"x");
    let (status, said, told) = done(&mut tutanak(&house, workplace.root(), &["--status"])).await;
    assert_eq!(status, 1, "{said}");
    // Three boxes with two races, a count sheet, and the district's merge sheet; one of them is there.
    assert_eq!((&told["expected"], told["missing"].as_array().unwrap().len()), (&8.into(), 7), "{told}");
    assert_eq!((&told["received"], &told["by_hand"], &told["others"]), (&1.into(), &1.into(), &1.into()), "{told}");
    let forms: Vec<_> = told["missing"].as_array().unwrap().iter().map(|form| form["tr"].as_str().unwrap()).collect();
    assert!(forms.contains(&"Sandık 1001, Milletvekili, Sandık Sonuç Tutanağı"), "{forms:?}");

    // SIGTERM ends it with a sum.
    let term = std::process::Command::new("kill").arg(watcher.id().unwrap().to_string()).status().unwrap();
    assert!(term.success());
    let out = watcher.wait_with_output().await.unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{told}");
    assert!(told.lines().last().unwrap().contains("\"linked\":1"), "{told}");
    watcher = tutanak(&house, workplace.root(), &["--watch"]).spawn().unwrap();
    watcher.start_kill().unwrap();
    watcher.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_leaves_does_not_stop_the_sending() {
    let house = House::open().await;
    let workplace = Workplace::new();
    for n in 0..3 {
        workplace.put(&format!("{n}.png"), &page(&["1090000001"], n));
    }
    let mut child = tutanak(&house, workplace.root(), &[]).spawn().unwrap();
    drop(child.stdout.take());
    let ended = tokio::time::timeout(Duration::from_secs(60), child.wait()).await.unwrap().unwrap();
    assert_eq!((ended.code(), workplace.names("gonderildi").len()), (Some(0), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_the_bar_tells_count_rate_and_time_left() {
    let house = House::open().await;
    let workplace = Workplace::new();
    for n in 0..40 {
        workplace.put(&format!("{n}.png"), &page(&["1090000001"], n));
    }
    let (program, root, ca) =
        (env!("CARGO_BIN_EXE_tutanak"), workplace.root().display(), house.dir.path().join("ca.pem"));
    let upload = format!("{program} upload {root} --server {} --ca {} --still 1", house.url("/"), ca.display());
    // `script` runs it on a terminal of its own.
    let mut script = tokio::process::Command::new("script");
    script.args(["-q", "-e", "-c", &upload, "/dev/null"]).env("TERM", "xterm").env("TUTANAK_LOG", "off");
    script.env("TUTANAK_TOKEN", &house.first).stdin(std::process::Stdio::null());
    let out = tokio::time::timeout(Duration::from_secs(120), script.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}");
    for words in ["Bağlandı: kadikoy-1", "Sunucu saati: ", "/s  kalan/left ", " tamam, ", "40 tutanak alındı"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
