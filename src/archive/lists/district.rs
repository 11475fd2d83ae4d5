//! Everything below a district's directory in one file: as `sha256sum -c` reads it, and as Metalink 4 (RFC 5854).

use std::io::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ListError, Pair};
use crate::ledger::Ledger;
use crate::ledger::below::WalkCursor;

/// Rows of one page of the walk.
const PAGE: u32 = 2000;
/// What may stand in a path of an address as it is.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');

/// Writes both files. Names are those below `directory`; addresses are whole.
pub(super) async fn sums(
    ledger: &Ledger,
    address: &str,
    directory: &str,
    size: u64,
    pair: &mut Pair,
) -> Result<(), ListError> {
    pair.second.text.extend_from_slice(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">\n",
    );
    let mut cursor = Some(WalkCursor::default());
    while let Some(from) = cursor {
        let (scans, next) = ledger.scans_below(directory, &from, PAGE, false).await?;
        cursor = next;
        for scan in scans.iter().filter(|scan| scan.position < size) {
            let path = format!("{}/{}", scan.parent, scan.name);
            let name = path.strip_prefix(directory).unwrap_or(&path).trim_start_matches('/');
            writeln!(pair.first.text, "{}  {name}", scan.digest)?;
            writeln!(
                pair.second.text,
                "  <file name=\"{}\">\n    <size>{}</size>\n    <hash type=\"sha-256\">{}</hash>\n    <url>{}{}</url>\n  </file>",
                escaped(name),
                scan.size,
                scan.digest,
                escaped(address),
                utf8_percent_encode(&path, IN_A_PATH),
            )?;
            pair.saw(scan.at_ms);
        }
        pair.turn().await?;
    }
    pair.second.text.extend_from_slice(b"</metalink>\n");
    Ok(())
}

/// Text as it may stand in XML. Names have no such letters by construction; a host's name comes from a file.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_the_xml() {
        assert_eq!(escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
        assert_eq!(utf8_percent_encode("a/b-1.v1.png?x#\"", IN_A_PATH).to_string(), "a/b-1.v1.png%3Fx%23%22");
    }
}
