//! The slip on which somebody is given the first password: printed once, as text and as a page of PDF.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::access::own_password::SLIP_HOURS;
use crate::paper::Paper;

/// What stands on a slip. It is made once and never kept.
#[derive(Clone, Debug, Serialize)]
pub struct Slip {
    /// The party, candidate or board, as people know it.
    pub account: String,
    /// Whose it is.
    pub name: String,
    /// The login.
    pub login: String,
    /// The first password.
    pub password: String,
    /// From then on it is refused.
    pub until: Timestamp,
}

/// Where people in Türkiye read the time.
const ZONE: &str = "Europe/Istanbul";

impl Slip {
    /// The time until which it holds, as people read it.
    fn until_shown(&self) -> String {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        self.until.to_zoned(zone).strftime("%d.%m.%Y %H:%M").to_string()
    }

    fn rules(&self) -> [String; 3] {
        [
            format!("Bu parola {} tarihine kadar ({SLIP_HOURS} saat) geçerlidir ve yalnız bir kez kullanılabilir.", self.until_shown()),
            "İlk girişte parola değiştirilir; değiştirilinceye kadar başka hiçbir işlem yapılamaz. Yeni parola en az 15 karakterdir."
                .to_owned(),
            "Bu kâğıt kişiye özeldir; başkasına verilmez, parola değiştirilince imha edilir. Bütün erişimler kaydedilir."
                .to_owned(),
        ]
    }

    /// As text, with the address of the site.
    pub fn text(&self, site: &str) -> String {
        let Self { account, name, login, password, .. } = self;
        let rules = self.rules().map(|rule| format!("- {rule}\n")).concat();
        format!(
            "SSPS TUTANAK SİTESİ - İLK PAROLA\n\nParti / aday / kurul : {account}\nAdı soyadı           : {name}\n\
             Adres                : {site}/giris\nKullanıcı adı        : {login}\nİlk parola           : {password}\n\n{rules}"
        )
    }

    /// Adds its page.
    fn page(&self, paper: &mut Paper, site: &str) {
        paper.page();
        paper.title("SSPS Tutanak Sitesi — İlk Parola");
        paper.rule();
        paper.field("Parti / aday / kurul", &self.account);
        paper.field("Adı soyadı", &self.name);
        paper.field("Adres", &format!("{site}/giris"));
        paper.field("Kullanıcı adı", &self.login);
        paper.space(6.0);
        paper.secret("İlk parola", &grouped(&self.password));
        paper.text("Gruplar arasındaki boşluklar parolanın parçası değildir. Harflerin hepsi küçüktür; 0, 1, i, l ve o kullanılmaz.");
        paper.rule();
        for rule in self.rules() {
            paper.text(&rule);
        }
        paper.space(24.0);
        paper.field("Teslim alan (ad, imza, tarih)", "");
    }
}

/// A PDF with one page for each slip.
pub fn pdf(slips: &[Slip], site: &str) -> Vec<u8> {
    let mut paper = Paper::new("SSPS Tutanak Sitesi: ilk parolalar");
    for slip in slips {
        slip.page(&mut paper, site);
    }
    paper.finish()
}

/// Groups of four letters, which people type without losing their place.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
