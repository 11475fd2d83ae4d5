//! Folders that somebody else prepared: links, FIFOs, devices and endless lines end no program but in words, and nothing outside
//! the folder is written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tutanak::cli::init;

use crate::house::{House, write_election};
use crate::mirror::{mirror, verify};
use crate::paper::page;

fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Runs a command in a directory to its end. Gives its status and what it said.
async fn tutanak(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command.current_dir(dir).args(arguments).env("TUTANAK_LOG", "error").stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
    let out = ended.unwrap_or_else(|_| panic!("{arguments:?} does not end")).unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.code().unwrap_or(-1), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_writes_nothing_outside_its_folder() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let (outside, address) = (tempfile::tempdir().unwrap(), format!("https://{}/arsiv/", house.https));
    fs::write(outside.path().join("victim"), "untouched").unwrap();
    for name in ["tutanaklar", "defter", ".tutanak"] {
        let copy = tempfile::tempdir().unwrap();
        symlink(outside.path(), copy.path().join(name)).unwrap();
        assert_ne!(mirror(&house, &address, copy.path(), &[]).await.0, 0, "{name}: it went through a link");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{name}: written outside");
    }
    // Files that lead outside give way to what is written.
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir_all(copy.path().join("defter")).unwrap();
    fs::create_dir_all(copy.path().join("paketler/000/000/000.p")).unwrap();
    symlink(outside.path().join("victim"), copy.path().join("defter/anahtar.txt")).unwrap();
    symlink(outside.path().join("victim"), copy.path().join("defter/checkpoint.part")).unwrap();
    fs::hard_link(outside.path().join("victim"), copy.path().join("durum.json.part")).unwrap();
    let (status, told) = mirror(&house, &address, copy.path(), &[]).await;
    assert_eq!(status, 0, "{told}");
    assert_eq!(fs::read_to_string(outside.path().join("victim")).unwrap(), "untouched");
    let (status, told) = verify(&house, copy.path(), &[]).await;
    assert_eq!(status, 0, "{told}");
    // A check ends, whatever lies in the copy, and says what is wrong.
    let lists = copy.path().join("tutanaklar");
    fifo(&lists.join("a.png"));
    symlink("/", lists.join("kok")).unwrap();
    let (status, told) = verify(&house, copy.path(), &[]).await;
    assert_eq!((status, told["problems"].as_array().map(Vec::len)), (1, Some(2)), "{told}");
    fs::remove_file(copy.path().join("defter/checkpoint")).unwrap();
    fifo(&copy.path().join("defter/checkpoint"));
    let ended = tokio::time::timeout(Duration::from_secs(60), verify(&house, copy.path(), &[])).await;
    assert_eq!(ended.expect("it waits for a FIFO").0, 2);
}

#[tokio::test]
async fn files_that_never_end_are_refused_by_every_command_that_reads() {
    let dir = tempfile::tempdir().unwrap();
    init::run(dir.path(), "localhost").unwrap();
    fifo(&dir.path().join("fifo.png"));
    symlink("/dev/zero", dir.path().join("zero.png")).unwrap();
    fs::File::create(dir.path().join("huge.png")).unwrap().set_len(1 << 42).unwrap();
    for file in ["fifo.png", "zero.png", "huge.png"] {
        for arguments in [
            vec!["read", file],
            vec!["verify", file],
            vec!["verify", ".", "--key", file],
            vec!["verify", "fifo.png", "--checkpoint", file],
            vec!["user", "import", file, "--slips", "slips"],
            vec!["audit", "verify", "--checkpoint", file],
            vec!["election", "add-boxes", file],
            vec!["mirror", "https://127.0.0.1:9/arsiv/", "kopya", "--ca", file],
            vec!["upload", ".", "--server", "https://127.0.0.1:9/", "--ca", file],
            vec!["check-config", "--config", file],
            vec!["election", "show", "--config", file],
        ] {
            let (status, said) = tutanak(dir.path(), &arguments).await;
            assert!(status > 0 && !said.is_empty(), "{arguments:?}: {status} {said}");
        }
    }
    for name in ["election.toml", "places.csv", "boxes.csv", "codes.csv"] {
        let election = dir.path().join(format!("election-{name}"));
        write_election(&election);
        let _ = fs::remove_file(election.join(name));
        fifo(&election.join(name));
        let path = election.display().to_string();
        let (status, said) = tutanak(dir.path(), &["election", "import", &path]).await;
        assert!(status > 0 && said.contains("not a regular file"), "{name}: {status} {said}");
        let out = dir.path().join("out").display().to_string();
        let (status, said) = tutanak(dir.path(), &["sample", "scans", "--data", &path, "--out", &out]).await;
        assert!(status > 0, "{name}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_folder_with_links_in_it_moves_nothing_outside() {
    let house = House::open().await;
    let outside = tempfile::tempdir().unwrap();
    for name in ["gonderildi", "makbuzlar", ".tutanak", ".tutanak/masa"] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        symlink(outside.path(), folder.path().join(name)).unwrap();
        let scan = page(&["1090000001"], 7);
        fs::write(folder.path().join("a.png"), &scan).unwrap();
        fifo(&folder.path().join("b.png"));
        let mut command = crate::board_upload::tutanak(&house, folder.path(), &[]);
        let ended = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
        let out = ended.unwrap_or_else(|_| panic!("{name}: it does not end")).unwrap();
        assert_ne!(out.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{name}: written outside");
        assert_eq!(fs::read(folder.path().join("a.png")).unwrap(), scan, "{name}: the scan is gone");
    }
}
