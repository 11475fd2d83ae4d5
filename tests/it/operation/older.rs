//! What an earlier version left behind: this one opens it, brings its tables up to date, serves it and verifies it.
//!
//! `tests/older/embedded-39.tar.gz` is the directory of a demo at migration 39: 969 entries, of which two brought a scan. Its
//! keys and passwords protect nothing. It is never made anew: a change that cannot read it cannot read what services hold.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tutanak::cli::init;
use tutanak::config::Config;
use tutanak::ledger::Ledger;

use super::{Service, tutanak};

const SIZE: u64 = 969;
const ROOT: &str = "a4udFFUZxyruVHCkDp92hJlscWOSb97eVnsKCGG3PrI=";

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_an_earlier_version_is_opened_served_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/older/embedded-39.tar.gz");
    let packed = flate2::read::GzDecoder::new(std::fs::File::open(packed).unwrap());
    tar::Archive::new(packed).unpack(dir.path()).unwrap();

    for arguments in [&["election", "show"][..], &["audit", "verify"], &["scrub"], &["party", "list"]] {
        let ran = tutanak(dir.path(), arguments);
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    }
    let config = Config::from_file(&dir.path().join(init::CONFIG)).unwrap();
    let ledger = Ledger::open(&config.database).await.unwrap();
    let head = ledger.head().await.unwrap();
    assert_eq!((head.size, BASE64_STANDARD.encode(head.root).as_str()), (SIZE, ROOT));
    assert!(ledger.schema().await.unwrap() >= 39);
    ledger.close().await;

    let mut service = Service::start(dir.path()).await;
    let secrets: Value = serde_json::from_slice(&std::fs::read(dir.path().join("secrets.json")).unwrap()).unwrap();
    let bulk = &secrets["party"]["bulk"];
    let mirrored = Command::new(env!("CARGO_BIN_EXE_tutanak"))
        .current_dir(dir.path())
        .args(["mirror", &format!("https://localhost:{}/arsiv/", service.https.port()), "copy", "--ca", "ca.pem"])
        .env("TUTANAK_USER", bulk["user"].as_str().unwrap())
        .env("TUTANAK_PASSWORD", bulk["password"].as_str().unwrap())
        .output()
        .unwrap();
    assert!(mirrored.status.success(), "{mirrored:?}");
    let verified = tutanak(dir.path(), &["verify", "copy"]);
    assert!(verified.status.success(), "{verified:?}");
    let checkpoint = std::fs::read_to_string(dir.path().join("copy/defter/checkpoint")).unwrap();
    assert!(checkpoint.contains(&format!("\n{SIZE}\n{ROOT}\n")), "{checkpoint}");
    service.stop().await;
}
