//! What the ledger promises about box results, on every engine: the highest version counts whenever it comes, nothing is entered
//! twice, and the sums are those of the rows that count, after whatever came in whatever order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tutanak::clock::Clock;
use tutanak::domain::{BoxKind, BoxResult, ChangeReason, Entry, EntryKind, Figures, PlaceId, Race};
use tutanak::ledger::Ledger;
use tutanak::ledger::append::{self, Appender};
use tutanak::ledger::results::sums::Sums;
use tutanak::ledger::results::{Counting, Filed, Filing, HeldFor};

use crate::engines::Engine;

const BALLOT: [(u16, &str); 3] = [(1, "a"), (2, "b"), (3, "bagimsiz-1")];

/// Boxes 1–4 stand in two mahalles of one district, 5 and 6 in another district.
fn units(box_no: u32) -> Vec<PlaceId> {
    let (mahalle, district) = match box_no {
        1 | 2 => ("m1", "d1"),
        3 | 4 => ("m2", "d1"),
        _ => ("m3", "d2"),
    };
    [mahalle, district, "il", "tr"].iter().map(|id| id.parse().unwrap()).collect()
}

fn counting(box_no: u32) -> Arc<Counting> {
    let units = units(box_no);
    let sort_key =
        [1_u32, 2, if box_no < 5 { 3 } else { 4 }, 1000 + box_no].iter().flat_map(|n| n.to_be_bytes()).collect();
    let choices = BALLOT.iter().map(|(no, id)| (*no, (*id).to_owned())).collect();
    Arc::new(Counting { place: units[0].clone(), kind: BoxKind::Normal, sort_key, units, choices: Arc::new(choices) })
}

fn result(box_no: u32, race: Race, version: u32, void: bool, seed: u32) -> BoxResult {
    // Every third leaves a figure out: absent is not zero.
    let given = |n: u32| (!(seed + n).is_multiple_of(3)).then_some((seed * 7 + n) % 50);
    let votes = BALLOT.iter().filter_map(|(no, _)| Some((*no, given(u32::from(*no))?))).collect();
    let figures =
        Figures { registered: Some(300 + seed), voted: given(1), valid: given(2), votes, ..Figures::default() };
    let reason =
        (version > 1 || void).then(|| ChangeReason { code: Some(3), text: Some("İlçe seçim kurulu".into()) });
    BoxResult {
        box_id: format!("{box_no:07}").parse().unwrap(),
        race,
        version,
        void,
        reason,
        typed_at: None,
        counts: None,
        figures,
    }
}

fn filing(result: BoxResult) -> Filing {
    let box_no = result.box_id.as_str().parse().unwrap();
    Filing::new(result, Some("1090000001".parse().unwrap()), Some(counting(box_no)))
}

struct Node {
    ledger: Ledger,
    appender: Appender,
}

impl Node {
    async fn open(engine: &Engine) -> Self {
        let ledger = engine.open().await;
        let size = ledger.head().await.unwrap().size;
        let (appender, writer) = append::writer(ledger.clone(), Clock::system(), size);
        tokio::spawn(writer.run());
        Self { ledger, appender }
    }

    async fn file(&self, results: Vec<BoxResult>) -> Vec<Filed> {
        let receipts = self.appender.file(results.into_iter().map(filing).collect()).await.unwrap();
        receipts.into_iter().map(|receipt| receipt.filed).collect()
    }
}

/// Every sum that the rows that count add up to, from nothing but them.
async fn recount(ledger: &Ledger, race: Race) -> BTreeMap<String, Sums> {
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    let (mut after, ballot) = (None, HashMap::from(BALLOT.map(|(no, id)| (no, id.to_owned()))));
    loop {
        let (page, next) = ledger.results_now(race, &Default::default(), after.as_deref(), 2).await.unwrap();
        for row in page.iter().filter(|row| !row.void) {
            let line = BoxResult::parse(&row.line).unwrap();
            let sums = Sums::of(&line.figures, &ballot);
            for unit in units(row.number - 1000).iter().map(PlaceId::as_str).chain([""]) {
                all.entry(unit.to_owned()).or_default().add(&sums, 1);
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

async fn sums_are_those_of_the_rows(ledger: &Ledger) {
    for race in [Race::President, Race::Parliament] {
        let expected = recount(ledger, race).await;
        for unit in ["", "tr", "il", "d1", "d2", "m1", "m2", "m3"] {
            let place = (!unit.is_empty()).then(|| unit.parse().unwrap());
            let stored = ledger.result_sums(place.as_ref(), race).await.unwrap();
            assert_eq!(stored, expected.get(unit).cloned().unwrap_or_default(), "{unit} {race}");
        }
    }
}

#[test]
fn sums_are_those_of_the_rows_that_count_after_any_sequence_of_versions_and_voids() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // A batch is a list of (box, race, version, void, seed); two seeds of one version are a conflict.
    let line = (1_u32..=6, any::<bool>(), 1_u32..=4, prop::bool::weighted(0.2), 0_u32..3);
    let batches = prop::collection::vec(prop::collection::vec(line, 1..8), 1..6);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&batches, |batches| {
            runtime.block_on(async {
                for engine in Engine::all().await {
                    let node = Node::open(&engine).await;
                    for batch in &batches {
                        let lines = batch.iter().map(|(box_no, first, version, void, seed)| {
                            let race = if *first { Race::President } else { Race::Parliament };
                            result(*box_no, race, *version, *void, *seed)
                        });
                        node.file(lines.collect()).await;
                        sums_are_those_of_the_rows(&node.ledger).await;
                    }
                    // Of each box and race the highest version in force counts, and it alone.
                    for (box_no, race) in (1..=6).flat_map(|n| [(n, Race::President), (n, Race::Parliament)]) {
                        let id = format!("{box_no:07}").parse().unwrap();
                        let all = node.ledger.result_versions(&id, race).await.unwrap();
                        let highest = all.iter().filter(|one| one.held.is_none()).map(|one| one.version).max();
                        let newest: Vec<u32> = all.iter().filter(|one| one.newest).map(|one| one.version).collect();
                        assert_eq!(newest, highest.into_iter().collect::<Vec<_>>());
                    }
                    node.ledger.close().await;
                }
            });
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_becomes_what_the_contract_says() {
    for engine in Engine::all().await {
        let node = Node::open(&engine).await;
        let of = |version, seed| result(1, Race::President, version, false, seed);
        assert_eq!(node.file(vec![of(1, 0)]).await, [Filed::Created], "{}", engine.name);
        assert_eq!(node.file(vec![of(1, 0), of(3, 2), of(3, 2)]).await, [Filed::Known, Filed::Created, Filed::Known]);
        // Version 2 after version 3 is history, and readers see no flicker.
        assert_eq!(node.file(vec![of(2, 1)]).await, [Filed::Late]);
        let (page, _) = node.ledger.results_now(Race::President, &Default::default(), None, 10).await.unwrap();
        assert_eq!((page.len(), page[0].version), (1, 3));
        // Other figures of a version that is there are kept, and count nowhere; sent again they are the same entry.
        let before = node.ledger.head().await.unwrap().size;
        assert_eq!(node.file(vec![of(3, 5), of(3, 5)]).await, [Filed::Conflict, Filed::Conflict]);
        assert_eq!(node.file(vec![of(3, 5)]).await, [Filed::Conflict]);
        assert_eq!(node.ledger.head().await.unwrap().size, before + 1);
        // A result is taken back by a version of its own.
        assert_eq!(node.file(vec![result(1, Race::President, 4, true, 0)]).await, [Filed::Created]);
        assert_eq!(node.ledger.result_sums(None, Race::President).await.unwrap(), Sums::default());
        let (page, _) = node.ledger.results_now(Race::President, &Default::default(), None, 10).await.unwrap();
        assert!(page[0].void && page[0].version == 4);
        let changes = node.ledger.result_changes(0, u64::MAX, 10).await.unwrap();
        assert_eq!(changes.iter().map(|one| one.version).collect::<Vec<_>>(), [3, 2, 4], "held ones change nothing");

        let lines = node.ledger.lines_from(0, 100).await.unwrap();
        let entries: Vec<Entry> = lines.iter().map(|line| serde_json::from_str(&line.line).unwrap()).collect();
        let kinds: Vec<EntryKind> = entries.iter().map(|entry| entry.kind).collect();
        use EntryKind::{Held, Result, Voided};
        assert_eq!(kinds, [Result, Result, Result, Held, Voided]);
        assert_eq!(entries[3].reason.as_deref(), Some(HeldFor::OtherFigures.name()));
        assert_eq!((entries[4].revision, entries[4].reason.as_deref()), (Some(4), Some("3: İlçe seçim kurulu")));
        for (entry, at) in entries.iter().zip(0..) {
            let entered = node.ledger.result_at(at).await.unwrap().unwrap();
            assert_eq!(entry.sha256, Some(tutanak::domain::Digest::of(entered.line.as_bytes())));
            assert_eq!(entry.size, Some(entered.line.len() as u64));
        }
        // Lists of scans know nothing of it.
        assert!(node.ledger.changes_from(0, 100).await.unwrap().is_empty());
        let head = node.ledger.head().await.unwrap();
        assert_eq!((head.linked, head.parked, head.resolved), (0, 0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_on_several_nodes_at_once_is_entered_once() {
    for engine in Engine::all().await {
        let nodes = join_all((0..3).map(|_| Node::open(&engine))).await;
        let batch = |_: usize| (1..=6).flat_map(|n| [1, 3, 2].map(|v| result(n, Race::President, v, false, n + v)));
        let sent = join_all((0..6).map(|n| nodes[n % 3].file(batch(n).collect()))).await;
        for at in 0..18 {
            let fresh = sent.iter().filter(|filed| filed[at] != Filed::Known).count();
            assert_eq!(fresh, 1, "{}: line {at}", engine.name);
        }
        assert_eq!(nodes[0].ledger.head().await.unwrap().size, 18);
        sums_are_those_of_the_rows(&nodes[0].ledger).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_made_again_counts_what_the_lost_one_did() {
    for engine in Engine::all().await {
        let node = Node::open(&engine).await;
        for seed in 0..5 {
            let lines = (1..=6).map(|n| result(n, Race::President, 1 + (n * seed) % 4, n == seed, seed));
            node.file(lines.collect()).await;
        }
        let again = Engine::sqlite();
        let again = again.open().await;
        let lines = node.ledger.lines_from(0, 1000).await.unwrap();
        let results = node.ledger.results_from(0, u64::MAX, 1000).await.unwrap();
        assert_eq!(lines.len(), results.len());
        let (lines, kept): (Vec<_>, Vec<_>) =
            lines.into_iter().zip(&results).map(|(line, result)| (line.line, result.line.clone())).unzip();
        let mut others = kept.clone();
        others.rotate_left(1);
        assert!(again.replay_with(0, lines.clone(), others).await.is_err(), "lines of other entries");
        again.replay_with(0, lines, kept).await.unwrap();
        assert_eq!(again.head().await.unwrap().root, node.ledger.head().await.unwrap().root);
        // Where the boxes stand is known only once the registry is there.
        assert_eq!(again.result_sums(None, Race::President).await.unwrap(), Sums::default());
        let unsettled = again.results_unsettled(0, 1000).await.unwrap();
        let settled: Vec<_> =
            unsettled.iter().map(|one| (one.position, counting(one.box_id.as_str().parse().unwrap()))).collect();
        assert_eq!(again.results_settle(&settled).await.unwrap(), settled.len() as u64);
        assert_eq!(again.results_settle(&settled).await.unwrap(), 0, "nothing is counted twice");
        sums_are_those_of_the_rows(&again).await;
        for unit in [None, Some("d1".parse().unwrap()), Some("m3".parse().unwrap())] {
            let sums = async |ledger: &Ledger| ledger.result_sums(unit.as_ref(), Race::President).await.unwrap();
            assert_eq!(sums(&again).await, sums(&node.ledger).await);
        }
        let versions = async |ledger: &Ledger| ledger.results_from(0, u64::MAX, 1000).await.unwrap();
        assert_eq!(versions(&again).await, versions(&node.ledger).await);
    }
}
