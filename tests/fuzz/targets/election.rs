//! `election.toml`: no panic, and an accepted election opens at a time that exists.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::domain::Election;
use tutanak::domain::election::ElectionFile;

fuzz_target!(|text: &str| {
    if let Ok(file) = toml::from_str::<ElectionFile>(text)
        && let Ok(election) = Election::new(file)
    {
        let _ = election.parties_open();
    }
});
