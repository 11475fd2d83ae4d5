//! A line of the ledger: what parses prints as one line that parses to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::domain::Entry;

fuzz_target!(|line: &str| {
    if let Ok(entry) = serde_json::from_str::<Entry>(line) {
        let printed = entry.line();
        assert!(!printed.contains('\n'));
        assert_eq!(serde_json::from_str::<Entry>(&printed).unwrap(), entry);
    }
});
