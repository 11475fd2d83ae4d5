//! Receipts on paper: for a board's own files, as PDF. What is signed is the JSON; the sheet says what stands in it.

use jiff::tz::TimeZone;

use super::Receipt;
use crate::domain::routing::ParkReason;
use crate::paper::Paper;

/// A receipt with what people call its form.
#[derive(Clone, Debug)]
pub struct Named {
    /// The receipt.
    pub receipt: Receipt,
    /// The form in words; none where it is parked.
    pub form: Option<String>,
}

/// What stands on top of every sheet.
#[derive(Clone, Debug)]
pub struct Head {
    /// The election.
    pub election: String,
    /// The board.
    pub board: String,
    /// Who prints it, and when.
    pub printed: String,
    /// The zone in which times are written.
    pub zone: TimeZone,
}

/// One document with all of them, in their order.
pub fn pdf(head: &Head, receipts: &[Named]) -> Vec<u8> {
    let mut paper = Paper::new("Taranmış tutanakların alındı belgesi");
    paper.page();
    paper.title("Taranmış Tutanakların Alındı Belgesi");
    paper.field("Seçim", &head.election);
    paper.field("Kurul", &head.board);
    paper.field("Yazdıran", &head.printed);
    paper.field("Görüntü", &receipts.len().to_string());
    paper.rule();
    for named in receipts {
        one(&mut paper, named, &head.zone);
        paper.rule();
    }
    paper.text(
        "Bu belge makbuzların dökümüdür. İmzalı asılları JSON dosyalarıdır; kayıt sırası ve yaprak özeti, kaydın deftere \
         (saydamlık günlüğüne) girdiğini denetlemeye yeter.",
    );
    paper.finish()
}

fn one(paper: &mut Paper, Named { receipt, form }: &Named, zone: &TimeZone) {
    let Receipt { position, leaf, sha256, path, reason, at, signature, .. } = receipt;
    let revision = receipt.form.as_ref().map(|form| (form.page.unwrap_or(1), form.revision.unwrap_or(1)));
    paper.keep_together(9);
    paper.field("Kayıt sırası", &position.to_string());
    paper.field("Alındığı zaman", &at.to_zoned(zone.clone()).strftime("%d.%m.%Y %H:%M:%S").to_string());
    match (path, reason) {
        (Some(path), by_hand) => {
            paper.field("Durum", if by_hand.is_some() { "bağlandı (elle)" } else { "bağlandı" });
            paper.field("Tutanak", form.as_deref().unwrap_or("-"));
            if let Some((page, revision)) = revision {
                paper.field("Sayfa, sürüm", &format!("{page}, {revision}"));
            }
            paper.field("Dosya", path);
        }
        (None, reason) => {
            let why = reason.as_deref().and_then(ParkReason::from_name).map_or("", ParkReason::turkish);
            paper.field("Durum", "saklandı, henüz bir tutanağa bağlanmadı");
            paper.field("Neden", why);
        }
    }
    paper.field("SHA-256", &sha256.map(|digest| digest.to_string()).unwrap_or_default());
    paper.field("Yaprak özeti", leaf);
    paper.field("İmza", signature.as_deref().unwrap_or_default());
}
