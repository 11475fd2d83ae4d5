//! Files with a fault: which are taken all the same, with the pixels that other readers show, and which are refused, with
//! the fault named.

use std::path::Path;

use tutanak::reading::{self, ChunkFault, Damage, Flaw, Limits, Page, PageError, PngError};

use super::by_another_hand;
use super::made::{Made, chunk, deflate};

const WIDTH: usize = 40;
const HEIGHT: usize = 30;

/// Where the first chunk behind IHDR begins, and how long IEND is.
const BEHIND_HEADER: usize = 33;
const END: usize = 12;

fn rows(count: usize) -> Vec<u8> {
    let row = |y: usize| [vec![0], (0..WIDTH).map(|x| ((x * 7 + y * 13) % 251) as u8).collect()].concat();
    (0..count).flat_map(row).collect()
}

fn of_stream(zlib: Vec<u8>) -> Vec<u8> {
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let (palette, transparency) = Default::default();
    let made = Made { width, height, depth: 8, colour: 0, interlaced: false, palette, transparency, zlib, piece: 500 };
    made.bytes()
}

fn sound() -> Vec<u8> {
    of_stream(deflate(&rows(HEIGHT)))
}

fn spoilt(mut chunk: Vec<u8>) -> Vec<u8> {
    *chunk.last_mut().unwrap() ^= 1;
    chunk
}

/// The sound file with some bytes behind its header.
fn early(bytes: &[u8]) -> Vec<u8> {
    let file = sound();
    [&file[..BEHIND_HEADER], bytes, &file[BEHIND_HEADER..]].concat()
}

/// The sound file with some bytes before its end.
fn late(bytes: &[u8]) -> Vec<u8> {
    let file = sound();
    let (before, end) = file.split_at(file.len() - END);
    [before, bytes, end].concat()
}

fn density(dots: u32) -> Vec<u8> {
    chunk(b"pHYs", &[&dots.to_be_bytes(), &dots.to_be_bytes(), [1].as_slice()].concat())
}

fn fault(chunk: &str, at: usize, fault: ChunkFault) -> Flaw {
    Flaw::Chunk { chunk: chunk.to_owned(), at, fault }
}

#[test]
fn what_harms_no_pixel_is_passed_over_and_told() {
    use ChunkFault::{Checksum, Content, Place};
    let end = sound().len() - END;
    let more = |count: usize| of_stream(deflate(&[rows(HEIGHT), vec![0; count]].concat()));
    let behind = |count: usize| of_stream([deflate(&rows(HEIGHT)), vec![7; count]].concat());
    let filled_end = [sound()[..end].to_vec(), chunk(b"IEND", b"x")];
    // A shade that the page has: were the chunk believed, it would be paper.
    let transparent = chunk(b"tRNS", &[0, 13]);
    let cases = [
        ("a profile", early(&spoilt(chunk(b"iCCP", b"x\0\0y"))), fault("iCCP", BEHIND_HEADER, Checksum)),
        ("a gamma", early(&spoilt(chunk(b"gAMA", &[0, 0, 1, 0]))), fault("gAMA", BEHIND_HEADER, Checksum)),
        ("a chunk of somebody's own", late(&spoilt(chunk(b"scAn", b"?"))), fault("scAn", end, Checksum)),
        ("transparency", early(&spoilt(transparent.clone())), fault("tRNS", BEHIND_HEADER, Checksum)),
        ("transparency behind the pixels", late(&transparent), fault("tRNS", end, Place)),
        (
            "transparency of another colour type",
            early(&chunk(b"tRNS", &[13; 6])),
            fault("tRNS", BEHIND_HEADER, Content),
        ),
        ("a resolution behind the pixels", late(&density(5000)), fault("pHYs", end, Place)),
        ("two resolutions", early(&[density(1), density(2)].concat()), fault("pHYs", BEHIND_HEADER + 21, Place)),
        ("a short resolution", early(&chunk(b"pHYs", b"1")), fault("pHYs", BEHIND_HEADER, Content)),
        ("two times of day", late(&chunk(b"tIME", &[0; 7]).repeat(2)), fault("tIME", end + 19, Place)),
        ("an end with something in it", filled_end.concat(), fault("IEND", end, Content)),
        ("two bytes behind the end", [sound(), vec![0; 2]].concat(), Flaw::BehindEnd { bytes: 2 }),
        ("many bytes behind the end", [sound(), vec![9; 300_000]].concat(), Flaw::BehindEnd { bytes: 300_000 }),
        ("half a signature behind the end", [sound(), sound()[..7].to_vec()].concat(), Flaw::BehindEnd { bytes: 7 }),
        ("one byte of pixels too many", more(1), Flaw::MorePixels { bytes: 1 }),
        ("sixteen rows too many", more(16 * (1 + WIDTH)), Flaw::MorePixels { bytes: 16 * (1 + WIDTH) }),
        ("some bytes behind the pixels", behind(4), Flaw::BehindPixels),
        ("chunks of bytes behind the pixels", behind(2000), Flaw::BehindPixels),
    ];
    for (name, file, flaw) in cases {
        let page = Page::from_png(&file, Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(page.flaws(), [flaw], "{name}");
        let other = match name {
            // Here the png crate differs from libpng, which the measure is: it takes the first bytes, and refuses the file.
            "transparency of another colour type" | "an end with something in it" => by_another_hand(&sound()),
            _ => by_another_hand(&file),
        };
        let other = other.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (at, shade) in other.iter().enumerate() {
            let (x, y) = (at % WIDTH, at / WIDTH);
            assert_eq!(page.at(x as u32, y as u32), *shade, "{name} at {x}, {y}");
            assert_eq!(usize::from(*shade), (x * 7 + y * 13) % 251, "{name} at {x}, {y}");
        }
    }
    let first = Page::from_png(&early(&[density(5000), density(2)].concat()), Limits::default()).unwrap();
    assert_eq!(first.dpi().map(f32::round), Some(127.0), "of two resolutions the first counts");
}

#[test]
fn what_was_passed_over_leaves_room_for_one_that_is_right() {
    // libpng forgets what it passed over: a sound chunk behind a damaged one counts.
    let transparent = chunk(b"tRNS", &[0, 13]);
    for damaged in [spoilt(chunk(b"tRNS", &[0, 14])), chunk(b"tRNS", &[0; 6])] {
        let page = Page::from_png(&early(&[damaged, transparent.clone()].concat()), Limits::default()).unwrap();
        assert_eq!((page.at(0, 1), page.at(0, 2)), (255, 26), "the shade 13 is paper");
        assert_eq!(page.flaws().len(), 1);
    }
}

#[test]
fn bombs_and_floods_of_chunks_cost_nothing() {
    let bomb = deflate(&vec![0; 16 << 20]);
    let profile = chunk(b"iCCP", &[b"x\0\0".as_slice(), &bomb].concat());
    let text = chunk(b"zTXt", &[b"x\0\0".as_slice(), &bomb].concat()).repeat(50);
    let page = Page::from_png(&early(&[profile, text].concat()), Limits::default()).unwrap();
    assert!(page.flaws().is_empty(), "nobody opens what is compressed, so nothing is wrong with it");
    let flood = early(&[spoilt(chunk(b"tEXt", b"a")), density(1)].concat().repeat(20_000));
    let page = Page::from_png(&flood, Limits::default()).unwrap();
    let (first, second) = (fault("tEXt", 33, ChunkFault::Checksum), fault("pHYs", 33 + 34 + 13, ChunkFault::Place));
    assert_eq!(page.flaws(), [first, second], "one of each kind is enough");
}

#[test]
fn what_no_checksum_vouches_for_is_refused_and_named() {
    let wrong = |chunk: &str, at| Damage::Frame(PngError::WrongCrc { chunk: chunk.to_owned(), at });
    let cut = |chunk: &str, at| Damage::Frame(PngError::Truncated { chunk: chunk.to_owned(), at });
    let out = |chunk: &str, at| Damage::Frame(PngError::Misplaced { chunk: chunk.to_owned(), at });
    let (file, stream) = (sound(), deflate(&rows(HEIGHT)));
    let end = file.len() - END;
    let mut sum = stream.clone();
    *sum.last_mut().unwrap() ^= 1;
    let flipped = |at: usize| {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        flipped
    };
    let text = chunk(b"tEXt", b"a\0b");
    let palette = spoilt(chunk(b"PLTE", &[1, 2, 3]));
    let half = stream.len() / 2;
    let parted = [
        &file[..BEHIND_HEADER],
        &chunk(b"IDAT", &stream[..half]),
        &text,
        &chunk(b"IDAT", &stream[half..]),
        &file[end..],
    ];
    let second_part = BEHIND_HEADER + 12 + half + text.len();
    for (name, bytes, damage, words) in [
        ("the header", flipped(30), wrong("IHDR", 8), "IHDR"),
        ("a palette nobody needs", early(&palette), wrong("PLTE", BEHIND_HEADER), "PLTE"),
        ("the pixels", flipped(end - 5), wrong("IDAT", BEHIND_HEADER), "IDAT"),
        ("the end", flipped(file.len() - 1), wrong("IEND", end), "IEND"),
        ("no end", file[..end].to_vec(), cut("?", end), "IEND"),
        ("half an end", file[..end + 9].to_vec(), cut("IEND", end), "IEND"),
        ("a cut behind the pixels", late(&text)[..end + 10].to_vec(), cut("tEXt", end), "tEXt"),
        ("text between the pixels", parted.concat(), out("IDAT", second_part), "IDAT"),
        ("a critical chunk nobody knows", early(&chunk(b"NEWS", b"")), out("NEWS", BEHIND_HEADER), "NEWS"),
        (
            "no chunk at all",
            early(&chunk(b"a\0b ", b"")),
            Damage::Frame(PngError::NoType { chunk: "a\\x00b ".to_owned(), at: BEHIND_HEADER }),
            "33. baytta",
        ),
        (
            "a second page",
            [file.as_slice(), b"\0\0", &file].concat(),
            Damage::Frame(PngError::SecondImage { at: file.len() + 2 }),
            "birden çok görüntü",
        ),
        ("a wrong checksum over the pixels", of_stream(sum), Damage::Checksum, "Adler-32"),
        ("none", of_stream(stream[..stream.len() - 4].to_vec()), Damage::NoChecksum, "Adler-32"),
        ("half of one", of_stream(stream[..stream.len() - 2].to_vec()), Damage::NoChecksum, "Adler-32"),
        ("a row missing", of_stream(deflate(&rows(HEIGHT - 1))), Damage::Short, "son satırdan önce"),
        ("a long tail of rows", of_stream(deflate(&rows(HEIGHT + 17))), Damage::Long, "çok fazla"),
        ("no zlib", of_stream(b"no zlib".to_vec()), Damage::Deflate, "sıkıştırma"),
    ] {
        match Page::from_png(&bytes, Limits::default()) {
            Err(PageError::Damaged(found)) => {
                assert_eq!(found, damage, "{name}");
                assert!(found.turkish().contains(words), "{name}: {}", found.turkish());
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// Scans from outside this house that were once refused. They lie beside it and are no part of it.
#[test]
fn scans_that_were_once_refused_are_read() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    for (name, flaw) in [
        ("p01-iccp-wrong-crc", fault("iCCP", BEHIND_HEADER, ChunkFault::Checksum)),
        ("p04-one-byte-too-much", Flaw::MorePixels { bytes: 1 }),
        ("p09-two-bytes-after-iend", Flaw::BehindEnd { bytes: 2 }),
    ] {
        let Ok(bytes) = std::fs::read(cases.join(name).with_extension("png")) else {
            eprintln!("skipped: {} has no {name}.png; what it shows is drawn above", cases.display());
            continue;
        };
        let page = Page::from_png(&bytes, Limits::default()).unwrap();
        assert_eq!(page.flaws(), [flaw], "{name}");
        let found = reading::read(&page).codes();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
    }
}
