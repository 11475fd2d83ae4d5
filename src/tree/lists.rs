//! `listeler/`, and the sums of a district beside its scans.
//!
//! A listing tells sizes, so it has the lists written; they are kept a while, and a client that fetches what it has just
//! seen listed gets those very bytes.

use std::sync::Arc;

use super::{Content, Node, Tree, TreeError};
use crate::archive::lists::{ListKey, Written};
use crate::archive::spool::Spool;
use crate::domain::naming::lists::{DISTRICT_SUMS, LISTS, ListFormat, ListKind, ListPath, METALINK};

impl Tree {
    /// What `path`, at or below `listeler/`, is.
    pub(super) async fn find_list(&self, path: &str) -> Result<Option<Node>, TreeError> {
        let Some(place) = ListPath::parse(path) else { return Ok(None) };
        match place {
            ListPath::Top => Ok(Some(Node::directory(LISTS))),
            ListPath::Part(part) => {
                let there = self.is_part(&part).await?;
                Ok(there.then(|| Node::directory(&part)))
            }
            ListPath::List { part, kind, format } => {
                if let Some(part) = &part
                    && !self.is_part(part).await?
                {
                    return Ok(None);
                }
                let written = self.archive.lists.get(ListKey::Table { kind, part: part.clone() }).await?;
                Ok(Some(table(part, kind, format, &written)))
            }
        }
    }

    /// What lies in the directory `path` at or below `listeler/`.
    pub(super) async fn list_lists(&self, path: &str) -> Result<Option<Vec<Node>>, TreeError> {
        let part = match ListPath::parse(path) {
            Some(ListPath::Top) => None,
            Some(ListPath::Part(part)) if self.is_part(&part).await? => Some(part),
            _ => return Ok(None),
        };
        let mut nodes = Vec::new();
        if part.is_none() {
            let parts = self.ledger.parts().await?;
            nodes.extend(parts.iter().map(|part| Node::directory(part)));
        }
        for kind in ListKind::ALL {
            let written = self.archive.lists.get(ListKey::Table { kind, part: part.clone() }).await?;
            nodes.extend(ListFormat::ALL.map(|format| table(part.clone(), kind, format, &written)));
        }
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Some(nodes))
    }

    /// The two files of a whole district; none where no scan lies below it.
    pub(super) async fn district(&self, directory: &str) -> Result<Vec<Node>, TreeError> {
        let written = self.archive.lists.get(ListKey::District(directory.to_owned())).await?;
        if written.lines == 0 {
            return Ok(Vec::new());
        }
        let node = |name: &str, spool: &Arc<Spool>| Node {
            name: name.to_owned(),
            modified: written.modified(),
            content: Content::List(Arc::clone(spool)),
        };
        Ok(vec![node(DISTRICT_SUMS, &written.first), node(METALINK, &written.second)])
    }

    async fn is_part(&self, part: &str) -> Result<bool, TreeError> {
        Ok(self.ledger.parts().await?.iter().any(|there| there == part))
    }
}

fn table(part: Option<String>, kind: ListKind, format: ListFormat, written: &Written) -> Node {
    let spool = match format {
        ListFormat::Excel => &written.first,
        ListFormat::Comma => &written.second,
    };
    let name = ListPath::List { part, kind, format }.name();
    Node { name, modified: written.modified(), content: Content::List(Arc::clone(spool)) }
}
