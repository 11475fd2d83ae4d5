//! A selection as one stored ZIP, as of one position of the ledger: a notice, a list, the sums, and the scans under their paths
//! in the tree. Every byte follows from ledger rows, so a download goes on anywhere, on any node.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::table::{self, HEADERS};
use super::{Filter, Selections};
use crate::archive::lists::semicolon_row;
use crate::archive::packs::Loaded;
use crate::cache::Weighed;
use crate::domain::{Digest, naming};
use crate::formats::zip::{BadMember, Layout, Member, Segment};
use crate::ledger::LedgerError;
use crate::vault::Chunks;

/// Scans of one archive at most.
pub const MOST: usize = 100_000;
/// Scans that are read at a time.
const STEP: usize = 1_000;
/// What the tag of an archive covers beside its list. It names the layout: who changes a byte of it must change this.
const FORMAT: &[u8] = b"tutanak selection v1\n";

const NOTICE: &str = "UYARI.txt";
const LIST: &str = "liste.csv";
/// 2019 circular, art. 3/2.
const NOTICE_TEXT: &str = "\
Buradaki görüntüler, YSK'ca belirlenen süre sona ermeden hiçbir kişi veya kuruluşa verilemez, yayımlanamaz.\r
Bütün erişimler kayıt altına alınır ve denetlenir.\r
\r
liste.csv      Görüntülerin listesi (Excel).\r
SHA256SUMS     Görüntülerin SHA-256 özetleri; denetlemek için bu klasörde: sha256sum -c SHA256SUMS\r
tutanaklar/    Görüntüler; asıl dosyalar, gönderildikleri gibi.\r
";

/// Why a selection makes no archive.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The ledger did not answer.
    #[error("the selection could not be read")]
    Ledger(#[from] LedgerError),
    /// It has too many scans.
    #[error("the selection has more than {MOST} scans")]
    TooMany,
    /// It cannot be laid out.
    #[error("the selection cannot be laid out")]
    Layout(#[from] BadMember),
}

/// Everything about an archive but its scans' bytes.
#[derive(Debug)]
pub struct Plan {
    tag: Digest,
    modified: Timestamp,
    /// The members that are written here, the first ones.
    texts: Vec<Bytes>,
    /// Digest and bytes of each scan.
    scans: Vec<(Digest, u64)>,
    layout: Layout,
}

impl Weighed for Arc<Plan> {
    fn weight(&self) -> u64 {
        let texts: usize = self.texts.iter().map(Bytes::len).sum();
        texts as u64 + 400 * self.scans.len() as u64
    }
}

impl Plan {
    /// Bytes of the archive.
    #[expect(clippy::len_without_is_empty, reason = "no archive is empty")]
    pub fn len(&self) -> u64 {
        self.layout.len()
    }

    /// Its strong tag: over the list and the sums, of which the bytes are a function.
    pub fn tag(&self) -> Digest {
        self.tag
    }

    /// When its newest scan came.
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// How many scans are in it.
    pub fn scans(&self) -> usize {
        self.scans.len()
    }
}

/// A segment that borrows nothing.
enum Step {
    Literal(Bytes),
    Scan(Digest, u64, Range<u64>),
}

impl Selections {
    /// The archive of a selection, as of the first `size` entries.
    ///
    /// # Errors
    /// The database did not answer, or the selection is too large.
    pub async fn zip(&self, filter: &Filter, size: u64) -> Result<Arc<Plan>, ZipError> {
        let key = (filter.clone(), size);
        self.plans.get(&key, |_| true, || self.plan(filter, size)).await
    }

    async fn plan(&self, filter: &Filter, size: u64) -> Result<Arc<Plan>, ZipError> {
        // Never closed: who waits is let in.
        let _turn = self.planning.acquire().await;
        let (atlas, zone) = (self.atlas().await?, self.zone().await?);
        let (mut list, mut sums) = ("\u{feff}".as_bytes().to_vec(), String::new());
        semicolon_row(&mut list, &HEADERS);
        let (mut members, mut scans, mut modified) = (Vec::new(), Vec::new(), Timestamp::UNIX_EPOCH);
        let mut after = Some(String::new());
        while let Some(from) = after {
            let page = self.page(filter, &from, STEP, size).await?;
            if scans.len() + page.scans.len() > MOST {
                return Err(ZipError::TooMany);
            }
            let positions: Vec<u64> = page.scans.iter().map(|scan| scan.position).collect();
            let entries = self.ledger.entries_at(&positions).await?;
            let taken_back = self.ledger.taken_back(&positions, size).await?;
            for scan in &page.scans {
                semicolon_row(&mut list, &table::row(&atlas, &zone, scan, taken_back.contains(&scan.position)));
                let path = scan.path.path();
                sums.push_str(&format!("{}  {path}\n", scan.digest));
                let crc32 = entries.get(&scan.position).and_then(|entry| entry.crc32);
                let crc32 =
                    crc32.ok_or_else(|| LedgerError::Corrupt(format!("entry {} has no CRC-32", scan.position)))?;
                let at = table::at(scan);
                modified = modified.max(at);
                members.push(Member { name: path, size: scan.size, crc32, modified: at });
                scans.push((scan.digest, scan.size));
            }
            after = page.next;
        }
        let texts =
            [(NOTICE, Bytes::from_static(NOTICE_TEXT.as_bytes())), (LIST, list.into()), (naming::SUMS, sums.into())];
        let mut tag = Sha256::new_with_prefix(FORMAT);
        texts.iter().for_each(|(_, text)| tag.update(Digest::of(text).as_bytes()));
        let member = |(name, text): &(&str, Bytes)| Member {
            name: (*name).to_owned(),
            size: text.len() as u64,
            crc32: crc32fast::hash(text),
            modified,
        };
        let members = texts.iter().map(member).chain(members).collect();
        let texts = texts.into_iter().map(|(_, text)| text).collect();
        Ok(Arc::new(Plan { tag: Digest::finish(tag), modified, texts, scans, layout: Layout::new(members)? }))
    }

    /// Bytes `from..to` of an archive. Each scan is read whole and compared with its digest before any of its bytes is sent; the
    /// next one is read while one is sent.
    pub fn read(&self, plan: Arc<Plan>, from: u64, to: u64) -> Chunks {
        let steps = stream::unfold(from, move |at| {
            let step = plan.layout.segment(at, to).map(|segment| {
                let next = at + segment.len();
                let step = match segment {
                    Segment::Literal(bytes) => Step::Literal(bytes),
                    Segment::Part { member, range } => match plan.texts.get(member) {
                        Some(text) => Step::Literal(text.slice(range.start as usize..range.end as usize)),
                        None => {
                            let (digest, size) = plan.scans[member - plan.texts.len()];
                            Step::Scan(digest, size, range)
                        }
                    },
                };
                (step, next)
            });
            std::future::ready(step)
        });
        let packs = self.packs.clone();
        let loaded = steps.map(move |step| {
            let packs = packs.clone();
            async move {
                match step {
                    Step::Literal(bytes) => Ok(Loaded::of(bytes)),
                    Step::Scan(digest, size, range) => packs.scan(digest, size, range).await,
                }
            }
        });
        loaded.buffered(2).map_ok(|loaded| loaded.pieces().map(Ok)).try_flatten().boxed()
    }
}
