//! What a check of a medium finds: whatever was changed, taken away or added, by its name; and another log than the one that
//! everybody sees.

use std::fs;
use std::path::Path;

use ed25519_dalek::SigningKey;
use tutanak::client::verify::{View, verify_medium};
use tutanak::domain::Digest;
use tutanak::formats::sign;
use tutanak::log::checkpoint::{Checkpoint, checkpoint, verifier_key};

use super::stage::{OURS, Stage, answer, sound, wish};

const SCAN: &str = "data/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1002-cb-sonuc-1.v1.png";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Rewrites a manifest for what lies there now, as somebody would who hides a change.
fn cover(root: &Path, manifest: &str) {
    let text = fs::read_to_string(root.join(manifest)).unwrap();
    let line = |line: &str| {
        let (_, path) = line.split_once("  ").unwrap();
        fs::read(root.join(path)).ok().map(|bytes| format!("{}  {path}\n", Digest::of(&bytes)))
    };
    let text: String = text.lines().filter_map(line).collect();
    fs::write(root.join(manifest), text).unwrap();
}

#[tokio::test]
async fn whatever_was_changed_is_named() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let whole = tempfile::tempdir().unwrap();
    stage.write("aday-1", &wish(whole.path())).await.unwrap();
    assert!(OURS.contains(&SCAN.strip_prefix("data/").unwrap()));
    type Change = fn(&Path);
    let changes: [(&str, &str, Change); 13] = [
        ("file-changed", SCAN, |root| flip(&root.join(SCAN))),
        ("file-missing", SCAN, |root| fs::remove_file(root.join(SCAN)).unwrap()),
        ("file-extra", "data/tutanaklar/34-istanbul/x.png", |root| {
            fs::write(root.join("data/tutanaklar/34-istanbul/x.png"), b"x").unwrap();
        }),
        ("file-extra", "INDEX.htm.html", |root| fs::write(root.join("INDEX.htm.html"), b"x").unwrap()),
        ("file-changed", "INDEX.html", |root| flip(&root.join("INDEX.html"))),
        ("file-changed", "data/listeler/secim-cevresi.xlsx", |root| {
            flip(&root.join("data/listeler/secim-cevresi.xlsx"))
        }),
        ("file-missing", "onizleme/gumruk/hyd/9001-cb-sonuc-1.v1.png", |root| {
            fs::remove_dir_all(root.join("onizleme/gumruk")).unwrap();
        }),
        ("signature", "", |root| fs::remove_file(root.join("tagmanifest-sha256.txt.sig")).unwrap()),
        ("signature", "", |root| flip(&root.join("tagmanifest-sha256.txt.sig"))),
        // Covered up as far as somebody without the key can.
        ("signature", "", |root| {
            flip(&root.join(SCAN));
            cover(root, "manifest-sha256.txt");
            cover(root, "tagmanifest-sha256.txt");
        }),
        ("proof", "data/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1002-cb-sonuc-1.v1.png.tlog-proof", |root| {
            let other = "data/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v1.png";
            fs::copy(root.join(format!("{other}.tlog-proof")), root.join(format!("{SCAN}.tlog-proof"))).unwrap();
        }),
        ("checkpoint", "", |root| flip(&root.join("data/defter/checkpoint"))),
        ("bag", "bag-info.txt", |root| {
            let text = fs::read_to_string(root.join("bag-info.txt")).unwrap();
            fs::write(root.join("bag-info.txt"), text.replace("Tutanak-Scans: 7", "Tutanak-Scans: 6")).unwrap();
        }),
    ];
    for (problem, path, change) in changes {
        let changed = tempfile::tempdir().unwrap();
        copy(whole.path(), changed.path());
        sound(changed.path());
        change(changed.path());
        let out = stage.command(&["verify", &changed.path().display().to_string(), "--json"]).output().unwrap();
        let told = answer(&out);
        assert_eq!((out.status.code(), &told["right"]), (Some(1), &false.into()), "{problem} {path}: {told}");
        let named = told["problems"]
            .as_array()
            .unwrap()
            .iter()
            .any(|told| told["problem"] == problem && (path.is_empty() || told["path"] == path));
        assert!(named, "{problem} {path}: {told}");
        let said =
            stage.command(&["verify", &changed.path().display().to_string()]).env("LANG", "C.UTF-8").output().unwrap();
        assert!(String::from_utf8_lossy(&said.stdout).contains("YANLIŞ"), "{problem} {path}");
    }
}

#[tokio::test]
async fn a_bag_signed_by_another_key_is_no_bag_of_this_log() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let to = tempfile::tempdir().unwrap();
    stage.write("aday-1", &wish(to.path())).await.unwrap();
    let shown = stage.command(&["key", "show"]).output().unwrap();
    let key = String::from_utf8(shown.stdout).unwrap().trim().to_owned();
    let keys = [key.parse().unwrap()];
    let verdict = verify_medium(to.path(), &keys).unwrap();
    assert!(verdict.problems.is_empty() && !verdict.own_keys, "{:#?}", verdict.problems);
    let ssh = String::from_utf8(stage.command(&["key", "show", "--ssh"]).output().unwrap().stdout).unwrap();
    assert!(ssh.contains(&verdict.fingerprint), "{ssh}");
    assert!(ssh.contains(fs::read_to_string(to.path().join("imza-anahtari.txt")).unwrap().trim()), "{ssh}");
    // Somebody signs everything anew with a key of their own, and puts that key on the medium.
    let forger = SigningKey::from_bytes(&[9; 32]);
    let tags = fs::read(to.path().join("tagmanifest-sha256.txt")).unwrap();
    let forged = sign::sign(&forger, &sign::hash(tags.as_slice()).unwrap());
    fs::write(to.path().join("tagmanifest-sha256.txt.sig"), forged).unwrap();
    let verdict = verify_medium(to.path(), &keys).unwrap();
    assert_eq!(verdict.problems.len(), 1, "{:#?}", verdict.problems);
    assert_eq!(verdict.problems[0].name(), "signature");
    assert_ne!(
        verify_medium(to.path(), &[verifier_key("localhost/deneme", &forger).parse().unwrap()]).unwrap().problems.len(),
        0
    );
}

#[tokio::test]
async fn the_mediums_log_is_held_against_checkpoints_from_elsewhere() {
    let stage = Stage::open().await;
    let signer = stage.workshop().await.signer;
    let at = |head: &tutanak::ledger::entries::HeadNow| signer.checkpoint("deneme", head.size, &head.root);
    let early = at(&stage.ledger.head().await.unwrap());
    stage.send(&["1090000005"], 70).await;
    stage.ready("aday-1").await;
    let same = at(&stage.ledger.head().await.unwrap());
    let to = tempfile::tempdir().unwrap();
    stage.write("aday-1", &wish(to.path())).await.unwrap();
    stage.send(&["1090000002"], 80).await;
    let late = at(&stage.ledger.head().await.unwrap());
    let verdict = sound(to.path());
    let view = |note: &str| verdict.view(to.path(), &Checkpoint::unverified(note).unwrap()).unwrap().unwrap();
    assert_eq!(view(&same), View::Same);
    assert!(matches!(view(&early), View::Consistent { .. }));
    assert!(matches!(view(&late), View::Unknown { .. }));
    let key = stage.workshop().await.key;
    let other = checkpoint("localhost/deneme", Checkpoint::unverified(&early).unwrap().size, &[7; 32], &key);
    assert!(matches!(view(&other), View::Split { .. }));
    let file = stage.dir.path().join("other.checkpoint");
    for (note, status, words) in
        [(&same, 0, "AYNI"), (&early, 0, "TUTARLI"), (&other, 1, "ÇELİŞKİ"), (&late, 2, "BELİRSİZ")]
    {
        fs::write(&file, note).unwrap();
        let (root, file) = (to.path().display().to_string(), file.display().to_string());
        let out = stage.command(&["verify", &root, "--checkpoint", &file, "--lang", "tr"]).output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert_eq!(out.status.code(), Some(status), "{said}");
        assert!(said.contains(words), "{words}: {said}");
    }
}
