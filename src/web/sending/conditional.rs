//! Conditional requests and ranges (RFC 9110 §13 and §14): what of a file is to be sent, if anything. Pure.

use std::ops::Range;
use std::time::SystemTime;

use axum::http::{HeaderMap, Method};
use headers::{ETag, HeaderMapExt, IfMatch, IfModifiedSince, IfNoneMatch, IfUnmodifiedSince};

/// What a client shall get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has the newest already.
    NotModified,
    /// The file is not in the state that the client asked for.
    PreconditionFailed,
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// There are no such bytes.
    Unsatisfiable,
}

/// What to send of a file of `size` bytes. `modified` is given only where a date proves anything: of a file that changes
/// within a second it does not, and conditions by date are then as if nobody had asked them.
pub fn answer(method: &Method, headers: &HeaderMap, etag: &ETag, modified: Option<SystemTime>, size: u64) -> Answer {
    // In the order of RFC 9110 §13.2.2.
    let wanted = match headers.typed_get::<IfMatch>() {
        Some(condition) => condition.precondition_passes(etag),
        None => match (headers.typed_get::<IfUnmodifiedSince>(), modified) {
            (Some(condition), Some(modified)) => condition.precondition_passes(modified),
            _ => true,
        },
    };
    if !wanted {
        return Answer::PreconditionFailed;
    }
    let fresh = match headers.typed_get::<IfNoneMatch>() {
        Some(condition) => !condition.precondition_passes(etag),
        None => match (headers.typed_get::<IfModifiedSince>(), modified) {
            (Some(since), Some(modified)) => !since.is_modified(modified),
            _ => false,
        },
    };
    if fresh {
        return Answer::NotModified;
    }
    if method != Method::GET {
        return Answer::Whole;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(range) = text("range") else { return Answer::Whole };
    if text("if-range").is_some_and(|condition| !same(condition, etag, modified)) {
        return Answer::Whole;
    }
    match parse(range, size) {
        Parsed::Ignore => Answer::Whole,
        Parsed::Unsatisfiable => Answer::Unsatisfiable,
        Parsed::Part(part) => Answer::Part(part),
    }
}

/// RFC 9110 §13.1.5: the very tag, strongly compared, or the very second. What is neither is no proof.
fn same(condition: &str, etag: &ETag, modified: Option<SystemTime>) -> bool {
    if let Ok(tag) = condition.parse::<ETag>() {
        return !condition.starts_with("W/") && tag == *etag;
    }
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let asked = httpdate::parse_http_date(condition).ok().map(seconds);
    asked.is_some() && asked == modified.map(seconds)
}

enum Parsed {
    Ignore,
    Unsatisfiable,
    Part(Range<u64>),
}

/// One range of bytes. Several at once, other units and nonsense are ignored, as RFC 9110 §14.2 allows.
fn parse(value: &str, size: u64) -> Parsed {
    let Some((first, last)) = value.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Parsed::Ignore;
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    match (first.is_empty(), number(first), last.is_empty(), number(last)) {
        // `-n`: the last n bytes.
        (true, _, false, Some(0)) => Parsed::Unsatisfiable,
        (true, _, false, Some(_)) if size == 0 => Parsed::Unsatisfiable,
        (true, _, false, Some(length)) => Parsed::Part(size.saturating_sub(length)..size),
        // `n-`: from byte n on.
        (false, Some(from), true, _) if from < size => Parsed::Part(from..size),
        // `n-m`: both ends included.
        (false, Some(from), false, Some(to)) if from > to => Parsed::Ignore,
        (false, Some(from), false, Some(to)) if from < size => Parsed::Part(from..to.saturating_add(1).min(size)),
        (false, Some(_), true, _) | (false, Some(_), false, Some(_)) => Parsed::Unsatisfiable,
        _ => Parsed::Ignore,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ask(fields: &[(&'static str, &str)]) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(*name, value.parse().unwrap());
        }
        let etag = "\"abc\"".parse().unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_123);
        answer(&Method::GET, &headers, &etag, Some(modified), 100)
    }

    #[test]
    fn ranges_are_taken_as_rfc_9110_says() {
        use Answer::{Part, Unsatisfiable, Whole};
        for (range, expected) in [
            ("bytes=0-", Part(0..100)),
            ("bytes=10-19", Part(10..20)),
            ("bytes=10-1000", Part(10..100)),
            ("bytes=99-99", Part(99..100)),
            ("bytes=-1", Part(99..100)),
            ("bytes=-1000", Part(0..100)),
            ("bytes=100-", Unsatisfiable),
            ("bytes=100-200", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=20-10", Whole),
            ("bytes=0-1,5-6", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=+1-", Whole),
            ("bytes=99999999999999999999999-", Whole),
            ("lines=1-2", Whole),
        ] {
            assert_eq!(ask(&[("range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn conditions_decide_before_ranges() {
        use Answer::{NotModified, Part, PreconditionFailed, Whole};
        let date = "Sun, 09 Sep 2001 01:46:40 GMT"; // the second in which the file changed
        let later = "Mon, 10 Sep 2001 01:46:40 GMT";
        let earlier = "Sat, 08 Sep 2001 01:46:40 GMT";
        for (fields, expected) in [
            (vec![("if-none-match", "\"abc\"")], NotModified),
            (vec![("if-none-match", "W/\"abc\"")], NotModified),
            (vec![("if-none-match", "*"), ("range", "bytes=0-1")], NotModified),
            (vec![("if-none-match", "\"x\", \"abc\"")], NotModified),
            (vec![("if-none-match", "\"x\"")], Whole),
            (vec![("if-none-match", "\"x\""), ("if-modified-since", later)], Whole),
            (vec![("if-modified-since", later)], NotModified),
            (vec![("if-modified-since", date)], NotModified),
            (vec![("if-modified-since", earlier)], Whole),
            (vec![("range", "bytes=5-"), ("if-range", "\"abc\"")], Part(5..100)),
            (vec![("range", "bytes=5-"), ("if-range", "\"x\"")], Whole),
            (vec![("range", "bytes=5-"), ("if-range", "W/\"abc\"")], Whole),
            (vec![("range", "bytes=5-"), ("if-range", date)], Part(5..100)),
            (vec![("range", "bytes=5-"), ("if-range", earlier)], Whole),
            (vec![("range", "bytes=5-"), ("if-range", later)], Whole),
            (vec![("range", "bytes=5-"), ("if-range", "abc")], Whole),
            (vec![("if-match", "\"abc\""), ("range", "bytes=5-")], Part(5..100)),
            (vec![("if-match", "\"x\"")], PreconditionFailed),
            (vec![("if-unmodified-since", earlier)], PreconditionFailed),
            (vec![("if-unmodified-since", date)], Whole),
        ] {
            assert_eq!(ask(&fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_date_proves_nothing_about_a_file_that_changes_within_a_second() {
        let later: axum::http::HeaderValue = "Mon, 10 Sep 2001 01:46:40 GMT".parse().unwrap();
        for name in ["if-modified-since", "if-unmodified-since", "if-range"] {
            let mut headers = HeaderMap::new();
            headers.insert(name, later.clone());
            headers.insert("range", "bytes=5-".parse().unwrap());
            let got = answer(&Method::GET, &headers, &"\"abc\"".parse().unwrap(), None, 100);
            let expected = if name == "if-range" { Answer::Whole } else { Answer::Part(5..100) };
            assert_eq!(got, expected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_part_always_lies_within_the_file(range in "bytes=[0-9]{0,22}-[0-9]{0,22}", size in 0_u64..1000) {
            if let Parsed::Part(part) = parse(&range, size) {
                proptest::prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
