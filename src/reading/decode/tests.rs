//! What decoding promises, for codes of every version made by a foreign encoder.

use proptest::prelude::*;
use qrcode::{Color, EcLevel, QrCode, Version};

use super::*;

const LEVELS: [(Level, EcLevel); 4] =
    [(Level::L, EcLevel::L), (Level::M, EcLevel::M), (Level::Q, EcLevel::Q), (Level::H, EcLevel::H)];

fn soft(code: &QrCode) -> Soft {
    let values = code.to_colors().into_iter().map(|colour| if colour == Color::Dark { 100 } else { -100 }).collect();
    Soft { size: code.width(), values }
}

/// Bytes that depend on `seed` alone.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(|_| byte()).collect()
}

#[test]
fn codes_of_every_version_and_level_are_read_upright_and_mirrored() {
    for version in 1..=40 {
        for (n, (level, ec)) in LEVELS.into_iter().enumerate() {
            // As long as can be, so that every block is full.
            let layout = Layout::of_size(17 + 4 * version).unwrap();
            let length = blocks::Blocks::of(version as u8, level, layout.codewords()).data_in_all() - 3;
            let seed = (4 * version + n) as u64;
            let payload: String = noise(seed, length).iter().map(|byte| char::from(b'a' + byte % 26)).collect();
            let code = QrCode::with_version(&payload, Version::Normal(version as i16), ec).unwrap();
            let grid = soft(&code);
            let read = decode(&grid).unwrap_or_else(|| panic!("version {version}, level {level:?}"));
            assert_eq!(
                (read.text, read.version, read.level, read.corrected),
                (payload.clone(), version as u8, level, 0)
            );
            assert_eq!((read.method, read.mirrored), (Method::Hard, false));
            assert_eq!(read.grid, grid.values.iter().map(|value| *value > 0).collect::<Vec<_>>());
            let mirror = Soft { size: grid.size, values: transposed(&grid.values, grid.size) };
            let read = decode(&mirror).unwrap();
            assert_eq!((read.text, read.mirrored, read.corrected), (payload, true, 0));
            assert_eq!(read.grid, mirror.values.iter().map(|value| *value > 0).collect::<Vec<_>>());
        }
    }
}
