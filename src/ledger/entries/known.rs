//! What a board has sent before, asked for many scans at once, so that its client sends nothing twice over a poor line.
//!
//! It must never tell a board of a scan that another one sent.

use std::collections::HashMap;

use super::line::parse;
use super::submission::Recorded;
use crate::domain::{BoardId, Digest, EntryKind};
use crate::ledger::db::on_db;
use crate::ledger::{Ledger, LedgerError};

const SENT: &str = "SELECT position, form_key, line, leaf FROM entry \
                    WHERE kind IN ('linked', 'parked', 'resolved', 'withdrawn') AND board = ";

/// The newest entries of one scan.
#[derive(Default)]
struct Sent {
    link: Option<Recorded>,
    parked: Option<Recorded>,
}

impl Ledger {
    /// The entry that now stands for each of `digests` that `board` has sent, in the order of `digests`: the newest that
    /// links it, else the newest. A link that was taken back counts no longer. Meant for about a thousand.
    pub async fn sent_before(&self, board: &BoardId, digests: &[Digest]) -> Result<Vec<Recorded>, LedgerError> {
        if digests.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(i64, Option<String>, String, Vec<u8>)> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new(SENT);
            query.push_bind(board.as_str()).push(" AND sha256 IN (");
            let mut list = query.separated(", ");
            for digest in digests {
                list.push_bind(digest.as_bytes().to_vec());
            }
            query.push(") ORDER BY position");
            query.build_query_as().fetch_all(pool).await?
        });
        let mut by_digest: HashMap<Digest, Sent> = HashMap::new();
        for (position, form, line, leaf) in rows {
            let position = position as u64;
            let entry = parse(position, &line)?;
            let corrupt = |what: &str| LedgerError::Corrupt(format!("{what} of entry {position}"));
            let leaf = leaf.try_into().map_err(|_| corrupt("leaf"))?;
            let digest = entry.sha256.ok_or_else(|| corrupt("digest"))?;
            let sent = by_digest.entry(digest).or_default();
            match (entry.kind, form) {
                (EntryKind::Withdrawn, _) => sent.link = None,
                (_, Some(_)) => sent.link = Some(Recorded { position, entry, leaf, fresh: false }),
                (_, None) => sent.parked = Some(Recorded { position, entry, leaf, fresh: false }),
            }
        }
        let now = |sent: Sent| sent.link.or(sent.parked);
        Ok(digests.iter().filter_map(|digest| by_digest.remove(digest)).filter_map(now).collect())
    }
}
