//! A bundle of entries and a tile's path: what parses is written again as what was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::log::tile::{Tile, decode_bundle, encode_bundle};

fuzz_target!(|bytes: &[u8]| {
    let Some((width, bundle)) = bytes.split_first() else { return };
    if let Ok(entries) = decode_bundle(bundle, u64::from(*width)) {
        assert_eq!(encode_bundle(entries).unwrap(), bundle);
    }
    if let Some(tile) = std::str::from_utf8(bundle).ok().and_then(Tile::parse) {
        assert_eq!(tile.path().as_bytes(), bundle);
    }
});
