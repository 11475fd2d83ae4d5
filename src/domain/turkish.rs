//! How Turkish text is ordered and searched, the same on every machine: no locale is ever asked.

use super::naming::slug;

/// The alphabet, with the letters of other languages where dictionaries put them.
const ALPHABET: [char; 32] = [
    'a', 'b', 'c', 'ç', 'd', 'e', 'f', 'g', 'ğ', 'h', 'ı', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'ö', 'p', 'q', 'r', 's',
    'ş', 't', 'u', 'ü', 'v', 'w', 'x', 'y', 'z',
];

/// The first of the bytes that stand for letters: behind those of numbers and of what lies between words.
const LETTERS: u8 = 0x40;
const NUMBER: u8 = 0x20;
const BETWEEN: u8 = 0x10;

/// What texts are ordered by: the Turkish alphabet without regard to case (Cihanbeyli before Çankaya, Iğdır before İzmir),
/// numbers by their value (2. before 10.).
pub fn order(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() + 4);
    let mut letters = text.chars().map(lower).peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() {
            let mut digits = String::from(letter);
            while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            let digits = digits.trim_start_matches('0');
            key.extend([NUMBER, digits.len().min(255) as u8]);
            key.extend(digits.bytes());
        } else if let Some(at) = ALPHABET.iter().position(|known| *known == letter) {
            key.push(LETTERS + at as u8);
        } else if key.last().is_some_and(|last| *last != BETWEEN) {
            key.push(BETWEEN);
        }
    }
    if key.last() == Some(&BETWEEN) {
        key.pop();
    }
    key
}

fn lower(letter: char) -> char {
    match letter {
        'I' => 'ı',
        'İ' => 'i',
        'Â' | 'â' | 'Ä' | 'ä' => 'a',
        'Î' | 'î' => 'i',
        'Û' | 'û' => 'u',
        'É' | 'é' => 'e',
        'Ç' => 'ç',
        'Ğ' => 'ğ',
        'Ö' => 'ö',
        'Ş' => 'ş',
        'Ü' => 'ü',
        other => other.to_ascii_lowercase(),
    }
}

/// What texts are searched by: `ığdır`, `IĞDIR`, `Iğdır` and `igdir` are one. Words are kept apart by one space.
pub fn folded(text: &str) -> String {
    slug(text).replace('-', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_as_in_a_turkish_dictionary() {
        let sorted = [
            "1. İLÇE SEÇİM KURULU",
            "2. İLÇE SEÇİM KURULU",
            "10. İLÇE SEÇİM KURULU",
            "19 MAYIS MAH.",
            "ADANA",
            "CİHANBEYLİ",
            "ÇANKAYA",
            "çubuk",
            "GÖLBAŞI",
            "ĞA",
            "HAKKÂRİ",
            "IĞDIR",
            "ISPARTA",
            "İSTANBUL",
            "İZMİR",
            "OF",
            "ÖDEMİŞ",
            "SİVAS",
            "ŞIRNAK",
            "UŞAK",
            "ÜSKÜDAR",
            "VAN",
        ];
        for pair in sorted.windows(2) {
            assert!(order(pair[0]) < order(pair[1]), "{pair:?}");
        }
        assert_eq!(order("Kadıköy"), order("KADIKÖY "));
        assert_ne!(order("KADI"), order("KADİ"));
    }

    #[test]
    fn a_search_finds_a_name_however_its_i_is_written() {
        for written in ["IĞDIR", "ığdır", "Iğdır", "igdir", "İĞDİR", " iğdır "] {
            assert_eq!(folded(written), "igdir");
        }
        assert_eq!(folded("CAFERAĞA MAH."), "caferaga mah");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_order_and_a_fold(text in ".{0,40}") {
            proptest::prop_assert_eq!(folded(&folded(&text)), folded(&text));
            proptest::prop_assert!(order(&text).len() <= 4 * text.len() + 4);
        }
    }
}
