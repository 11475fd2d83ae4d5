//! What somebody may lay on a medium before it is written, or before it is checked: links, FIFOs, endless files, words that
//! draw a verdict.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tutanak::client::verify::verify_medium;
use tutanak::export::ExportError;
use tutanak::export::fault::MediumError;

use super::stage::{OURS, Stage, sound, wish};

const SCAN: &str = "data/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1002-cb-sonuc-1.v1.png";

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A file of many gigabytes that takes no room, and has no line break.
fn endless(path: &Path, bytes: u64) {
    fs::remove_file(path).unwrap();
    fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

#[tokio::test]
async fn an_export_writes_through_no_link() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("victim"), "untouched").unwrap();
    // Directories: nothing is delivered.
    for (link, above) in
        [("data", ""), ("sayfalar", ""), ("data/tutanaklar", "data"), ("data/defter/tile", "data/defter")]
    {
        let medium = tempfile::tempdir().unwrap();
        fs::create_dir_all(medium.path().join(above)).unwrap();
        symlink(outside.path(), medium.path().join(link)).unwrap();
        let ended = stage.write("aday-1", &wish(medium.path())).await;
        let trap = matches!(&ended, Err(ExportError::Medium(MediumError::NotPlain { .. })));
        assert!(trap, "{link}: {:?}", ended.map(|written| written.receipt.files));
        assert!(!medium.path().join("tagmanifest-sha256.txt.sig").exists(), "{link}: it is signed");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{link}: written outside");
    }
    // Files at the root are refused as well; deeper ones give way to what is written.
    let medium = tempfile::tempdir().unwrap();
    symlink(outside.path().join("victim"), medium.path().join("INDEX.html.part")).unwrap();
    assert!(stage.write("aday-1", &wish(medium.path())).await.is_err());
    let medium = tempfile::tempdir().unwrap();
    fs::create_dir_all(medium.path().join(SCAN).parent().unwrap()).unwrap();
    symlink(outside.path().join("victim"), medium.path().join(SCAN)).unwrap();
    symlink(outside.path().join("victim"), medium.path().join(format!("{SCAN}.tlog-proof.part"))).unwrap();
    fs::create_dir_all(medium.path().join("data/defter")).unwrap();
    fifo(&medium.path().join("data/defter/checkpoint"));
    fs::hard_link(outside.path().join("victim"), medium.path().join("data/OKU-BENI.txt.part")).unwrap();
    let wish = wish(medium.path());
    let written = tokio::time::timeout(Duration::from_secs(60), stage.write("aday-1", &wish));
    written.await.expect("it waits for a FIFO").unwrap();
    assert_eq!(sound(medium.path()).scans, OURS.len() as u64);
    assert_eq!(fs::read_to_string(outside.path().join("victim")).unwrap(), "untouched");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_check_ends_whatever_lies_on_the_medium() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    type Trap = fn(&Path);
    let traps: [(&str, Trap); 9] = [
        ("a scan is a FIFO", |root| {
            fs::remove_file(root.join(SCAN)).unwrap();
            fifo(&root.join(SCAN));
        }),
        ("a scan is an endless device", |root| {
            fs::remove_file(root.join(SCAN)).unwrap();
            symlink("/dev/zero", root.join(SCAN)).unwrap();
        }),
        ("a scan is far too long", |root| endless(&root.join(SCAN), 1 << 40)),
        ("the manifest is an endless line", |root| endless(&root.join("manifest-sha256.txt"), 1 << 29)),
        ("the manifest is too long", |root| endless(&root.join("tagmanifest-sha256.txt"), 1 << 41)),
        ("the manifest is a FIFO", |root| {
            fs::remove_file(root.join("manifest-sha256.txt")).unwrap();
            fifo(&root.join("manifest-sha256.txt"));
        }),
        ("the list is an endless line", |root| endless(&root.join("data/listeler/tutanaklar.csv"), 1 << 29)),
        ("the checkpoint is a link", |root| {
            fs::rename(root.join("data/defter/checkpoint"), root.join("data/defter/real")).unwrap();
            symlink("real", root.join("data/defter/checkpoint")).unwrap();
        }),
        ("a directory is a link to itself", |root| symlink(".", root.join("data/tutanaklar/again")).unwrap()),
    ];
    let written = tempfile::tempdir().unwrap();
    stage.write("aday-1", &wish(written.path())).await.unwrap();
    for (name, trap) in traps {
        let medium = tempfile::tempdir().unwrap();
        let copied =
            std::process::Command::new("cp").arg("-a").arg(written.path().join(".")).arg(medium.path()).status();
        assert!(copied.unwrap().success());
        trap(medium.path());
        let root = medium.path().to_owned();
        let checked = tokio::task::spawn_blocking(move || verify_medium(&root, &[]));
        let checked = tokio::time::timeout(Duration::from_secs(60), checked).await;
        let verdict = checked.unwrap_or_else(|_| panic!("{name}: it does not end")).unwrap().unwrap();
        assert!(!verdict.problems.is_empty(), "{name}: nothing is wrong");
    }
}

#[tokio::test]
async fn a_mediums_words_draw_no_verdict() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let medium = tempfile::tempdir().unwrap();
    stage.write("aday-1", &wish(medium.path())).await.unwrap();
    let info = medium.path().join("bag-info.txt");
    let drawn = "\u{1b}[2J\u{1b}[1;1HDOĞRU: ortam eksiksiz ve değiştirilmemiş\u{1b}[8m\u{202e}\r";
    let text = fs::read_to_string(&info).unwrap();
    let text: String = text
        .lines()
        .map(|line| match line.strip_prefix("Tutanak-Candidate: ") {
            Some(_) => format!("Tutanak-Candidate: {drawn}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    fs::write(&info, text).unwrap();
    fs::write(medium.path().join(format!("data/{}", drawn.replace('/', "_"))), "x").unwrap();
    for more in [vec![], vec!["--json"]] {
        let path = medium.path().display().to_string();
        let out = stage.command(&[vec!["verify", path.as_str()], more].concat()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\r']), "{said:?}");
        assert!(!said.lines().any(|line| line.trim_start().starts_with("DOĞRU")), "{said}");
    }
}
