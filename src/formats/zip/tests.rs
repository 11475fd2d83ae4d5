//! The layout against readers of ZIP that are not ours.

use std::io::{Cursor, Read, Write as _};
use std::process::{Command, Stdio};

use super::*;

fn member(name: &str, content: &[u8], modified: &str) -> Member {
    Member {
        name: name.to_owned(),
        size: content.len() as u64,
        crc32: crc32fast::hash(content),
        modified: modified.parse().unwrap(),
    }
}

fn bytes(layout: &Layout, contents: &[Vec<u8>], range: Range<u64>) -> Vec<u8> {
    let mut out = Vec::new();
    for segment in layout.segments(range) {
        match segment {
            Segment::Literal(bytes) => out.extend_from_slice(&bytes),
            Segment::Part { member, range } => {
                out.extend_from_slice(&contents[member][range.start as usize..range.end as usize]);
            }
        }
    }
    out
}

fn archive(contents: &[Vec<u8>]) -> Layout {
    let names = ["girdiler.jsonl", "tutanaklar/34-istanbul/kadıköy.png", "b"];
    let member = |(n, content): (usize, &Vec<u8>)| {
        let name = names.get(n).map_or_else(|| format!("d/{n}"), |name| (*name).to_owned());
        member(&name, content, "2024-03-31T18:02:11.123Z")
    };
    Layout::new(contents.iter().enumerate().map(member).collect()).unwrap()
}

#[test]
fn other_programs_open_it_and_find_names_content_and_times() {
    let contents = [b"{}\n".to_vec(), vec![7; 70_000], Vec::new()];
    let layout = archive(&contents);
    let whole = bytes(&layout, &contents, 0..u64::MAX);
    assert_eq!(whole.len() as u64, layout.len());
    let mut opened = zip::ZipArchive::new(Cursor::new(&whole)).unwrap();
    assert_eq!(opened.len(), 3);
    for (n, content) in contents.iter().enumerate() {
        let mut file = opened.by_index(n).unwrap();
        assert_eq!(file.name().unwrap(), layout.members()[n].name);
        assert_eq!(file.last_modified().unwrap().to_string(), "2024-03-31 18:02:10");
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o444));
        assert_eq!(file.data_start(), Some(layout.data(n).start));
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, *content);
    }
    // Two programs that do not share a line with that one; each says nothing where all is well.
    let file = tempfile::NamedTempFile::with_suffix(".zip").unwrap();
    std::fs::write(file.path(), &whole).unwrap();
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  assert z.namelist()[1] == 'tutanaklar/34-istanbul/kad\\u0131k\\u00f6y.png'";
    for (program, arguments) in [("python3", &["-c", script][..]), ("unzip", &["-tqq"][..])] {
        let Ok(done) = Command::new(program).args(arguments).arg(file.path()).output() else {
            eprintln!("SKIPPED: {program} is not there");
            continue;
        };
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn an_archive_without_members_and_impossible_names_are_no_accident() {
    let empty = Layout::new(Vec::new()).unwrap();
    assert_eq!(empty.len(), 22);
    assert!(zip::ZipArchive::new(Cursor::new(bytes(&empty, &[], 0..22))).unwrap().is_empty());
    assert_eq!(Layout::new(vec![member("", b"", "1970-01-01T00:00:00Z")]), Err(BadMember::Name(0)));
    let long = "x".repeat(NAME_LIMIT + 1);
    assert_eq!(Layout::new(vec![member(&long, b"", "1970-01-01T00:00:00Z")]), Err(BadMember::Name(NAME_LIMIT + 1)));
    let huge = |size| Member { size, ..member("a", b"", "1970-01-01T00:00:00Z") };
    assert_eq!(Layout::new(vec![huge(u64::MAX), huge(u64::MAX)]), Err(BadMember::TooLarge));
}

#[test]
fn times_that_the_format_cannot_say_are_cut_to_what_it_can() {
    let dated = |time: &str| dos(time.parse().unwrap());
    assert_eq!(dated("1979-12-31T23:59:59Z"), (0x21, 0));
    assert_eq!(dated("1980-01-01T00:00:00Z"), (0x21, 0));
    assert_eq!(dated("2108-01-01T00:00:00Z"), dated("2107-12-31T23:59:58Z"));
    // After 2038 the second field is left out rather than wrong.
    let late = Layout::new(vec![member("a", b"x", "2040-01-01T00:00:00Z")]).unwrap();
    let soon = Layout::new(vec![member("a", b"x", "2030-01-01T00:00:00Z")]).unwrap();
    assert_eq!(soon.len() - late.len(), 18);
}

/// Members of zeroes: nothing of them is stored, and every program can be told what they hold.
fn zeroes(sizes: &[u64]) -> Layout {
    let member = |(n, size): (usize, &u64)| Member {
        name: format!("{n}"),
        size: *size,
        crc32: 0,
        modified: "2024-03-31T18:02:11Z".parse().unwrap(),
    };
    Layout::new(sizes.iter().enumerate().map(member).collect()).unwrap()
}

/// Writes an archive with holes where its members' zeroes are.
fn sparse(layout: &Layout) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".zip").unwrap();
    for segment in layout.segments(0..layout.len()) {
        match segment {
            Segment::Literal(bytes) => file.write_all(&bytes).unwrap(),
            Segment::Part { range, .. } => {
                std::io::Seek::seek(&mut file, std::io::SeekFrom::Current((range.end - range.start) as i64)).unwrap();
            }
        }
    }
    file
}

#[test]
fn an_archive_past_four_gigabytes_is_opened_by_others_and_every_member_found() {
    // A member that is too large, one that begins past the limit, and one just at it.
    let sizes = [FULL_32 - 1, 10, FULL_32, 5, (6 << 30) + 1, 3];
    let layout = zeroes(&sizes);
    let file = sparse(&layout);
    assert_eq!(file.as_file().metadata().unwrap().len(), layout.len());
    let mut opened = zip::ZipArchive::new(file.reopen().unwrap()).unwrap();
    for (n, size) in sizes.iter().enumerate() {
        let found = opened.by_index_raw(n).unwrap();
        assert_eq!(
            (found.size(), found.compressed_size(), found.data_start()),
            (*size, *size, Some(layout.data(n).start))
        );
    }
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint(*(i.file_size for i in z.infolist()))\n\
                  [z.open(name) for name in ('5', '3', '1')]";
    let done = Command::new("python3").args(["-c", script]).arg(file.path()).stderr(Stdio::inherit()).output();
    let Ok(done) = done else { return eprintln!("SKIPPED: python3 is not there") };
    let told: Vec<String> = sizes.iter().map(u64::to_string).collect();
    assert_eq!(String::from_utf8(done.stdout).unwrap().trim(), told.join(" "));
}

#[test]
fn seventy_thousand_members_are_counted_and_listed() {
    let layout = zeroes(&vec![1; 70_000]);
    let file = sparse(&layout);
    let mut opened = zip::ZipArchive::new(file.reopen().unwrap()).unwrap();
    assert_eq!(opened.len(), 70_000);
    assert_eq!(opened.by_index_raw(69_999).unwrap().name().unwrap(), "69999");
    let longest = layout.segments(0..layout.len()).map(|segment| segment.len()).max().unwrap();
    assert!(longest < 2 * DIRECTORY_STEP as u64, "the directory was given in one piece of {longest} bytes");
}

proptest::proptest! {
    #[test]
    fn every_range_is_the_same_slice_of_the_whole(
        contents in proptest::collection::vec(proptest::collection::vec(0_u8.., 0..300), 0..12),
        cuts in proptest::collection::vec((0.0..1.1_f64, 0.0..1.1_f64), 1..20),
    ) {
        let layout = archive(&contents);
        let whole = bytes(&layout, &contents, 0..layout.len());
        proptest::prop_assert_eq!(whole.len() as u64, layout.len());
        for (one, other) in cuts {
            let at = |cut: f64| (cut * layout.len() as f64) as u64;
            let (from, to) = (at(one.min(other)), at(one.max(other)));
            let within = |at: u64| (at as usize).min(whole.len());
            let expected = &whole[within(from)..within(to)];
            proptest::prop_assert_eq!(bytes(&layout, &contents, from..to), expected);
            proptest::prop_assert!(layout.segments(from..to).all(|segment| !segment.is_empty()));
        }
        for (n, content) in contents.iter().enumerate() {
            let data = layout.data(n);
            proptest::prop_assert_eq!(&whole[data.start as usize..data.end as usize], content.as_slice());
        }
    }

    #[test]
    fn far_offsets_and_sizes_are_told_exactly(sizes in proptest::collection::vec(0_u64..(9 << 30), 1..20), cut in 0..1000_u64) {
        // The directory's bytes are the same whether they are asked for at once or from anywhere on.
        let layout = zeroes(&sizes);
        let literal = |range: Range<u64>| -> Vec<u8> {
            layout.segments(range).flat_map(|segment| match segment {
                Segment::Literal(bytes) => bytes.to_vec(),
                Segment::Part { .. } => panic!("a member after the directory began"),
            }).collect()
        };
        let directory = layout.data(sizes.len() - 1).end;
        let whole = literal(directory..layout.len());
        let cut = cut.min(whole.len() as u64);
        proptest::prop_assert_eq!(&literal(directory + cut..layout.len()), &whole[cut as usize..]);
    }
}
