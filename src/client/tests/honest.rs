//! An honest server: the copy is whole, cheap, and goes on wherever it stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ed25519_dalek::SigningKey;

use super::server::{Answer, Server, image, path};
use super::{context, copy, problems, run, verified};
use crate::client::mirror::{Wishes, mirror};
use crate::client::order::Order;
use crate::client::problem::Problem;
use crate::client::progress::Progress;

fn there(dir: &std::path::Path, n: u64) -> bool {
    std::fs::read(dir.join(path(n))).is_ok_and(|bytes| bytes == image(n))
}

fn scans(size: u64) -> u64 {
    (2..size).filter(|n| n % 7 != 0).count() as u64
}

#[tokio::test]
async fn a_copy_follows_its_log_through_every_shape_of_it() {
    let (server, dir) = (Arc::new(Server::of(2)), tempfile::tempdir().unwrap());
    let mut had = 0;
    for size in [2, 3, 5, 255, 256, 257, 300, 511, 512, 513, 900] {
        server.grow(size);
        let report = copy(&server, dir.path()).await;
        assert_eq!((report.size, report.entries), (size, size - had));
        assert_eq!(problems(&report), []);
        assert_eq!(report.scans, scans(size) - scans(had), "{size}");
        let verdict = verified(dir.path());
        assert_eq!(verdict.problems, [], "{size}");
        assert_eq!((verdict.scans, verdict.size), (scans(size), size));
        had = size;
    }
    assert!((2..900).filter(|n| n % 7 != 0).all(|n| there(dir.path(), n)));
    assert_eq!(std::fs::read_to_string(dir.path().join("defter/checkpoint")).unwrap(), server.note());
    // The copy is what a server of the log has: every tile of its size, and no other.
    let partial = std::fs::read_dir(dir.path().join("defter/tile/entries/003.p")).unwrap().count();
    assert_eq!(partial, 1);
    assert!(!dir.path().join("defter/tile/entries/002.p").exists());
}

#[tokio::test]
async fn a_round_costs_a_checkpoint_a_bundle_and_a_pack() {
    let (server, dir) = (Arc::new(Server::of(1000)), tempfile::tempdir().unwrap());
    let first = copy(&server, dir.path()).await;
    // Checkpoint, keys, notice, a tile of level 1, four bundles, four packs.
    assert_eq!(first.requests, 12, "{:?}", server.log.lock().unwrap());
    let nothing = copy(&server, dir.path()).await;
    assert_eq!((nothing.requests, nothing.entries, nothing.scans), (1, 0, 0));
    server.grow(1003);
    let three = copy(&server, dir.path()).await;
    assert_eq!((three.requests, three.entries, three.scans), (3, 3, 2));
}

#[tokio::test]
async fn a_line_that_breaks_again_and_again_costs_nothing_twice() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    server.lies(|path, bytes| if path.ends_with(".zip") { Answer::Breaks(bytes, 9000) } else { Answer::Bytes(bytes) });
    let report = copy(&server, dir.path()).await;
    assert_eq!((problems(&report), report.scans), (vec![], scans(300)));
    assert_eq!(verified(dir.path()).problems, []);
}

#[tokio::test]
async fn a_line_that_breaks_within_every_scan_goes_on_at_the_byte() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    // No scan has fewer than 400 bytes: none would ever come whole if each began anew.
    server.lies(|path, bytes| if path.ends_with(".zip") { Answer::Breaks(bytes, 399) } else { Answer::Bytes(bytes) });
    let report = copy(&server, dir.path()).await;
    assert_eq!((problems(&report), report.scans), (vec![], scans(300)));
    let alone = server.log.lock().unwrap().iter().filter(|path| path.ends_with(".png")).count();
    assert_eq!(alone, 0, "no scan had to be asked for by its own path");
    assert_eq!(verified(dir.path()).problems, []);
}

#[tokio::test]
async fn what_is_named_comes_alone_or_first() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    let order = Order { il: vec!["Ankara".into()], only: true, ..Order::default() };
    let only = Wishes { order, ..Wishes::default() };
    let report = run(&server, dir.path(), &only).await.unwrap();
    let in_ankara = (2..300).filter(|n| n % 7 != 0 && n % 3 == 2).count() as u64;
    assert_eq!(report.scans, in_ankara);
    assert!(!dir.path().join("tutanaklar/34-istanbul").exists());
    let verdict = verified(dir.path());
    assert_eq!((verdict.problems, verdict.scans), (vec![], in_ankara));
    assert_eq!(verdict.not_held, scans(300) - in_ankara);
    // Other wishes later: the rest comes too.
    let order = Order { ilce: vec!["sisli".into()], newest_first: true, ..Order::default() };
    let report = run(&server, dir.path(), &Wishes { order, ..Wishes::default() }).await.unwrap();
    assert_eq!(report.scans, scans(300) - in_ankara);
    assert_eq!(verified(dir.path()).not_held, 0);
}

/// Packs in the order in which they were asked for, one after another.
async fn asked(server: &Arc<Server>, dir: &std::path::Path, order: Order) -> Vec<String> {
    let (mut context, transport) = context(server, dir);
    context.parallel = 1;
    server.log.lock().unwrap().clear();
    let wishes = Wishes { order, ..Wishes::default() };
    let _ = mirror(&context, &transport, &wishes, &Progress::new(false), |_| {}).await;
    let log = server.log.lock().unwrap();
    log.iter().filter(|path| path.ends_with(".zip")).map(|path| path[path.len() - 10..].to_owned()).collect()
}

#[tokio::test]
async fn the_oldest_or_the_newest_come_first_and_what_was_named_before_all() {
    let server = Arc::new(Server::of(600));
    let copies = tempfile::tempdir().unwrap();
    let oldest = ["00/000.zip", "00/001.zip", "2.p/88.zip"];
    assert_eq!(asked(&server, &copies.path().join("oldest"), Order::default()).await, oldest);
    let newest_first = Order { newest_first: true, ..Order::default() };
    let newest: Vec<&str> = oldest.iter().rev().copied().collect();
    assert_eq!(asked(&server, &copies.path().join("newest"), newest_first).await, newest);
    // A line that dies after the first three packs has brought what was named, all of it and nothing else.
    let named = copies.path().join("named");
    let packs = AtomicU64::new(0);
    server.lies(move |path, bytes| match path.ends_with(".zip") || path.ends_with(".png") {
        true if packs.fetch_add(1, Ordering::Relaxed) >= 3 => Answer::Fails,
        _ => Answer::Bytes(bytes),
    });
    asked(&server, &named, Order { il: vec!["ankara".into()], newest_first: true, ..Order::default() }).await;
    for n in (2..600).filter(|n| n % 7 != 0) {
        assert_eq!(there(&named, n), n % 3 == 2, "{n}");
    }
}

#[tokio::test]
async fn packs_are_kept_whole_and_a_broken_one_goes_on() {
    let (server, dir) = (Arc::new(Server::of(300)), tempfile::tempdir().unwrap());
    let wishes = Wishes { packs: true, ..Wishes::default() };
    server.lies(
        |path, bytes| {
            if path.ends_with(".zip") { Answer::Breaks(bytes, 20_000) } else { Answer::Bytes(bytes) }
        },
    );
    let report = run(&server, dir.path(), &wishes).await.unwrap();
    assert_eq!((problems(&report), report.scans), (vec![], 2));
    let verdict = verified(dir.path());
    assert_eq!((verdict.problems, verdict.packs, verdict.parts), (vec![], 2, 0));
    server.grow(520);
    server.lies(|_, bytes| Answer::Bytes(bytes));
    run(&server, dir.path(), &wishes).await.unwrap();
    assert_eq!(verified(dir.path()).problems, []);
    assert!(!dir.path().join("paketler/000/000/001.p").exists(), "the partial pack is part of the full one");
    // A byte of it changed, and it is named.
    let pack = dir.path().join("paketler/000/000/001.zip");
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&pack, bytes).unwrap();
    assert_eq!(verified(dir.path()).problems.len(), 1);
}

#[tokio::test]
async fn keys_change_hands_inside_the_log() {
    let (server, dir) = (Arc::new(Server::of(10)), tempfile::tempdir().unwrap());
    let wishes = Wishes { keys: vec![server.vkey().parse().unwrap()], ..Wishes::default() };
    run(&server, dir.path(), &wishes).await.unwrap();
    let (old, new) = (SigningKey::from_bytes(&[42; 32]), SigningKey::from_bytes(&[43; 32]));
    server.add_key(&new);
    *server.keys.lock().unwrap() = vec![old, new.clone()];
    assert_eq!(problems(&run(&server, dir.path(), &wishes).await.unwrap()), []);
    *server.keys.lock().unwrap() = vec![new];
    server.grow(20);
    let report = run(&server, dir.path(), &wishes).await.unwrap();
    assert_eq!((problems(&report), report.size), (vec![], 20));
    assert_eq!(verified(dir.path()).problems, []);
}

#[tokio::test]
async fn a_key_that_changed_unseen_is_given_by_hand_and_the_log_must_still_go_on_from_ours() {
    let (server, dir) = (Arc::new(Server::of(10)), tempfile::tempdir().unwrap());
    copy(&server, dir.path()).await;
    let new = SigningKey::from_bytes(&[43; 32]);
    server.add_key(&new);
    *server.keys.lock().unwrap() = vec![new];
    let refused = problems(&copy(&server, dir.path()).await);
    assert!(matches!(refused.as_slice(), [Problem::Checkpoint { what }] if what.contains("--key")), "{refused:?}");
    let wishes = Wishes { keys: vec![server.vkey().parse().unwrap()], ..Wishes::default() };
    let report = run(&server, dir.path(), &wishes).await.unwrap();
    assert_eq!((problems(&report), report.size), (vec![], 11));
    // From then on it is the pinned one.
    server.grow(20);
    assert_eq!(problems(&copy(&server, dir.path()).await), []);
    assert_eq!(verified(dir.path()).problems, []);
}

#[tokio::test]
async fn a_stranger_gets_the_servers_key_once_and_is_told_so() {
    let (server, dir) = (Arc::new(Server::of(10)), tempfile::tempdir().unwrap());
    assert_eq!(copy(&server, dir.path()).await.pinned, [server.vkey()]);
    assert!(copy(&server, dir.path()).await.pinned.is_empty());
    *server.keys.lock().unwrap() = vec![SigningKey::from_bytes(&[44; 32])];
    server.grow(12);
    let report = copy(&server, dir.path()).await;
    assert!(matches!(problems(&report).as_slice(), [Problem::Checkpoint { .. }]));
    assert_eq!(report.size, 10);
}
