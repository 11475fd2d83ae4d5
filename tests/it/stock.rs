//! Many entries at once, put into a house's ledger and vault without the way over HTTPS.

use bytes::Bytes;
use futures::future::join_all;
use jiff::SignedDuration;
use tutanak::clock::Clock;
use tutanak::domain::routing::{Claim, Finding};
use tutanak::domain::{Digest, Form, FormKind, Race, Scan, ScanFacts};
use tutanak::ledger::Ledger;
use tutanak::ledger::append::{self, Submission};
use tutanak::vault::Vault;

use crate::house::House;

/// What is entered: a scan's bytes, and the form it shows; none where it shows nothing.
pub type Sent = (Vec<u8>, Option<Form>);

/// Enters scans in their order.
pub async fn enter(ledger: &Ledger, vault: &Vault, clock: &Clock, sent: &[Sent]) {
    let (appender, writer) = append::writer(ledger.clone(), clock.clone(), 0);
    let writing = tokio::spawn(writer.run());
    let submissions = join_all(sent.iter().map(|(bytes, form)| async move {
        let digest = Digest::of(bytes);
        let facts =
            ScanFacts { digest, size: bytes.len() as u64, crc32: crc32fast::hash(bytes), width: 1654, height: 2339 };
        let kept = vault.keep(&Scan { bytes: Bytes::copy_from_slice(bytes), facts }).await.unwrap();
        let finding = form.clone().map_or(Finding::NoCode, |form| Finding::Form { form, own: true, strange: vec![] });
        let claim = Claim { digest, board: "kadikoy-1".parse().unwrap(), finding, replaces: None, module: None };
        Submission::new(&kept, claim, Some("=1+1; \"not\"".to_owned()))
    }))
    .await;
    let appended = join_all(submissions.into_iter().map(|submission| appender.append(submission))).await;
    assert!(appended.into_iter().all(|recorded| recorded.unwrap().fresh));
    drop(appender);
    writing.await.unwrap();
}

/// Puts `count` entries in, of three boxes' forms, every seventh parked. `seed` makes them others than those of another
/// stock. Gives the scans' bytes.
pub async fn stock(ledger: &Ledger, vault: &Vault, clock: &Clock, count: u32, seed: u32) -> Vec<Vec<u8>> {
    let linked = |n: u32| (n % 7 != 6).then(|| form(n % 3 + 1, "34-istanbul/kadikoy-1/caferaga-mah"));
    let sent: Vec<Sent> = (0..count).map(|n| (scan(n, seed), linked(n))).collect();
    enter(ledger, vault, clock, &sent).await;
    sent.into_iter().map(|(bytes, _)| bytes).collect()
}

/// The same in a running house. Its clock then stands a minute later.
pub async fn fill(house: &House, count: u32) -> Vec<Vec<u8>> {
    let seed = house.ledger.head().await.unwrap().size as u32;
    let scans = stock(&house.ledger, &house.store, &house.clock, count, seed).await;
    house.clock.advance(SignedDuration::from_mins(1));
    scans
}

/// Bytes of many sizes that do not compress.
fn scan(n: u32, seed: u32) -> Vec<u8> {
    let mut state = (n + 1).wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(97_531);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let size = if n % 50 == 17 { 700_000 } else { next() % 4_000 };
    let mut bytes: Vec<u8> = (0..size).map(|_| next() as u8).collect();
    bytes.extend(format!("{n} of {seed}").bytes());
    bytes
}

/// The presidential result of a box.
pub fn form(box_id: u32, directory: &str) -> Form {
    Form {
        code: format!("109{box_id:07}").parse().unwrap(),
        kind: FormKind::Sonuc,
        race: Some(Race::President),
        sandik: Some(1000 + box_id),
        place: "34-k-m1".parse().unwrap(),
        directory: directory.into(),
        nearest_board: None,
        many_pages: false,
    }
}
