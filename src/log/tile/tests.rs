//! Tiles against the text of the specification.

use super::*;

#[test]
fn paths_are_the_specifications() {
    for (kind, index, width, path) in [
        (TileKind::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (TileKind::Hashes(1), 0, 1, "tile/1/000.p/1"),
        (TileKind::Hashes(7), 0, 255, "tile/7/000.p/255"),
        (TileKind::Entries, 273, 112, "tile/entries/273.p/112"),
        (TileKind::Entries, 1000, 256, "tile/entries/x001/000"),
    ] {
        let tile = Tile::new(kind, index, width).unwrap();
        assert_eq!(tile.path(), path);
        assert_eq!(Tile::parse(path), Some(tile));
    }
    for path in [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/+0/000",
        "tile/8/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/",
        "tile/0/../000",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
}

#[test]
fn a_tree_of_70_000_is_cut_as_the_specification_says() {
    let tiles: Vec<Tile> = hash_tiles(0, 70_000).collect();
    let of = |level| tiles.iter().filter(move |tile| tile.kind() == TileKind::Hashes(level));
    assert_eq!((of(0).count(), of(0).filter(|tile| tile.is_full()).count()), (274, 273));
    assert_eq!(of(0).next_back().unwrap().width(), 112);
    assert_eq!(of(1).map(|tile| tile.width()).collect::<Vec<_>>(), [256, 17]);
    assert_eq!(of(2).map(|tile| tile.width()).collect::<Vec<_>>(), [1]);
    assert_eq!(of(3).count(), 0);
    let of_256: Vec<String> = hash_tiles(0, 256).map(Tile::path).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(hash_tiles(0, 0).count() + bundles(0..0).count(), 0);
}

#[test]
fn what_a_longer_tree_adds_is_what_the_shorter_has_not() {
    for (from, size) in [(0, 1), (1, 2), (255, 256), (256, 257), (256, 600), (65_535, 65_537), (600, 70_000), (7, 7)] {
        let had: Vec<Tile> = hash_tiles(0, from).chain(bundles(0..from)).collect();
        let all: Vec<Tile> = hash_tiles(0, size).chain(bundles(0..size)).collect();
        let added: Vec<Tile> = hash_tiles(from, size).chain(bundles(from..size)).collect();
        let expected: Vec<Tile> = all.into_iter().filter(|tile| !had.contains(tile)).collect();
        assert_eq!(added, expected, "{from}..{size}");
        assert!(added.iter().all(|tile| tile.is_in(size) && !tile.is_in(from)), "{from}..{size}");
    }
}

#[test]
fn bundles_come_back_and_damaged_ones_do_not() {
    let entries: Vec<Vec<u8>> = (0..256).map(|n| vec![n as u8; n * 7]).collect();
    let bundle = encode_bundle(&entries).unwrap();
    assert_eq!(decode_bundle(&bundle, 256).unwrap(), entries);
    assert_eq!(decode_bundle(&[], 0), Ok(vec![]));
    assert!(matches!(decode_bundle(&bundle, 255), Err(BadTile::Trailing { .. })));
    assert!(matches!(decode_bundle(&bundle, 257), Err(BadTile::CutOff { at: 256, .. })));
    for cut in [0, 1, 2, 3, bundle.len() - 1] {
        assert!(matches!(decode_bundle(&bundle[..cut], 256), Err(BadTile::CutOff { .. })), "{cut}");
    }
    assert!(encode_bundle([vec![0; ENTRY_BYTES]]).is_ok());
    assert_eq!(encode_bundle([vec![0; ENTRY_BYTES + 1]]), Err(BadTile::EntryTooLong { at: 0, bytes: ENTRY_BYTES + 1 }));
}

proptest::proptest! {
    #[test]
    fn a_tile_has_one_path(level in 0_u8..=7, index in 0_u64..=u64::MAX, width in 0_u64..300, entries: bool) {
        let kind = if entries { TileKind::Entries } else { TileKind::Hashes(level) };
        if let Some(tile) = Tile::new(kind, index >> (8 + 8 * u32::from(level)).min(63), width) {
            proptest::prop_assert_eq!(Tile::parse(&tile.path()), Some(tile));
        }
    }

    #[test]
    fn no_bytes_make_the_decoders_panic(bytes: Vec<u8>, width in 0_u64..300, path in "tile/[/0-9xp.]{0,30}") {
        if let Ok(entries) = decode_bundle(&bytes, width) {
            proptest::prop_assert_eq!(encode_bundle(entries).unwrap(), bytes);
        }
        let _ = Tile::parse(&path);
    }
}
