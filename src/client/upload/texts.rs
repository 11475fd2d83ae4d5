//! What people read beside a scan that was not simply linked: why, and what to do. Turkish, for a clerk at night.

use super::whole::Unsound;
use crate::domain::routing::ParkReason;
use crate::domain::words::shown;

/// Why a scan was parked, and what helps.
pub fn parked(reason: &str) -> (&'static str, &'static str) {
    let Some(reason) = ParkReason::from_name(reason) else {
        return ("Görüntü bir tutanağa bağlanamadı.", "Elle bağlanmasını isteyin.");
    };
    let what = match reason {
        ParkReason::NoCode => {
            "Tutanağı, karekodlar görünecek biçimde, düz ve en az 200 dpi ile yeniden tarayıp tarayıcı klasörüne koyun. \
             Kağıtta karekod yoksa ya da okunmayacak kadar zarar görmüşse bu görüntünün elle bağlanmasını isteyin."
        }
        ParkReason::UnknownCode => {
            "Kağıdın bu seçime ait olduğunu denetleyin. Sandık sonradan eklendiyse, eklendikten sonra bu dosyayı yeniden \
             tarayıcı klasörüne koyun; aksi halde elle bağlanmasını isteyin."
        }
        ParkReason::CodesDisagree => {
            "Taramada iki kağıt üst üste gelmiş olabilir: her kağıdı ayrı ayrı yeniden tarayın. Kağıdın kendisi böyleyse \
             elle bağlanmasını isteyin."
        }
        ParkReason::OtherBoard => "Kağıdı ilgili ilçe seçim kuruluna ulaştırın; onu o kurul tarayıp gönderir.",
        ParkReason::SameBytesOtherForm => {
            "Bir kağıt iki tutanak olamaz. Kağıdı yeniden tarayın ve durumu ilçe seçim kuruluna bildirin."
        }
        ParkReason::TooSmall => {
            "Bu bir küçük resim ise asıl taramayı gönderin; o gönderildiyse bir şey yapmanız gerekmez. Kağıdı siz \
             taradıysanız en az 200 dpi ile yeniden tarayın; görüntü gerçekten bu boydaysa elle bağlanmasını isteyin."
        }
    };
    (reason.turkish(), what)
}

/// The text beside a parked scan.
pub fn beside_parked(file: &str, digest: &str, position: u64, reason: &str) -> String {
    let ((why, what), file) = (parked(reason), shown(file));
    format!(
        "Bu görüntü alındı ve saklanıyor, ancak hiçbir tutanağa bağlanmadı.\r\n\r\n\
         Dosya : {file}\r\n\
         Neden : {why} ({reason})\r\n\
         Ne yapmalı: {what}\r\n\r\n\
         Kayıt sırası: {position}\r\n\
         SHA-256     : {digest}\r\n\
         Makbuz      : makbuzlar/{digest}.json\r\n"
    )
}

/// The text beside a file that is no sound scan.
pub fn beside_damaged(file: &str, why: &str) -> String {
    let file = shown(file);
    format!(
        "Bu dosya GÖNDERİLMEDİ: sağlam bir tarama görüntüsü değil.\r\n\r\n\
         Dosya : {file}\r\n\
         Neden : {why}\r\n\
         Ne yapmalı: Kağıdı yeniden tarayın. Tarayıcı PNG kaydetmeli ve tarama bitmeden dosyaya dokunulmamalıdır.\r\n"
    )
}

/// What is wrong with a file, before anybody else looked at it.
pub fn unsound(why: &Unsound) -> String {
    match why {
        Unsound::TooLong(bytes) => format!("Dosya {} MB; bu kadar büyük bir tarama kabul edilmez.", bytes / 1_000_000),
        Unsound::Frame(error) => error.turkish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_parking_has_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for reason in ParkReason::ALL {
            let text = beside_parked("a.png", "00", 7, reason.name());
            assert!(text.contains(reason.name()) && text.contains("Ne yapmalı"), "{text}");
            assert!(seen.insert(parked(reason.name())));
        }
        assert!(seen.insert(parked("something new")), "a reason of a newer service has words too");
    }
}
