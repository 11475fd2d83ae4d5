//! Folders that somebody else prepared: links, FIFOs, devices and endless lines end no program but in words, and nothing outside
//! the folder is written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tutanak::beneath;
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
    for name in ["election.toml", "places.csv", "boxes.csv", "codes.csv", "choices.csv"] {
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

#[test]
fn what_the_user_names_is_written_whole_and_through_no_link() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let victim = outside.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    symlink(&victim, dir.path().join("link")).unwrap();
    symlink(outside.path().join("new"), dir.path().join("dangling")).unwrap();
    symlink(&victim, dir.path().join("plain.part")).unwrap();
    fs::hard_link(&victim, dir.path().join("second-name")).unwrap();
    fs::create_dir(dir.path().join("directory")).unwrap();
    fifo(&dir.path().join("fifo"));
    for name in ["link", "dangling", "directory", "fifo"] {
        for write in [beneath::write_named, beneath::write_private] {
            let error = write(&dir.path().join(name), b"x").unwrap_err();
            assert!(beneath::why(&error).is_some(), "{name}: {error}");
        }
    }
    for name in ["plain", "plain", "second-name"] {
        beneath::write_named(&dir.path().join(name), b"x").unwrap();
        assert_eq!(fs::read(dir.path().join(name)).unwrap(), b"x", "{name}");
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["dangling", "directory", "fifo", "link", "plain", "second-name"], "nothing is left behind");
}

#[tokio::test]
async fn no_command_writes_through_a_link_that_was_laid_in_the_place_of_its_output() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    init::run(dir.path(), "localhost").unwrap();
    write_election(&dir.path().join("election"));
    fs::write(dir.path().join("scan.png"), page(&["1090000001"], 1)).unwrap();
    fs::create_dir(dir.path().join("slips")).unwrap();
    fs::create_dir(dir.path().join("forms")).unwrap();
    let victim = outside.path().join("victim");
    fs::write(&victim, "untouched").unwrap();
    let path = |name: &str| dir.path().join(name);
    let refused: [(&str, &[&str]); 7] = [
        ("found.png", &["read", "--explain", "found.png", "scan.png"]),
        ("dangling.png", &["read", "--explain", "dangling.png", "scan.png"]),
        ("dangling.pem", &["key", "new", "dangling.pem"]),
        ("fresh.pub.pem", &["key", "new", "fresh.pem"]),
        ("slips/skgm-1.txt", &["operator", "add", "skgm-1", "--name", "Bir", "--slips", "slips"]),
        ("second/tutanak.toml", &["init", "second"]),
        ("demo/secrets.json", &["demo", "--dir", "demo", "--https", "127.0.0.1:0", "--ftp", "127.0.0.1:0"]),
    ];
    for (name, arguments) in refused {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        let target = if name.starts_with("dangling") || name.starts_with("second") { "new" } else { "victim" };
        symlink(outside.path().join(target), path(name)).unwrap();
        let (status, said) = tutanak(dir.path(), arguments).await;
        let refused = match arguments[0] {
            "init" => "is there already; nothing was changed",
            _ => "a symbolic link is not followed",
        };
        assert!(status > 0 && said.contains(refused), "{arguments:?}: {status} {said}");
    }
    // What has a name of the command's own gives way, and not what it leads to.
    symlink(&victim, path("forms/1090000001.png")).unwrap();
    let drawn = ["sample", "forms", "--data", "election", "--out", "forms", "--count", "9"];
    let (status, said) = tutanak(dir.path(), &drawn).await;
    assert_eq!(status, 0, "{said}");
    assert!(path("forms/1090000001.png").symlink_metadata().unwrap().is_file());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "written outside");
}
