//! What election users read has its Turkish letters: `ilçe` and not `ilce`, which is how paths and files of the registry
//! have to write it.

use std::path::Path;

use tutanak::people::request_form::{self, FormError};

use crate::layers::sources;

/// Words that are no words without their letters, as somebody would write them who takes a path for a text.
const BARE: &str = "aciklama acik adayi arsiv baglandi baglanti bagimsiz baskani baskanligi baslangic basarisiz birlestirme bitis \
     buyuksehir cevresi cikis cok cumhurbaskani degil degisiklik degisiklikler dogrula dogrulama dokum eslesme eslesmeyen \
     eslesmeyenler gecersiz gecerli giris gonder gonderildi goruntu goruntuler gumruk gumrukler guncel icin ilce ilcesi isletmen \
     islem islemi kagit kapali kayit kayitlar kisi kisiler kullanici lutfen mudurlugu numarasi oncesi sandigi sandik sandiklar \
     sayim secim secimi sifre sirasi suresi surum temsilciligi tumdunya turkiye tutanagi tutanaklari ulke ulkeler ulkesi ust \
     uyeligi uyesi yanlis yukleme yurtdisi";

/// Letters beside which a word is part of a path, a name, an address or an expression.
const BESIDE: &str = "/.-_=<>{}&?#:;%+$\\[]@|'`";

/// The bare words of a text that stand in a sentence.
fn bare_words(text: &str) -> Vec<String> {
    let known: Vec<&str> = BARE.split_whitespace().collect();
    let is_part = |c: char| c.is_alphanumeric() || BESIDE.contains(c);
    let words = text.split(|c: char| !is_part(c)).map(|word| word.trim_matches(['.', ':', ';', '?', '\'']));
    // In capitals, I is the letter of sandık and not that of ilçe.
    let small = |word: &str| match word.chars().any(char::is_lowercase) {
        true => word.to_ascii_lowercase(),
        false => word.replace('I', "ı").to_ascii_lowercase(),
    };
    words.filter(|word| known.contains(&small(word).as_str())).map(str::to_owned).collect()
}

/// The string literals of a source, comments left out.
fn literals(source: &str) -> Vec<&str> {
    let bytes = source.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    let end_of = |from: usize, what: &str| source[from..].find(what).map_or(bytes.len(), |end| from + end);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let after_a_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with(b"//") {
            at = end_of(at, "\n");
        } else if rest.starts_with(b"r\"") && !after_a_word {
            let end = end_of(at + 2, "\"");
            found.push(&source[at + 2..end]);
            at = end + 1;
        } else if rest.starts_with(b"r#\"") && !after_a_word {
            let end = end_of(at + 3, "\"#");
            found.push(&source[at + 3..end]);
            at = end + 2;
        } else if rest.starts_with(b"'\"'") || rest.starts_with(b"'\\''") || rest.starts_with(b"'\\\"'") {
            at += if rest[1] == b'\\' { 4 } else { 3 };
        } else if rest[0] == b'"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            found.push(&source[at + 1..end.min(bytes.len())]);
            at = end + 1;
        } else {
            at += 1;
        }
    }
    found
}

/// A template without its tags and expressions.
fn shown(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['<', '{']) {
        text.push_str(&rest[..at]);
        text.push(' ');
        let close = match &rest[at..] {
            tag if tag.starts_with("{%") => "%}",
            tag if tag.starts_with("{{") => "}}",
            tag if tag.starts_with("{#") => "#}",
            tag if tag.starts_with('{') => "{",
            _ => ">",
        };
        rest = rest[at..].find(close).map_or("", |end| &rest[at + end + close.len()..]);
    }
    text + rest
}

#[test]
fn no_sentence_of_ours_has_lost_its_turkish_letters() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("ftp/src"), &mut files);
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if file.to_string_lossy().contains("/tests") {
            continue;
        }
        // One word by itself is a name: of a column, a level, a path.
        for literal in literals(code).into_iter().filter(|literal| literal.contains(' ')) {
            seen += 1;
            wrong
                .extend(bare_words(literal).into_iter().map(|word| format!("{}: {word} in {literal}", file.display())));
        }
    }
    assert!(seen > 1000, "the sentences were not found: {seen}");
    let mut pages = Vec::new();
    texts(&root.join("src"), &mut pages);
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let text = if page.extension().is_some_and(|kind| kind == "html") { shown(&text) } else { text };
        wrong.extend(bare_words(&text).into_iter().map(|word| format!("{}: {word}", page.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Templates and texts that are shown as they are.
fn texts(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if path.is_dir() {
            texts(&path, found);
        } else if matches!(kind, "html" | "md") && path.file_name().is_some_and(|name| name != "README.md") {
            found.push(path);
        }
    }
}

#[test]
fn the_words_are_found_where_they_stand_in_a_sentence_and_nowhere_else() {
    assert_eq!(bare_words("Birleştirme Tutanağı (ilce)"), ["ilce"]);
    assert_eq!(bare_words("Bu ilce, o Gumruk."), ["ilce", "Gumruk"]);
    assert_eq!(bare_words("GUMRUK SANDIK"), ["GUMRUK"]);
    assert!(bare_words("İlçe ve gümrük; /arsiv/ ve --ilce, kurul/gonder, SANDIK NO").is_empty());
    assert_eq!(literals("a(\"bir \\\" iki\", '\"', r\"üç\"); // \"dört\"\nr#\"beş\"#"), ["bir \\\" iki", "üç", "beş"]);
    assert_eq!(
        shown("<p class=\"ilce\">a {{ x.ilce }} b</p>{% if gumruk %}c").split_whitespace().collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
}

#[test]
fn a_column_that_a_request_form_lacks_is_named_as_the_empty_form_names_it() {
    let headers: Vec<&str> =
        request_form::TEMPLATE.lines().next().unwrap().trim_start_matches('\u{feff}').split(';').collect();
    for missing in headers.iter().filter(|header| **header != "Görev") {
        let others: Vec<&str> = headers.iter().copied().filter(|header| header != missing).collect();
        let form = format!("{}\r\n{}\r\n", others.join(";"), vec!["x"; others.len()].join(";"));
        let Err(FormError::Mistakes(mistakes)) = request_form::read(form.as_bytes(), &[], &[]) else {
            panic!("a form without {missing} was taken");
        };
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|line| line.contains(&format!("{missing:?} sütunu yok"))), "{missing}: {told:?}");
    }
}
