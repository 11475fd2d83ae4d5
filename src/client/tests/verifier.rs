//! The verifier against copies that somebody tampered with.

use std::sync::Arc;

use super::server::{Server, path};
use super::{copy, verified};
use crate::client::disk::Disk;
use crate::client::problem::Problem;
use crate::client::verify::{CopyCheck, verify_copy, verify_scan};
use crate::domain::Digest;

#[tokio::test]
async fn whatever_is_changed_in_a_copy_is_named() {
    let (server, dir) = (Arc::new(Server::of(600)), tempfile::tempdir().unwrap());
    copy(&server, dir.path()).await;
    let flip = |file: &str, at: usize| {
        let place = dir.path().join(file);
        let before = std::fs::read(&place).unwrap();
        let mut bytes = before.clone();
        bytes[at] ^= 4;
        std::fs::write(&place, bytes).unwrap();
        let found = verified(dir.path()).problems;
        std::fs::write(&place, before).unwrap();
        found
    };
    let scan = flip(&path(300), 11);
    assert!(matches!(scan.as_slice(), [Problem::Scan { position: 300, .. }]), "{scan:?}");
    for file in [
        "defter/tile/entries/001",
        "defter/tile/entries/002.p/88",
        "defter/tile/0/001",
        "defter/tile/0/002.p/88",
        "defter/tile/1/000.p/2",
        "defter/checkpoint",
    ] {
        let found = flip(file, 40);
        assert!(!found.is_empty(), "{file}");
        assert!(verified(dir.path()).problems.is_empty());
    }
    let pinned = dir.path().join(".tutanak/keys.txt");
    let keys = std::fs::read_to_string(&pinned).unwrap();
    std::fs::write(&pinned, keys.replace('+', "-")).unwrap();
    assert!(verify_copy(&Disk::at(dir.path()), &CopyCheck::default()).is_err(), "a damaged pin is no invitation");
    std::fs::write(&pinned, keys).unwrap();
    std::fs::remove_file(dir.path().join(path(300))).unwrap();
    std::fs::write(dir.path().join("tutanaklar/sahte.png"), "x").unwrap();
    std::fs::write(dir.path().join("tutanaklar/yarim.png.part"), "x").unwrap();
    let verdict = verified(dir.path());
    assert_eq!(
        verdict.problems,
        [Problem::Missing { path: path(300), position: 300 }, Problem::Extra { path: "tutanaklar/sahte.png".into() }]
    );
    assert_eq!(verdict.parts, 1);
}

#[tokio::test]
async fn a_scan_is_proved_by_its_proof_file_alone() {
    let (server, dir) = (Arc::new(Server::of(60)), tempfile::tempdir().unwrap());
    copy(&server, dir.path()).await;
    let keys = [server.vkey().parse().unwrap()];
    let scan = dir.path().join(path(24));
    let proof = dir.path().join("24.tlog-proof");
    std::fs::write(&proof, server.proof(24).to_string()).unwrap();
    let verdict = verify_scan(&scan, &proof, &keys).unwrap();
    assert_eq!((verdict.problems, verdict.size), (vec![], 60));
    std::fs::write(&proof, server.proof(25).to_string()).unwrap();
    let other = verify_scan(&scan, &proof, &keys).unwrap().problems;
    let digest = Digest::of(&super::server::image(24)).to_string();
    assert!(matches!(other.as_slice(), [Problem::Scan { found, .. }] if *found == digest), "{other:?}");
    std::fs::write(&proof, "nothing").unwrap();
    assert!(matches!(verify_scan(&scan, &proof, &keys).unwrap().problems.as_slice(), [Problem::Proof { .. }]));
}
