//! Lines of listings, as clients read them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn entry(name: &str, size: Option<u64>) -> Entry {
    let kind = size.map_or(EntryKind::Directory, |size| EntryKind::File { size });
    let modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_711_908_131));
    let sha256 = size.map(|_| [0xab; 32]);
    Entry { name: name.to_owned(), kind, modified, sha256 }
}

fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn facts_are_told_in_order_and_only_the_chosen_ones() {
    let file = entry("a.png", Some(7));
    let sum = "ab".repeat(32);
    assert_eq!(
        fact_line(&file, Facts::ALL, "/il/a.png"),
        format!("type=file;size=7;modify=20240331180211;perm=r;x.sha256={sum}; /il/a.png")
    );
    let chosen = Facts::chosen("Modify;UNIX.mode;Type;");
    assert_eq!(fact_line(&file, chosen, "a.png"), "type=file;modify=20240331180211; a.png");
    assert_eq!(chosen.feature(), "MLST type*;size;modify*;perm;x.sha256;");
    assert_eq!(chosen.answer(), "MLST OPTS type;modify;");
    assert_eq!(Facts::chosen("").answer(), "MLST OPTS");
    assert_eq!(fact_line(&entry("34", None), Facts::ALL, "34"), "type=dir;modify=20240331180211;perm=el; 34");
}

#[test]
fn the_long_form_has_nine_columns() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_711_910_000);
    let line = long_line(&entry("a.png", Some(145_677)), now, "a.png");
    assert_eq!(line, "-rw-r--r-- 1 ftp ftp       145677 Mar 31 18:02 a.png");
    assert_eq!(line.split_whitespace().count(), 9);
    assert!(long_line(&entry("34", None), now, "34").starts_with("drwxr-xr-x 2 ftp ftp            0 Mar 31 18:02"));
}

#[test]
fn a_listing_is_rendered_once_for_all() {
    let listing = Listing::from(vec![entry("a.png", Some(1)), entry("no\r\nname", Some(1)), entry("b.txt", Some(2))]);
    assert_eq!(listing.entries().len(), 2);
    for (format, facts) in
        [(Format::Long, Facts::ALL), (Format::Facts, Facts::ALL), (Format::Facts, Facts::chosen("size"))]
    {
        let (first, second) = (listing.render(format, facts, ""), listing.render(format, facts, ""));
        assert_eq!((first.as_ptr(), first.len()), (second.as_ptr(), second.len()));
    }
    assert_eq!(text(listing.render(Format::Names, Facts::ALL, "il/")), "il/a.png\r\nil/b.txt\r\n");
    assert_eq!(text(listing.render_matching(Format::Names, Facts::ALL, "", "*.png")), "a.png\r\n");
}

proptest! {
    /// RFC 3659 §7.2: facts, one space, the name, CRLF; and the name is the entry's own.
    #[test]
    fn every_line_of_mlsd_reads_back(names in proptest::collection::vec("\\PC{1,30}", 0..20), size in any::<u64>()) {
        let listing = Listing::from(names.iter().map(|name| entry(name, Some(size))).collect::<Vec<_>>());
        let rendered = text(listing.render(Format::Facts, Facts::ALL, ""));
        let lines: Vec<&str> = rendered.split_terminator("\r\n").collect();
        prop_assert_eq!(lines.len(), listing.entries().len());
        for (line, entry) in lines.iter().zip(listing.entries()) {
            let (facts, name) = line.split_once(' ').unwrap();
            prop_assert_eq!(name, &entry.name);
            prop_assert!(facts.ends_with(';'));
            for fact in facts.split_terminator(';') {
                let (key, value) = fact.split_once('=').unwrap();
                prop_assert!(FACTS.contains(&key) && !value.is_empty());
            }
            let wanted = format!("size={size}");
            prop_assert!(facts.split(';').any(|fact| fact == wanted));
        }
    }
}

#[test]
fn what_has_no_time_is_listed_as_of_now_where_a_line_needs_one_and_without_it_elsewhere() {
    let timeless = Entry { name: "defter".to_owned(), kind: EntryKind::Directory, modified: None, sha256: None };
    assert_eq!(fact_line(&timeless, Facts::ALL, "defter"), "type=dir;perm=el; defter");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_711_908_131);
    assert!(long_line(&timeless, now, "defter").ends_with(" Mar 31 18:02 defter"));
    let listing = Listing::from(vec![timeless]);
    let long = String::from_utf8(listing.render(Format::Long, Facts::ALL, "").to_vec()).unwrap();
    assert!(!long.contains("1970"), "{long}");
}
