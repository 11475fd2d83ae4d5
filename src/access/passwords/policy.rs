//! Which passwords will do (NIST SP 800-63B-4, OWASP ASVS 6.2): 15 to 128 letters of any kind, no rules of composition, no
//! expiry; and what is made of common words, of this trade's own and of the party's name does not count towards them.
//!
//! Passwords are compared and kept in composed form (Unicode NFC): the same word typed on another keyboard is the same.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Letters at least.
pub const LEAST: usize = 15;
/// Letters at most.
pub const MOST: usize = 128;
/// Letters that must be left when common words and runs like `12345` are taken away.
const OWN: usize = 8;
/// Shorter words are not taken away: they are in too many good sentences.
const WORD: usize = 4;

/// Common parts of passwords and the words of this trade, one a line, folded.
static COMMON: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut words: Vec<&str> =
        include_str!("common.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len())); // `parola123` before `parola`
    words
});

/// Why a password will not do. The sentence is for its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few letters.
    #[error("Yeni parola en az {LEAST} karakter olmalıdır; birkaç sözcükten oluşan bir cümle hem uzun hem kolaydır.")]
    Short,
    /// Too many letters.
    #[error("Yeni parola en çok {MOST} karakter olabilir.")]
    Long,
    /// A letter that no keyboard gives twice.
    #[error("Yeni parolada görünmeyen denetim karakterleri var.")]
    Control,
    /// Made of what everybody tries first.
    #[error(
        "Yeni parola çok kolay tahmin edilir: yaygın sözcükler, parti veya kullanıcı adı ve 12345 gibi diziler sayılmaz."
    )]
    Common,
    /// The one that is to be replaced.
    #[error("Yeni parola eskisiyle aynı olamaz.")]
    Same,
}

/// The composed form of a password that will do. `own` are words that everybody who knows the person would try: login, name,
/// account.
///
/// # Errors
/// Why it will not do.
pub fn accept(password: &str, own: &[&str]) -> Result<String, BadPassword> {
    let password = normalised(password);
    let letters = password.chars().count();
    if letters > MOST {
        return Err(BadPassword::Long);
    }
    if password.chars().any(char::is_control) {
        return Err(BadPassword::Control);
    }
    if letters < LEAST {
        return Err(BadPassword::Short);
    }
    let mut rest = folded(&password);
    let own: Vec<String> = own.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(folded).collect();
    let own = own.iter().map(String::as_str).filter(|word| word.len() >= WORD);
    for word in own.chain(COMMON.iter().copied()) {
        rest = rest.replace(word, " "); // a gap, so that what stood apart does not become a word
    }
    if without_runs(&rest) < OWN { Err(BadPassword::Common) } else { Ok(password) }
}

/// Composed letters.
pub(super) fn normalised(password: &str) -> String {
    password.nfc().collect()
}

/// Small Latin letters, digits and whatever else there is; accents gone.
fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'I' | 'ı' | 'İ' | 'î' | 'Î' => 'i',
        'ş' | 'Ş' => 's',
        'ç' | 'Ç' => 'c',
        'ğ' | 'Ğ' => 'g',
        'ö' | 'Ö' => 'o',
        'ü' | 'Ü' | 'û' | 'Û' => 'u',
        'â' | 'Â' => 'a',
        c => c.to_lowercase().next().unwrap_or(c),
    };
    text.chars().map(plain).collect()
}

/// Letters that are not the next, the one before or the same as the letter in front of them; gaps do not count.
fn without_runs(text: &str) -> usize {
    let letters: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let fresh = |n: usize| n == 0 || (letters[n] - letters[n - 1]).abs() > 1;
    (0..letters.len()).filter(|n| letters[*n] != i64::from(u32::from(' ')) && fresh(*n)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_random_letters_will_do() {
        for good in [
            "bir kış gecesi eğer bir yolcu",
            "sarı bisiklet dört duvar",
            "correct horse battery staple",
            "k7$Qw!vz9Rt#Lm2x",
            "Üsküdar'a gider iken",
            "🚲🌙🍋🧭🪁🌵🎻🦔🧵🪴🍇🛶🔔🐝🧀",
        ] {
            assert_eq!(accept(good, &["ornek-parti-1", "Örnek Parti"]).as_deref(), Ok(good));
        }
    }

    #[test]
    fn what_everybody_tries_first_will_not() {
        for bad in [
            "123456789012345",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiopasdfghjkl",
            "Parola123456789!",
            "YskSecimSandik2024",
            "SEÇİMTUTANAKSANDIK",
            "ÖrnekParti2024!!",
            "ornek-parti-1-ornek",
            "Galatasaray1905!!!",
            "abcdefghijklmnopqrs",
            "Şifre.Şifre.Şifre",
            "               ",
        ] {
            assert_eq!(accept(bad, &["ornek-parti-1", "Örnek Parti"]), Err(BadPassword::Common), "{bad}");
        }
        assert_eq!(accept("on dört harfli", &[]), Err(BadPassword::Short));
        assert_eq!(accept(&"xq".repeat(65), &[]), Err(BadPassword::Long));
        assert_eq!(accept("bir kış\u{7} gecesi eğer", &[]), Err(BadPassword::Control));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_accepted_is_accepted_again_and_stays_within_bounds(text in "\\PC{0,200}") {
            if let Ok(kept) = accept(&text, &["ornek"]) {
                proptest::prop_assert!((LEAST..=MOST).contains(&kept.chars().count()));
                proptest::prop_assert_eq!(accept(&kept, &["ornek"]), Ok(kept.clone()));
            }
        }
    }
}
