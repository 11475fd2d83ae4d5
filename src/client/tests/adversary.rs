//! Hostile servers: each lie is named for what it is, and what was right stays as it is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::server::{Answer, Server, bare, image, path};
use super::{copy, problems, run, verified};
use crate::client::disk::Disk;
use crate::client::mirror::Wishes;
use crate::client::problem::Problem;
use crate::client::verify::{View, compare_with_copy};
use crate::domain::{Digest, EntryKind};
use crate::log::checkpoint::Checkpoint;
use crate::log::tile::{decode_bundle, encode_bundle};

fn only_in(
    file: &'static str,
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(&str, Bytes) -> Answer {
    move |path, bytes| Answer::Bytes(if path == file { change(bytes.to_vec()).into() } else { bytes })
}

fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    fn below(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                if entry.file_name() != ".tutanak" {
                    below(&entry.path(), found);
                }
            } else {
                found.push((entry.path().display().to_string(), std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    below(dir, &mut found);
    found.sort();
    found
}

#[tokio::test]
async fn a_swapped_scan_is_named_and_all_others_are_kept() {
    let (server, dir) = (Arc::new(Server::of(60)), tempfile::tempdir().unwrap());
    let (wanted, other) = (image(24), image(25));
    let victim = path(24);
    let lie = victim.clone();
    server.lies(move |path, bytes| {
        let mut bytes = bytes.to_vec();
        if path == lie {
            bytes = other.slice(..bytes.len().min(other.len())).to_vec();
        } else if let Some(at) = bytes.windows(wanted.len()).position(|part| part == wanted) {
            bytes[at + 7] ^= 1;
        }
        Answer::Bytes(bytes.into())
    });
    let report = copy(&server, dir.path()).await;
    let found = problems(&report);
    assert!(
        matches!(found.as_slice(), [Problem::Scan { path, position: 24, signed, .. }]
            if *path == victim && *signed == Digest::of(&image(24))),
        "{found:?}"
    );
    assert!(!dir.path().join(&victim).exists());
    let missing = [Problem::Missing { path: victim, position: 24 }];
    assert_eq!(verified(dir.path()).problems, missing);
    server.lies(|_, bytes| Answer::Bytes(bytes));
    assert_eq!(copy(&server, dir.path()).await.scans, 1, "and it comes once the server is honest");
    assert_eq!(verified(dir.path()).problems, []);
}

#[tokio::test]
async fn a_dropped_scan_is_named() {
    let (server, dir) = (Arc::new(Server::of(60)), tempfile::tempdir().unwrap());
    let victim = path(24);
    let lie = victim.clone();
    server.lies(move |path, bytes| match path {
        path if path == lie || path.ends_with(".zip") => Answer::Bytes(Bytes::new()),
        _ => Answer::Bytes(bytes),
    });
    let report = copy(&server, dir.path()).await;
    let found = problems(&report);
    assert!(
        matches!(found.as_slice(), [Problem::Scan { path, position: 24, found, .. }] if *path == victim && found == "0 bytes"),
        "{found:?}"
    );
    assert_eq!(report.scans, 49);
    assert_eq!(verified(dir.path()).problems, [Problem::Missing { path: victim, position: 24 }]);
}

#[tokio::test]
async fn packs_with_a_swapped_scan_or_cut_off_are_named_and_the_others_are_kept() {
    let packs = Wishes { packs: true, ..Wishes::default() };
    let swap = |mut pack: Vec<u8>| {
        let wanted = image(300);
        let at = pack.windows(wanted.len()).position(|part| part == wanted).unwrap();
        pack[at + 7] ^= 1;
        pack
    };
    let cut = |pack: Vec<u8>| pack[..pack.len() / 2].to_vec();
    let middle = "paketler/000/000/001.zip";
    for (name, lie) in
        [("scan", Box::new(swap) as Box<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>), ("pack", Box::new(cut))]
    {
        let (server, dir) = (Arc::new(Server::of(600)), tempfile::tempdir().unwrap());
        server.lies(only_in(middle, lie));
        let report = run(&server, dir.path(), &packs).await.unwrap();
        let found = problems(&report);
        assert!(found.len() == 1 && found[0].name() == name, "{found:?}");
        assert!(format!("{found:?}").contains(middle), "{found:?}");
        assert_eq!(found[0].words().1.contains("entry 300"), name == "scan", "{found:?}");
        assert_eq!(report.scans, 2, "the other two packs are there");
        assert!(!dir.path().join(middle).exists());
        let named = verified(dir.path()).problems;
        assert!(matches!(named.as_slice(), [Problem::Pack { path, .. }] if path == middle), "{named:?}");
        server.lies(|_, bytes| Answer::Bytes(bytes));
        assert_eq!(run(&server, dir.path(), &packs).await.unwrap().scans, 1);
        assert_eq!(verified(dir.path()).problems, []);
    }
}

#[tokio::test]
async fn two_reordered_entries_are_named_in_a_partial_and_in_a_full_bundle() {
    for (size, file, count) in [(60, "defter/tile/entries/000.p/60", 60), (300, "defter/tile/entries/000", 256)] {
        let (server, dir) = (Arc::new(Server::of(size)), tempfile::tempdir().unwrap());
        server.lies(only_in(file, move |bundle| {
            let mut entries = decode_bundle(&bundle, count).unwrap();
            entries.swap(12, 13);
            encode_bundle(entries).unwrap()
        }));
        let report = copy(&server, dir.path()).await;
        let told = format!("{:?}", problems(&report));
        assert!(told.contains("12") && told.contains("13") && told.contains(file), "{told}");
        assert_eq!(report.size, 0, "the checkpoint is not believed");
        assert!(!dir.path().join("defter/checkpoint").exists());
        server.lies(|_, bytes| Answer::Bytes(bytes));
        assert_eq!(problems(&copy(&server, dir.path()).await), []);
        assert_eq!(verified(dir.path()).problems, []);
    }
}

#[tokio::test]
async fn truncated_files_of_the_log_are_named() {
    for (size, file) in [
        (60, "defter/tile/entries/000.p/60"),
        (300, "defter/tile/entries/000"),
        (300, "defter/tile/entries/001.p/44"),
        (300, "defter/tile/1/000.p/1"),
    ] {
        for cut in [0, 1, 31] {
            let (server, dir) = (Arc::new(Server::of(size)), tempfile::tempdir().unwrap());
            server.lies(only_in(file, move |mut bytes| {
                bytes.truncate(bytes.len() - 1 - cut);
                bytes
            }));
            let found = problems(&copy(&server, dir.path()).await);
            assert!(matches!(found.as_slice(), [Problem::Tile { path, .. }] if path == file), "{found:?}");
        }
    }
}

#[tokio::test]
async fn a_log_that_shrinks_is_rolled_back_and_nothing_is_lost() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    copy(&server, dir.path()).await;
    let before = tree(dir.path());
    for shown in [290, 256, 3, 0] {
        server.shows(Some(shown));
        let report = copy(&server, dir.path()).await;
        let found = problems(&report);
        assert!(
            matches!(found.as_slice(), [Problem::RolledBack { had: 300, shown: now, .. }] if *now == shown),
            "{found:?}"
        );
        assert_eq!(tree(dir.path()), before);
    }
    assert_eq!(std::fs::read_dir(dir.path().join(".tutanak/evidence")).unwrap().count(), 5);
    server.shows(None);
    server.grow(310);
    assert_eq!(problems(&copy(&server, dir.path()).await), []);
}

#[tokio::test]
async fn two_logs_of_one_key_are_a_split_view_at_every_size() {
    // The logs part at entry 280; the copy has 300; the other is shown with fewer, as many, and more.
    let common = Server::of(280);
    let (ours, theirs) = (Arc::new(common.twin()), Arc::new(common.twin()));
    ours.grow(300);
    theirs.push(&bare(EntryKind::Gate));
    theirs.grow(800);
    let dir = tempfile::tempdir().unwrap();
    copy(&ours, dir.path()).await;
    let before = tree(dir.path());
    for shown in [290, 300, 301, 512, 513, 800] {
        theirs.shows(Some(shown));
        let report = copy(&theirs, dir.path()).await;
        let found = problems(&report);
        assert!(
            matches!(found.as_slice(), [Problem::SplitView { ours: 300, theirs, evidence: Some(_) }] if *theirs == shown),
            "{shown}: {found:?}"
        );
        assert_eq!(tree(dir.path()), before, "nothing of the copy was touched");
        let (turkish, english) = found[0].words();
        assert!(turkish.contains("ÇELİŞKİ") && english.contains("SPLIT VIEW"));
    }
    // Two parties that were each shown one of them find out by their checkpoints.
    theirs.shows(None);
    let other = tempfile::tempdir().unwrap();
    copy(&theirs, other.path()).await;
    let of = |server: &Server| Checkpoint::unverified(&server.note()).unwrap();
    let view = |dir: &Path, one: &Server, other: &Server| {
        compare_with_copy(&Disk::at(dir).unwrap(), &of(one), &of(other)).unwrap()
    };
    assert!(matches!(view(other.path(), &theirs, &ours), View::Split { .. }));
    theirs.shows(Some(280));
    assert_eq!(view(dir.path(), &ours, &theirs), View::Consistent { shorter: 280, longer: 300 });
    assert_eq!(view(dir.path(), &ours, &ours), View::Same);
    theirs.shows(None);
    assert!(matches!(view(dir.path(), &ours, &theirs), View::Unknown { .. }), "the longer log is not here");
}

#[tokio::test]
async fn errors_in_the_middle_are_waited_out() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    let count = AtomicU64::new(0);
    server.lies(move |_, bytes| match count.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => Answer::Fails,
        1 => Answer::Breaks(bytes, 700),
        _ => Answer::Bytes(bytes),
    });
    let mut report = run(&server, dir.path(), &Wishes::default()).await;
    for _ in 0..20 {
        if report.is_ok() {
            break;
        }
        report = run(&server, dir.path(), &Wishes::default()).await;
    }
    assert_eq!(problems(&report.unwrap()), []);
    assert_eq!(verified(dir.path()).problems, []);
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_its_end() {
    for file in ["defter/tile/entries/000.p/60", "paketler/000/000/000.p/60.zip"] {
        let (server, dir) = (Arc::new(Server::of(60)), tempfile::tempdir().unwrap());
        server.lies(
            move |path, bytes| {
                if path == file { Answer::Endless(Bytes::from(vec![1; 1 << 16])) } else { Answer::Bytes(bytes) }
            },
        );
        let report = copy(&server, dir.path()).await;
        match file.ends_with(".zip") {
            // Garbage in the pack: each scan is asked for by its path instead.
            true => assert_eq!((problems(&report), report.scans), (vec![], 50)),
            false => assert!(matches!(problems(&report).as_slice(), [Problem::Tile { path, .. }] if path == file)),
        }
    }
}

#[tokio::test]
async fn scans_of_another_length_are_named_with_it() {
    let (server, dir) = (Arc::new(Server::of(10)), tempfile::tempdir().unwrap());
    let victim = path(4);
    server.lies(move |path, bytes| match path {
        path if path.ends_with(".zip") => Answer::Bytes(vec![0; bytes.len()].into()),
        path if path == victim => Answer::Bytes([bytes.as_ref(), b"more"].concat().into()),
        path if path == super::server::path(5) => Answer::Bytes(bytes.slice(..20)),
        _ => Answer::Bytes(bytes),
    });
    let mut found = problems(&copy(&server, dir.path()).await);
    found.sort_by_key(|problem| format!("{problem:?}"));
    let at = |problem: &Problem| matches!(problem, Problem::Scan { .. });
    assert_eq!((found.len(), found.iter().filter(|problem| at(problem)).count()), (2, 2), "{found:?}");
}

#[tokio::test]
async fn entries_that_no_sound_log_has_are_named_and_harm_nothing() {
    let (server, dir) = (Arc::new(Server::of(10)), tempfile::tempdir().unwrap());
    copy(&server, dir.path()).await;
    for path in ["../../etc/passwd.png", "tutanaklar/../../x.png", "/tmp/x.png", "tutanaklar/.tutanak/x.png"] {
        server.scan(path, 1000);
    }
    let mut nameless = bare(EntryKind::Linked);
    nameless.path = Some(path(500));
    server.push(&nameless);
    server.scan(&path(4), 1001); // a second content for a path that has one
    server.grow(30);
    let report = copy(&server, dir.path()).await;
    assert!(report.problems.len() >= 2, "{:?}", problems(&report));
    assert_eq!(std::fs::read(dir.path().join(path(4))).unwrap(), image(4), "what was right is not overwritten");
    let named = verified(dir.path()).problems;
    let count = |name| named.iter().filter(|problem| problem.name() == name).count();
    assert_eq!((count("unusable"), count("scan")), (5, 1), "{named:#?}");
    assert!(named.contains(&Problem::PathTwice { path: path(4), position: 15 }), "{named:#?}");
    assert_eq!(std::fs::read_dir(dir.path().join("tutanaklar")).unwrap().count(), 2);
}

#[tokio::test]
async fn a_checkpoint_that_nobody_trusted_signed_changes_nothing() {
    let (server, dir) = (Arc::new(Server::of(60)), tempfile::tempdir().unwrap());
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let keys = vec![crate::log::note::VerifierKey::of(super::server::ORIGIN, &stranger)];
    let report = run(&server, dir.path(), &Wishes { keys, ..Wishes::default() }).await.unwrap();
    assert!(matches!(problems(&report).as_slice(), [Problem::Checkpoint { .. }]));
    assert!(!dir.path().join("defter").exists() && !dir.path().join("tutanaklar").exists());
}
