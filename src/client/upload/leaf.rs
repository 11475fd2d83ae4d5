//! Whether a receipt's leaf is the hash of the entry that it tells of. Then it can be proven later, with the receipt alone,
//! that these very bytes are in the log, or that they were taken out of it.
//!
//! A match proves it; anything else proves nothing: what a parked page's codes were, and an entry that another board of
//! the district had brought, do not stand on a receipt. So it must never be a reason to refuse one.

use crate::client::upload::receipt::Receipt;
use crate::domain::entry::leaf_hash;
use crate::domain::{Digest, Entry, EntryKind};

/// Where a PNG has its width and height.
const SIDES: usize = 16;

/// Whether the leaf is that of a scan of `bytes` which `board` had linked, at once or later.
pub fn is_of(receipt: &Receipt, bytes: &[u8], board: &str) -> bool {
    entry(receipt, bytes, board).is_some_and(|entry| {
        let kinds = [EntryKind::Linked, EntryKind::Resolved];
        kinds.iter().any(|kind| hex::encode(leaf_hash(&Entry { kind: *kind, ..entry.clone() }.line())) == receipt.leaf)
    })
}

fn entry(receipt: &Receipt, bytes: &[u8], board: &str) -> Option<Entry> {
    let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let form = receipt.form.as_ref()?;
    Some(Entry {
        sha256: Some(Digest::of(bytes)),
        crc32: Some(crc32fast::hash(bytes)),
        size: Some(bytes.len() as u64),
        width: side(SIDES),
        height: side(SIDES + 4),
        form: Some(form.code.parse().ok()?),
        path: Some(receipt.path.clone()?),
        page: form.page,
        revision: form.revision,
        board: Some(board.parse().ok()?),
        ..Entry::bare(receipt.at, EntryKind::Linked)
    })
}
