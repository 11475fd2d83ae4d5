//! `SHA256SUMS`: the digests of a directory's scans as `sha256sum -c` reads them. Its length is known from the rows.

use super::{Content, Node, time};
use crate::domain::naming;
use crate::ledger::nodes::NodeRow;

/// Digits of a digest, two spaces, a line break.
const AROUND_THE_NAME: u64 = 64 + 2 + 1;

/// The file in a listing: its size, without writing it. None where no scan lies.
pub(super) fn in_listing(rows: &[NodeRow]) -> Option<Node> {
    let scans = rows.iter().filter(|row| row.scan.is_some());
    let (mut size, mut newest) = (0, None);
    for row in scans {
        size += AROUND_THE_NAME + row.name.len() as u64;
        newest = newest.max(Some(row.at_ms));
    }
    newest.map(|at_ms| node(at_ms, Content::TextOf(size)))
}

/// The file itself.
pub(super) fn render(rows: &[NodeRow]) -> Option<Node> {
    let newest = rows.iter().filter(|row| row.scan.is_some()).map(|row| row.at_ms).max()?;
    let lines = rows.iter().filter_map(|row| Some(format!("{}  {}\n", row.scan?.digest, row.name)));
    Some(node(newest, Content::Text(lines.collect::<String>().into())))
}

fn node(at_ms: i64, content: Content) -> Node {
    Node { name: naming::SUMS.to_owned(), modified: time(at_ms), content }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;
    use crate::ledger::nodes::ScanNode;

    #[test]
    fn the_size_in_a_listing_is_the_size_of_the_file() {
        let scan = |name: &str, at_ms| NodeRow {
            name: name.into(),
            at_ms,
            scan: Some(ScanNode { digest: Digest::of(name.as_bytes()), size: 3 }),
        };
        let rows =
            [scan("1-cb-sonuc-1.v1.png", 5), NodeRow { name: "x".into(), at_ms: 9, scan: None }, scan("2.png", 7)];
        let listed = in_listing(&rows).unwrap();
        let rendered = render(&rows).unwrap();
        assert_eq!(listed.size(), rendered.size());
        assert_eq!(listed.modified.as_millisecond(), 7);
        let Content::Text(text) = rendered.content else { panic!("no text") };
        let line = format!("{}  2.png\n", Digest::of(b"2.png"));
        assert!(std::str::from_utf8(&text).unwrap().ends_with(&line));
        assert!(in_listing(&rows[1..2]).is_none() && render(&[]).is_none());
    }
}
