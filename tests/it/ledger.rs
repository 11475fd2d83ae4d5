//! What the ledger promises, on every engine: positions without holes, one order for everybody, no entry twice.

use bytes::Bytes;
use futures::future::join_all;
use object_store::memory::InMemory;
use sha2::{Digest as _, Sha256};
use tutanak::clock::Clock;
use tutanak::domain::entry::leaf_hash;
use tutanak::domain::routing::{Claim, Finding};
use tutanak::domain::{Digest, Entry, Form, FormKind, Race, Scan, ScanFacts};
use tutanak::ledger::append::{self, Appender, Recorded, Submission};
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::vault::Vault;

use crate::engines::Engine;

/// A node: a ledger of its own with its own writer.
struct Node {
    ledger: Ledger,
    appender: Appender,
    vault: Vault,
}

impl Node {
    async fn open(config: &DatabaseConfig) -> Self {
        let ledger = Ledger::open(config).await.unwrap();
        let size = ledger.head().await.unwrap().size;
        let (appender, writer) = append::writer(ledger.clone(), Clock::system(), size);
        tokio::spawn(writer.run());
        Self { ledger, appender, vault: Vault::over(std::sync::Arc::new(InMemory::new())) }
    }

    async fn send(&self, content: &str, finding: Finding) -> Recorded {
        let bytes = Bytes::copy_from_slice(content.as_bytes());
        let digest = Digest::of(&bytes);
        let facts =
            ScanFacts { digest, size: bytes.len() as u64, crc32: crc32fast::hash(&bytes), width: 1654, height: 2339 };
        let kept = self.vault.keep(&Scan { bytes, facts }).await.unwrap();
        let claim = Claim { digest, board: "b1".parse().unwrap(), finding, replaces: None, module: None };
        self.appender.append(Submission::new(&kept, claim, None)).await.unwrap()
    }
}

fn form(sandik: u32) -> Finding {
    let form = Form {
        code: format!("109{sandik:07}").parse().unwrap(),
        kind: FormKind::Sonuc,
        race: Some(Race::President),
        sandik: Some(sandik),
        place: "m1".parse().unwrap(),
        directory: "34-istanbul/kadikoy-1/caferaga-mah".into(),
        nearest_board: None,
        many_pages: false,
    };
    Finding::Form { form, own: true, strange: vec![] }
}

/// The root by the words of RFC 6962 §2.1.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_have_no_holes_under_writers_on_several_nodes() {
    for engine in Engine::all().await {
        let nodes = join_all((0..3).map(|_| Node::open(&engine.config))).await;
        // A reader that follows from position to position while everybody writes.
        let reader = engine.open().await;
        let reading = tokio::spawn(async move {
            let mut next = 0;
            while next < 300 {
                for line in reader.lines_from(next, 50).await.unwrap() {
                    assert_eq!(line.position, next, "a reader met a hole");
                    next += 1;
                }
                tokio::task::yield_now().await;
            }
        });
        // Every node sends the same 300 scans at once: each must be entered by exactly one of them.
        let sends = (0..300).flat_map(|n| nodes.iter().map(move |node| (n, node)));
        let sent = join_all(sends.map(|(n, node)| async move { node.send(&format!("scan {n}"), form(n)).await })).await;
        let mut fresh: Vec<u64> = sent.iter().filter(|one| one.fresh).map(|one| one.position).collect();
        fresh.sort_unstable();
        assert_eq!(fresh, (0..300).collect::<Vec<u64>>(), "{}", engine.name);
        for answers in sent.chunks(nodes.len()) {
            assert!(answers.iter().all(|one| one.position == answers[0].position), "one scan, one receipt");
        }
        tokio::time::timeout(std::time::Duration::from_secs(60), reading).await.expect("the reader hangs").unwrap();
        // The head's root is the root of the lines, and each line parses back to itself.
        let lines = nodes[0].ledger.lines_from(0, 1000).await.unwrap();
        let leaves: Vec<_> = lines.iter().map(|line| leaf_hash(&line.line)).collect();
        let head = nodes[1].ledger.head().await.unwrap();
        assert_eq!((head.size, head.root, head.linked), (300, root(&leaves), 300), "{}", engine.name);
        for line in lines {
            let entry: Entry = serde_json::from_str(&line.line).unwrap();
            assert_eq!(entry.line(), line.line);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_of_one_form_are_numbered_without_gaps_however_they_race() {
    for engine in Engine::all().await {
        let nodes = join_all((0..2).map(|_| Node::open(&engine.config))).await;
        let sends = (0..40).map(|n| {
            let node = &nodes[n % 2];
            async move { node.send(&format!("scan {n} of one form"), form(1)).await }
        });
        let mut revisions: Vec<u32> = join_all(sends).await.iter().map(|one| one.entry.revision.unwrap()).collect();
        revisions.sort_unstable();
        assert_eq!(revisions, (1..=40).collect::<Vec<u32>>(), "{}", engine.name);
        // The listing shows every one of them, each at a path of its own.
        let listed = nodes[0].ledger.list("tutanaklar/34-istanbul/kadikoy-1/caferaga-mah").await.unwrap();
        assert_eq!(listed.len(), 40, "{}", engine.name);
        assert!(listed.is_sorted_by(|a, b| a.name.as_bytes() < b.name.as_bytes()), "{}", engine.name);
        let roots = nodes[1].ledger.list("").await.unwrap();
        assert_eq!(roots.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["tutanaklar"]);
    }
}

#[tokio::test]
async fn parked_scans_are_entered_and_lie_nowhere_in_the_tree() {
    for engine in Engine::all().await {
        let node = Node::open(&engine.config).await;
        let parked = node.send("no code", Finding::NoCode).await;
        assert_eq!((parked.position, parked.fresh, parked.entry.path), (0, true, None));
        let again = node.send("no code", Finding::NoCode).await;
        assert_eq!((again.position, again.fresh), (0, false));
        let resolved = node.send("no code", form(7)).await;
        assert_eq!(resolved.entry.kind.name(), "resolved");
        let head = node.ledger.head().await.unwrap();
        assert_eq!((head.size, head.linked, head.parked, head.resolved), (2, 0, 1, 1), "{}", engine.name);
    }
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let Some(postgres) = Engine::postgres().await else { return };
    postgres.open().await;
    let sqlite = Engine::sqlite();
    sqlite.open().await;
    let (DatabaseConfig::Sqlite { path }, DatabaseConfig::PostgresAt { url, .. }) = (&sqlite.config, &postgres.config)
    else {
        panic!("engines of another kind")
    };
    let lite = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let mut of_lite: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '_sqlx%'",
    )
    .fetch_all(&lite)
    .await
    .unwrap();
    let pg = sqlx::PgPool::connect(url).await.unwrap();
    let mut of_pg: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&pg)
    .await
    .unwrap();
    of_lite.sort();
    of_pg.sort();
    assert!(of_lite.len() > 30, "{of_lite:?}");
    assert_eq!(of_lite, of_pg);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_come_together_share_a_transaction_and_wake_who_waits() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let (appender, writer) = append::writer(ledger.clone(), Clock::system(), 0);
        let writing = tokio::spawn(writer.run());
        let mut watching = appender.watch();
        let node = Node { ledger, appender, vault: Vault::over(std::sync::Arc::new(InMemory::new())) };
        let sender = &node;
        join_all((0..400).map(|n| async move { sender.send(&format!("scan {n}"), form(n)).await })).await;
        watching.wait_for(|size| *size == 400).await.unwrap();
        drop(node);
        let groups = writing.await.unwrap();
        assert!(groups < 200, "{groups} transactions for 400 entries on {}", engine.name);
    }
}
