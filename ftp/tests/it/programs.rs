//! The programs that people really use, each on its usual way through the protocol.
//!
//! A program that is not installed is skipped, and says so.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use tutanak_ftp::Settings;

use crate::house::{House, settings};
use crate::made_shelf::{MadeShelf, scan};
use crate::tls::identities;

/// A directory of this test's own, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program; `None` if it is not installed.
async fn program(name: &str, folder: &Folder, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(&folder.0).env("HOME", &folder.0).stdin(Stdio::null()).kill_on_drop(true);
    let ran = timeout(Duration::from_secs(60), command.output()).await.expect("it ends in time");
    match ran {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("SKIPPED: {name} is not installed");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_fetches_goes_on_and_lists() {
    let (house, folder) = (House::open().await, Folder::new("curl"));
    let base = format!("ftp://party:right@{}", house.address);
    std::fs::write(folder.0.join("a.png"), &scan()[..50_000]).unwrap();
    let url = format!("{base}/il/34/a.png");
    let Some(output) = program("curl", &folder, &["-sS", "-C", "-", "-o", "a.png", &url]).await else { return };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read(folder.0.join("a.png")).unwrap(), scan());
    assert_eq!(house.diary.lock().unwrap().delivered[0].offset, 50_000);

    let listed = program("curl", &folder, &["-sS", &format!("{base}/il/34/")]).await.unwrap();
    assert!(String::from_utf8(listed.stdout).unwrap().trim_end().ends_with(" a.png"));

    let torn = program("curl", &folder, &["-sS", "-o", "torn", &format!("{base}/torn.bin")]).await.unwrap();
    assert!(!torn.status.success(), "a torn file was taken for a whole one");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_fetches_encrypted() {
    let settings = Settings { tls: Some(identities().0), tls_required: true, ..settings() };
    let (house, folder) = (House::with(settings).await, Folder::new("curl-tls"));
    let url = format!("ftp://party:right@{}/il/34/a.png", house.address);
    let arguments = ["-sS", "-k", "--ssl-reqd", "-o", "a.png", &url];
    let Some(output) = program("curl", &folder, &arguments).await else { return };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read(folder.0.join("a.png")).unwrap(), scan());
    assert!(house.diary.lock().unwrap().visitors[0].encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn lftp_mirrors_and_has_nothing_to_do_the_second_time() {
    let (house, folder) = (House::open().await, Folder::new("lftp"));
    let script = format!("open -u party,right ftp://{}; mirror --parallel=2 / copy; exit", house.address);
    let Some(output) = program("lftp", &folder, &["-c", &script]).await else { return };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read(folder.0.join("copy/il/34/a.png")).unwrap(), scan());
    assert_eq!(std::fs::read(folder.0.join("copy/İl ğ 1.png")).unwrap(), scan());

    let delivered = house.diary.lock().unwrap().delivered.len();
    assert!(program("lftp", &folder, &["-c", &script]).await.unwrap().status.success());
    assert_eq!(house.diary.lock().unwrap().delivered.len(), delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn lftp_fetches_what_is_new_and_nothing_else() {
    let shelf = MadeShelf::default();
    let more = shelf.more.clone();
    let (house, folder) = (House::over(shelf, settings()).await, Folder::new("lftp-new"));
    let script = format!("open -u party,right ftp://{}; mirror --parallel=4 /il copy; exit", house.address);
    let Some(output) = program("lftp", &folder, &["-c", &script]).await else { return };
    assert!(output.status.success(), "{output:?}");
    more.store(100, Ordering::Relaxed);
    assert!(program("lftp", &folder, &["-c", &script]).await.unwrap().status.success());
    assert_eq!(std::fs::read(folder.0.join("copy/34/n099.png")).unwrap(), scan());
    let mut fetched: Vec<String> = house.diary.lock().unwrap().delivered.iter().map(|one| one.path.clone()).collect();
    fetched.sort();
    fetched.dedup();
    assert_eq!(fetched.len(), 101);
    assert_eq!(house.diary.lock().unwrap().delivered.len(), 101, "something was fetched twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn rclone_copies() {
    let (house, folder) = (House::open().await, Folder::new("rclone"));
    let port = house.address.port().to_string();
    let Some(hidden) = program("rclone", &folder, &["obscure", "right"]).await else { return };
    let hidden = String::from_utf8(hidden.stdout).unwrap();
    let login = ["--ftp-host", "127.0.0.1", "--ftp-port", &port, "--ftp-user", "party", "--ftp-pass", hidden.trim()];
    let arguments = [&["copy", ":ftp:/il", "copy"], &login[..]].concat();
    let output = program("rclone", &folder, &arguments).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read(folder.0.join("copy/34/a.png")).unwrap(), scan());
}
