//! One row of the record as one message of syslog. Whatever its names hold, it is one message and nothing else.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::words::Hidden;
use crate::ledger::audit::NumberedRow;

/// Facility 13, "log audit", times eight; severities 4, warning, and 6, informational (RFC 5424 §6.2.1).
const AUDIT: u8 = 13 * 8;
const WARNING: u8 = 4;
const INFORMATIONAL: u8 = 6;
/// The name of our fields. 32473 is the number that RFC 5612 keeps for those who have none of their own.
const FIELDS: &str = "tutanak@32473";

/// RFC 5425 §4.3: the length in bytes, a space, the message.
pub(super) fn framed(row: &NumberedRow, host: &str) -> Vec<u8> {
    let message = message(row, host);
    format!("{} {message}", message.len()).into_bytes()
}

/// RFC 5424: all of the row in named fields, nothing in free text.
fn message(NumberedRow { id, row }: &NumberedRow, host: &str) -> String {
    let severity = if row.outcome == "ok" { INFORMATIONAL } else { WARNING };
    let at = Timestamp::from_millisecond(row.at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let at = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    // §6.2.7: at most 32 printable characters.
    let kind: String = row.act.chars().filter(char::is_ascii_graphic).take(32).collect();
    let kind = if kind.is_empty() { "-" } else { &kind };
    let mut out = format!("<{}>1 {at} {host} tutanak - {kind} [{FIELDS}", AUDIT + severity);
    let (id, start, bytes) = (id.to_string(), row.start_at.to_string(), row.bytes.to_string());
    let complete = row.complete.to_string();
    for (name, value) in [
        ("id", &id),
        ("account", &row.principal),
        ("channel", &row.channel),
        ("protocol", &row.protocol),
        ("address", &row.address),
        ("act", &row.act),
        ("object", &row.object),
        ("start", &start),
        ("bytes", &bytes),
        ("complete", &complete),
        ("outcome", &row.outcome),
        ("reason", &row.reason),
    ] {
        let _ = write!(out, " {name}=\"{}\"", escaped(value));
    }
    out.push(']');
    out
}

/// §6.3.3: a backslash before `"`, `\` and `]`. Control characters, which names from outside may hold, become the sign for
/// what cannot be shown: no collector shall take one row for two.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '"' | '\\' | ']' => out.extend(['\\', letter]),
            letter if Hidden::of(letter).is_some() => out.push(char::REPLACEMENT_CHARACTER),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::audit::AuditRow;

    #[test]
    fn a_row_is_one_message_whatever_its_names_hold() {
        let row = AuditRow {
            at_ms: 1_711_893_600_123,
            principal: "parti/ayşe".into(),
            channel: "web".into(),
            protocol: "https".into(),
            address: "192.0.2.7".into(),
            act: "login".into(),
            object: "a\"b]c\\d\ne\0".into(),
            start_at: 0,
            bytes: 7,
            complete: false,
            outcome: "refused".into(),
            reason: "unknown-credential".into(),
        };
        let row = NumberedRow { id: 17, row };
        let message = message(&row, "tutanak.example.org");
        let expected = [
            "<108>1 2024-03-31T14:00:00.123Z tutanak.example.org tutanak - login",
            "[tutanak@32473 id=\"17\" account=\"parti/ayşe\" channel=\"web\" protocol=\"https\" address=\"192.0.2.7\"",
            "act=\"login\" object=\"a\\\"b\\]c\\\\d\u{fffd}e\u{fffd}\" start=\"0\" bytes=\"7\" complete=\"false\"",
            "outcome=\"refused\" reason=\"unknown-credential\"]",
        ];
        assert_eq!(message, expected.join(" "));
        let length = message.len();
        assert_eq!(
            framed(&row, "tutanak.example.org"),
            format!("{length} {message}").into_bytes(),
            "bytes, not letters"
        );
    }
}
