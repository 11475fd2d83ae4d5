//! Names from outside: one spelling each, so what was parsed prints as what was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::domain::{BoardId, Digest, FormKind, Karekod, Level, PartyId, PlaceId, naming};

fuzz_target!(|text: &str| {
    macro_rules! one_spelling {
        ($($name:ty),*) => {$(
            if let Ok(value) = text.parse::<$name>() {
                assert_eq!(value.to_string(), text);
            }
        )*};
    }
    one_spelling!(Digest, Karekod, PlaceId, BoardId, PartyId);
    if let Ok(kind) = text.parse::<FormKind>() {
        assert_eq!(kind.slug(), text);
    }
    if let Ok(level) = text.parse::<Level>() {
        assert_eq!(level.name(), text);
    }
    let slug = naming::slug(text);
    assert_eq!(naming::slug(&slug), slug);
});
