//! `SHA256SUMS`: the digests of a directory's scans as `sha256sum -c` reads them. Its length is known from the rows.

use jiff::Timestamp;

use super::{Content, Node};
use crate::domain::naming;
use crate::ledger::nodes::ScanNode;

/// Digits of a digest, two spaces, a line break.
const AROUND_THE_NAME: u64 = 64 + 2 + 1;

/// The file in a listing: its size, without writing it. None where no scan lies.
pub(super) fn in_listing(nodes: &[Node]) -> Option<Node> {
    let size = scans(nodes).map(|(node, _)| AROUND_THE_NAME + node.name.len() as u64).sum();
    Some(node(newest(nodes)?, Content::TextOf(size)))
}

/// The file itself.
pub(super) fn render(nodes: &[Node]) -> Option<Node> {
    let lines = scans(nodes).map(|(node, scan)| format!("{}  {}\n", scan.digest, node.name));
    Some(node(newest(nodes)?, Content::Text(lines.collect::<String>().into())))
}

fn scans(nodes: &[Node]) -> impl Iterator<Item = (&Node, ScanNode)> {
    nodes.iter().filter_map(|node| match node.content {
        Content::Scan(scan) => Some((node, scan)),
        _ => None,
    })
}

/// When the newest scan came; none where no scan lies there.
fn newest(nodes: &[Node]) -> Option<Option<Timestamp>> {
    scans(nodes).map(|(node, _)| node.modified).max()
}

fn node(modified: Option<Timestamp>, content: Content) -> Node {
    Node { name: naming::SUMS.to_owned(), modified, content }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;

    #[test]
    fn the_size_in_a_listing_is_the_size_of_the_file() {
        let at = |at_ms| Timestamp::from_millisecond(at_ms).unwrap();
        let scan = |name: &str, at_ms| Node {
            name: name.into(),
            modified: Some(at(at_ms)),
            content: Content::Scan(ScanNode { digest: Digest::of(name.as_bytes()), size: 3 }),
        };
        let nodes = [scan("1-cb-sonuc-1.v1.png", 5), Node::directory("x"), scan("2.png", 7)];
        let listed = in_listing(&nodes).unwrap();
        let rendered = render(&nodes).unwrap();
        assert_eq!(listed.size(), rendered.size());
        assert_eq!(listed.modified, Some(at(7)));
        let Content::Text(text) = rendered.content else { panic!("no text") };
        let line = format!("{}  2.png\n", Digest::of(b"2.png"));
        assert!(std::str::from_utf8(&text).unwrap().ends_with(&line));
        assert!(in_listing(&nodes[1..2]).is_none() && render(&[]).is_none());
    }
}
