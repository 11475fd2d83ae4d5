//! What a client wants of a file: ranges and conditions (RFC 9110 §13 and §14). Whatever comes, no panic; a part lies within
//! the file and is not empty; and only GET has parts.
#![no_main]

use std::time::{Duration, SystemTime};

use headers::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use tutanak::web::sending::conditional::{Answer, answer};

const NAMES: [&str; 6] = ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

// The size, whether there is a date, and a line for each field.
fuzz_target!(|bytes: &[u8]| {
    let Some((size, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some((dated, lines)) = rest.split_first() else { return };
    let size = u64::from_le_bytes(*size);
    let modified = (*dated % 2 == 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_123));
    let mut fields = HeaderMap::new();
    for (name, line) in NAMES.iter().zip(lines.split(|byte| *byte == b'\n')) {
        // `headers` asserts where it is debugged that no tag has a space in it, and takes it for any other tag where it is not.
        let is_tag = matches!(*name, "if-range" | "if-match" | "if-none-match");
        if line.is_empty() || is_tag && line.iter().any(|byte| b" \t".contains(byte)) {
            continue;
        }
        if let Ok(value) = HeaderValue::from_bytes(line) {
            fields.insert(HeaderName::from_static(name), value);
        }
    }
    let etag = "\"abc\"".parse().unwrap();
    let head = answer(&"HEAD".parse().unwrap(), &fields, &etag, modified, size);
    match answer(&"GET".parse().unwrap(), &fields, &etag, modified, size) {
        Answer::Part(part) => {
            assert!(part.start < part.end && part.end <= size);
            assert_eq!(head, Answer::Whole);
        }
        Answer::Unsatisfiable => assert_eq!(head, Answer::Whole),
        same => assert_eq!(head, same),
    }
    fields.remove("range");
    assert!(!matches!(answer(&"GET".parse().unwrap(), &fields, &etag, modified, size), Answer::Part(_)));
});
