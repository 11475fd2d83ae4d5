//! Bad input: each row spoils one line of a sound election and says what must be answered.

use super::town::{BOXES, CODES, ELECTION, PLACES, Town, everything};
use crate::engines::Engine;

/// File, text to replace, replacement, and the complaint. Lines are counted from 1, the header being the first.
const SPOILED: &[(&str, &str, &str, &str)] = &[
    ("election.toml", "id = \"deneme-2024\"", "id = \"Deneme 2024\"", "election.toml:1 (id): 1 to 48 of"),
    ("election.toml", "races = [6, 2, 3]", "races = []", "election.toml:5 (races): at least one"),
    ("election.toml", "races = [6, 2, 3]", "races = [6, 5]", "election.toml:5: 5 is no seçim türü"),
    ("election.toml", "2024-03-31", "2024-02-30", "election.toml:3: "),
    ("election.toml", "Europe/Istanbul", "Europe/Ankara", "election.toml:4 (time_zone): no time zone"),
    ("election.toml", "prefix", "praefix", "election.toml:7: unknown field `praefix`"),
    ("election.toml", "\"10\"", "\"ten\"", "election.toml:7 (prefix): \"ten\" is no prefix"),
    ("election.toml", "sonuc", "denetim", "election.toml:8 (kind): denetim is no box's sheet"),
    ("places.csv", "place_id,parent_id", "place_id,parent", "places.csv:1: no column is called \"parent\""),
    ("places.csv", "place_id,parent_id", "place_id", "places.csv:1 (parent_id): the column is missing"),
    ("places.csv", "level,code", "level,level", "places.csv:1 (level): the column is there twice"),
    ("places.csv", "34-k-m,", "34 k m,", "places.csv:6 (place_id): a place id is"),
    ("places.csv", "34-k-2,34-k", "34-k-1,34-k", "places.csv:5 (place_id): 34-k-1 is on line 4 already"),
    (
        "places.csv",
        "34-k-m,34-k-1",
        "34-k-m,34-k-9",
        "places.csv:6 (parent_id): no place above this line is called 34-k-9",
    ),
    ("places.csv", "34-k,34,", "34-k,34-k-1,", "places.csv:3 (parent_id): no place above this line is called 34-k-1"),
    (
        "places.csv",
        "34-k-m,34-k-1,mahalle",
        "34-k-m,34-k-1,il",
        "places.csv:6 (parent_id): a place of level il does not lie in one of level kurul",
    ),
    ("places.csv", ",mahalle,", ",mahale,", "places.csv:6 (level): no level is called \"mahale\""),
    ("places.csv", ",il,34,", ",il,034,", "places.csv:2 (code): the code of an il is its plate number"),
    ("places.csv", "kurul,2", "kurul,iki", "places.csv:5 (code): the code of a kurul is its number"),
    ("places.csv", "CAFERAĞA MAH.", "", "places.csv:6 (name): a name is expected"),
    (
        "places.csv",
        "CAFERAĞA MAH.",
        "A\u{7}B",
        "places.csv:6 (name): a character that is not seen: 2. harf denetim karakteri (U+0007)",
    ),
    ("places.csv", "CAFERAĞA MAH.", "CAFERAĞA, MAH.", "places.csv:6: the line has 6 fields, the header 5"),
    ("places.csv", "CAFERAĞA MAH.", "\"CAFERAĞA MAH.", "places.csv:6: a quoted field is not closed on its line"),
    ("places.csv", "CAFERAĞA MAH.", "\"CAFERAĞA\" MAH.", "places.csv:6: text follows a closing quote"),
    ("boxes.csv", "3717526", "371752六", "boxes.csv:2 (box_id): a box id is 1 to 7 decimal digits"),
    ("boxes.csv", "3717526", "37175260", "boxes.csv:2 (box_id): a box id is 1 to 7 decimal digits"),
    ("boxes.csv", "3717527", "3717526", "boxes.csv:3 (box_id): box 3717526 is on line 2 already"),
    ("boxes.csv", "3717527", "0000042", "boxes.csv:4 (box_id): box 0000042 is on line 3 already"),
    ("boxes.csv", "34-k-m,1002", "34-k-x,1002", "boxes.csv:3 (place_id): no place is called 34-k-x"),
    ("boxes.csv", "34-k-m,1002", "34 k,1002", "boxes.csv:3 (place_id): a place id is"),
    ("boxes.csv", "1002", "+1002", "boxes.csv:3 (number): \"+1002\" is no box number"),
    ("boxes.csv", "1002", "0", "boxes.csv:3 (number): \"0\" is no box number"),
    ("boxes.csv", "1002", "1000000", "boxes.csv:3 (number): \"1000000\" is no box number"),
    ("boxes.csv", "2001", "1001", "boxes.csv:4 (number): box 1001 of 34-k is on line 2 already"),
    ("boxes.csv", "1002,0", "1002,4", "boxes.csv:3 (kind): 4 is no sandık türü"),
    ("boxes.csv", "1002,0", "1002,x", "boxes.csv:3 (kind): \"x\" is no sandık türü"),
    ("boxes.csv", "6 2", "6 9", "boxes.csv:3 (races): Cumhurbaşkanı is not voted on in this election"),
    ("boxes.csv", "6 2", "6;2", "boxes.csv:3 (races): \"6;2\" is no seçim türü"),
    ("codes.csv", "77700002", "777", "codes.csv:3 (code): a karekod is 6 to 32 decimal digits"),
    ("codes.csv", "77700002", "77700001", "codes.csv:3 (code): code 77700001 is on line 2 already"),
    ("codes.csv", "birlestirme-ilce", "birlestirme", "codes.csv:3 (kind): no kind of form is called"),
    ("codes.csv", "cetvel", "denetim", "codes.csv:2 (kind): denetim is the sheet of a place"),
    ("codes.csv", "birlestirme-ilce", "sonuc", "codes.csv:3 (kind): sonuc is the sheet of a box"),
    ("codes.csv", "cetvel,6", "cetvel,9", "codes.csv:2 (race): Cumhurbaşkanı is not voted on"),
    (
        "codes.csv",
        "cetvel,6,3717526",
        "cetvel,3,3717527",
        "codes.csv:2 (race): Belediye Meclisi Üyeliği is not counted in box 3717527",
    ),
    ("codes.csv", "6,3717526", "6,3717599", "codes.csv:2 (box_id): no box is called 3717599"),
    ("codes.csv", "6,3717526", "6,abc", "codes.csv:2 (box_id): a box id is"),
    ("codes.csv", "6,,34-k", "6,,34-x", "codes.csv:3 (place_id): no place is called 34-x"),
    ("codes.csv", "6,,34-k", "6,,", "codes.csv:3 (box_id): a box or a place is expected"),
    ("codes.csv", "6,,34-k", "6,3717526,34-k", "codes.csv:3 (place_id): either a box or a place"),
    ("codes.csv", ",true", ",evet", "codes.csv:2 (many_pages): \"evet\" is neither true nor false"),
];

fn text(file: &str) -> &'static str {
    match file {
        "election.toml" => ELECTION,
        "places.csv" => PLACES,
        "boxes.csv" => BOXES,
        _ => CODES,
    }
}

#[tokio::test]
async fn every_bad_line_is_told_with_its_file_line_column_and_cause() {
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    for (file, from, to, complaint) in SPOILED {
        assert!(text(file).contains(from), "{from} is not in {file}");
        let bad = Town::with(file, text(file).replacen(from, to, 1)).refused(&ledger).await;
        let told: Vec<_> = bad.list.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told.starts_with(complaint)), "{to:?}: {told:#?}");
        assert!(told[0].starts_with(file), "{to:?} is blamed on another file: {told:#?}");
        assert_eq!(ledger.election().await.unwrap(), None, "{to:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_text_or_not_there_is_told_too() {
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    let mut latin5 = PLACES.as_bytes().to_vec();
    latin5.extend_from_slice(b"34-k-n,34-k-1,mahalle,,\xddSTASYON MAH.\n");
    let rows: [(&str, Vec<u8>, &str); 4] = [
        ("places.csv", latin5, "places.csv:7: the line is not UTF-8"),
        ("places.csv", Vec::new(), "places.csv:1: the file is empty; a header is expected"),
        ("boxes.csv", vec![b'x'; 100_000], "boxes.csv:1: the line is longer than 8192 bytes"),
        ("election.toml", vec![0xff; 10], "election.toml: the file is not UTF-8"),
    ];
    for (file, text, complaint) in rows {
        let bad = Town::with(file, text).refused(&ledger).await;
        assert_eq!(bad.list.len(), 1, "rows that need the spoiled file are not blamed as well");
        assert_eq!(bad.list[0].to_string(), complaint);
    }
    let town = Town::new();
    std::fs::remove_file(town.path().join("boxes.csv")).unwrap();
    let missing = town.import(&ledger).await.unwrap_err();
    assert!(missing.to_string().contains("boxes.csv could not be read"), "{missing}");
}

#[tokio::test]
async fn a_place_that_is_bad_does_not_make_its_boxes_bad() {
    let engine = Engine::sqlite();
    let bad = Town::with("places.csv", PLACES.replace(",kurul,1,", ",kurul,0,")).refused(&engine.open().await).await;
    let told: Vec<_> = bad.list.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
}

#[tokio::test]
async fn all_bad_lines_are_told_and_ten_thousand_of_them_are_kept() {
    let engine = Engine::sqlite();
    let mut boxes = BOXES.to_owned();
    for _ in 0..12_000 {
        boxes.push_str("x,34-k-m,1,0,\n");
    }
    let bad = Town::with("boxes.csv", boxes).refused(&engine.open().await).await;
    assert_eq!((bad.list.len(), bad.more), (10_000, 2_000));
    assert_eq!(bad.list[9_999].line, 10_004);
    assert!(bad.to_string().ends_with("… and 2000 more\n"));
}

#[tokio::test]
async fn one_bad_line_at_the_very_end_leaves_nothing_behind() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let empty = everything(&ledger).await;
        let bad = Town::with("codes.csv", format!("{CODES}1,sonuc,6,3717526,,\n")).refused(&ledger).await;
        assert_eq!((bad.total(), bad.list[0].line), (1, 4));
        assert_eq!(everything(&ledger).await, empty, "{}", engine.name);
    }
}
