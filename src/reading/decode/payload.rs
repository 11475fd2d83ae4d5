//! Data codewords → text (ISO/IEC 18004:2015, 7.4).
//!
//! It must never spell what it does not know: a segment of an unknown kind, or a group of digits that no encoder makes,
//! is no payload.

use encoding_rs::SHIFT_JIS;

/// What the data codewords say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// The segments' bytes one after the other, as encoded.
    pub bytes: Vec<u8>,
    /// The same, spelt.
    pub text: String,
    /// What stands behind it.
    pub padding: Padding,
}

/// Codewords behind the payload, where encoders write 0xEC and 0x11 in turn. They carry nothing, so that they tell
/// whether the rest is to be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Padding {
    /// Codewords that are what they should be.
    pub agree: u32,
    /// Codewords in all.
    pub of: u32,
}

/// Reads the segments of a code of this version. `None` also for an empty payload, which is no code.
pub(super) fn read(data: &[u8], version: u8) -> Option<Payload> {
    let mut bits = Bits { data, at: 0 };
    let mut spelling = Spelling::default();
    while bits.left() >= 4 {
        match bits.take(4)? {
            0b0000 => break,
            0b0001 => digits(&mut bits, version, &mut spelling.run)?,
            0b0010 => alphanumeric(&mut bits, version, &mut spelling.run)?,
            0b0100 => bytes(&mut bits, version, &mut spelling.run)?,
            0b0111 => spelling.switch(charset(&mut bits)?)?,
            0b1000 => {
                let others = spelling.charset;
                spelling.switch(Charset::ShiftJis)?;
                kanji(&mut bits, version, &mut spelling.run)?;
                spelling.switch(others)?;
            }
            // Structured append and FNC1: nobody prints them on a form, and rqrr does not read them.
            _ => return None,
        }
    }
    let padding = padding(&data[bits.at.div_ceil(8).min(data.len())..]);
    let (bytes, text) = spelling.finish()?;
    (!bytes.is_empty()).then_some(Payload { bytes, text, padding })
}

fn padding(codewords: &[u8]) -> Padding {
    let agree = codewords.iter().zip([0xec, 0x11].into_iter().cycle()).filter(|(read, due)| **read == *due).count();
    Padding { agree: agree as u32, of: codewords.len() as u32 }
}

/// Bits of the length of a segment, by its kind, for versions to 9, to 26 and to 40 (table 3).
fn length(bits: &mut Bits, version: u8, widths: [u32; 3]) -> Option<usize> {
    let class = usize::from(version > 9) + usize::from(version > 26);
    bits.take(widths[class])
}

fn digits(bits: &mut Bits, version: u8, run: &mut Vec<u8>) -> Option<()> {
    let mut left = length(bits, version, [10, 12, 14])?;
    while left > 0 {
        let (count, width) = [(0, 0), (1, 4), (2, 7), (3, 10)][left.min(3)];
        let group = bits.take(width)?;
        if group >= 10_usize.pow(count) {
            return None; // more than its digits can say: damage, whatever the parity thinks
        }
        run.extend((0..count).rev().map(|n| b'0' + (group / 10_usize.pow(n) % 10) as u8));
        left -= count as usize;
    }
    Some(())
}

fn alphanumeric(bits: &mut Bits, version: u8, run: &mut Vec<u8>) -> Option<()> {
    const CHARACTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut left = length(bits, version, [9, 11, 13])?;
    while left > 0 {
        let pair = left > 1;
        let group = bits.take(if pair { 11 } else { 6 })?;
        if pair {
            run.push(*CHARACTERS.get(group / 45)?);
        }
        run.push(*CHARACTERS.get(if pair { group % 45 } else { group })?);
        left -= if pair { 2 } else { 1 };
    }
    Some(())
}

fn bytes(bits: &mut Bits, version: u8, run: &mut Vec<u8>) -> Option<()> {
    let count = length(bits, version, [8, 16, 16])?;
    for _ in 0..count {
        run.push(bits.take(8)? as u8);
    }
    Some(())
}

/// Pairs of bytes of Shift JIS, thirteen bits each (7.4.6).
fn kanji(bits: &mut Bits, version: u8, run: &mut Vec<u8>) -> Option<()> {
    let count = length(bits, version, [8, 10, 12])?;
    for _ in 0..count {
        let packed = bits.take(13)?;
        let (high, low) = (packed / 0xc0, packed % 0xc0);
        let first = if high < 0x1f { 0x81 } else { 0xc1 } + high;
        run.extend([first as u8, 0x40 + low as u8]);
    }
    Some(())
}

fn charset(bits: &mut Bits) -> Option<Charset> {
    let first = bits.take(8)?;
    let number = match first {
        0..0x80 => first,
        0x80..0xc0 => (first & 0x3f) << 8 | bits.take(8)?,
        0xc0..0xe0 => (first & 0x1f) << 16 | bits.take(16)?,
        _ => return None,
    };
    // The register of AIM: 1 and 3 are ISO 8859-1, 11 is ISO 8859-9, 20 Shift JIS, 26 UTF-8, 27 and 170 ASCII.
    Some(match number {
        1 | 3 => Charset::Latin1,
        11 => Charset::Latin5,
        20 => Charset::ShiftJis,
        26 => Charset::Utf8,
        _ => Charset::Ascii,
    })
}

/// How bytes are spelt.
#[derive(Clone, Copy, Default)]
enum Charset {
    /// Nothing was said: UTF-8 where it is that, Shift JIS where it can be nothing else, else ISO 8859-1, the default of
    /// the standard.
    #[default]
    Unsaid,
    Latin1,
    /// The Turkish alphabet of ISO 8859-9.
    Latin5,
    Utf8,
    ShiftJis,
    /// Also for sets that this service does not know: what is plain is spelt, the rest refused.
    Ascii,
}

impl Charset {
    fn spell(self, bytes: &[u8]) -> Option<String> {
        let latin = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        let turkish = |byte: &u8| match byte {
            0xd0 => 'Ğ',
            0xdd => 'İ',
            0xde => 'Ş',
            0xf0 => 'ğ',
            0xfd => 'ı',
            0xfe => 'ş',
            other => char::from(*other),
        };
        match self {
            Self::Unsaid => {
                let utf8 = str::from_utf8(bytes).ok().map(str::to_owned);
                utf8.or_else(|| guessed_shift_jis(bytes)).or_else(|| Some(latin(bytes)))
            }
            Self::ShiftJis => shift_jis(bytes),
            Self::Latin1 => Some(latin(bytes)),
            Self::Latin5 => Some(bytes.iter().map(turkish).collect()),
            Self::Utf8 => str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Ascii => bytes.is_ascii().then(|| latin(bytes)),
        }
    }
}

fn shift_jis(bytes: &[u8]) -> Option<String> {
    SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(String::from)
}

/// The first edition of the standard was Japanese, and its codes say nothing of their set: bytes that Latin letters do
/// not have, or three and more of what would be half a katakana each, one after the other.
fn guessed_shift_jis(bytes: &[u8]) -> Option<String> {
    let not_latin = bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    let katakana = bytes.windows(3).any(|three| three.iter().all(|byte| (0xa1..0xe0).contains(byte)));
    shift_jis(bytes).filter(|_| not_latin || katakana)
}

/// Collects bytes and spells each run of one set at once: a letter of UTF-8 may begin in one segment and end in the next.
#[derive(Default)]
struct Spelling {
    bytes: Vec<u8>,
    text: String,
    run: Vec<u8>,
    charset: Charset,
}

impl Spelling {
    fn switch(&mut self, to: Charset) -> Option<()> {
        self.text.push_str(&self.charset.spell(&self.run)?);
        self.bytes.append(&mut self.run);
        self.charset = to;
        Some(())
    }

    fn finish(mut self) -> Option<(Vec<u8>, String)> {
        self.switch(Charset::Unsaid)?;
        Some((self.bytes, self.text))
    }
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        8 * self.data.len() - self.at
    }

    /// The next bits, the first the most significant. `None` when there are not so many.
    fn take(&mut self, count: u32) -> Option<usize> {
        if self.left() < count as usize {
            return None;
        }
        let range = self.at..self.at + count as usize;
        self.at = range.end;
        Some(range.fold(0, |value, n| value << 1 | usize::from(self.data[n / 8] >> (7 - n % 8) & 1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        let byte = |bits: &[u8]| (0..8).fold(0, |byte, n| byte << 1 | bits.get(n).unwrap_or(&0));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn the_digits_of_the_standards_example_are_read() {
        // ISO/IEC 18004:2015, 7.4.3: 01234567 in a code of version 1.
        let data = packed("0001 0000001000 0000001100 0101011001 1000011 0000");
        let payload = read(&[&data[..], &[0xec, 0x11, 0xec, 0x00]].concat(), 1).unwrap();
        assert_eq!((payload.text.as_str(), payload.padding), ("01234567", Padding { agree: 3, of: 4 }));
    }

    #[test]
    fn groups_that_no_encoder_writes_are_refused() {
        assert_eq!(read(&packed("0001 0000000011 1111101000 0000"), 1), None, "1000 as three digits");
        assert_eq!(read(&packed("0001 0000000001 1010 0000"), 1), None, "ten as one digit");
        assert_eq!(read(&packed("0010 000000010 11111101001 0000"), 1), None, "2025 as two characters");
        assert_eq!(read(&packed("0010 000000001 101101 0000"), 1), None, "45 as one character");
    }

    #[test]
    fn kanji_are_read_between_other_segments() {
        // ISO/IEC 18004:2015, 7.4.6: 点茗 are 935F and E4AA in Shift JIS.
        let kanji = "1000 00000010 0110110011111 1101010101010";
        let text = |bits: &str| read(&packed(bits), 1).map(|payload| payload.text);
        assert_eq!(text(&format!("{kanji} 0000")), Some("点茗".to_owned()));
        let mixed = format!("0111 00001011 0100 00000001 11111110 {kanji} 0100 00000001 11111101 0000");
        assert_eq!(text(&mixed), Some("ş点茗ı".to_owned()), "what was said of bytes holds for bytes");
        assert_eq!(text("1000 00000001 1111111111111 0000"), None, "no letter");
    }

    #[test]
    fn an_empty_payload_is_no_code() {
        assert_eq!(read(&[0, 0xec, 0x11], 1), None);
        assert_eq!(read(&[], 1), None);
        assert_eq!(read(&packed("0001 0000000000 0000"), 1), None);
    }

    #[test]
    fn bytes_are_utf_8_or_else_latin_1_unless_something_is_said() {
        let text = |prefix: &str, bytes: &[u8]| {
            let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            read(&packed(&format!("{prefix} 0100 {:08b} {bits} 0000", bytes.len())), 1).map(|payload| payload.text)
        };
        assert_eq!(text("", "şık".as_bytes()), Some("şık".to_owned()));
        assert_eq!(text("", &[0xfc, b'x']), Some("üx".to_owned()));
        assert_eq!(text("0111 00001011", &[0xfe, 0xfd, b'k']), Some("şık".to_owned()));
        assert_eq!(text("0111 00011010", &[0xfe]), None, "not UTF-8, though it says so");
        assert_eq!(text("0111 00010100", &[0x83, 0x41]), Some("ア".to_owned()), "Shift JIS, as it says");
        assert_eq!(text("", &[0xc3, 0xde, 0xbb, 0xde]), Some("ﾃﾞｻﾞ".to_owned()), "Shift JIS, by its looks");
        assert_eq!(text("0111 00010101", &[0xe1]), None, "a set that nobody here can spell");
    }

    proptest! {
        #[test]
        fn no_data_makes_it_panic(data in prop::collection::vec(any::<u8>(), 0..60), version in 1_u8..=40) {
            let _ = read(&data, version);
        }
    }
}
