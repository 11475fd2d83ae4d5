//! The texts of a medium: what parses stays in the bag and says the same when written again; nothing unsigned verifies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::formats::bag::{Info, parse_line};
use tutanak::formats::{portable, sign};
use tutanak::log::note::VerifierKey;

/// Of signed-note's example. Nobody here has its secret half.
const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

fuzz_target!(|text: &str| {
    if let Some((_, path)) = parse_line(text) {
        assert!(portable::is_sound(path));
        assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."));
    }
    if let Some(info) = Info::parse(text) {
        let again = Info::parse(&info.text()).expect("what was written is read");
        assert_eq!(
            (again.request, again.size, again.oxum, again.scans),
            (info.request, info.size, info.oxum, info.scans)
        );
    }
    let key = KEY.parse::<VerifierKey>().unwrap();
    assert!(sign::verify(text, &[0; 64], &[*key.key()]).is_err());
});
