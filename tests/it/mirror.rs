//! `tutanak mirror` and `tutanak verify`, the real program against the real service, over HTTPS, FTPS and FTP.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use futures::TryStreamExt;
use tokio::process::Command;
use tokio::task::coop::{consume_budget, has_budget_remaining};
use tutanak::client::credentials::Credentials;
use tutanak::client::ftp::{self, Ftp};
use tutanak::client::transport::Transport;
use tutanak::domain::naming;
use tutanak::ledger::audit::AuditRow;
use tutanak::log::signer::LogSigner;

use crate::broken;
use crate::crash::SmallDisk;
use crate::house::House;
use crate::paper::page;
use crate::stock::fill;

/// The program as a party runs it.
fn tutanak(house: &House, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    let bulk = &house.party.bulk;
    command.env("TUTANAK_USER", &bulk.user).env("TUTANAK_PASSWORD", &bulk.password);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn ca(house: &House) -> String {
    house.dir.path().join("ca.pem").display().to_string()
}

fn addresses(house: &House) -> [String; 3] {
    // The certificate is for `localhost` and the loopback addresses.
    let ftp = house.ftp;
    [format!("https://{}/arsiv/", house.https), format!("ftps://{ftp}/"), format!("ftp://{ftp}")]
}

async fn done(command: &mut Command) -> Output {
    tokio::time::timeout(Duration::from_secs(120), command.output()).await.expect("it does not end").unwrap()
}

pub async fn mirror(house: &House, address: &str, dir: &Path, more: &[&str]) -> (i32, serde_json::Value) {
    let (ca, dir) = (ca(house), dir.display().to_string());
    let args = [&["mirror", address, &dir, "--ca", &ca, "--json"], more].concat();
    let out = done(&mut tutanak(house, &args)).await;
    let line = String::from_utf8_lossy(&out.stdout).lines().last().unwrap_or("null").to_owned();
    let told = serde_json::from_str(&line).unwrap_or_default();
    let status = out.status.code().unwrap_or(-1);
    if status != 0 {
        eprintln!("{}", String::from_utf8_lossy(&out.stderr));
    }
    (status, told)
}

pub async fn verify(house: &House, path: &Path, more: &[&str]) -> (i32, serde_json::Value) {
    let path = path.display().to_string();
    let out = done(&mut tutanak(house, &[&["verify", &path, "--json"], more].concat())).await;
    let told = serde_json::from_slice(&out.stdout).unwrap_or_default();
    (out.status.code().unwrap_or(-1), told)
}

fn scans(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return vec![] };
    let mut found = Vec::new();
    for entry in entries.map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(scans(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_has_the_same_whole_copy_by_every_way_and_can_prove_each_scan() {
    let house = House::open().await;
    for seed in 1..=4 {
        house.send(&house.first, &page(&["1090000001"], seed)).await;
    }
    house.send(&house.first, &page(&[], 9)).await;
    let copies = tempfile::tempdir().unwrap();
    for (n, address) in addresses(&house).iter().enumerate() {
        let copy = copies.path().join(n.to_string());
        let (status, told) = mirror(&house, address, &copy, &[]).await;
        assert_eq!((status, &told["scans"], &told["size"]), (0, &4.into(), &7.into()), "{address}: {told}");
        assert!(told["pinned"][0].as_str().unwrap().starts_with("localhost/deneme+"));
        let (status, told) = verify(&house, &copy, &[]).await;
        assert_eq!((status, &told["right"], &told["checked"]["scans"]), (0, &true.into(), &4.into()), "{told}");
        assert_eq!(scans(&copy.join("tutanaklar")).len(), 4);
        assert!(copy.join("OKU-BENI.txt").exists());
    }
    // One more scan: a checkpoint, a bundle, a pack.
    house.send(&house.first, &page(&["1080000001"], 1)).await;
    let copy = copies.path().join("0");
    let (_, told) = mirror(&house, &addresses(&house)[0], &copy, &[]).await;
    assert_eq!((&told["entries"], &told["scans"], &told["requests"]), (&1.into(), &1.into(), &3.into()), "{told}");

    // A scan where it lies, by the log of the copy.
    let scan = scans(&copy.join("tutanaklar")).remove(0);
    let (status, told) = verify(&house, &scan, &[]).await;
    assert_eq!((status, &told["right"]), (0, &true.into()), "{told}");
    let bytes = std::fs::read(&scan).unwrap();
    std::fs::write(&scan, b"another").unwrap();
    let (status, told) = verify(&house, &scan, &[]).await;
    assert_eq!((status, told["problems"][0]["problem"].as_str()), (1, Some("scan")), "{told}");
    let stranger = scan.with_file_name("9999-cb-sonuc-1.v1.png");
    std::fs::write(&stranger, &bytes).unwrap();
    let (status, told) = verify(&house, &stranger, &[]).await;
    assert_eq!((status, told["problems"][0]["problem"].as_str()), (1, Some("extra")), "{told}");
    std::fs::remove_file(stranger).unwrap();
    std::fs::write(&scan, bytes).unwrap();

    // The scan with its proof alone, by the key that was published.
    let path = scan.strip_prefix(&copy).unwrap().display().to_string();
    let proof = house.get(&format!("{path}.tlog-proof")).await.text().await.unwrap();
    let alone = copies.path().join("alone.png");
    std::fs::copy(&scan, &alone).unwrap();
    std::fs::write(copies.path().join("alone.png.tlog-proof"), &proof).unwrap();
    let key = house.get("defter/anahtar.txt").await.text().await.unwrap();
    let (status, told) = verify(&house, &alone, &["--key", key.trim()]).await;
    assert_eq!((status, &told["right"]), (0, &true.into()), "{told}");
    assert_eq!(verify(&house, &alone, &[]).await.0, 2, "no key, no verdict");
    std::fs::write(&alone, b"another").unwrap();
    assert_eq!(verify(&house, &alone, &["--key", key.trim()]).await.0, 1);

    // Another party's older checkpoint is the beginning of ours.
    let older = copies.path().join("1/defter/checkpoint").display().to_string();
    let (status, told) = verify(&house, &copy, &["--checkpoint", &older]).await;
    assert_eq!((status, told["view"]["view"].as_str()), (0, Some("consistent")), "{told}");
    // The same log over FTPS goes on from what HTTPS began.
    let (status, told) = mirror(&house, &addresses(&house)[1], &copies.path().join("2"), &["--key", key.trim()]).await;
    assert_eq!((status, &told["scans"]), (0, &1.into()), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_and_ends_with_2() {
    let house = House::open().await;
    let copies = tempfile::tempdir().unwrap();
    let (ca, dir) = (ca(&house), copies.path().join("copy").display().to_string());
    let [https, ftps, _] = addresses(&house);
    for address in [&https, &ftps] {
        let mut wrong = tutanak(&house, &["mirror", address, &dir, "--ca", &ca]);
        let out = done(wrong.env("TUTANAK_PASSWORD", "wrong")).await;
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(said.contains("refuses"), "{said}");
    }
    for (args, word) in [
        (vec!["mirror", "https://user:secret@localhost/", &dir], "TUTANAK_PASSWORD"),
        (vec!["mirror", "gopher://localhost/", &dir], "ftps://HOST"),
        (vec!["verify", &dir], "checkpoint"),
    ] {
        let out = done(&mut tutanak(&house, &args)).await;
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(word), "{args:?}: {said}");
    }
    let mut nobody = tutanak(&house, &["mirror", &https, &dir, "--ca", &ca]);
    assert_eq!(done(nobody.env_remove("TUTANAK_USER")).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_is_killed_leaves_no_half_file_and_the_next_one_completes() {
    let house = House::open().await;
    fill(&house, 700).await;
    let copies = tempfile::tempdir().unwrap();
    for (n, (way, form)) in [(0, &[][..]), (1, &[]), (0, &["--packs"])].into_iter().enumerate() {
        let address = addresses(&house)[way].clone();
        let copy = copies.path().join(n.to_string());
        let (ca, dir) = (ca(&house), copy.display().to_string());
        for life in 1..=5 {
            let args = [&["mirror", &address, &dir, "--ca", &ca, "--json", "--limit", "600k"], form].concat();
            let mut child = tutanak(&house, &args).spawn().unwrap();
            // Any moment: what must hold holds at each.
            let chance = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos() % 200;
            tokio::time::sleep(Duration::from_millis(150 * life + u64::from(chance))).await;
            child.start_kill().unwrap(); // SIGKILL
            child.wait().await.unwrap();
            // What has its name is whole: nothing is wrong but what is missing.
            let (status, told) = verify(&house, &copy, &[]).await;
            if status != 2 {
                for problem in told["problems"].as_array().unwrap() {
                    let absent =
                        problem["problem"] == "pack" && problem["what"].as_str().unwrap().contains("not there");
                    assert!(problem["problem"] == "missing" || absent, "{problem}");
                }
            }
        }
        let (status, told) = mirror(&house, &address, &copy, form).await;
        assert_eq!(status, 0, "{told}");
        let (status, told) = verify(&house, &copy, &[]).await;
        assert_eq!((status, &told["right"]), (0, &true.into()), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_lines_that_break_again_and_again_a_copy_goes_on_at_the_byte() {
    let house = House::open().await;
    fill(&house, 40).await; // one of them has 700 kB
    let copies = tempfile::tempdir().unwrap();
    let https = broken::line(house.https, 100_000).await;
    let ftp = broken::ftp(house.ftp, 100_000).await;
    // No line lives as long as the large scan needs: who began it anew would never have it.
    for (n, address) in [format!("https://{https}/arsiv/"), format!("ftp://{ftp}")].iter().enumerate() {
        for (form, scans) in [(&[][..], 35), (&["--packs"], 1)] {
            let copy = copies.path().join(format!("{n}{}", form.concat()));
            let (status, told) = mirror(&house, address, &copy, form).await;
            assert_eq!((status, &told["scans"]), (0, &scans.into()), "{address} {form:?}: {told}");
            let (status, told) = verify(&house, &copy, &[]).await;
            assert_eq!((status, &told["right"]), (0, &true.into()), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_has_a_scan_soon_after_it_was_sent_by_every_way() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let copies = tempfile::tempdir().unwrap();
    for (n, address) in addresses(&house).iter().enumerate() {
        let copy = copies.path().join(n.to_string());
        let (ca, dir) = (ca(&house), copy.display().to_string());
        let args = ["mirror", address, &dir, "--ca", &ca, "--json", "--follow"];
        let mut follower = tutanak(&house, &args).spawn().unwrap();
        let has = async |count: usize| {
            let began = std::time::Instant::now();
            let whole = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "png");
            while scans(&copy.join("tutanaklar")).iter().filter(whole).count() < count {
                assert!(began.elapsed() < Duration::from_secs(30), "the follower by {address} has not {count} scans");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        has(n + 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        house.send(&house.first, &page(&["1080000001"], n as u32)).await;
        has(n + 2).await;
        follower.start_kill().unwrap();
        follower.wait().await.unwrap();
        assert_eq!(verify(&house, &copy, &[]).await.0, 0);
    }
    // Over HTTPS it waited for an answer, over FTP it looked at the small file.
    let asked = |act: &'static str, object: &'static str| move |row: &AuditRow| row.act == act && row.object == object;
    let looked = house.audit(2, asked("download", "/durum.json")).await;
    assert!(looked.iter().all(|row| row.protocol.starts_with("ftp")), "{looked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_checkpoints_are_the_same_log_or_consistent_or_two_in_words_anyone_understands() {
    let house = House::open().await;
    fill(&house, 20).await;
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy");
    let (status, _) = mirror(&house, &addresses(&house)[0], &copy, &[]).await;
    assert_eq!(status, 0);
    let ours = copy.join("defter/checkpoint");
    let older = copies.path().join("older");
    std::fs::copy(&ours, &older).unwrap();
    fill(&house, 10).await;
    mirror(&house, &addresses(&house)[0], &copy, &[]).await;
    let head = house.ledger.head().await.unwrap();
    // What a dishonest service would show others: as many entries, and not the same.
    let signer = tutanak::app::log_signer(&house.config).unwrap();
    let [other, longer] = ["other", "longer"].map(|name| copies.path().join(name));
    std::fs::write(&other, signer.checkpoint("deneme", head.size, &[7; 32])).unwrap();
    std::fs::write(&longer, signer.checkpoint("deneme", head.size + 10, &[7; 32])).unwrap();
    let stranger = copies.path().join("stranger");
    let unknown = LogSigner::new("localhost", vec![ed25519_dalek::SigningKey::from_bytes(&[9; 32])]);
    std::fs::write(&stranger, unknown.checkpoint("deneme", head.size, &head.root)).unwrap();
    let key = std::fs::read_to_string(copy.join("defter/anahtar.txt")).unwrap();
    for (whose, theirs, status, turkish, english) in [
        (&copy, &ours, 0, "AYNI: ", "SAME: "),
        (&copy, &older, 0, "TUTARLI: 22 ", "CONSISTENT: "),
        (&copy, &other, 1, "ÇELİŞKİ: ", "SPLIT VIEW: "),
        (&copy, &longer, 2, "BELİRSİZ: ", "UNDECIDED: "),
        (&copy, &stranger, 1, "imzası kabul edilmedi", "is refused"),
        (&ours, &other, 1, "ÇELİŞKİ: ", "SPLIT VIEW: "),
        (&ours, &older, 2, "BELİRSİZ: ", "UNDECIDED: "),
    ] {
        let [whose, theirs] = [whose, theirs].map(|path| path.display().to_string());
        let args = ["verify", &whose, "--checkpoint", &theirs, "--key", key.trim()];
        let out = done(&mut tutanak(&house, &args)).await;
        let said = String::from_utf8(out.stdout).unwrap();
        assert_eq!(out.status.code(), Some(status), "{theirs}: {said}");
        assert!(said.contains(turkish) && said.contains(english), "{theirs}: {said}");
        let out = done(&mut tutanak(&house, &[&args[..], &["--json"]].concat())).await;
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(out.status.code(), Some(status), "{told}");
        assert_eq!(told["right"].as_bool(), Some(status != 1), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_loses_nothing_and_is_gone_on_from() {
    let copies = tempfile::tempdir().unwrap();
    let small = copies.path().join("small");
    let Some(_disk) = SmallDisk::mount(&small) else { return };
    let house = House::open().await;
    fill(&house, 60).await;
    let ballast = small.join("ballast");
    std::fs::write(&ballast, vec![0; 1_400_000]).unwrap();
    for way in [&[][..], &["--packs"]] {
        let copy = small.join(format!("copy{}", way.len()));
        let (ca, dir) = (ca(&house), copy.display().to_string());
        let address = addresses(&house)[0].clone();
        let args = [&["mirror", &address, &dir, "--ca", &ca], way].concat();
        let out = done(&mut tutanak(&house, &args)).await;
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(said.contains("disk dolu") && said.contains("disk is full"), "{said}");
        std::fs::remove_file(&ballast).unwrap();
        let (status, told) = mirror(&house, &address, &copy, way).await;
        assert_eq!(status, 0, "{told}");
        let (status, told) = verify(&house, &copy, &[]).await;
        assert_eq!((status, &told["right"]), (0, &true.into()), "{told}");
        std::fs::remove_dir_all(&copy).unwrap();
        std::fs::write(&ballast, vec![0; 1_400_000]).unwrap();
    }
}

#[tokio::test]
async fn a_command_over_ftps_leaves_even_where_the_turn_of_its_task_is_used_up() {
    let house = House::open().await;
    let bulk = &house.party.bulk;
    let credentials = Credentials { user: bulk.user.clone(), password: bulk.password.clone() };
    let tls = ftp::tls(Some(&house.ca())).unwrap();
    let server = Ftp::new("127.0.0.1", house.ftp.port(), "", Some(tls), credentials);
    let status = async || -> Vec<_> { server.open(naming::STATUS).await.unwrap().try_collect().await.unwrap() };
    status().await; // Logs in; the connection is kept for the next.
    tokio::task::yield_now().await;
    let mut turn = 0;
    while has_budget_remaining() {
        consume_budget().await;
        turn += 1;
    }
    assert!(turn > 0, "this task has turns without an end");
    // What is left of the turn may end before any of the words that are said for a file.
    for left in 0..turn.min(40) {
        tokio::task::yield_now().await;
        for _ in left..turn {
            consume_budget().await;
        }
        let again = tokio::time::timeout(Duration::from_secs(20), status()).await.expect("a command never left");
        assert!(!again.concat().is_empty(), "{left}");
    }
}
