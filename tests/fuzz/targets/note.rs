//! A signed note and a checkpoint: what parses prints as what was read, and what verifies was signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::log::checkpoint::Checkpoint;
use tutanak::log::note::{Note, VerifierKey};

/// Of the specification's example. Nobody here has its secret half.
const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE: &str = "This is an example message.\n";

fuzz_target!(|text: &str| {
    let keys = [KEY.parse::<VerifierKey>().unwrap()];
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
        assert!(note.verify(&keys).is_err() || note.text() == EXAMPLE);
    }
    let _ = Checkpoint::unverified(text);
    assert!(Checkpoint::verified(text, &keys).is_err());
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
});
