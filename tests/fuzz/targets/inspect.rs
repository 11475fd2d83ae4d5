//! An upload's body: whatever comes, no panic and no pixel beyond the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::domain::Digest;
use tutanak::intake::inspect;
use tutanak::reading::Limits;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { side: 4000, pixels: 4_000_000 };
    if let Ok(inspected) = inspect(bytes.to_vec().into(), Digest::of(bytes), limits) {
        let facts = inspected.scan.facts;
        assert!(facts.width.max(facts.height) <= limits.side);
        assert!(u64::from(facts.width) * u64::from(facts.height) <= limits.pixels);
    }
});
