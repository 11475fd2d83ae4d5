//! The transparency log as parties see it: bound to its election, whole at every size, at addresses that never change.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use tutanak::app;
use tutanak::cli::{self, init};
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::domain::entry::leaf_hash;
use tutanak::domain::{Digest, Entry, EntryKind};
use tutanak::ledger::Ledger;
use tutanak::log::checkpoint::Checkpoint;
use tutanak::log::frontier::{Frontier, Hash, parent};
use tutanak::log::proof_file::ProofFile;
use tutanak::tree::Content;

use crate::engines::Engine;
use crate::house::{House, Plan, json};
use crate::paper::page;

/// Lines of parked scans, the shortest entries there are.
pub fn parked_lines(from: u64, count: u64) -> Vec<String> {
    let line = |n: u64| {
        let mut entry = Entry::bare("2024-03-31T14:00:02Z".parse().unwrap(), EntryKind::Parked);
        entry.sha256 = Some(Digest::of(&n.to_be_bytes()));
        entry.reason = Some("no-code".into());
        entry.line()
    };
    (from..from + count).map(line).collect()
}

/// Lets the ledger grow to `size` entries.
async fn grow(ledger: &Ledger, size: u64) {
    let mut at = ledger.head().await.unwrap().size;
    while at < size {
        at = ledger.replay(at, parked_lines(at, (size - at).min(700))).await.unwrap();
    }
}

/// RFC 6962 §2.1, for any number of leaves.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            parent(&root(left), &root(right))
        }
    }
}

#[tokio::test]
async fn the_first_entries_say_which_election_this_is_and_who_signs() {
    for engine in Engine::all().await {
        let mut house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let stored = house.ledger.election().await.unwrap().unwrap();
        let lines = house.ledger.lines_from(0, 10).await.unwrap();
        let entries: Vec<Entry> = lines.iter().map(|line| serde_json::from_str(&line.line).unwrap()).collect();
        assert_eq!(entries.len(), 2, "{}", engine.name);
        assert_eq!((entries[0].kind, entries[1].kind), (EntryKind::Election, EntryKind::Key));
        assert_eq!(entries[0].election.as_deref(), Some("deneme"));
        assert_eq!(entries[0].registry, Some(stored.digest));
        let key = house.get("defter/anahtar.txt").await.text().await.unwrap();
        assert_eq!(entries[1].key.as_deref(), Some(key.trim_end()));
        assert!(key.starts_with("localhost/deneme+"), "{key}");
        house.stop().await;

        // A second start has nothing new to say; a registry that grew is said.
        let ledger = Ledger::open(&engine.config).await.unwrap();
        let config = Config::from_file(&house.dir.path().join(init::CONFIG)).unwrap();
        let binding = app::binding(&app::log_signer(&config).unwrap());
        assert_eq!(ledger.bind(&binding, Clock::system().now()).await.unwrap(), None);
        let more = house.dir.path().join("more.csv");
        std::fs::write(&more, "box_id,place_id,number,kind,races\n0000009,34-k-m1,1009,0,\n").unwrap();
        tutanak::registry::add_boxes(&ledger, &more, &mut |_| {}).await.unwrap();
        assert_eq!(ledger.bind(&binding, Clock::system().now()).await.unwrap(), Some(3));
        let line = ledger.lines_from(2, 1).await.unwrap().remove(0).line;
        let entry: Entry = serde_json::from_str(&line).unwrap();
        assert_eq!(entry.registry, Some(ledger.election().await.unwrap().unwrap().digest));
    }
}

#[tokio::test]
async fn every_tile_and_bundle_is_what_the_specification_says_at_sizes_around_each_edge() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        for size in [2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_800] {
            grow(&house.ledger, size).await;
            let mut lines = Vec::new();
            while (lines.len() as u64) < size {
                lines.extend(house.ledger.lines_from(lines.len() as u64, 5000).await.unwrap());
            }
            let leaves: Vec<Hash> = lines.iter().map(|line| leaf_hash(&line.line)).collect();
            let mut frontier = Frontier::from_stored(0, &[]).unwrap();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            let note = house.get("defter/checkpoint").await.text().await.unwrap();
            let in_base_64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, frontier.root());
            assert!(note.starts_with(&format!("localhost/deneme\n{size}\n{in_base_64}\n\n\u{2014} ")), "{note}");

            let fetch = async |path: String| {
                let answer = house.get(&format!("defter/tile/{path}")).await;
                (answer.status(), answer.headers().clone(), answer.bytes().await.unwrap())
            };
            for level in 0..3_u32 {
                let span = 256_usize.pow(level);
                let hashes: Vec<Hash> = leaves.chunks_exact(span).map(root).collect();
                for index in [0, 1, 254, 255, 256, 257] {
                    let Some(tile) = hashes.get(index * 256..) else { continue };
                    let (full, tile) = (tile.len() >= 256, &tile[..tile.len().min(256)]);
                    let name = match full {
                        true => format!("{level}/{index:03}"),
                        false if tile.is_empty() => continue,
                        false => format!("{level}/{index:03}.p/{}", tile.len()),
                    };
                    let (status, headers, bytes) = fetch(name.clone()).await;
                    assert_eq!((status, &bytes[..]), (StatusCode::OK, &tile.concat()[..]), "{name} of {size}");
                    assert_eq!(headers["content-type"], "application/octet-stream");
                    assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
                    let beyond = format!("{level}/{index:03}.p/{}", tile.len() + 1);
                    if !full {
                        assert_eq!(fetch(beyond).await.0, StatusCode::NOT_FOUND, "{name} of {size}");
                        assert_eq!(fetch(format!("{level}/{index:03}")).await.0, StatusCode::NOT_FOUND);
                    }
                }
            }
            let last = (size - 1) / 256;
            let width = size - last * 256;
            let name = if width == 256 { format!("{last:03}") } else { format!("{last:03}.p/{width}") };
            let (status, _, bytes) = fetch(format!("entries/{name}")).await;
            assert_eq!(status, StatusCode::OK);
            let mut expected = Vec::new();
            for line in &lines[last as usize * 256..] {
                expected.extend((line.line.len() as u16).to_be_bytes());
                expected.extend(line.line.as_bytes());
            }
            assert_eq!(&bytes[..], &expected[..], "the last bundle of {size}");
        }
    }
}

#[tokio::test]
async fn listings_name_every_full_tile_and_the_partial_one_with_their_sizes() {
    let house = House::open().await;
    grow(&house.ledger, 256 * 1001 + 9).await;
    let list = async |path: &str| {
        let asked = house.archive(Method::GET, path).header("accept", "application/json");
        let listing = json(asked.send().await.unwrap()).await;
        let names = listing.as_array().unwrap().iter();
        names.map(|node| (node["name"].as_str().unwrap().to_owned(), node["size"].as_u64())).collect::<Vec<_>>()
    };
    let names = |listing: &[(String, Option<u64>)]| listing.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&list("defter/").await), ["anahtar.txt", "checkpoint", "tile"]);
    assert_eq!(names(&list("defter/tile/").await), ["0", "1", "2", "entries"]);
    let leaves = list("defter/tile/0/").await;
    assert_eq!(leaves.len(), 1001);
    assert_eq!(leaves[999], ("999".to_owned(), Some(8192)));
    assert_eq!(leaves[1000].0, "x001");
    assert_eq!(names(&list("defter/tile/0/x001/").await), ["000", "001.p"]);
    assert_eq!(list("defter/tile/0/x001/001.p/").await, [("9".to_owned(), Some(9 * 32))]);
    assert_eq!(names(&list("defter/tile/1/").await), ["000", "001", "002", "003.p"]);
    for path in ["defter/tile/entries/", "defter/tile/entries/x001/", "defter/tile/entries/x001/001.p/"] {
        for (name, size) in list(path).await {
            let Some(size) = size else { continue };
            let file = house.archive(Method::HEAD, &format!("{path}{name}")).send().await.unwrap();
            assert_eq!(file.headers()["content-length"], size.to_string().as_str(), "{path}{name}");
        }
    }
    let audit = house.get("defter/denetim").await.text().await.unwrap();
    assert!(audit.starts_with("localhost/deneme/denetim\n"), "it is there all the same: {audit}");
    for none in ["defter/tile/3/", "defter/tile/0/x002/", "defter/tile/00/", "defter/x/", "defter/tile/0/000.p/"] {
        assert_eq!(house.get(none).await.status(), StatusCode::NOT_FOUND, "{none}");
    }
    for none in ["defter/tile/0/x000/001", "defter/tile/0/1", "defter/tile/0/000.p/0", "defter/tile/0/000.p/256"] {
        assert_eq!(house.get(none).await.status(), StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_covers_an_entry_at_once_and_whoever_waits_hears_of_it() {
    let house = House::open().await;
    let client = house.archive(Method::GET, "durum.json?after=2");
    let waiting = tokio::spawn(async move {
        let answer = client.send().await.unwrap();
        (Instant::now(), json(answer).await)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "there are exactly two entries");
    let receipt = json(house.send(&house.first, &page(&["1090000001"], 1)).await).await;
    let receipt_at = Instant::now();
    assert_eq!(receipt["position"], 2);
    let note = house.get("defter/checkpoint").await.text().await.unwrap();
    assert_eq!(note.lines().nth(1), Some("3"));
    let (heard_at, status) = waiting.await.unwrap();
    assert_eq!(status["position"], 3);
    assert!(heard_at < receipt_at + Duration::from_secs(5));
    let again = house.get("defter/checkpoint?after=1").await.text().await.unwrap();
    assert_eq!(again, note, "what is there already is answered at once, and the same for everybody");
}

#[tokio::test]
async fn beside_every_scan_lies_a_proof_that_it_is_in_the_log() {
    let house = House::open().await;
    grow(&house.ledger, 300).await;
    let scan = page(&["1090000001"], 1);
    let receipt = json(house.send(&house.first, &scan).await).await;
    grow(&house.ledger, 777).await;
    let path = receipt["path"].as_str().unwrap();
    let text = house.get(&format!("{path}.tlog-proof")).await.text().await.unwrap();
    let proof = ProofFile::parse(&text).unwrap();
    let key = house.get("defter/anahtar.txt").await.text().await.unwrap().trim_end().parse().unwrap();
    let line = String::from_utf8(proof.extra.clone().unwrap()).unwrap();
    assert_eq!(proof.index, receipt["position"].as_u64().unwrap());
    let checkpoint = proof.verify(&leaf_hash(&line), &[key]).unwrap();
    assert_eq!(checkpoint.size, 777);
    let entry: Entry = serde_json::from_str(&line).unwrap();
    assert_eq!(entry.sha256, Some(Digest::of(&scan)));
    for none in ["tutanaklar/none.png.tlog-proof", "durum.json.tlog-proof", ".tlog-proof", "tutanaklar.tlog-proof"] {
        assert_eq!(house.get(none).await.status(), StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn a_new_key_is_introduced_under_the_old_ones_signature_and_both_sign() {
    let mut house = House::open().await;
    house.stop().await;
    let config_file = house.dir.path().join(init::CONFIG);
    let old = app::log_signer(&Config::from_file(&config_file).unwrap()).unwrap().verifier_keys("deneme");
    let arg = cli::ConfigArg { config: config_file.clone() };
    let new = cli::key::KeyCommand::New { file: house.dir.path().join("keys/new.pem") };
    cli::key::run(new, &arg).await.unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(house.dir.path().join("keys/new.pem")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&config_file).unwrap();
    let rotated = "signing = \"keys/new.pem\"\nprevious = \"keys/signing.pem\"";
    std::fs::write(&config_file, text.replacen("signing = \"keys/signing.pem\"", rotated, 1)).unwrap();

    let app = app::App::open(Config::from_file(&config_file).unwrap(), Clock::system()).await.unwrap();
    let line = app.ledger.lines_from(2, 10).await.unwrap().remove(0).line;
    let entry: Entry = serde_json::from_str(&line).unwrap();
    let introduced = entry.key.unwrap();
    assert_eq!(entry.kind, EntryKind::Key);
    assert_ne!(introduced, old[0]);
    let slot = app.audit.slot(crate::house::asks("defter/checkpoint")).await.unwrap();
    let Content::Text(note) = app.tree.find(&slot, "defter/checkpoint").await.unwrap().unwrap().content else {
        panic!()
    };
    let note = std::str::from_utf8(&note).unwrap();
    for key in [&old[0], &introduced] {
        assert_eq!(Checkpoint::verified(note, &[key.parse().unwrap()]).unwrap().size, 3);
    }
}
