//! Rust source as a list of words and signs, without comments. Enough to find paths and modules; test modules are read
//! like everything else.

/// A piece of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier or keyword.
    Word(String),
    /// `::`.
    Colons,
    /// Any other sign.
    Sign(char),
    /// A string that names a path, as in `#[serde(with = "crate::…")]`.
    Quoted(String),
}

/// Divides source into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let (mut at, mut found) = (0, Vec::new());
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        match letter {
            '/' if next == Some('/') => at = end_of_line(&letters, at),
            '/' if next == Some('*') => at = end_of_comment(&letters, at),
            '"' => {
                let end = end_of_string(&letters, at + 1);
                let content: String = letters[at + 1..end - 1].iter().collect();
                if ["crate::", "super::", "self::"].iter().any(|start| content.starts_with(start)) {
                    found.push(Token::Quoted(content));
                }
                at = end;
            }
            '\'' => at = end_of_quote(&letters, at),
            ':' if next == Some(':') => {
                found.push(Token::Colons);
                at += 2;
            }
            _ if is_word(letter) => {
                let start = at;
                while letters.get(at).copied().is_some_and(is_word) {
                    at += 1;
                }
                let word: String = letters[start..at].iter().collect();
                match raw_string(&word, &letters, at) {
                    Some(end) => at = end,
                    None if word == "r" && letters.get(at) == Some(&'#') => at += 1, // `r#type`: the word comes next
                    None => found.push(Token::Word(word)),
                }
            }
            _ => {
                if !letter.is_whitespace() {
                    found.push(Token::Sign(letter));
                }
                at += 1;
            }
        }
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn end_of_line(letters: &[char], from: usize) -> usize {
    letters[from..].iter().position(|&letter| letter == '\n').map_or(letters.len(), |length| from + length)
}

fn end_of_comment(letters: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at + 1 < letters.len() {
        match (letters[at], letters[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    letters.len()
}

fn end_of_string(letters: &[char], from: usize) -> usize {
    let mut at = from;
    while letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of a character, or of the quotation mark alone where it begins a lifetime.
fn end_of_quote(letters: &[char], from: usize) -> usize {
    match (letters[from + 1], letters[from + 2]) {
        ('\\', _) => {
            let end = letters[from + 3..].iter().position(|&letter| letter == '\'');
            from + 3 + end.expect("a character ends") + 1
        }
        (_, '\'') => from + 3,
        _ => from + 1,
    }
}

/// The end of a raw string whose prefix `word` has just been read.
fn raw_string(word: &str, letters: &[char], at: usize) -> Option<usize> {
    let hashes = letters[at..].iter().take_while(|&&letter| letter == '#').count();
    if !matches!(word, "r" | "br" | "cr") || letters.get(at + hashes) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let content = at + hashes + 1;
    let length = letters[content..].windows(end.len()).position(|window| window == end);
    Some(content + length.expect("a raw string ends") + end.len())
}

#[test]
fn comments_and_strings_are_no_source() {
    let text = r##"
        // crate::a
        /* crate::b /* nested */ crate::b */
        let x = ("crate b::c", r#"crate::d "quoted""#, b"\"", '"', '\'', 'a');
        fn f<'a>(x: &'a str) { crate::e::f(r#type); }
        #[serde(with = "crate::g")]
    "##;
    let found = tokens(text);
    let words: Vec<&str> =
        found.iter().filter_map(|t| if let Token::Word(word) = t { Some(&**word) } else { None }).collect();
    let expected = ["let", "x", "b", "fn", "f", "a", "x", "a", "str", "crate", "e", "f", "type", "serde", "with"];
    assert_eq!(words, expected);
    assert!(found.contains(&Token::Quoted("crate::g".to_owned())));
}
