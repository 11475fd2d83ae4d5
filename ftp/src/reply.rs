//! What the server says: a code and a text, in the form of RFC 959 §4.2. Whatever goes into a reply becomes lines of its
//! own: nothing that comes from outside can forge another reply.

use std::borrow::Cow;

/// The longest line of a sentence, in bytes: some clients have small line buffers. Paths are not cut.
const LONGEST: usize = 400;

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    first: Cow<'static, str>,
    /// Lines between the first and the last; only those replies have a last line of its own.
    inner: Vec<String>,
    last: &'static str,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, first: text.into(), inner: Vec::new(), last: "" }
    }

    /// A reply of several lines. The inner ones are set in by a space, so that none looks like the last.
    pub fn block(code: u16, first: impl Into<Cow<'static, str>>, inner: Vec<String>, last: &'static str) -> Self {
        Self { code, first: first.into(), inner, last }
    }

    /// A sentence of somebody else's. Letters that plain clients show as rubbish are replaced, unless `utf8` was agreed.
    pub fn sentence(code: u16, sentence: &str, utf8: bool) -> Self {
        let line = one_line(sentence);
        Self::new(code, if utf8 { line } else { folded(&line) })
    }

    /// The three digits.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether the command was refused or failed (RFC 959 §4.2.1: 4yz and 5yz).
    pub fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// Appends the bytes of the reply.
    pub fn write(&self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        let code = self.code;
        let mut line = |text: std::fmt::Arguments<'_>| out.write_fmt(text).expect("memory takes every byte");
        if self.last.is_empty() {
            line(format_args!("{code} {}\r\n", Unbroken(&self.first)));
            return;
        }
        line(format_args!("{code}-{}\r\n", Unbroken(&self.first)));
        for inner in &self.inner {
            line(format_args!(" {}\r\n", Unbroken(inner)));
        }
        line(format_args!("{code} {}\r\n", self.last));
    }
}

/// A text without anything that would end its line.
struct Unbroken<'a>(&'a str);

impl std::fmt::Display for Unbroken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.0.contains(char::is_control) {
            return f.write_str(self.0);
        }
        self.0
            .chars()
            .try_for_each(|letter| std::fmt::Write::write_char(f, if letter.is_control() { ' ' } else { letter }))
    }
}

/// Makes one line of a sentence, not longer than clients can take.
pub(crate) fn one_line(sentence: &str) -> String {
    let mut line = String::new();
    for letter in sentence.chars() {
        if line.len() + letter.len_utf8() > LONGEST {
            break;
        }
        line.push(if letter.is_control() { ' ' } else { letter });
    }
    line
}

/// The sentence in ASCII, as people write Turkish without its letters.
fn folded(sentence: &str) -> String {
    let plain = |letter: char| match letter {
        'ç' => 'c',
        'Ç' => 'C',
        'ğ' => 'g',
        'Ğ' => 'G',
        'ı' => 'i',
        'İ' => 'I',
        'ö' => 'o',
        'Ö' => 'O',
        'ş' => 's',
        'Ş' => 'S',
        'ü' => 'u',
        'Ü' => 'U',
        'â' => 'a',
        'î' => 'i',
        'û' => 'u',
        '’' => '\'',
        '–' => '-',
        letter if letter.is_ascii() => letter,
        _ => '?',
    };
    sentence.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_sentence_cannot_forge_a_reply() {
        let reply = Reply::sentence(530, "Kapalı\r\n230 Buyurun", true);
        assert_eq!(bytes(&reply), "530 Kapalı  230 Buyurun\r\n");
        assert!(one_line(&"ğ".repeat(LONGEST)).len() <= LONGEST);
        let block = Reply::block(211, "A", vec!["211 x\r\n230 in".into()], "End");
        assert_eq!(bytes(&block), "211-A\r\n 211 x  230 in\r\n211 End\r\n");
        assert_eq!(bytes(&Reply::new(257, "\"/a\r\nb\"".to_owned())), "257 \"/a  b\"\r\n");
    }

    #[test]
    fn turkish_is_plain_until_utf8_is_agreed() {
        let said = "Henüz erişime açılmadı; açılış: 17:00.";
        assert_eq!(bytes(&Reply::sentence(530, said, false)), "530 Henuz erisime acilmadi; acilis: 17:00.\r\n");
        assert_eq!(bytes(&Reply::sentence(530, said, true)), format!("530 {said}\r\n"));
    }
}
