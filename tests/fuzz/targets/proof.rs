//! A tlog-proof: what parses prints as what was read, and proves nothing about an entry that nobody signed for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::log::proof::{verify_consistency, verify_inclusion};
use tutanak::log::proof_file::ProofFile;

fuzz_target!(|text: &str| {
    if let Ok(file) = ProofFile::parse(text) {
        assert_eq!(file.to_string(), text);
        let _ = verify_inclusion(&[1; 32], file.index, file.index.saturating_add(1), &file.hashes, &[2; 32]);
        let _ = verify_consistency(file.index, &[1; 32], file.index.saturating_mul(3), &[2; 32], &file.hashes);
        assert!(file.verify(&[1; 32], &[]).is_err());
    }
});
