//! Commands in any order, over real connections: whatever comes is the right bytes, and nothing comes that should not.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::AsyncReadExt;
use tokio::time::{Duration, timeout};
use tutanak_ftp::{Settings, Terms};

use crate::client::Client;
use crate::house::{House, settings};
use crate::made_shelf::{MadeShelf, scan};
use crate::tls::identities;

const WORDS: [&str; 30] = [
    "USER party",
    "PASS right",
    "PASS wrong",
    "EPSV",
    "EPSV ALL",
    "PBSZ 0",
    "PROT P",
    "PROT C",
    "REST 5",
    "REST 999999",
    "RETR /il/34/a.png",
    "RETR a.png",
    "RETR /nothing",
    "CWD /il/34",
    "CWD ..",
    "LIST",
    "NLST",
    "MLSD /il/34",
    "ABOR",
    "STAT",
    "TYPE A",
    "OPTS UTF8 ON",
    "FEAT",
    "HASH /il/34/a.png",
    "SIZE /il/34/a.png",
    "STOR a.png",
    "DELE a.png",
    "MKD x",
    "RNFR a.png",
    "AUTH TLS2",
];

/// One run: what was said, with what came over data connections compared with what it must be.
async fn run(words: Vec<usize>, encrypted: bool) -> Result<(), TestCaseError> {
    let (server, config) = identities();
    let terms = Terms { require_tls: encrypted, ..Terms::default() };
    let shelf = MadeShelf { terms, ..MadeShelf::default() };
    let house = House::over(shelf, Settings { tls: Some(server), tls_required: encrypted, ..settings() }).await;
    let mut client = house.visitor().await;
    if encrypted {
        client.encrypt(Arc::clone(&config)).await;
    }
    let (mut logged_in, mut private, mut before) = (false, false, "");
    let mut data = None;
    for word in words.into_iter().map(|at| WORDS[at % WORDS.len()]) {
        if word == "EPSV" {
            client.send(word).await;
            let Some(reply) = client.reply().await else { break };
            prop_assert_eq!(reply.code == 229, logged_in && (private || !encrypted), "{}", reply.text);
            data = None;
            if reply.code == 229 {
                data = Some(Client::connect_to(&reply, house.address).await);
            }
            continue;
        }
        client.send(word).await;
        let Some(reply) = client.reply().await else { break };
        match (word, reply.code) {
            ("PASS right", 230) => logged_in = true,
            ("PROT P", 200) => private = true,
            ("PROT C", 200) => private = false,
            (_, 150) => {
                prop_assert!(logged_in && (private || !encrypted), "{} before its time", word);
                let mut wire = client.wrap(data.take().unwrap(), private.then_some(&config)).await;
                let mut bytes = Vec::new();
                timeout(Duration::from_secs(20), wire.read_to_end(&mut bytes)).await.unwrap().unwrap();
                client.expect(226).await;
                if word.starts_with("RETR") {
                    let offset = if before == "REST 5" { 5 } else { 0 };
                    prop_assert!(bytes == scan()[offset..], "{} bytes after {}", bytes.len(), before);
                }
            }
            ("STOR a.png" | "DELE a.png" | "MKD x" | "RNFR a.png", code) => {
                prop_assert_eq!(code, if logged_in { 550 } else { 530 });
            }
            (word, code) => {
                let looks = ["SIZE", "HASH", "CWD"].iter().any(|verb| word.starts_with(verb));
                prop_assert!(!looks || logged_in || code == 530, "{} before a login: {}", word, code);
            }
        }
        if word.starts_with("RETR") || word.starts_with("LIST") || word.starts_with("NLST") || word.starts_with("MLSD")
        {
            data = None;
        }
        if word != "EPSV ALL" {
            before = word;
        }
    }
    Ok(())
}

#[test]
fn no_order_of_commands_gets_wrong_bytes_or_any_before_a_login() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    // Logins, ports and fetches are what it is about, so that half of all runs begins with them.
    let words = proptest::collection::vec(0..WORDS.len(), 5..60);
    let starts = prop_oneof![Just(vec![]), Just(vec![0, 1]), Just(vec![0, 1, 5, 6])];
    let outcome = runner.run(&(starts, words, any::<bool>()), |(start, words, encrypted)| {
        runtime.block_on(run([start, words].concat(), encrypted))
    });
    outcome.unwrap();
}
