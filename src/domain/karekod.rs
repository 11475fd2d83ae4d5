//! The karekod: the digits in the QR code printed twice on every form. Says what a code looks like, never what it means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The payload of a form's QR code. The known ones have ten digits (`10`, the race's digit, the seven digits of the box
/// id); what other sheets carry is not known, so any run of 6 to 32 digits is taken and the registry decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Karekod(String);

/// The text is no karekod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a karekod is 6 to 32 decimal digits")]
pub struct BadKarekod;

impl Karekod {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Karekod {
    type Err = BadKarekod;

    fn from_str(text: &str) -> Result<Self, BadKarekod> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits && (6..=32).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(BadKarekod) }
    }
}

impl TryFrom<String> for Karekod {
    type Error = BadKarekod;
    fn try_from(text: String) -> Result<Self, BadKarekod> {
        text.parse()
    }
}

impl From<Karekod> for String {
    fn from(code: Karekod) -> Self {
        code.0
    }
}

impl fmt::Display for Karekod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_karekod_is_digits_and_nothing_else() {
        assert_eq!("1093717526".parse::<Karekod>().unwrap().as_str(), "1093717526");
        for bad in
            ["", "12345", "10937175 6", "１０９３７１７５２６", "-109371752", "https://example.org", &"1".repeat(33)]
        {
            assert_eq!(bad.parse::<Karekod>(), Err(BadKarekod), "{bad}");
        }
    }
}
