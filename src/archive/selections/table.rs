//! A scan of a selection as a row that people and programs read.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Atlas, Selected};
use crate::archive::lists::time;
use crate::domain::Race;

/// Headers of the list.
pub const HEADERS: [&str; 12] = [
    "KONUM",
    "ZAMAN",
    "YER",
    "SANDIK NO",
    "SEÇİM TÜRÜ",
    "TUTANAK",
    "SAYFA",
    "SÜRÜM",
    "GERİ ALINDI",
    "DOSYA",
    "BOYUT",
    "SHA256",
];

/// When a scan came.
pub fn at(scan: &Selected) -> Timestamp {
    Timestamp::from_millisecond(scan.at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The names down to its place.
pub fn place(atlas: &Atlas, scan: &Selected) -> String {
    scan.spot.map_or_else(|| scan.path.directory.clone(), |spot| atlas.names(spot))
}

/// The cells below [`HEADERS`].
pub fn row(atlas: &Atlas, zone: &TimeZone, scan: &Selected, taken_back: bool) -> [String; 12] {
    let path = &scan.path;
    [
        scan.position.to_string(),
        time(at(scan), zone),
        place(atlas, scan),
        path.sandik.map(|number| number.to_string()).unwrap_or_default(),
        path.race.map_or("Tüm seçimler", Race::turkish).to_owned(),
        path.kind.turkish_in_full(),
        path.page.to_string(),
        path.revision.to_string(),
        if taken_back { "evet" } else { "" }.to_owned(),
        path.path(),
        scan.size.to_string(),
        scan.digest.to_string(),
    ]
}
