//! People who log in: what they are called, how they are reached, and what they are for their party.
//!
//! What comes from a form is checked here, so that no name is ever a spreadsheet's formula or breaks a line.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::words::Hidden;

/// Web users of a party at most (2019 circular, art. 5). The database holds to it as well.
pub const SEATS: usize = 10;

/// What somebody is for the party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The party's representative (parti temsilcisi): stays active when all others are made passive before an election.
    Representative,
    /// A user from the request form.
    User,
}

impl Role {
    /// The name in the database and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Representative => "representative",
            Self::User => "user",
        }
    }

    /// As election users read it.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Representative => "parti temsilcisi",
            Self::User => "kullanıcı",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let role = [Self::Representative, Self::User].into_iter().find(|role| role.name() == text);
        role.ok_or_else(|| format!("{text:?} is neither representative nor user"))
    }
}

/// The text is not what it should be. The sentence is for election users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadDetail(pub String);

macro_rules! detail {
    ($(#[$doc:meta])* $name:ident, $parse:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As it is kept.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadDetail;
            fn from_str(text: &str) -> Result<Self, BadDetail> {
                $parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

detail! {
    /// First name and surname: composed letters (NFC), begins with a letter.
    PersonName, name
}
detail! {
    /// A telephone number as `+905321234567`.
    Phone, phone
}
detail! {
    /// An e-mail address, in lower case.
    Email, email
}

fn name(text: &str) -> Result<String, BadDetail> {
    let name: String = text.nfc().collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let allowed = |c: char| Hidden::of(c).is_none() && c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '’' | '-');
    let sound =
        (2..=120).contains(&name.chars().count()) && name.starts_with(char::is_alphabetic) && name.chars().all(allowed);
    if sound {
        Ok(name)
    } else {
        Err(BadDetail(format!("ad soyad harflerden oluşmalı, 2–120 harf: {}", shown(text))))
    }
}

fn phone(text: &str) -> Result<String, BadDetail> {
    let bad = || BadDetail(format!("telefon 0532 123 45 67 ya da +90 532 123 45 67 gibi yazılmalı: {}", shown(text)));
    let bare: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '(' | ')' | '-' | '.' | '/')).collect();
    let (abroad, digits) = match bare.strip_prefix('+').or_else(|| bare.strip_prefix("00")) {
        Some(digits) => (true, digits),
        None => (false, bare.strip_prefix('0').unwrap_or(&bare)),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) || digits.starts_with('0') {
        return Err(bad());
    }
    match (abroad, digits.len()) {
        (true, 8..=15) => Ok(format!("+{digits}")),
        (false, 10) => Ok(format!("+90{digits}")),
        (false, 12) if digits.starts_with("90") => Ok(format!("+{digits}")),
        _ => Err(bad()),
    }
}

fn email(text: &str) -> Result<String, BadDetail> {
    let email = text.trim().to_ascii_lowercase();
    let bad = || BadDetail(format!("e-posta adresi geçerli değil: {}", shown(text)));
    let (local, domain) = email.split_once('@').ok_or_else(bad)?;
    let local_part = |c: u8| c.is_ascii_alphanumeric() || b"._%+-".contains(&c);
    let label = |label: &str| {
        let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        edge(label.bytes().next())
            && edge(label.bytes().last())
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    let sound = email.len() <= 254
        && (1..=64).contains(&local.len())
        && local.starts_with(|c: char| c.is_ascii_alphanumeric())
        && local.bytes().all(local_part)
        && domain.contains('.')
        && domain.split('.').all(label);
    if sound { Ok(email) } else { Err(bad()) }
}

/// What stood there, short and on one line.
fn shown(text: &str) -> String {
    if text.trim().is_empty() {
        return "boş".to_owned();
    }
    let short: String = text.chars().map(|c| if Hidden::of(c).is_some() { '\u{fffd}' } else { c }).take(40).collect();
    format!("{short:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_kept_in_one_spelling() {
        assert_eq!("  Ayşe  Gül ÖZ ".parse::<PersonName>().unwrap().as_str(), "Ayşe Gül ÖZ");
        assert_eq!("I\u{307}smail O'Neill".parse::<PersonName>().unwrap().as_str(), "İsmail O'Neill");
        for text in ["0532 123 45 67", "532-123-45-67", "+90 (532) 123 45 67", "00905321234567", "905321234567"] {
            assert_eq!(text.parse::<Phone>().unwrap().as_str(), "+905321234567", "{text}");
        }
        assert_eq!(" Ayse.Oz+ssps@Parti.org.TR".parse::<Email>().unwrap().as_str(), "ayse.oz+ssps@parti.org.tr");
    }

    #[test]
    fn no_detail_is_a_formula_or_breaks_a_line() {
        for text in
            ["=1+1", "@x", "-Ali", "+Ali", "\tAli=", "", "A", "Ali\u{0}", "<b>Ali", "Ali;Veli", "Ali 2", "=Ali\nx"]
        {
            assert!(text.parse::<PersonName>().is_err(), "{text:?}");
        }
        // Letters to Unicode that nobody sees.
        for letter in ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{2800}', '\u{e000}'] {
            assert!(format!("Ali{letter}Veli").parse::<PersonName>().is_err(), "U+{:04X}", u32::from(letter));
        }
        for text in ["=x@a.tr", "+x@a.tr", "x", "x@y", "x@-y.tr", "a b@c.tr", "a@b..tr", "a@b.tr\n", "\"a\"@b.tr"] {
            let parsed = text.parse::<Email>();
            assert!(parsed.is_err() || text.ends_with('\n'), "{text:?}: {parsed:?}");
        }
        for text in ["", "123", "=0532 123 45 67", "0532x1234567", "+1", "05321234567890123", "000000000000"] {
            assert!(text.parse::<Phone>().is_err(), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_taken_begins_harmlessly(text in "\\PC{0,40}") {
            for kept in [text.parse::<PersonName>().map(|kept| kept.0), text.parse::<Email>().map(|kept| kept.0)] {
                let Ok(kept) = kept else { continue };
                proptest::prop_assert!(!kept.starts_with(['=', '+', '-', '@', '\t', '\r']) && !kept.contains(char::is_control));
            }
        }
    }
}
