//! Files that somebody broke, or made to cost: each kind of PngSuite's corrupt files, streams with nothing in them, sides
//! without end, and animations.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, FlushCompress, Status};
use tutanak::reading::{self, Damage, Limits, Page, PageError, PngError, scanner};

use super::made::{Made, chunk, deflate};

fn grey(width: u32, height: u32, depth: u8, zlib: Vec<u8>) -> Made {
    let (palette, transparency) = Default::default();
    Made { width, height, depth, colour: 0, interlaced: false, palette, transparency, zlib, piece: 1 << 20 }
}

fn damage(file: &[u8]) -> Damage {
    match Page::from_png(file, Limits::default()) {
        Err(PageError::Damaged(damage)) => damage,
        other => panic!("{other:?}"),
    }
}

/// Rows of so many bytes of chance, each behind the filter that changes nothing.
fn noise(width: usize, height: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut any = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..height).flat_map(|_| [vec![0], (0..width).map(|_| any()).collect()].concat()).collect()
}

/// Where the header's data and the first IDAT begin.
const HEADER: usize = 8 + 8;
const DATA: usize = HEADER + 13 + 4;

#[test]
fn every_kind_of_corrupt_file_is_refused_for_what_it_is() {
    let sound = grey(32, 32, 8, deflate(&[0; 33 * 32])).bytes();
    assert!(Page::from_png(&sound, Limits::default()).is_ok());
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = sound.clone();
        change(&mut file);
        damage(&file)
    };
    let byte = |at: usize, value: u8| changed(&|file| file[at] = value);
    // The signature is made to tell what a careless transfer does: eight bits to seven, line ends, an end of file.
    for (at, value) in [(0, 0x09), (1, b'Q'), (3, b'g'), (6, b' ')] {
        assert_eq!(byte(at, value), Damage::Frame(PngError::NotPng), "byte {at} is {value}");
    }
    let replaced = |from: &[u8], to: &[u8]| {
        let at = sound.windows(from.len()).position(|window| window == from).unwrap();
        damage(&[&sound[..at], to, &sound[at + from.len()..]].concat())
    };
    assert_eq!(replaced(b"\r\n", b"\n"), Damage::Frame(PngError::NotPng), "line ends of Unix");
    assert_eq!(replaced(b"\x1a\n", b"\x1a\r\n"), Damage::Frame(PngError::NotPng), "line ends of DOS");
    // A header that says what does not exist, its checksum right.
    let header = |place: usize, value: u8| {
        changed(&|file| {
            file[HEADER + place] = value;
            let checksum = crc32fast::hash(&file[HEADER - 4..HEADER + 13]).to_be_bytes();
            file[HEADER + 13..DATA].copy_from_slice(&checksum);
        })
    };
    for (depth, colour) in [(8, 1), (8, 9)] {
        assert_eq!(header(9, colour), Damage::Form { colour, depth });
    }
    for depth in [0, 3, 99] {
        assert_eq!(header(8, depth), Damage::Form { colour: 0, depth });
    }
    assert_eq!(header(10, 1), Damage::Method { compression: 1, filter: 0, interlace: 0 });
    assert_eq!(header(12, 2), Damage::Method { compression: 0, filter: 0, interlace: 2 });
    let wrong = |chunk: &str, at| Damage::Frame(PngError::WrongCrc { chunk: chunk.to_owned(), at });
    assert_eq!(changed(&|file| file[HEADER + 13] ^= 1), wrong("IHDR", 8));
    let last = sound.len() - 12 - 1;
    assert_eq!(changed(&|file| file[last] ^= 1), wrong("IDAT", DATA));
    let end = sound.len() - 12;
    let without = |file: &mut Vec<u8>| drop(file.drain(DATA..end));
    assert_eq!(changed(&without), Damage::Frame(PngError::Misplaced { chunk: "IEND".to_owned(), at: DATA }));
}

#[test]
fn sides_without_end_cost_nothing_and_long_ones_are_read_where_they_are_allowed() {
    for (width, height) in [(65_535, 65_535), (65_535, 1), (1, 65_535), (u32::MAX, u32::MAX)] {
        let file = grey(width, height, 16, deflate(&[0; 64])).bytes();
        let error = Page::from_png(&file, Limits::default()).unwrap_err();
        assert!(matches!(error, PageError::TooLarge { .. }), "{width} × {height}: {error}");
    }
    let long = Limits { side: 65_535, pixels: 1_000_000 };
    for (width, height) in [(65_535, 3), (3, 65_535)] {
        for (depth, row) in [(1, (width as usize).div_ceil(8)), (8, width as usize), (16, 2 * width as usize)] {
            let rows = [&[0], vec![0xff; row].as_slice()].concat().repeat(height as usize);
            let page = Page::from_png(&grey(width, height, depth, deflate(&rows)).bytes(), long).unwrap();
            assert_eq!((page.width(), page.height(), page.at(width - 1, height - 1)), (width, height, 255));
            assert!(reading::read(&page).readings.is_empty());
        }
    }
}

#[test]
fn of_an_animation_the_still_image_is_read() {
    let sound = grey(4, 1, 8, deflate(&[0, 10, 20, 30, 40])).bytes();
    let frame = |number: u32| [&number.to_be_bytes(), [0, 0, 0, 4, 0, 0, 0, 1].as_slice(), &[0; 14]].concat();
    let moving = [2_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat();
    let other = [&1_u32.to_be_bytes(), deflate(&[0, 9, 9, 9, 9]).as_slice()].concat();
    let end = sound.len() - 12;
    let file = [
        &sound[..DATA],
        &chunk(b"acTL", &moving),
        &chunk(b"fcTL", &frame(0)),
        &sound[DATA..end],
        &chunk(b"fcTL", &frame(1)),
        &chunk(b"fdAT", &other),
        &sound[end..],
    ];
    let page = Page::from_png(&file.concat(), Limits::default()).unwrap();
    assert_eq!([0, 1, 2, 3].map(|x| page.at(x, 0)), [10, 20, 30, 40]);
}

/// Blocks of deflate (RFC 1951, 3.2.7) that bring tables of their own and a few zeros each.
fn hollow(blocks: usize, zeros: usize) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (vec![0x78, 0x01], 0_u32, 0);
    let mut put = |value: u32, width: u32| {
        bits |= value << count;
        count += width;
        while count >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    for _ in 0..blocks {
        put(0b100, 3); // not the last; its own tables
        put(14 << 10, 14); // 257 lengths of literals, one of distances, 18 lengths of lengths
        for place in 0..18 {
            put(u32::from(place == 2 || place == 17), 3); // repeated zeros, and ones
        }
        // In the order of their numbers, 1 is coded as 0 and the repeated zeros as 1: one bit for the byte 0, ...
        put(0, 1);
        for repeated in [138, 117] {
            put(1, 1);
            put(repeated - 11, 7);
        }
        put(0b00, 2); // ... for the end, and for a distance
        (0..zeros).for_each(|_| put(0, 1));
        put(1, 1); // the end
    }
    put(0, 8);
    bytes
}

#[test]
fn a_stream_with_nothing_in_it_is_given_up_before_it_costs() {
    let few = Made { piece: 1000, ..grey(8, 8, 8, hollow(1000, 0)) };
    assert_eq!(damage(&few.bytes()), Damage::Short, "a thousand such blocks are only a stream without an end");
    for piece in [1000, 1 << 24] {
        let many = Made { piece, ..grey(8, 8, 8, hollow(100_000, 0)) };
        assert_eq!(damage(&many.bytes()), Damage::Hollow);
    }
    let thin = grey(1000, 1000, 8, hollow(100_000, 3));
    assert_eq!(damage(&thin.bytes()), Damage::Hollow, "three pixels each are as good as nothing");
    let behind = [deflate(&[0; 9 * 8]), hollow(100_000, 0)].concat();
    assert!(grey(8, 8, 8, behind).read().is_ok(), "what follows the stream is no part of it, and not looked at");
}

#[test]
fn a_long_stream_is_given_up_for_its_blocks_however_much_they_give() {
    let blocks = 200_000;
    let side = 3000_u32;
    let sound = |zeros: usize| grey(side, side, 8, hollow(blocks, zeros));
    assert_eq!(damage(&sound(13).bytes()), Damage::Hollow, "as many bytes as they give");
    assert_eq!(damage(&sound(45).bytes()), Damage::Hollow, "and more");
}

#[test]
fn long_streams_are_read_like_short_ones_whatever_their_blocks_and_parts() {
    let (width, height) = (1600_u32, 1600_u32);
    let rows = noise(width as usize, height as usize);
    let flushed = |mode: FlushCompress, every: usize| {
        let mut zlib = flate2::Compress::new(Compression::fast(), true);
        let mut stream = Vec::with_capacity(2 * rows.len());
        for part in rows.chunks(every) {
            zlib.compress_vec(part, &mut stream, mode).unwrap();
        }
        while zlib.compress_vec(&[], &mut stream, FlushCompress::Finish).unwrap() != Status::StreamEnd {}
        stream
    };
    let streams = [
        deflate(&rows),
        flushed(FlushCompress::Sync, 100),
        flushed(FlushCompress::Partial, 1601),
        flushed(FlushCompress::Full, 1601),
    ];
    for (stream, piece) in streams.iter().flat_map(|stream| [7, 8192, 1 << 24].map(|piece| (stream, piece))) {
        assert!(stream.len() > 1 << 20, "long enough to have its blocks counted: {}", stream.len());
        let made = Made { piece, ..grey(width, height, 8, stream.clone()) };
        let page = made.read().unwrap();
        let at = |x: u32, y: u32| rows[(y * (width + 1) + 1 + x) as usize];
        for (x, y) in [(0, 0), (width - 1, 0), (17, 800), (width - 1, height - 1)] {
            assert_eq!(page.at(x, y), at(x, y));
        }
        let cut = Made { piece, ..grey(width, height, 8, stream[..stream.len() - 1].to_vec()) };
        assert_eq!(damage(&cut.bytes()), Damage::NoChecksum, "its checksum is not whole");
        let mut wrong = stream.clone();
        *wrong.last_mut().unwrap() ^= 1;
        let wrong = Made { piece, ..grey(width, height, 8, wrong) };
        assert_eq!(damage(&wrong.bytes()), Damage::Checksum);
        let more = Made { piece, ..grey(width, height - 17, 8, stream.clone()) };
        assert_eq!(damage(&more.bytes()), Damage::Long);
    }
}

#[test]
fn a_stream_that_is_flushed_after_every_short_row_is_sound() {
    let mut zlib = flate2::Compress::new(Compression::fast(), true);
    let mut stream = Vec::with_capacity(1 << 20);
    for row in 0..20_000_u32 {
        let flush = if row + 1 == 20_000 { FlushCompress::Finish } else { FlushCompress::Full };
        let status = zlib.compress_vec(&[0, row.wrapping_mul(2_654_435_761).to_be_bytes()[0]], &mut stream, flush);
        assert!(matches!(status, Ok(Status::Ok | Status::StreamEnd)));
    }
    assert!(stream.len() > 4 * 2 * 20_000, "{} bytes", stream.len());
    assert!(grey(8, 20_000, 1, stream).read().is_ok());
    let mut stored = ZlibEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&[0, 1, 2, 3].repeat(20_000)).unwrap();
    assert!(grey(3, 20_000, 8, stored.finish().unwrap()).read().is_ok());
}

#[test]
fn the_smallest_and_the_thinnest_pages_are_looked_at_like_any_other() {
    let sides = [1, 2, 3, 4, 5, 7, 8, 9, 20, 21, 22, 84, 300];
    for (width, height) in sides.into_iter().flat_map(|width| sides.map(|height| (width, height))) {
        for depth in [1, 8] {
            let row = (width as usize * usize::from(depth)).div_ceil(8);
            let page = grey(width, height, depth, deflate(&noise(row, height as usize))).read().unwrap();
            let findings = reading::read(&page);
            assert!(findings.readings.is_empty(), "{width} × {height}");
            let _ = scanner::check(&page, &findings);
        }
    }
}
