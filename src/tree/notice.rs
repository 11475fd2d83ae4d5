//! `OKU-BENI.txt`: the notice that parties must read before they pass anything on, and how to copy and check the tree.

use crate::domain::Election;

/// The notice. 2019 circular art. 3/2: nothing is passed on before the time that YSK sets has ended.
pub(super) fn text(election: Option<&Election>) -> String {
    let name = election.map_or("(henüz seçim tanımlanmadı)", Election::name);
    format!(
        "\
TARANMIŞ TUTANAKLAR - {name}

UYARI
Buradaki görüntüler, YSK'ca belirlenen süre sona ermeden hiçbir kişi veya kuruluşa verilemez, yayımlanamaz.
Bütün erişimler kayıt altına alınır ve denetlenir.

NE NEREDE
  durum.json     Son kaydın sırası ve zamanı, imzalı kayıt özeti. Yenilik var mı diye yalnız bu küçük dosyaya bakın.
  tutanaklar/    Görüntüler: il / ilçe-kurul / mahalle / sandık-tür-form-sayfa.vSÜRÜM.png
  SHA256SUMS     Görüntü bulunan her klasörde: o klasördeki görüntülerin SHA-256 özetleri.

Bir dosya yolunun içeriği hiçbir zaman değişmez. Yeniden taranan sayfa .v2.png, .v3.png ... olarak eklenir; eskisi kalır.
Bu yüzden boyutu ve zamanı aynı olan dosyayı yeniden almak gerekmez.

TOPLU İNDİRME
  lftp:    lftp -u KULLANICI -e 'set ftp:ssl-force true; mirror -c --parallel=8 / tutanak; quit' SUNUCU
  rclone:  rclone copy --transfers 8 :ftp: tutanak --ftp-host SUNUCU --ftp-user KULLANICI --ftp-explicit-tls
  wget:    wget -r -np -nH -c --user KULLANICI --ask-password https://SUNUCU/arsiv/
  Kesilen indirme kaldığı yerden sürer (REST, Range).

DENETLEME
  Linux:    SHA256SUMS bulunan klasörde: sha256sum -c SHA256SUMS
  Windows:  Get-FileHash -Algorithm SHA256 DOSYA.png
"
    )
}
