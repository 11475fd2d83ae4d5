//! Text that people write: reasons, names, notes, names of files. Which characters it may hold, and how text that may hold
//! others is shown.
//!
//! A control character moves a cursor or breaks a line, a bidi character turns the reading order round, an invisible one
//! makes two names look the same. Whatever comes in is refused with the character named ([`Words`]); whatever goes to a
//! terminal, a log or a list is escaped ([`shown`]), because older rows and other people's files may hold anything.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Letters that a text of this kind has at most.
pub const LONGEST: usize = 500;

/// Why a character does not belong into a text of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// It controls the device that shows it: line breaks, tabulators, ESC.
    Control,
    /// It changes the order in which others are shown.
    Bidi,
    /// It is not seen at all.
    Invisible,
}

impl Hidden {
    /// What a character is, if it is one of those.
    pub fn of(letter: char) -> Option<Self> {
        match letter {
            letter if letter.is_control() => Some(Self::Control),
            '\u{2028}' | '\u{2029}' => Some(Self::Control),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Self::Bidi),
            '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
            // Private use: every font shows something else, or nothing.
            | '\u{e000}'..='\u{f8ff}'
            | '\u{f0000}'..='\u{10ffff}' => Some(Self::Invisible),
            _ => None,
        }
    }

    /// As election users read it.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Control => "denetim karakteri",
            Self::Bidi => "yazı yönünü değiştiren karakter",
            Self::Invisible => "görünmeyen karakter",
        }
    }
}

/// Why a text is not taken. The sentence is for election users, and holds nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWords {
    /// It holds a character that is refused.
    #[error("{at}. harf {} (U+{:04X}); yalnız görünen harflerle yazın", hidden.turkish(), u32::from(*letter))]
    Hidden {
        /// Which letter, from 1.
        at: usize,
        /// The letter.
        letter: char,
        /// What it is.
        hidden: Hidden,
    },
    /// It is empty, or only spaces.
    #[error("boş bırakılamaz")]
    Empty,
    /// It is too long.
    #[error("en çok {limit} harf olabilir; {letters} harf yazılmış")]
    TooLong {
        /// Letters that it has.
        letters: usize,
        /// Letters that it may have.
        limit: usize,
    },
}

/// Looks for a character that a text of one line may not hold.
///
/// # Errors
/// The first one.
pub fn check(text: &str) -> Result<(), BadWords> {
    let found = text.chars().enumerate().find_map(|(at, letter)| Some((at + 1, letter, Hidden::of(letter)?)));
    found.map_or(Ok(()), |(at, letter, hidden)| Err(BadWords::Hidden { at, letter, hidden }))
}

/// A text of one line as somebody wrote it: composed letters (NFC), no spaces around it, at most [`LONGEST`] of them, and
/// each of them to be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Words(String);

impl Words {
    /// Takes a text.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a character that is not to be seen.
    pub fn new(text: &str) -> Result<Self, BadWords> {
        Self::of_at_most(LONGEST, text)
    }

    /// Takes a text that has a limit of its own.
    ///
    /// # Errors
    /// As [`Words::new`].
    pub fn of_at_most(limit: usize, text: &str) -> Result<Self, BadWords> {
        // Counted first: what follows takes time in proportion.
        let letters = text.chars().count();
        if letters > limit {
            return Err(BadWords::TooLong { letters, limit });
        }
        let text = text.trim_matches(' ');
        check(text)?;
        let text: String = text.nfc().collect();
        if text.trim().is_empty() { Err(BadWords::Empty) } else { Ok(Self(text)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Words {
    type Err = BadWords;

    fn from_str(text: &str) -> Result<Self, BadWords> {
        Self::new(text)
    }
}

impl TryFrom<String> for Words {
    type Error = BadWords;

    fn try_from(text: String) -> Result<Self, BadWords> {
        Self::new(&text)
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0
    }
}

impl AsRef<str> for Words {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text from anywhere as one line that can be shown anywhere: what would not be seen, or would move a cursor, is written
/// as `\u001b`.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Text of several lines as it can be shown: line breaks and tabulators stay, everything else as in [`shown`]. JSON stays
/// the same JSON.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| matches!(letter, '\n' | '\t'))
}

/// The beginning of a text, as one line that can be shown anywhere.
pub fn shown_short(text: &str, letters: usize) -> String {
    let end = text.char_indices().nth(letters).map_or(text.len(), |(at, _)| at);
    let cut = if end < text.len() { "…" } else { "" };
    format!("{}{cut}", shown(&text[..end]))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_bad = |letter: char| !stays(letter) && Hidden::of(letter).is_some();
    if !text.contains(is_bad) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_bad(letter) {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                // Writing into a string does not fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(letter);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_as_it_is_seen() {
        assert_eq!(
            Words::new("  İtiraz üzerine yeniden tarandı (2024/15) ").unwrap().as_str(),
            "İtiraz üzerine yeniden tarandı (2024/15)"
        );
        assert_eq!(Words::new("I\u{307}tiraz").unwrap().as_str(), "İtiraz");
        assert_eq!(Words::new("   "), Err(BadWords::Empty));
        assert!(Words::new(&"ş".repeat(LONGEST)).is_ok());
        let long = Words::new(&"ş".repeat(LONGEST + 1)).unwrap_err();
        assert_eq!(long.to_string(), "en çok 500 harf olabilir; 501 harf yazılmış");
    }

    #[test]
    fn the_refusal_names_the_character_and_does_not_repeat_it() {
        for (letter, name) in [
            ('\r', "3. harf denetim karakteri (U+000D)"),
            ('\u{1b}', "3. harf denetim karakteri (U+001B)"),
            ('\u{9b}', "3. harf denetim karakteri (U+009B)"),
            ('\u{202e}', "3. harf yazı yönünü değiştiren karakter (U+202E)"),
            ('\u{200b}', "3. harf görünmeyen karakter (U+200B)"),
            ('\u{e0041}', "3. harf görünmeyen karakter (U+E0041)"),
            ('\u{2800}', "3. harf görünmeyen karakter (U+2800)"),
            ('\u{f8ff}', "3. harf görünmeyen karakter (U+F8FF)"),
        ] {
            let error = Words::new(&format!("ab{letter}c")).unwrap_err().to_string();
            assert!(error.starts_with(name) && !error.contains(letter), "{error:?}");
        }
    }

    #[test]
    fn what_is_shown_moves_no_cursor_and_json_stays_json() {
        assert_eq!(shown("a\u{1b}[2Jb\n\u{202e}c"), "a\\u001b[2Jb\\u000a\\u202ec");
        assert_eq!(shown_lines("a\n\tb\r"), "a\n\tb\\u000d");
        assert_eq!(shown("Çağrı 🗳"), "Çağrı 🗳");
        assert_eq!(shown_short("ğğğğ", 3), "ğğğ…");
        let value = serde_json::json!({ "a": "x\u{202e}y\u{e0041}\u{85}\u{1b}\n" });
        let text = serde_json::to_string(&value).unwrap();
        let safe = shown_lines(&text);
        assert!(safe.chars().all(|letter| Hidden::of(letter).is_none()), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    proptest::proptest! {
        #[test]
        fn words_and_shown_text_never_hold_a_hidden_character(text in ".{0,40}") {
            let clean = |text: &str| text.chars().all(|letter| Hidden::of(letter).is_none());
            proptest::prop_assert!(clean(&shown(&text)));
            if let Ok(words) = Words::new(&text) {
                proptest::prop_assert!(clean(words.as_str()));
                proptest::prop_assert_eq!(Words::new(words.as_str()), Ok(words));
            }
        }
    }
}
