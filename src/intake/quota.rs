//! How much a board may bring: bytes in all, and scans that cannot be linked. Both follow from the forms that the board is
//! to send, and are far above what any board needs; a stolen token must not fill the disk for everybody.
//!
//! What is not over: a scan that the board sent before, and the first scan of a form of its own, whatever else it sent. So
//! a board whose share is full of rubbish still gets its records in.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::clock::Clock;
use crate::domain::routing::Finding;
use crate::domain::{BoardId, Digest, Sender};
use crate::ledger::board::ParkedUse;
use crate::ledger::{Ledger, LedgerError};

/// How long a board's use is believed, in milliseconds; what this node takes in meanwhile is added to it.
const FRESH: i64 = 5_000;
/// The same of the number of its forms, which walks over all of them: it changes when boxes are added.
const FORMS_FRESH: i64 = 10 * 60_000;

/// What a board may bring.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotaLimits {
    /// Forms that every board is given beside the ones that it is to send.
    pub spare_forms: NonZeroU64,
    /// Bytes for each form, its revisions and pages together.
    pub bytes_per_form: NonZeroU64,
    /// Bytes for each form that may wait without being linked. As many scans may wait as there are forms.
    pub parked_bytes_per_form: NonZeroU64,
}

impl Default for QuotaLimits {
    fn default() -> Self {
        let bytes = |mebibytes: u64| NonZeroU64::MIN.saturating_add((mebibytes << 20) - 1);
        // A colour page at 300 dpi has 4.4 MB, and boards send mostly grey ones of a tenth of that.
        Self {
            spare_forms: NonZeroU64::MIN.saturating_add(199),
            bytes_per_form: bytes(20),
            parked_bytes_per_form: bytes(5),
        }
    }
}

/// What a board has brought, or may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Bytes of all its scans.
    pub bytes: u64,
    /// Scans that wait to be linked.
    pub parked: u64,
    /// Bytes of these.
    pub parked_bytes: u64,
}

/// A board has brought as much as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverQuota {
    /// Scans that cannot be linked.
    #[error("the board has {} scans of {} bytes waiting to be linked; it may have {} of {}", .used.parked, .used.parked_bytes, .may.parked, .may.parked_bytes)]
    Parked {
        /// What there is.
        used: Use,
        /// What there may be.
        may: Use,
    },
    /// Bytes in all.
    #[error("the board has sent {} bytes; it may send {}", .used.bytes, .may.bytes)]
    Bytes {
        /// What there is.
        used: Use,
        /// What there may be.
        may: Use,
    },
}

impl OverQuota {
    /// What election users are told.
    pub fn turkish(&self) -> String {
        let mb = |bytes: u64| bytes >> 20;
        match self {
            Self::Parked { used, may } => format!(
                "Kurulunuzun bağlanamayan görüntüleri için ayrılan yer doldu: {} görüntü, {} MiB (sınır {} görüntü, {} MiB). Bu \
                 görüntü alınmadı. Karekodu okunan kendi tutanaklarınız alınmaya devam eder. Eşleşmeyenler sayfasındakileri elle \
                 bağlayın, tutanak olmayan sayfaları göndermeyin; sınır yetmiyorsa SKGM'den artırılmasını isteyin.",
                used.parked,
                mb(used.parked_bytes),
                may.parked,
                mb(may.parked_bytes)
            ),
            Self::Bytes { used, may } => format!(
                "Kurulunuzun görüntüleri için ayrılan yer doldu: {} MiB (sınır {} MiB). Bu görüntü alınmadı. Henüz gelmemiş \
                 tutanaklarınız alınmaya devam eder; yeniden tarama için SKGM'den sınırın artırılmasını isteyin. Tarayıcıyı gri ve \
                 200–300 dpi'ye ayarlayın.",
                mb(used.bytes),
                mb(may.bytes)
            ),
        }
    }
}

/// What a board has brought, and what it may.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// What it has brought.
    pub used: Use,
    /// What it may bring.
    pub may: Use,
}

/// A board's use, as of a moment ago.
#[derive(Clone, Copy, Debug)]
struct Cached {
    at_ms: i64,
    used: Use,
    may: Use,
    forms: u64,
    forms_at_ms: i64,
}

/// The quotas of all boards. Clones share the cache.
#[derive(Clone, Debug)]
pub struct Quotas {
    limits: QuotaLimits,
    ledger: Ledger,
    clock: Clock,
    /// A thousand boards.
    cached: Arc<Mutex<HashMap<BoardId, Cached>>>,
}

impl Quotas {
    /// Quotas by these limits.
    pub fn new(limits: QuotaLimits, ledger: Ledger, clock: Clock) -> Self {
        Self { limits, ledger, clock, cached: Arc::default() }
    }

    /// What a board has brought, and what it may.
    ///
    /// # Errors
    /// The ledger did not answer.
    pub async fn of(&self, sender: &Sender) -> Result<Quota, LedgerError> {
        let Cached { used, may, .. } = self.cached(sender).await?;
        Ok(Quota { used, may })
    }

    /// Whether the board may bring this scan.
    ///
    /// # Errors
    /// The ledger did not answer; or, inside, why not.
    pub(super) async fn allow(
        &self,
        sender: &Sender,
        digest: Digest,
        size: u64,
        finding: &Finding,
    ) -> Result<Result<(), OverQuota>, LedgerError> {
        let Cached { used, may, .. } = self.cached(sender).await?;
        let own = match finding {
            Finding::Form { form, own: true, .. } => Some(form),
            _ => None,
        };
        let over = if own.is_none() && (used.parked >= may.parked || used.parked_bytes + size > may.parked_bytes) {
            OverQuota::Parked { used, may }
        } else if used.bytes + size > may.bytes {
            OverQuota::Bytes { used, may }
        } else {
            return Ok(Ok(()));
        };
        let first = match own {
            Some(form) => !self.ledger.on_file_now(&[form.key()]).await?.contains_key(&form.key()),
            None => false,
        };
        let sent_before = first || !self.ledger.sent_before(&sender.board, &[digest]).await?.is_empty();
        Ok(if sent_before { Ok(()) } else { Err(over) })
    }

    /// The board has brought a new scan.
    pub(super) fn took(&self, board: &BoardId, size: u64, parked: bool) {
        if let Some(cached) = self.lock().get_mut(board) {
            cached.used.bytes += size;
            if parked {
                cached.used.parked += 1;
                cached.used.parked_bytes += size;
            }
        }
    }

    async fn cached(&self, Sender { board, place }: &Sender) -> Result<Cached, LedgerError> {
        let now = self.clock.now().as_millisecond();
        let before = self.lock().get(board).copied();
        let fresh = |at: i64, within: i64| (0..within).contains(&(now - at));
        if let Some(cached) = before.filter(|cached| fresh(cached.at_ms, FRESH)) {
            return Ok(cached);
        }
        let (forms, forms_at_ms) = match before.filter(|cached| fresh(cached.forms_at_ms, FORMS_FRESH)) {
            Some(cached) => (cached.forms, cached.forms_at_ms),
            None => match self.ledger.election().await? {
                Some(stored) => {
                    let reach = self.ledger.reach(place).await?;
                    (self.ledger.board_counts(&reach, &stored.election).await?.expected, now)
                }
                None => (0, now),
            },
        };
        let factor = self.ledger.quota_factor(board).await?;
        let bytes = self.ledger.bytes_of(board).await?;
        let ParkedUse { scans: parked, bytes: parked_bytes } = self.ledger.parked_use(board).await?;
        let share = forms.saturating_add(self.limits.spare_forms.get()).saturating_mul(factor);
        let may = Use {
            bytes: share.saturating_mul(self.limits.bytes_per_form.get()),
            parked: share,
            parked_bytes: share.saturating_mul(self.limits.parked_bytes_per_form.get()),
        };
        let cached = Cached { at_ms: now, used: Use { bytes, parked, parked_bytes }, may, forms, forms_at_ms };
        self.lock().insert(board.clone(), cached);
        Ok(cached)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BoardId, Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner) // each statement leaves it consistent
    }
}
