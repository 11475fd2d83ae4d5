//! Why a file is no page, as the people who scanned it read it: the chunk by its name, and what is wrong with it.

use super::{Damage, PngError};

impl PngError {
    /// One sentence.
    pub fn turkish(&self) -> String {
        match self {
            Self::Empty => "Dosya boş.".to_owned(),
            Self::NotPng => "Dosya bir PNG değil.".to_owned(),
            Self::Truncated { chunk, at } if chunk == "?" => {
                format!("PNG yarım: {at}. bayttan sonra, sonu (IEND) gelmeden bitiyor.")
            }
            Self::Truncated { chunk, at } => format!("PNG yarım: {chunk} parçası ({at}. bayt) tamamlanmadan bitiyor."),
            Self::WrongCrc { chunk, at } => {
                format!("PNG bozuk: {chunk} parçasının ({at}. bayt) denetim toplamı yanlış.")
            }
            Self::Misplaced { chunk, at } => format!("PNG bozuk: {chunk} parçası ({at}. bayt) yerinde değil."),
            Self::NoType { chunk, at } => {
                format!("PNG bozuk: {at}. baytta olması gereken parça yok; orada {chunk} yazıyor.")
            }
            Self::SecondImage { at } => {
                format!("Dosyada birden çok görüntü var (ikincisi {at}. baytta). Her sayfayı ayrı bir PNG yapın.")
            }
        }
    }
}

impl Damage {
    /// One sentence.
    pub fn turkish(&self) -> String {
        let what = match self {
            Self::Frame(error) => return error.turkish(),
            Self::NoPixels { width, height } => {
                return format!("PNG bozuk: başlığa (IHDR) göre görüntü {width} × {height} piksel.");
            }
            Self::Form { colour, depth } => {
                return format!("PNG bozuk: başlıktaki (IHDR) {colour} numaralı renk türü {depth} bit ile olamaz.");
            }
            Self::Filter { filter } => {
                return format!("PNG bozuk: görüntü verisinde (IDAT) bilinmeyen bir satır süzgeci var ({filter}).");
            }
            Self::Method { .. } => "başlıkta (IHDR) bilinmeyen bir sıkıştırma, süzgeç ya da geçiş yöntemi yazıyor",
            Self::Palette => "renk paleti (PLTE) yok ya da geçersiz",
            Self::Deflate => "görüntü verisinin (IDAT) sıkıştırması bozuk, açılamıyor",
            Self::Hollow => "görüntü verisi (IDAT) içi boş bloklardan oluşuyor",
            Self::Checksum => "görüntü verisi (IDAT) kendi denetim toplamını (Adler-32) tutmuyor",
            Self::NoChecksum => "görüntü verisi (IDAT) kendi denetim toplamı (Adler-32) gelmeden bitiyor",
            Self::Short => "görüntü verisi (IDAT) son satırdan önce bitiyor",
            Self::Long => "görüntü verisi (IDAT) başlıkta (IHDR) yazandan çok fazla; sayfanın sonu görünmez",
        };
        format!("PNG bozuk: {what}.")
    }
}
