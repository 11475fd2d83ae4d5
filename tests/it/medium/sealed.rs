//! An encrypted medium: nothing in the clear, several files where one would be too large, and the bag again when opened.

use std::io::Read;

use age::secrecy::ExposeSecret;
use tutanak::client::verify::verify_sealed;
use tutanak::export::write::Wish;

use super::stage::{Stage, answer, files, sound, wish};

#[tokio::test]
async fn only_the_recipient_opens_it_and_finds_the_bag() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let identity = age::x25519::Identity::generate();
    assert!(identity.to_string().expose_secret().starts_with("AGE-SECRET-KEY-1"));
    let recipient = identity.to_public().to_string();
    let to = tempfile::tempdir().unwrap();
    let sealed = Wish { seal: Some(recipient.parse().unwrap()), archive_bytes: 40_000, ..wish(to.path()) };
    let written = stage.write("aday-1", &sealed).await.unwrap();
    assert_eq!(written.receipt.sealed, recipient);
    let there = files(to.path());
    let archives: Vec<_> = there.keys().filter(|path| path.ends_with(".tar.age")).collect();
    assert!(archives.len() > 2, "{archives:?}");
    assert_eq!(there.len(), archives.len() + 2);
    for (path, content) in &there {
        assert!(content.len() < 60_000, "{path} has {} bytes", content.len());
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("PNG\r\n") && !text.contains("caferaga"), "{path} is in the clear");
    }
    assert!(verify_sealed(to.path()).unwrap().problems.is_empty());

    let opened = tempfile::tempdir().unwrap();
    for archive in &archives {
        let sealed = age::Decryptor::new(there[*archive].as_slice()).unwrap();
        let mut tar = Vec::new();
        sealed.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut tar).unwrap();
        tar::Archive::new(tar.as_slice()).unpack(opened.path()).unwrap();
    }
    assert_eq!(sound(opened.path()).scans, 7);
    // In the clear it is the very same bag.
    let plain = tempfile::tempdir().unwrap();
    let again = stage.write("aday-1", &Wish { number: Some(1), ..wish(plain.path()) }).await.unwrap();
    assert_eq!(again.receipt.digest, written.receipt.digest);
    assert!(files(opened.path()) == files(plain.path()));

    let stranger = age::x25519::Identity::generate();
    let sealed = age::Decryptor::new(there[archives[0]].as_slice()).unwrap();
    assert!(sealed.decrypt(std::iter::once(&stranger as &dyn age::Identity)).is_err());
}

#[tokio::test]
async fn a_damaged_or_half_encrypted_medium_is_named_and_written_anew() {
    let stage = Stage::open().await;
    stage.ready("aday-1").await;
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let to = tempfile::tempdir().unwrap();
    let (status, told) = stage.export("aday-1", to.path(), &["--age", &recipient], &[]).await;
    assert_eq!(status, 0, "{told}");
    let archive = to.path().join("tutanak-1-1-1.tar.age");
    let mut bytes = std::fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let verify = || {
        let out = stage.command(&["verify", &to.path().display().to_string(), "--json"]).output().unwrap();
        (out.status.code().unwrap(), answer(&out))
    };
    let (status, told) = verify();
    assert_eq!((status, told["problems"][0]["path"].as_str()), (1, Some("tutanak-1-1-1.tar.age")), "{told}");
    let (status, told) = stage.export("aday-1", to.path(), &["--age", &recipient, "--medium", "1"], &[]).await;
    assert_eq!(status, 0, "{told}");
    let (status, told) = verify();
    assert_eq!((status, &told["medium"]["sealed"]), (0, &true.into()), "{told}");
    let (status, told) = stage.export("aday-1", to.path(), &["--medium", "1"], &[]).await;
    assert_eq!((status, told["fault"].as_str()), (2, Some("not-empty")), "in the clear beside it: {told}");
    let bad = stage
        .tutanak(&["export", "--candidate", "aday-1", "--to", "/tmp", "--age", "age1nonsense"])
        .await
        .output()
        .unwrap();
    assert_eq!(bad.status.code(), Some(2));
}
