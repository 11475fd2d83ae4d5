//! What is on a medium: the candidate's own place as of one instant, and nothing else; on several where one is too small.

use std::collections::BTreeSet;
use std::path::Path;

use tutanak::domain::Digest;
use tutanak::formats::portable;
use tutanak::vault::{NearConfig, VaultConfig};

use super::stage::{OURS, Stage, files, sound, wish};
use crate::engines::{Engine, peer};

fn scans(dir: &Path) -> BTreeSet<String> {
    let all = files(dir).into_keys();
    let scan = |path: String| {
        portable::tree_path(path.strip_prefix("data/")?).strip_suffix(".png").map(|stem| format!("{stem}.png"))
    };
    all.filter_map(scan).collect()
}

fn vaults() -> Vec<Option<VaultConfig>> {
    let mut all = vec![None];
    if let (Some(endpoint), Some(bucket)) = (peer("TUTANAK_TEST_S3_ENDPOINT"), peer("TUTANAK_TEST_S3_BUCKET")) {
        all.push(Some(VaultConfig::bucket(bucket, Some(endpoint), NearConfig::default())));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_medium_holds_the_candidates_own_place_and_nothing_else() {
    for vault in vaults() {
        for engine in Engine::all().await {
            let name = engine.name;
            let stage = Stage::build(Some(engine), vault.clone()).await;
            stage.ready("aday-1").await;
            let to = tempfile::tempdir().unwrap();
            let written = stage.write("aday-1", &wish(to.path())).await.unwrap();
            let verdict = sound(to.path());
            assert_eq!((verdict.scans, written.receipt.scans), (7, 7), "{name}");
            assert_eq!(scans(to.path()), OURS.map(str::to_owned).into(), "{name}");
            let files = files(to.path());
            for (path, content) in &files {
                assert!(portable::is_sound(path), "{path}");
                let text = String::from_utf8_lossy(content).to_lowercase();
                for foreign in ["fatih", "aksaray", "2. bölge", "1090000101", "5550000001"] {
                    assert!(!path.contains(foreign) && !text.contains(foreign), "{path} tells of {foreign}");
                }
            }
            let lower: BTreeSet<_> = files.keys().map(|path| path.to_lowercase()).collect();
            assert_eq!(lower.len(), files.len(), "two names differ in their letters' case alone");
        }
    }
}

#[tokio::test]
async fn what_comes_in_after_the_first_medium_was_begun_is_on_none_of_them() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = stage.write("aday-1", &wish(one.path())).await.unwrap();
    stage.send(&["1090000005", "1090000002"], 90).await;
    stage.clock.advance(jiff::SignedDuration::from_hours(30));
    let again = wish(two.path());
    let second = stage.write("aday-1", &tutanak::export::write::Wish { number: Some(1), ..again }).await.unwrap();
    assert_eq!(first.receipt.digest, second.receipt.digest, "the same request is the same bag");
    assert!(files(one.path()) == files(two.path()));
    let missing = String::from_utf8(files(one.path())["data/listeler/eksikler-virgul.csv"].clone()).unwrap();
    assert!(missing.contains("1090000005"), "it was missing then: {missing}");
    // Another request is another instant.
    stage.request("aday-1").await;
    let third = tempfile::tempdir().unwrap();
    assert_eq!(stage.write("aday-1", &wish(third.path())).await.unwrap().receipt.scans, 9);
    sound(third.path());
}

#[tokio::test]
async fn a_place_without_a_scan_is_a_sound_bag_too() {
    let stage = Stage::open().await;
    let pool = stage.sqlite().await;
    sqlx::query("UPDATE account SET place = '34-k-1' WHERE id = 'aday-2'").execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO place VALUES ('35', 99, NULL, 'il', '35', 'İZMİR', '35-izmir', NULL, '35')")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE account SET place = '35' WHERE id = 'aday-2'").execute(&pool).await.unwrap();
    stage.ready("aday-2").await;
    let to = tempfile::tempdir().unwrap();
    assert_eq!(stage.write("aday-2", &wish(to.path())).await.unwrap().receipt.scans, 0);
    assert_eq!(sound(to.path()).scans, 0);
}

#[tokio::test]
async fn where_one_medium_is_too_small_several_hold_everything_once() {
    let stage = Stage::open().await;
    let codes = ["1090000001", "1090000002", "1090000003", "1080000002", "1080000003"];
    for round in 0..8 {
        stage.send(&codes, 200 + round * 10).await;
    }
    stage.ready("aday-1").await;
    let (mut all, mut number) = (BTreeSet::new(), 0);
    let mut dirs = Vec::new();
    loop {
        let to = tempfile::tempdir().unwrap();
        let plan = tutanak::export::write::Wish { capacity: Some(1_500_000), ..wish(to.path()) };
        let written = stage.write("aday-1", &plan).await.unwrap();
        number += 1;
        let facts = &written.receipt.facts;
        assert_eq!(facts.number, number);
        assert!(facts.of > 1 && written.receipt.bytes <= 1_500_000, "{} bytes on {number}", written.receipt.bytes);
        let verdict = sound(to.path());
        let mine = scans(to.path());
        assert_eq!(verdict.elsewhere + mine.len() as u64, 47);
        for scan in mine {
            assert!(all.insert(scan.clone()), "{scan} lies on two media");
        }
        dirs.push(to);
        if facts.number == facts.of {
            break;
        }
    }
    assert_eq!(all.len(), 47);
    // A medium that cannot hold one box's scans is refused by name, before anything is written to it.
    stage.request("aday-1").await;
    let to = tempfile::tempdir().unwrap();
    let (status, told) = stage.export("aday-1", to.path(), &["--medium-size", "100K"], &[]).await;
    assert_eq!((status, told["fault"].as_str()), (2, Some("too-small")), "{told}");
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn pages_link_to_what_is_there_and_to_nothing_outside() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let to = tempfile::tempdir().unwrap();
    stage.write("aday-1", &wish(to.path())).await.unwrap();
    let files = files(to.path());
    let mut linked = BTreeSet::new();
    for (path, content) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let text = std::str::from_utf8(content).unwrap();
        assert!(text.contains("<html lang=\"tr\">") && !text.contains("<script") && !text.contains("<b>&<"), "{path}");
        for link in
            text.split(['"']).skip(1).step_by(2).filter(|value| value.contains(['/', '.']) && !value.contains(' '))
        {
            assert!(!link.contains(':') && !link.starts_with('/'), "{path} leads out to {link}");
            let mut parts: Vec<&str> = path.split('/').collect();
            parts.pop();
            for part in link.split('/') {
                match part {
                    ".." => drop(parts.pop().unwrap_or_else(|| panic!("{path} leads out by {link}"))),
                    part => parts.push(part),
                }
            }
            let target = parts.join("/");
            assert!(files.contains_key(&target), "{path}: {link} is not there");
            linked.insert(target);
        }
    }
    for path in files
        .keys()
        .filter(|path| path.starts_with("sayfalar/") || path.starts_with("onizleme/") || path.ends_with(".png"))
    {
        assert!(linked.contains(path), "no page leads to {path}");
    }
    assert_eq!(files.keys().filter(|path| path.starts_with("onizleme/")).count(), 7);
    let manifest = String::from_utf8(files["manifest-sha256.txt"].clone()).unwrap();
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with("data/")) {
        assert!(manifest.contains(&format!("{}  {path}\n", Digest::of(content))), "{path}");
    }
}
