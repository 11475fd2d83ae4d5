//! What names are made of: words as slugs, and the stem of a form's files.

/// Turkish (or any) text as a name for a path: `KADIKÖY` → `kadikoy`, `AKALAN MAH.` → `akalan-mah`.
///
/// Letters are folded without any locale: `I`, `İ`, `ı` and `i` all become `i`. Everything that is not a letter or digit
/// becomes one `-`. Text without any letter or digit gives an empty name, which callers must refuse.
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match fold(letter) {
            Some(plain) => out.push(plain),
            None if out.ends_with('-') || out.is_empty() => {}
            None => out.push('-'),
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

fn fold(letter: char) -> Option<char> {
    Some(match letter {
        'I' | 'İ' | 'ı' | 'Î' | 'î' => 'i',
        'Ş' | 'ş' => 's',
        'Ğ' | 'ğ' => 'g',
        'Ç' | 'ç' => 'c',
        'Ö' | 'ö' => 'o',
        'Ü' | 'ü' | 'Û' | 'û' => 'u',
        'Â' | 'â' | 'Ä' | 'ä' => 'a',
        'é' | 'É' => 'e',
        'a'..='z' | '0'..='9' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        _ => return None,
    })
}

/// Whether `text` is already a name as [`slug`] would give it.
pub fn is_slug(text: &str) -> bool {
    !text.is_empty() && slug(text) == text
}

/// Key of a form: its directory below `tutanaklar` and the stem of its files.
pub(in crate::domain) fn form_key(directory: &str, sandik: Option<u32>, race: Option<&str>, kind: &str) -> String {
    let mut stem = String::new();
    if let Some(number) = sandik {
        stem.push_str(&format!("{number}-"));
    }
    if let Some(race) = race {
        stem.push_str(race);
        stem.push('-');
    }
    stem.push_str(kind);
    if directory.is_empty() { stem } else { format!("{directory}/{stem}") }
}
