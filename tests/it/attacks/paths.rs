//! Paths that want to lead elsewhere, and things that are not listed.

use reqwest::StatusCode;

use super::{raw, status};
use crate::ftp::Control;
use crate::house::{House, json};
use crate::paper::page;

#[tokio::test]
async fn no_spelling_of_a_path_leads_out_of_the_tree() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let tricks: [&[u8]; 18] = [
        b"/arsiv/../healthz",
        b"/arsiv/../../../../etc/passwd",
        b"/arsiv/%2e%2e/%2e%2e/etc/passwd",
        b"/arsiv/..%2f..%2fetc%2fpasswd",
        b"/arsiv/%2e%2e%2f%2e%2e%2fkeys%2fsigning.pem",
        b"/arsiv/tutanaklar/../../tutanak.db",
        b"/arsiv/tutanaklar/./../durum.json",
        b"/arsiv//etc/passwd",
        b"/arsiv/%2fetc%2fpasswd",
        b"/arsiv/tutanaklar//34-istanbul/",
        b"/arsiv/durum.json%00.png",
        b"/arsiv/%00",
        b"/arsiv/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
        b"/arsiv/%e0%80%ae%e0%80%ae/etc/passwd",
        b"/arsiv/%252e%252e/etc/passwd",
        b"/arsiv/..%5c..%5cetc%5cpasswd",
        b"/arsiv/vault/b",
        b"//arsiv/durum.json",
    ];
    for trick in tricks {
        let answer = raw(&house, "GET", trick, "").await;
        let shown = String::from_utf8_lossy(trick);
        assert_eq!(status(&answer), 404, "{shown}: {answer}");
        assert!(!answer.contains("root:") && !answer.contains("PRIVATE KEY"), "{shown}");
    }
    let refused = house.audit(tricks.len(), |row| ["missing", "not-found"].contains(&row.reason.as_str())).await;
    assert!(refused.iter().all(|row| row.object.len() <= 512 && !row.object.contains('\0')), "{refused:?}");
    let bare = raw(&house, "GET", b"/arsiv/\0", "").await;
    assert!(bare.is_empty() || status(&bare) == 400, "{bare}");
    house.audit(1, |row| row.reason == "malformed-request").await;
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_out_of_the_tree_over_ftp() {
    let house = House::open().await;
    let mut line = Control::log_in(&house).await;
    let tricks = [
        "/../../../etc/passwd",
        "../../../etc/passwd",
        "/tutanaklar/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc//passwd",
        "/etc/passwd",
        "\\..\\..\\etc\\passwd",
        "/keys/signing.pem",
        "/tutanak.db",
    ];
    for trick in tricks {
        let (bytes, answer) = line.fetch(&format!("RETR {trick}")).await;
        assert!(bytes.is_empty() && answer.starts_with('5'), "{trick}: {answer}");
        assert!(line.say(&format!("SIZE {trick}")).await.starts_with('5'), "{trick}");
    }
    for trick in [&b"SIZE /durum.json\0.png"[..], b"SIZE /\xc0\xae\xc0\xae/etc/passwd", b"XSHA256 /a\x07"] {
        assert!(line.say_bytes(trick).await.starts_with('5'), "{trick:?}");
    }
    // Two spellings with a backslash, and the three above.
    let of_party = |row: &tutanak::ledger::audit::AuditRow| row.protocol == "ftp" && row.principal == "parti";
    house.audit(5, |row| of_party(row) && row.reason == "no-path").await;
    let all = house.audit(2 * tricks.len() + 3, |row| of_party(row) && row.outcome == "refused").await;
    assert!(all.iter().all(|row| !row.object.contains(['\0', '\\', '\u{7}'])), "{all:?}");
}

#[tokio::test]
async fn who_knows_a_digest_gets_nothing_that_is_not_listed() {
    let house = House::open().await;
    let parked = json(house.send(&house.first, &page(&[], 3)).await).await;
    assert_eq!(parked["status"], "parked");
    let digest = parked["sha256"].as_str().unwrap();
    let guesses = [
        digest.to_owned(),
        format!("{digest}.png"),
        format!("b/{}/{digest}", &digest[..2]),
        format!("vault/b/{}/{digest}", &digest[..2]),
        format!("tutanaklar/{digest}"),
        format!("tutanaklar/{digest}.png"),
        format!("tutanaklar/{digest}.png.tlog-proof"),
    ];
    for guess in &guesses {
        assert_eq!(house.get(guess).await.status(), StatusCode::NOT_FOUND, "{guess}");
    }
    house.audit(guesses.len(), |row| row.reason == "missing" && row.object.contains(digest)).await;
    let asked = house.client.get(house.url(&format!("/v1/scans/{digest}"))).bearer_auth(&house.second);
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    house.audit(1, |row| row.reason == "method-not-allowed" && row.object.contains(digest)).await;
}

#[tokio::test]
async fn a_link_that_lies_where_a_scan_should_gives_nothing_of_what_it_points_to() {
    let house = House::open().await;
    let receipt = json(house.send(&house.first, &page(&["1090000001"], 1)).await).await;
    let (digest, path) = (receipt["sha256"].as_str().unwrap(), receipt["path"].as_str().unwrap());
    let object = house.dir.path().join("vault/b").join(&digest[..2]).join(digest);
    let secret = house.dir.path().join("secret");
    // Longer than the scan, so that its length alone does not stop it.
    let key = std::fs::read_to_string(house.dir.path().join("keys/signing.pem")).unwrap();
    std::fs::write(&secret, key.repeat(1 + std::fs::metadata(&object).unwrap().len() as usize / key.len())).unwrap();
    std::fs::remove_file(&object).unwrap();
    std::os::unix::fs::symlink(&secret, &object).unwrap();
    let answer = house.get(path).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.text().await.unwrap().contains("PRIVATE KEY"));
    house.audit(1, |row| row.outcome == "failed" && row.object == format!("/{path}")).await;
}
