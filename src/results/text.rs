//! Text in XML, and times with their distance from UTC.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::words::shown;

/// Writes text so that it stands for itself, between tags and between the quotes of an attribute.
pub(super) fn escape(out: &mut String, text: &str) {
    // Characters that are not seen are escaped in words, among them all that XML 1.0 cannot hold.
    for letter in shown(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
}

/// Writes ` name="value"`.
pub(super) fn attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"");
    escape(out, value);
    out.push('"');
}

/// Writes `<name>value</name>`.
pub(super) fn element(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, "<{name}>");
    escape(out, value);
    let _ = write!(out, "</{name}>");
}

/// A time to the second, with its distance from UTC: `2023-05-15T11:20:07+03:00`.
pub(super) fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_for_itself() {
        let mut out = String::new();
        attribute(&mut out, "ad", "A & B <\"Ç\">\u{0}\u{202e}\u{ffff}");
        assert_eq!(out, " ad=\"A &amp; B &lt;&quot;Ç&quot;&gt;\\u0000\\u202e\u{fffd}\"");
        let zone = TimeZone::get("Europe/Istanbul").unwrap();
        assert_eq!(time("2023-05-15T08:20:07.25Z".parse().unwrap(), &zone), "2023-05-15T11:20:07+03:00");
    }
}
