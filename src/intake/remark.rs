//! What stands beside a receipt for whoever scanned: how the page was scanned, what is wrong with the file, which code on
//! the page counted for nothing. It decides nothing, and no signature covers it.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::domain::Karekod;
use crate::reading::scanner::Advice;
use crate::reading::{ChunkFault, Flaw};

/// One thing to know about a scan that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// How it was scanned.
    Scan(Advice),
    /// A fault of the file, which was passed over.
    File(Flaw),
    /// A code that the registry does not know, beside the one that the scan was linked by.
    StrangeCode(Karekod),
}

impl Remark {
    /// The name by which programs know it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Scan(advice) => advice.kind(),
            Self::File(Flaw::Chunk { fault: ChunkFault::Checksum, .. }) => "file-chunk-checksum",
            Self::File(Flaw::Chunk { fault: ChunkFault::Place, .. }) => "file-chunk-place",
            Self::File(Flaw::Chunk { fault: ChunkFault::Content, .. }) => "file-chunk-content",
            Self::File(Flaw::MorePixels { .. }) => "file-more-pixels",
            Self::File(Flaw::BehindPixels) => "file-bytes-behind-pixels",
            Self::File(Flaw::BehindEnd { .. }) => "file-bytes-behind-end",
            Self::StrangeCode(_) => "strange-code",
        }
    }

    /// What a clerk reads.
    pub fn turkish(&self) -> Cow<'static, str> {
        let flaw = match self {
            Self::Scan(advice) => return advice.turkish().into(),
            Self::StrangeCode(code) => {
                return format!("Sayfada kayıtlarda olmayan bir kod da var ({code}); dikkate alınmadı.").into();
            }
            Self::File(Flaw::Chunk { chunk, fault, .. }) => match fault {
                ChunkFault::Checksum => format!("{chunk} parçasının denetim toplamı yanlış"),
                ChunkFault::Place => format!("{chunk} parçası yerinde değil ya da birden çok"),
                ChunkFault::Content => format!("{chunk} parçasının içeriği geçersiz"),
            },
            Self::File(Flaw::MorePixels { bytes }) => {
                format!("görüntü verisi (IDAT), başlıkta (IHDR) yazandan {bytes} bayt fazla")
            }
            Self::File(Flaw::BehindPixels) => "görüntü verisinin (IDAT) ardında fazladan baytlar var".to_owned(),
            Self::File(Flaw::BehindEnd { bytes }) => format!("görüntünün sonundan (IEND) sonra {bytes} bayt daha var"),
        };
        format!("Tarayıcı dosyayı kusurlu yazıyor: {flaw}. Sayfa eksiksiz alındı; tarayıcının yazılımını güncelletin.")
            .into()
    }

    /// The same in English.
    pub fn english(&self) -> Cow<'static, str> {
        match self {
            Self::Scan(advice) => advice.english().into(),
            Self::StrangeCode(code) => {
                format!("There is also a code on the page that the registry does not know ({code}); it was ignored.")
                    .into()
            }
            Self::File(flaw) => {
                let says = "The page was taken in whole; have the scanner's software updated.";
                format!("The scanner writes faulty files: {flaw}. {says}").into()
            }
        }
    }
}

/// As an object with its name and both sentences: whoever shows it needs no list of ours.
impl Serialize for Remark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Remark", 3)?;
        object.serialize_field("kind", self.kind())?;
        object.serialize_field("tr", &self.turkish())?;
        object.serialize_field("en", &self.english())?;
        object.end()
    }
}
