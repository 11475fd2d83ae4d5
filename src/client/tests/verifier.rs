//! The verifier against copies that somebody tampered with.

use std::sync::Arc;

use super::server::{Server, path};
use super::{copy, verified};
use crate::client::disk::Disk;
use crate::client::problem::Problem;
use crate::client::verify::{CopyCheck, verify_copy, verify_scan};
use crate::domain::Digest;
use crate::log::tile::{decode_bundle, encode_bundle};

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
    assert!(
        verify_copy(&Disk::at(dir.path()).unwrap(), &CopyCheck::default()).is_err(),
        "a damaged pin is no invitation"
    );
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
async fn each_way_to_tamper_is_named_for_what_it_is() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    copy(&server, dir.path()).await;
    let of_290 = {
        server.shows(Some(290));
        server.note()
    };
    // What was done to which files, what is named, and what all of it says.
    let found = |changes: Vec<(String, Option<Vec<u8>>)>| {
        let before: Vec<_> = changes.iter().map(|(file, _)| std::fs::read(dir.path().join(file)).unwrap()).collect();
        for (file, content) in &changes {
            match content {
                Some(content) => std::fs::write(dir.path().join(file), content).unwrap(),
                None => std::fs::remove_file(dir.path().join(file)).unwrap(),
            }
        }
        let found = verified(dir.path()).problems;
        for ((file, _), content) in changes.iter().zip(before) {
            std::fs::write(dir.path().join(file), content).unwrap();
        }
        assert_eq!(verified(dir.path()).problems, [], "put right again");
        found
    };
    let read = |file: &str| std::fs::read(dir.path().join(file)).unwrap();
    let bytes = |n: u64| Some(super::server::image(n).to_vec());

    let swapped = found(vec![(path(24), bytes(25)), (path(25), bytes(24))]);
    assert!(
        matches!(swapped.as_slice(), [Problem::Scan { position: 24, .. }, Problem::Scan { position: 25, .. }]),
        "{swapped:?}"
    );
    assert_eq!(found(vec![(path(24), None)]), [Problem::Missing { path: path(24), position: 24 }]);
    for (index, width) in [("000", 256), ("001.p/44", 44)] {
        let (bundle, leaves) = (format!("defter/tile/entries/{index}"), format!("defter/tile/0/{index}"));
        let content = read(&bundle);
        let mut entries = decode_bundle(&content, width).unwrap();
        entries.swap(12, 13);
        let reordered = encode_bundle(entries).unwrap();
        let named = found(vec![(bundle.clone(), Some(reordered.clone()))]);
        let first = if width == 256 { 12 } else { 256 + 12 };
        for position in [first, first + 1] {
            assert!(named.contains(&Problem::Entry { position, path: bundle.clone() }), "{named:?}");
        }
        // With the tile made to fit, the tile above or the signed root tells.
        let mut hashes = read(&leaves);
        let (one, other) = (hashes[12 * 32..13 * 32].to_vec(), hashes[13 * 32..14 * 32].to_vec());
        hashes[12 * 32..14 * 32].copy_from_slice(&[other, one].concat());
        let named = found(vec![(bundle.clone(), Some(reordered)), (leaves, Some(hashes))]);
        assert!(
            named.iter().any(|problem| matches!(problem, Problem::Tile { .. } | Problem::Root { .. })),
            "{named:?}"
        );
    }
    for tile in ["defter/tile/entries/001.p/44", "defter/tile/0/001.p/44"] {
        let mut content = read(tile);
        content.truncate(content.len() - 5);
        let named = found(vec![(tile.to_owned(), Some(content))]);
        assert!(matches!(named.as_slice(), [Problem::Tile { path, .. }] if path == tile), "{named:?}");
    }
    // An old checkpoint beside newer files: its own last tiles are not there, and what is there is more than it covers.
    let named = found(vec![("defter/checkpoint".into(), Some(of_290.into_bytes()))]);
    assert!(
        named.iter().any(|problem| matches!(problem, Problem::Tile { path, .. } if path.ends_with("001.p/34"))),
        "{named:?}"
    );
    assert!(named.contains(&Problem::Extra { path: "defter/tile/entries/001.p/44".into() }), "{named:?}");
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
