//! The plain texts of a medium. With a byte order mark and Windows' line ends, so that any editor shows them right.

use super::pages::Facts;
use crate::formats::bag::{MANIFEST, SIGNATURE, SIGNER, TAGS};
use crate::formats::sign::NAMESPACE;

/// How to check the bag, on Windows and elsewhere, with what is installed there already.
pub fn how_to_check(facts: &Facts) -> String {
    let Facts { origin, size, root, fingerprint, .. } = facts;
    windows(&format!(
        "\
BU ORTAM NASIL DENETLENİR

1. Özetler: her dosya, yazıldığı gibi mi?

   Windows (PowerShell; bu klasörde açın):
     foreach ($liste in '{MANIFEST}', '{TAGS}') {{
       Get-Content -Encoding UTF8 $liste | ForEach-Object {{
         $ozet, $dosya = $_ -split '  ', 2
         if ((Get-FileHash -Algorithm SHA256 -LiteralPath $dosya).Hash -ne $ozet) {{ \"BOZUK: $dosya\" }}
       }}
     }}
     Hiçbir satır yazmazsa bütün dosyalar doğrudur.
   Windows (komut istemi), tek dosya:
     certutil -hashfile data\\listeler\\tutanaklar.csv SHA256
   Linux, macOS:
     sha256sum -c --quiet {MANIFEST} && sha256sum -c --quiet {TAGS}

2. İmza: özetleri {origin} mi imzaladı?

   Windows (komut istemi), Linux, macOS; ssh-keygen bunların hepsinde vardır:
     ssh-keygen -Y verify -f {SIGNER} -I {origin} -n {NAMESPACE} -s {SIGNATURE} < {TAGS}
     \"Good\" ve anahtarın parmak izini yazmalıdır. Parmak izi, teslim tutanağında yazanla aynı olmalıdır:
     {fingerprint}

3. Defter: her görüntü, herkesin gördüğü defterde mi?

   tutanak verify BU_KLASOR
   tutanak verify BU_KLASOR --checkpoint BASKASININ_CHECKPOINT_DOSYASI
   Bu ortam, defterin ilk {size} kaydına dayanır; kök özet:
     {root}
   Her görüntünün yanındaki .tlog-proof dosyası, onun bu defterde olduğunun kanıtıdır (c2sp.org/tlog-proof).

Ayrıca her BagIt programı: bagit.py --validate BU_KLASOR
"
    ))
}

/// The notice before the scans.
pub fn notice(facts: &Facts) -> String {
    let Facts { election, place, candidate, request, number, of, size, .. } = facts;
    windows(&format!(
        "\
TARANMIŞ TUTANAKLAR - {election}
{place}

UYARI
Buradaki görüntüler, YSK'ca belirlenen süre sona ermeden hiçbir kişi veya kuruluşa verilemez, yayımlanamaz.

{candidate} için, {request} numaralı talep üzerine hazırlanmıştır (ortam {number}/{of}, defterin ilk {size} kaydı).

  tutanaklar/    Görüntüler: il / ilçe-kurul / mahalle / sandık-tür-form-sayfa.vSÜRÜM.png
                 Yanında .tlog-proof: defterde olduğunun kanıtı. SHA256SUMS: klasördeki görüntülerin özetleri.
  listeler/      Bütün görüntüler, her sayfanın en yeni sürümü, sonradan değişenler, henüz gelmemişler.
  defter/        İmzalı kayıt özeti (checkpoint), imza anahtarları, defterin özet ağacı.

Gezmek için bir üst klasördeki INDEX.html dosyasını açın; denetlemek için DOGRULA.txt dosyasına bakın.
"
    ))
}

/// How to open an encrypted medium.
pub fn how_to_open(facts: &Facts, files: &[String]) -> String {
    let Facts { place, candidate, request, number, of, .. } = facts;
    let all = files.join(" ");
    // Not through a pipe: Windows PowerShell takes what goes through one for text.
    let each = |file: &String| {
        let tar = file.trim_end_matches(".age");
        format!("     age -d -i ANAHTAR.txt -o KLASOR/{tar} {file}\n     tar -x -f KLASOR/{tar} -C KLASOR\n")
    };
    let each: String = files.iter().map(each).collect();
    windows(&format!(
        "\
ŞİFRELİ TESLİMAT

{candidate}, {place}: {request} numaralı talep, ortam {number}/{of}.

Bu ortamdaki dosyalar yalnızca alıcının anahtarıyla açılır (https://age-encryption.org):
  {all}

  1. Dosyalar yazıldığı gibi mi?
     sha256sum -c SHA256SUMS
  2. Açın (boş bir KLASOR hazırlayın; Windows'ta tar hazır gelir):
{each}  3. KLASOR içindeki INDEX.html ile gezin, DOGRULA.txt ile denetleyin.
"
    ))
}

fn windows(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}
