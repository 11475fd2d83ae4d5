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
  SHA256SUMS-ILCE, indir.meta4
                 Her ilçe (kurul) klasöründe: altındaki bütün görüntülerin özetleri; aynısı aria2 gibi indirme programları için.
  paketler/      Aynı görüntüler kayıt sırasıyla 256'şar kayıtlık ZIP paketleri hâlinde: paketler/000/000/041.zip
                 10496-10751 numaralı kayıtlardır. İçinde önce kayıtların kendisi (girdiler.jsonl), sonra görüntüler
                 tutanaklar/... yollarıyla bulunur; aynı yere açılan paketler tutanaklar/ klasörünü verir. Dolan paket bir
                 daha değişmez. Dolmamış son paket 042.p/37.zip gibi adlarla (ilk 37 kayıt), en çok 15 saniyede bir
                 yenilenir. Bir sandığa bağlanamamış görüntünün yalnız kaydı vardır; görüntüsü bağlandığında gelir.
  listeler/      Bütün görüntüler (tutanaklar.csv), her sayfanın en yeni sürümü (guncel.csv), sonradan değişenler
                 (degisiklikler.csv), henüz gelmemiş tutanaklar (eksikler.csv); ayrıca her il için. Excel içindir;
                 programlar için virgüllüsü: ...-virgul.csv.

Bir dosya yolunun içeriği hiçbir zaman değişmez. Yeniden taranan sayfa .v2.png, .v3.png ... olarak eklenir; eskisi kalır.
Bu yüzden boyutu ve zamanı aynı olan dosyayı yeniden almak gerekmez.

TOPLU İNDİRME
  Ya tutanaklar/ ya da paketler/ klasörünü indirin, ikisini birden değil: içlerindeki görüntüler aynıdır. Paketler çok daha
  az istekle iner; dolmamış paketleri (.p ile biten klasörler) almaya gerek yoktur.
  lftp:    lftp -u KULLANICI -e 'set ftp:ssl-force true; mirror -c --parallel=8 /tutanaklar tutanaklar; quit' SUNUCU
           lftp -u KULLANICI -e 'set ftp:ssl-force true; mirror -c -x [.]p/ /paketler paketler; quit' SUNUCU
  rclone:  rclone copy --transfers 8 :ftp:tutanaklar tutanaklar --ftp-host SUNUCU --ftp-user KULLANICI --ftp-explicit-tls
  wget:    wget -r -np -nH -c --user KULLANICI --ask-password https://SUNUCU/arsiv/tutanaklar/
  Kesilen indirme kaldığı yerden sürer (REST, Range).

DENETLEME
  Linux:    SHA256SUMS bulunan klasörde: sha256sum -c SHA256SUMS
            ilçe klasöründe hepsi birden: sha256sum -c SHA256SUMS-ILCE
            paketin yanında: sha256sum -c 041.zip.sha256
  Windows:  Get-FileHash -Algorithm SHA256 DOSYA.png
"
    )
}
