//! The hand-over receipt: what was given to whom, with the values by which the medium can be held against the paper.

use jiff::tz::TimeZone;

use super::pages::Facts;
use crate::domain::Digest;
use crate::domain::words::Hidden;
use crate::paper::Paper;

/// A medium that was written and read back.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// What the medium says of itself.
    pub facts: Facts,
    /// The petition.
    pub reason: String,
    /// Both operators.
    pub operators: String,
    /// When it was finished.
    pub at: jiff::Timestamp,
    /// Scans on it.
    pub scans: u64,
    /// Files on it.
    pub files: u64,
    /// Bytes on it.
    pub bytes: u64,
    /// SHA-256 of the bag's tag manifest.
    pub digest: Digest,
    /// The medium's own number; empty where it has none that can be read.
    pub serial: String,
    /// Whom it is encrypted to; empty where it is not.
    pub sealed: String,
}

impl HandOver {
    /// The lines of the receipt: a name and a value each.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let Facts { origin, election, request, candidate, place, size, root, fingerprint, number, of, zone, .. } =
            &self.facts;
        let or_none = |text: &str| if text.is_empty() { "okunamadı".to_owned() } else { text.to_owned() };
        let sealed = if self.sealed.is_empty() { "hayır".to_owned() } else { format!("evet, {}", self.sealed) };
        vec![
            ("Seçim", election.clone()),
            ("Talep", format!("{request} ({})", self.reason)),
            ("Aday", candidate.clone()),
            ("Seçim çevresi", place.clone()),
            ("Ortam", format!("{number} / {of}")),
            ("Ortamın seri no", or_none(&self.serial)),
            ("Şifreli", sealed),
            ("Görüntü", self.scans.to_string()),
            ("Dosya", self.files.to_string()),
            ("Bayt", self.bytes.to_string()),
            ("Defter", origin.clone()),
            ("Kayıt sayısı", size.to_string()),
            ("Kök özet", root.clone()),
            ("Etiket özeti", self.digest.to_string()),
            ("İmza anahtarı", fingerprint.clone()),
            ("Yazan görevliler", self.operators.clone()),
            ("Yazıldığı zaman", shown(self.at, zone)),
        ]
    }

    /// The receipt as text.
    pub fn text(&self) -> String {
        let mut text = format!("{TITLE}\n{}\n\n", "=".repeat(TITLE.chars().count()));
        for (name, value) in self.lines() {
            let value: String =
                value.chars().map(|letter| if Hidden::of(letter).is_some() { ' ' } else { letter }).collect();
            text.push_str(&format!("{name:<NAMES$} {value}\n"));
        }
        text.push_str(&format!("\n{NOTICE}\n\n\n"));
        for who in SIGNERS {
            text.push_str(&format!("{who:<NAMES$} ad, tarih, imza: ______________________________________\n\n"));
        }
        text
    }
}

/// A receipt's text as a sheet to be signed. It is made from the text because that is what was recorded: a sheet that is
/// printed years later says the same.
pub fn pdf(text: &str) -> Vec<u8> {
    let mut paper = Paper::new("Teslim tutanağı");
    paper.page();
    paper.title(TITLE);
    paper.rule();
    // Behind the title and its line stand the names and values, up to the first empty line.
    for line in text.lines().skip(3).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_at(line.char_indices().nth(NAMES).map_or(line.len(), |(at, _)| at));
        paper.field(name.trim_end(), value.trim_start());
    }
    paper.rule();
    paper.text(&NOTICE.replace('\n', " "));
    for who in SIGNERS {
        paper.space(14.0);
        paper.keep_together(4);
        paper.field(who, "");
        paper.field("Ad, soyad", "");
        paper.field("Tarih, imza", "");
    }
    paper.finish()
}

/// Letters of a name's column in the text.
const NAMES: usize = 18;
/// What stands on top.
pub const TITLE: &str = "TESLİM TUTANAĞI - TARANMIŞ TUTANAKLARI İÇEREN ORTAM";
/// What the candidate is told.
pub const NOTICE: &str = "\
Ortamdaki görüntüler, YSK'ca belirlenen süre sona ermeden hiçbir kişi veya kuruluşa verilemez,
yayımlanamaz. Ortamın eksiksiz ve değiştirilmemiş olduğu DOGRULA.txt dosyasındaki komutlarla
denetlenir; yukarıdaki değerler ortamdakilerle aynı olmalıdır.";
/// Who signs.
pub const SIGNERS: [&str; 2] = ["Teslim eden", "Teslim alan"];

fn shown(at: jiff::Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d.%m.%Y %H:%M:%S").to_string()
}
