//! Numbers in Turkish words, as the forms ask for them. It must spell what the digits beside them say.

const ONES: [&str; 10] = ["", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"];
const TENS: [&str; 10] = ["", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"];

/// A number below a million in words, small letters, with spaces between the words.
pub fn in_words(number: u32) -> String {
    if number == 0 {
        return "sıfır".to_owned();
    }
    let (thousands, rest) = (number / 1000 % 1000, number % 1000);
    let mut words = Vec::new();
    match thousands {
        0 => {}
        1 => words.push("bin"),
        _ => {
            words.extend(below_thousand(thousands));
            words.push("bin");
        }
    }
    words.extend(below_thousand(rest));
    words.join(" ")
}

fn below_thousand(number: u32) -> impl Iterator<Item = &'static str> {
    let (hundreds, tens, ones) = ((number / 100) as usize, (number / 10 % 10) as usize, (number % 10) as usize);
    // One hundred is "yüz", never "bir yüz".
    let count = if hundreds > 1 { ONES[hundreds] } else { "" };
    let hundred = if hundreds > 0 { "yüz" } else { "" };
    [count, hundred, TENS[tens], ONES[ones]].into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn numbers_are_spelt_the_way_committees_spell_them() {
        assert_eq!(in_words(0), "sıfır");
        assert_eq!(in_words(100), "yüz");
        assert_eq!(in_words(269), "iki yüz altmış dokuz");
        assert_eq!(in_words(1_085), "bin seksen beş");
        assert_eq!(in_words(12_311), "on iki bin üç yüz on bir");
    }
}
