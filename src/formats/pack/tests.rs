//! Packs made of lines alone.

use std::io::{Cursor, Read};

use super::*;
use crate::domain::{Entry, EntryKind};

fn entry(kind: EntryKind, n: u64) -> Entry {
    let bytes = content(n);
    let at = Timestamp::from_millisecond(1_711_908_131_123 + n as i64).unwrap();
    Entry {
        sha256: Some(Digest::of(&bytes)),
        crc32: Some(crc32fast::hash(&bytes)),
        size: Some(bytes.len() as u64),
        width: Some(1654),
        height: Some(2339),
        path: matches!(kind, EntryKind::Linked | EntryKind::Resolved).then(|| path(n)),
        page: Some(1),
        revision: Some(1),
        board: Some("kadikoy-1".parse().unwrap()),
        ..Entry::bare(at, kind)
    }
}

fn path(n: u64) -> String {
    format!("tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/{n}-cb-sonuc-1.v1.png")
}

fn content(n: u64) -> Vec<u8> {
    (0..n % 97 + 1).map(|byte| (byte * n) as u8).collect()
}

/// Every fourth entry is parked, and one is a gate.
fn lines(from: u64, count: u64) -> Vec<String> {
    let kind = |n: u64| match n % 8 {
        3 => EntryKind::Parked,
        5 => EntryKind::Gate,
        7 => EntryKind::Resolved,
        _ => EntryKind::Linked,
    };
    (from..from + count).map(|n| entry(kind(n), n).line()).collect()
}

fn bytes(plan: &PackPlan, range: Range<u64>) -> Vec<u8> {
    let mut out = Vec::new();
    for segment in plan.segments(range) {
        match segment {
            PackSegment::Literal(bytes) => out.extend_from_slice(&bytes),
            PackSegment::Image(image, range) => {
                let bytes = content(image.position);
                assert_eq!(Digest::of(&bytes), image.digest);
                out.extend_from_slice(&bytes[range.start as usize..range.end as usize]);
            }
        }
    }
    out
}

#[test]
fn a_pack_holds_its_lines_and_then_the_scans_of_linked_and_resolved_entries() {
    let lines = lines(512, 256);
    let plan = PackPlan::from_lines(2, &lines).unwrap();
    let whole = bytes(&plan, 0..plan.len());
    assert_eq!(whole.len() as u64, plan.len());
    let mut opened = zip_reader(&whole);
    let mut told = String::new();
    opened.by_index(0).unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    assert_eq!(opened.by_index(0).unwrap().name().unwrap(), "girdiler.jsonl");
    assert_eq!((opened.len(), plan.images().len()), (1 + 192, 192));
    for (n, image) in plan.images().enumerate() {
        let mut file = opened.by_index(n + 1).unwrap();
        assert_eq!(file.name().unwrap(), path(image.position));
        assert_eq!(file.data_start(), Some(image.data.start));
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, content(image.position));
        assert_eq!(&whole[image.data.start as usize..image.data.end as usize], read);
    }
}

fn zip_reader(bytes: &[u8]) -> ::zip::ZipArchive<Cursor<&[u8]>> {
    ::zip::ZipArchive::new(Cursor::new(bytes)).unwrap()
}

#[test]
fn the_tag_is_one_for_one_content() {
    let all = lines(0, 256);
    let tags: std::collections::HashSet<Digest> =
        (1..=256).map(|count| PackPlan::from_lines(0, &all[..count]).unwrap().etag()).collect();
    assert_eq!(tags.len(), 256);
    assert_eq!(PackPlan::from_lines(0, &all).unwrap(), PackPlan::from_lines(0, &all.clone()).unwrap());
    let mut other = all.clone();
    other[200] = entry(EntryKind::Linked, 9_999).line();
    assert_ne!(PackPlan::from_lines(0, &all).unwrap().etag(), PackPlan::from_lines(0, &other).unwrap().etag());
}

#[test]
fn the_bytes_of_the_first_version_stay_as_they_are() {
    // Whoever makes this fail has changed files that parties hold and caches keep for ever.
    let plan = PackPlan::from_lines(0, &lines(0, 256)).unwrap();
    assert_eq!(
        Digest::of(&bytes(&plan, 0..plan.len())).to_string(),
        "0f7328cf91423981dfa08758c1f8b60533bd1c8ec5949b6f09cb6c7b1e30a5b5"
    );
    assert_eq!(plan.etag().to_string(), "859f4c028d38d1f33e12c80c8f246dc795ce1a056203087f4f5e2a20b0a52265");
}

#[test]
fn what_is_no_pack_is_refused() {
    let good = lines(0, 256);
    let bad = |number, lines: &[String]| PackPlan::from_lines(number, lines).unwrap_err();
    assert!(matches!(bad(0, &[]), BadPack::Count { .. }));
    assert!(matches!(bad(0, &lines(0, 257)), BadPack::Count { .. }));
    assert!(matches!(bad(u64::MAX, &good), BadPack::Count { .. }));
    assert!(matches!(bad(3, &[good[0].clone(), "{}".into()]), BadPack::Line { position: 769, .. }));
    let outside = Entry { path: Some("tutanaklar/../../etc/x.png".into()), ..entry(EntryKind::Linked, 1) };
    assert!(matches!(bad(0, &[outside.line()]), BadPack::Path { position: 0, .. }));
    let unsummed = Entry { crc32: None, ..entry(EntryKind::Linked, 1) };
    assert!(matches!(bad(0, &[unsummed.line()]), BadPack::Lacks { what: "crc32", .. }));
}

#[test]
fn kinds_and_fields_of_later_versions_bring_their_line_and_no_scan() {
    let line = r#"{"v":2,"at":"2024-03-31T18:02:11Z","kind":"cosigned","path":"x","witness":{"name":"y"}}"#;
    let withdrawn = Entry { path: Some(path(1)), ..entry(EntryKind::Withdrawn, 1) }.line();
    let plan = PackPlan::from_lines(0, &[line, &withdrawn]).unwrap();
    assert_eq!((plan.entries(), plan.images().len()), (2, 0));
}

proptest::proptest! {
    #[test]
    fn every_range_is_the_same_slice_of_the_whole(count in 1..=256_u64, one in 0.0..1.1_f64, other in 0.0..1.1_f64) {
        let plan = PackPlan::from_lines(7, &lines(7 * 256, count)).unwrap();
        let whole = bytes(&plan, 0..plan.len());
        let at = |cut: f64| (cut * plan.len() as f64) as u64;
        let (from, to) = (at(one.min(other)), at(one.max(other)));
        let within = |at: u64| (at as usize).min(whole.len());
        proptest::prop_assert_eq!(bytes(&plan, from..to), &whole[within(from)..within(to)]);
    }
}
