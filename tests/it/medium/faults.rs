//! Sticks that are full, read-only, pulled out, smaller than they say, or that flip bits; and a program that is killed. Each
//! is found and named, and the next run goes on from what is there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::stage::{Stage, files, sound};

/// Something mounted, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(at: &Path, args: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let out = Command::new("mount").args(args).arg(at).output();
        if out.as_ref().is_ok_and(|out| out.status.success()) {
            return Some(Self(at.to_owned()));
        }
        assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "cannot mount, and it was promised: {out:?}");
        eprintln!("SKIPPED: no right to mount");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The bad stick, compiled once for a test.
fn shim(dir: &Path) -> String {
    let library = dir.join("stick.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/medium/stick.c");
    let out = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").output();
    let out = out.expect("a C compiler is needed, as for the program itself");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    library.display().to_string()
}

/// Many scans, and a candidate who may have them.
async fn many() -> Stage {
    let stage = Stage::open().await;
    for round in 0..30 {
        stage.send(&["1090000001", "1090000002", "1090000003", "1080000002", "1080000003"], 500 + round * 8).await;
    }
    stage.ready("aday-1").await;
    stage
}

#[tokio::test]
async fn what_a_bad_stick_does_is_found_and_named_and_a_good_one_takes_over() {
    let stage = many().await;
    let library = shim(stage.dir.path());
    for (does, after, fault, words) in [
        ("flip", 400_000, "damaged", "ORTAM ARIZALI"),
        ("lie", 500_000, "less-than-it-says", "ORTAM SAHTE"),
        ("wrap", 500_000, "damaged", "ORTAM ARIZALI"),
        ("pull", 300_000, "gone", "çıkarıldı"),
        ("full", 300_000, "full", "ortam dolu"),
    ] {
        let stick = tempfile::tempdir().unwrap();
        let root = stick.path().display().to_string();
        let after = after.to_string();
        let set = [("LD_PRELOAD", library.as_str()), ("STICK", &root), ("STICK_DOES", does), ("STICK_AFTER", &after)];
        let (status, told) = stage.export("aday-1", stick.path(), &["--medium", "1"], &set).await;
        assert_eq!((status, told["fault"].as_str()), (2, Some(fault)), "{does}: {told}");
        assert!(told["message"].as_str().unwrap().contains(words), "{does}: {told}");
        let unreliable = &told["unreliable"];
        if does == "flip" {
            assert_eq!(
                (&unreliable["wrong"], &unreliable["files"][0][1]),
                (&1.into(), &"other-bytes".into()),
                "{told}"
            );
        }
        if does == "lie" {
            let holds = unreliable["pattern"]["less-than-it-says"]["holds"].as_u64().unwrap();
            assert!((300_000..=500_000).contains(&holds), "about 500,000 bytes came back: {told}");
        }
        let step = stage.steps().await.pop().unwrap();
        assert_eq!((step.act.as_str(), step.outcome.as_str(), step.reason.as_str()), ("export", "failed", fault));
        // Nothing on it passes for whole.
        let (status, _) = check(&stage, stick.path());
        assert_eq!(status, 1, "{does}");
        assert!(!stick.path().join("tagmanifest-sha256.txt.sig").exists(), "{does}");
        // The same stick in another, sound slot: what is there and right is kept, what is wrong is written again.
        let (status, told) = stage.export("aday-1", stick.path(), &["--medium", "1"], &[]).await;
        assert_eq!(status, 0, "{does}: {told}");
        assert!(told["kept"].as_u64().unwrap() > 100_000, "{does}: {told}");
        sound(stick.path());
    }
}

fn check(stage: &Stage, path: &Path) -> (i32, serde_json::Value) {
    let out = stage.command(&["verify", &path.display().to_string(), "--json"]).output().unwrap();
    (out.status.code().unwrap(), serde_json::from_slice(&out.stdout).unwrap_or_default())
}

#[tokio::test]
async fn killed_at_any_instant_the_next_run_makes_the_same_bag() {
    let stage = many().await;
    let killed = tempfile::tempdir().unwrap();
    let root = killed.path().display().to_string();
    let mut kills = 0;
    for round in 0..8_u64 {
        let mut child =
            stage.tutanak(&["export", "--candidate", "aday-1", "--to", &root, "--json"]).await.spawn().unwrap();
        let began = Instant::now();
        // At first something must lie there; after that each round lives a little longer.
        while std::fs::read_dir(killed.path()).unwrap().next().is_none() && child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing is ever written");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(round * 25));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        child.wait().unwrap();
    }
    assert!(kills >= 2, "only {kills} were killed in time");
    let (_, told) = stage.export("aday-1", killed.path(), &["--medium", "1"], &[]).await;
    assert_eq!(told["done"], true, "{told}");
    let clean = tempfile::tempdir().unwrap();
    let (status, other) = stage.export("aday-1", clean.path(), &["--medium", "1"], &[]).await;
    assert_eq!((status, &other["digest"]), (0, &told["digest"]), "{other}");
    assert!(files(killed.path()) == files(clean.path()), "not the same bag");
    sound(killed.path());
}

#[tokio::test]
async fn a_medium_that_is_too_small_read_only_or_somebody_elses_is_refused_by_name() {
    let stage = many().await;
    let dir = tempfile::tempdir().unwrap();
    let (small, protected) = (dir.path().join("small"), dir.path().join("protected"));
    let named = async |path: &Path, more: &[&str]| {
        let (status, told) = stage.export("aday-1", path, more, &[]).await;
        assert_eq!(status, 2, "{told}");
        told["fault"].as_str().unwrap().to_owned()
    };
    if let Some(_mounted) = Mounted::at(&protected, &["-t", "tmpfs", "-o", "ro,size=64m", "tmpfs"]) {
        assert_eq!(named(&protected, &["--medium-size", "60M"]).await, "read-only");
    }
    // The plan is for 60 MB media by now; this one has less.
    if let Some(_mounted) = Mounted::at(&small, &["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        assert_eq!(named(&small, &[]).await, "too-small");
        assert_eq!(std::fs::read_dir(&small).unwrap().count(), 0, "nothing was written to it");
    }
    let used = dir.path().join("used");
    std::fs::create_dir_all(used.join("data")).unwrap();
    std::fs::write(used.join("tatil.jpg"), b"x").unwrap();
    assert_eq!(named(&used, &[]).await, "not-empty");
    std::fs::remove_file(used.join("tatil.jpg")).unwrap();
    std::fs::write(used.join("data/tatil.jpg"), b"x").unwrap();
    assert_eq!(named(&used, &[]).await, "not-empty", "what was not signed must not lie among the scans");
    assert_eq!(std::fs::read(used.join("data/tatil.jpg")).unwrap(), b"x", "and nothing of anybody's is deleted");
    assert_eq!(named(&dir.path().join("none"), &[]).await, "gone");
    // The bag of one candidate is not written over with another's.
    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    stage.request("aday-2").await;
    assert_eq!(stage.export("aday-2", &other, &[], &[]).await.0, 0);
    assert_eq!(named(&other, &[]).await, "other-bag");
    sound(&other);
}

/// The file systems that sticks have, by the programs that bring them to Linux in user space.
#[tokio::test]
async fn exfat_ntfs_and_fat32_take_a_medium_and_give_it_back() {
    let stage = many().await;
    for (name, make, mount) in [
        ("exfat", vec!["mkfs.exfat"], vec!["mount.exfat-fuse"]),
        ("ntfs", vec!["mkfs.ntfs", "-F", "-q"], vec!["ntfs-3g"]),
        ("fat32", vec!["mkfs.vfat", "-F", "32", "-s", "1"], vec!["fusefat", "-o", "rw+"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (image, at) = (dir.path().join("image"), dir.path().join("stick"));
        std::fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
        std::fs::create_dir(&at).unwrap();
        let Some(device) = Loop::of(&image) else { return };
        let run = |command: &[&str], more: &[&str]| Command::new(command[0]).args(&command[1..]).args(more).output();
        let made = run(&make, &[&device.0]).and_then(|_| run(&mount, &[&device.0, at.to_str().unwrap()]));
        if !made.as_ref().is_ok_and(|out| out.status.success()) {
            assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "{name} cannot be mounted: {made:?}");
            eprintln!("SKIPPED: {name} cannot be mounted here");
            continue;
        }
        let mounted = Mounted(at.clone());
        let (status, told) = stage.export("aday-1", &at, &["--medium", "1"], &[]).await;
        assert_eq!(status, 0, "{name}: {told}");
        // Taken off and plugged in again: what comes back is what the device has.
        let _ = Command::new("umount").arg(&at).status();
        let again = run(&mount, &[&device.0, at.to_str().unwrap()]).unwrap();
        assert!(again.status.success(), "{name}");
        let verdict = sound(&at);
        assert_eq!(verdict.scans, told["scans"].as_u64().unwrap(), "{name}");
        drop(mounted);
    }
}

/// A loop device, until it is dropped.
struct Loop(String);

impl Loop {
    fn of(image: &Path) -> Option<Self> {
        let out = Command::new("losetup").args(["--find", "--show"]).arg(image).output();
        match out {
            Ok(out) if out.status.success() => Some(Self(String::from_utf8(out.stdout).unwrap().trim().to_owned())),
            out => {
                assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "no loop device: {out:?}");
                eprintln!("SKIPPED: no loop device");
                None
            }
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new("losetup").args(["-d", &self.0]).status();
    }
}
